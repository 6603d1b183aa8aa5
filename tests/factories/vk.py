"""Events as VK sends them, and the staff's accounts in VK."""

import json
import time
from itertools import count
from typing import Any

from django.conf import settings
from django.http import HttpResponse
from django.test import Client

from accounts.models import User
from chat.models import VkOperator
from chat.vk import work
from tests.factories.chat import make_operator

_numbers = count(1)


def make_vk_operator(vk_id: int, name: str = "Светлана") -> User:
    """Make an operator whose VK account is bound and on duty."""
    user = make_operator(name)
    VkOperator.objects.create(user=user, vk_id=vk_id)
    return user


def message(from_id: int, text: str, **fields: Any) -> dict[str, Any]:
    """Return a message as VK 5.199 gives it."""
    number = next(_numbers)
    return {
        "date": int(time.time()),
        "from_id": from_id,
        "id": number,
        "version": 10000000 + number,
        "out": 0,
        "fwd_messages": [],
        "important": False,
        "is_hidden": False,
        "attachments": [],
        "conversation_message_id": number,
        "text": text,
        "peer_id": from_id,
        "random_id": 0,
    } | fields


def event(kind: str, body: Any, **fields: Any) -> dict[str, Any]:
    """Return an event of our community with the secret."""
    return {
        "group_id": settings.VK_GROUP_ID,
        "type": kind,
        "event_id": f"{next(_numbers):040x}",
        "v": "5.199",
        "secret": "test-secret",
        "object": body,
    } | fields


def message_new(from_id: int, text: str, **fields: Any) -> dict[str, Any]:
    """Return the event of a message that a person wrote to the community."""
    return event("message_new", {"message": message(from_id, text, **fields), "client_info": {}})


def receive(data: Any, path: str = "/chat/vk/callback/", **headers: str) -> HttpResponse:
    """Post an event as VK does; a str or bytes goes as it is."""
    raw = data if isinstance(data, str | bytes) else json.dumps(data)
    client = Client(enforce_csrf_checks=True)
    return client.post(path, raw, content_type="application/json", headers=headers)


def post(data: Any, path: str = "/chat/vk/callback/", **headers: str) -> HttpResponse:
    """Post an event and let the worker come by."""
    response = receive(data, path, **headers)
    work.run_once()
    return response
