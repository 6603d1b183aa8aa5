"""Widgets, people and conversations for the tests of the chat."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

from django.contrib.auth.models import Group
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.signing import TimestampSigner
from django.test import Client
from django.test.client import ClientHandler
from django.utils import timezone

from wagtail.models import Site

import time_machine

from accounts.models import User
from chat.models import ChatSettings, ChatWidget

OPERATORS = "Операторы чата"


def make_widget(**fields: Any) -> ChatWidget:
    """Make a published widget and let the site show it."""
    texts = {
        "title": "Спросите лабораторию",
        "label": "Спросить",
        "greeting": "Здравствуйте!",
        "away": "Сейчас нас нет, ответим утром.",
        "notice": "Не присылайте паспортные данные.",
        "emergency": "Если срочно: 103 или 112.",
        "phone": "+7 8672 00-00-00",
        "consent_text": "Я согласен на обработку персональных данных.",
        "consent_version": "1.0",
        "consent_url": "/soglasie/",
    }
    widget = ChatWidget.objects.create(**(texts | fields))
    site = Site.objects.get(is_default_site=True)
    ChatSettings.objects.update_or_create(site=site, defaults={"widget": widget})
    return widget


def make_operator(name: str = "Светлана", **fields: Any) -> User:
    """Make a person of the group «Операторы чата»."""
    user = User.objects.create_user(f"{uuid4().hex}@example.org", first_name=name, **fields)
    user.groups.add(Group.objects.get(name=OPERATORS))
    return user


def old_ticket() -> str:
    """Return a ticket that was given long enough ago for a first message."""
    with time_machine.travel(timezone.now() - timedelta(minutes=1), tick=False):
        return TimestampSigner(salt="chat.ticket").sign("chat")


# One for all browsers: each new one would look through all static files before its first request.
HANDLER = ClientHandler(enforce_csrf_checks=True)


class Patient:
    """A browser of a patient: keeps cookies and the token, sends what the widget would."""

    def __init__(self, client: Client | None = None) -> None:
        self.client = client or Client(enforce_csrf_checks=True)
        self.client.handler = HANDLER
        self.csrf = ""

    def state(self) -> dict[str, Any]:
        """Take the state, and the token with it."""
        answer = self.client.get("/chat/api/state/").json()
        self.csrf = answer["csrf"]
        return answer

    def post(self, path: str, data: Any = None, **headers: str) -> Any:
        """Post JSON to a call of the widget."""
        if not self.csrf:
            self.state()
        return self.client.post(
            f"/chat/api/{path}",
            {} if data is None else data,
            content_type="application/json",
            headers={"X-CSRFToken": self.csrf, "Accept": "application/json", **headers},
        )

    def send(self, text: str = "Натощак?", **fields: Any) -> Any:
        """Send a message with all that a first one needs."""
        data = {
            "client_id": str(uuid4()),
            "text": text,
            "consent": "1.0",
            "ticket": old_ticket(),
        }
        return self.post("messages/", data | fields)

    def upload(self, file: SimpleUploadedFile, **fields: str) -> Any:
        """Send a file up, with all that a first one needs."""
        if not self.csrf:
            self.state()
        return self.client.post(
            "/chat/api/attachments/",
            {"file": file, "ticket": old_ticket()} | fields,
            headers={"X-CSRFToken": self.csrf, "Accept": "application/json"},
        )

    def events(self, after: int, thread: int) -> Any:
        """Ask for what has changed."""
        return self.client.get("/chat/api/events/", {"after": after, "thread": thread})
