"""The site and a stand-in VK on one clock, in the test's own transaction."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any
from unittest.mock import patch

from django.test import Client

import pytest
import time_machine
from requests.adapters import HTTPAdapter

from chat.vk import work
from tests.fake_vk.clock import START
from tests.fake_vk.fake import FakeVK
from tests.fake_vk.transports import post_to_client

CALLBACK = "http://site.test/chat/vk/callback/"
MOST_ROUNDS = 200
# What may become of a call to VK that succeeds when it is made again.
PASSING_FAULTS: list[tuple[str, dict[str, Any]]] = [
    ("refused", {}),
    ("timeout", {}),
    ("timeout_after", {}),
    ("http", {"code": 502}),
    ("http_after", {"code": 504}),
    ("html", {}),
    ("empty", {}),
    ("truncated", {}),
    *(("error", {"code": code}) for code in (1, 6, 9, 10)),
]


class Loop:
    """VK, the site and its worker; time passes only when a test says so."""

    def __init__(self, vk: FakeVK, clock: time_machine.Traveller) -> None:
        self.vk = vk
        self._clock = clock

    def sleep(self, seconds: float) -> None:
        """Let time pass for the worker, which waits for its turn."""
        self._clock.shift(seconds)
        self.vk.clock.move_to(self.vk.clock.now() + seconds)

    def deliver(self) -> int:
        """Let VK knock at the site's door, which answers whatever VK's API is like."""
        with patch.object(HTTPAdapter, "send", side_effect=AssertionError("a call from the door")):
            return self.vk.deliver()

    def settle(self) -> None:
        """Deliver and work until nobody has anything to do."""
        for _ in range(MOST_ROUNDS):
            delivered = self.deliver()
            if not work.run_once(self.sleep) and not delivered:
                return
        raise AssertionError("VK and the site keep each other busy for ever")

    def after(self, seconds: float) -> None:
        """Let time pass, then let everybody do what has fallen due."""
        self.pass_time(seconds)
        self.settle()

    def pass_time(self, seconds: float) -> None:
        """Let time pass for VK and the site's door, while no worker is there."""
        self._clock.shift(seconds)
        self.vk.advance(seconds)


@contextmanager
def site_and_vk(settings: Any, seed: int = 1) -> Iterator[Loop]:
    """Begin a site and its stand-in VK at the same moment."""
    start = datetime.fromtimestamp(START, UTC)
    with (
        time_machine.travel(start, tick=False) as clock,
        FakeVK(
            callback=CALLBACK,
            transport=post_to_client(Client(enforce_csrf_checks=True)),
            token=settings.VK_GROUP_TOKEN,
            group_id=settings.VK_GROUP_ID,
            secret=settings.VK_CALLBACK_SECRET[0],
            seed=seed,
        ) as vk,
    ):
        settings.VK_API_BASE_URL = vk.api_url
        settings.VK_FILE_HOSTS = ["userapi.com", "vk.com", "vk.ru", vk.url]
        settings.WAGTAILADMIN_BASE_URL = "http://site.test"
        yield Loop(vk, clock)


@pytest.fixture
def loop(db: None, settings: Any) -> Iterator[Loop]:
    """The site at its stand-in VK."""
    with site_and_vk(settings) as loop:
        yield loop
