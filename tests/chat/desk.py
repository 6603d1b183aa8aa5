"""The desk of an operator, by its calls alone."""

from typing import Any
from uuid import uuid4

from django.test import Client

from accounts.models import User
from tests.factories.chat import HANDLER

API = "/admin/chat/api/"


class Operator:
    """An operator at the desk: keeps the session and the token."""

    def __init__(self, user: User) -> None:
        self.user = user
        self.client = Client(enforce_csrf_checks=True)
        self.client.handler = HANDLER
        self.client.force_login(user)
        self.csrf = self.get("state/").json().get("csrf", "")

    def get(self, path: str, **query: Any) -> Any:
        """Read."""
        return self.client.get(API + path, query, headers={"Accept": "application/json"})

    def post(self, path: str, data: Any = None, **headers: str) -> Any:
        """Write."""
        return self.client.post(
            API + path,
            {} if data is None else data,
            content_type="application/json",
            headers={"X-CSRFToken": self.csrf, "Accept": "application/json", **headers},
        )

    def send(self, number: int, text: str = "Да, 8 часов.", **fields: Any) -> Any:
        """Answer."""
        data = {"client_id": str(uuid4()), "text": text}
        return self.post(f"threads/{number}/messages/", data | fields)

    def numbers(self, **query: Any) -> list[int]:
        """The numbers of a queue, in its order."""
        return [row["number"] for row in self.get("threads/", **query).json()["threads"]]
