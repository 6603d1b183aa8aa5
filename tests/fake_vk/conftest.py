"""A stand-in VK with a site that writes down what it gets, and a client of the API."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests

from tests.fake_vk.fake import CONFIRMATION, TOKEN, FakeVK
from tests.fake_vk.transports import Reply

OPERATOR, PATIENT = 555_000_111, 777_000_222


class Site:
    """Answers events as a good site does, unless `replies` hold something else to say first."""

    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.replies: list[Reply | Exception] = []
        self.always: Reply | None = None

    def __call__(self, url: str, body: bytes, headers: dict[str, str], timeout: float) -> Reply:
        """Take one event."""
        event = json.loads(body)
        self.events.append(event)
        self.headers.append(headers)
        if self.replies:
            reply = self.replies.pop(0)
            if isinstance(reply, Exception):
                raise reply
            return reply
        if self.always:
            return self.always
        return Reply(200, CONFIRMATION.encode() if event["type"] == "confirmation" else b"ok")

    def texts(self) -> list[str]:
        """Return the texts of the new messages in the order they came."""
        return [
            event["object"]["message"]["text"]
            for event in self.events
            if event["type"] == "message_new"
        ]


@pytest.fixture
def site() -> Site:
    """The site that events are posted to."""
    return Site()


@pytest.fixture
def vk(site: Site) -> Iterator[FakeVK]:
    """The stand-in."""
    with FakeVK(callback="http://site.test/chat/vk/callback/", transport=site) as vk:
        yield vk


Call = Callable[..., Any]


@pytest.fixture
def call(vk: FakeVK) -> Iterator[Call]:
    """Call the API and return the whole answer."""
    with requests.Session() as session:

        def call(method: str, *, token: str = TOKEN, v: str = "5.199", **params: Any) -> Any:
            response = session.post(
                f"{vk.api_url}/{method}",
                data={"v": v, **params} if v else params,
                headers={"Authorization": f"Bearer {token}"} if token else {},
                timeout=5,
            )
            assert response.status_code == 200
            return response.json()

        yield call


@pytest.fixture
def code(call: Call) -> Call:
    """Call the API and return the number of the error, 0 if there is none."""

    def code(method: str, **params: Any) -> int:
        return call(method, **params).get("error", {}).get("error_code", 0)

    return code
