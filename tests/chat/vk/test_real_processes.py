"""VK at a site of real processes: two that serve, two that work, one PostgreSQL."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection

import pytest

from chat.models import ChatMessage, VkEvent
from chat.vk.callback import RETRY_AFTER_SECONDS
from tests.chat.streams import PATIENCE, stop, stream_server
from tests.databases import ROOT, database_away, newcomers_environment
from tests.factories.chat import make_widget
from tests.factories.vk import make_vk_operator, message_new, receive
from tests.fake_vk.fake import FakeVK
from tests.fake_vk.state import Rules
from tests.fake_vk.transports import Reply, post_over_http

OPERATOR, PATIENT = 900, 701
COPIES = 50
# VK has forgotten an event by then.
REPEATS_END = 2 * 3600


@pytest.fixture
def vk(own_database: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeVK]:
    """VK, as the processes of the site know it."""
    found = FakeVK(
        token=settings.VK_GROUP_TOKEN,
        group_id=settings.VK_GROUP_ID,
        secret=settings.VK_CALLBACK_SECRET[0],
        # A process that has just begun answers late; VK's clock stands still, the site's does not.
        rules=Rules(callback_timeout=PATIENCE, requests_per_second=None),
    )
    for name, value in {
        "VK_GROUP_ID": settings.VK_GROUP_ID,
        "VK_GROUP_TOKEN": settings.VK_GROUP_TOKEN,
        "VK_CALLBACK_SECRET": settings.VK_CALLBACK_SECRET[0],
        "VK_API_BASE_URL": found.api_url,
        "VK_FILE_HOSTS": found.url,
    }.items():
        monkeypatch.setenv(name, str(value))
    with found:
        yield found


@contextmanager
def worker(log: Path, name: str = "run_vk") -> Iterator[subprocess.Popen[bytes]]:
    """Run a process between the site and VK."""
    environment = newcomers_environment(connection.settings_dict["NAME"])
    with log.open("ab") as output:
        process = subprocess.Popen(
            [sys.executable, "manage.py", name],
            cwd=ROOT,
            env=environment,
            stdout=output,
            stderr=output,
        )
    try:
        yield process
    finally:
        stop(process)


def test_fifty_copies_of_an_event_at_once_are_one_message(vk: FakeVK, tmp_path: Any):
    make_widget()
    make_vk_operator(OPERATOR)
    vk.allow(OPERATOR)
    log = tmp_path / "log"
    database = connection.settings_dict["NAME"]
    with stream_server(database, log, "site_config.settings.dev", workers=2) as server:
        vk.add_server(
            f"http://{server.host}/chat/vk/callback/", secret=settings.VK_CALLBACK_SECRET[0]
        )
        vk.disturb("message_new", "duplicate", copies=COPIES - 1, parallel=True)
        vk.user_writes(PATIENT, "Вы работаете?")
        copies = [one for one in vk.deliver() if one.type == "message_new"]
        assert [(one.status, one.answer) for one in copies] == [(200, "ok")] * COPIES
        assert VkEvent.objects.filter(type="message_new").count() == 1
        with worker(log), worker(log):
            vk.wait_for(lambda: vk.received(OPERATOR), PATIENCE)
    assert ChatMessage.objects.get(sender="visitor").text == "Вы работаете?"
    assert len(vk.received(OPERATOR)) == 1
    assert "Traceback" not in log.read_text()


def test_site_that_vk_cannot_reach_fetches_what_patients_write(vk: FakeVK, tmp_path: Any):
    make_widget()
    make_vk_operator(OPERATOR)
    vk.allow(OPERATOR)
    vk.rules.long_poll_patience = 1
    log = tmp_path / "log"
    with worker(log):
        with worker(log, "vk_longpoll") as fetching:
            vk.wait_for(lambda: vk.calls("groups.getLongPollServer"), PATIENCE)
            vk.user_writes(PATIENT, "Вы работаете?")
            vk.wait_for(lambda: vk.received(OPERATOR), PATIENCE)
            fetching.terminate()
            # It waits for this, or has left it to the next.
            vk.user_writes(PATIENT, "А в субботу?")
            assert fetching.wait(PATIENCE) == 0
        with worker(log, "vk_longpoll"):
            vk.wait_for(lambda: len(vk.received(OPERATOR)) == 2, PATIENCE)
            vk.user_writes(PATIENT, "Понятно")
            vk.wait_for(lambda: len(vk.received(OPERATOR)) == 3, PATIENCE)
    said = ChatMessage.objects.filter(sender="visitor").order_by("seq")
    assert [one.text for one in said] == ["Вы работаете?", "А в субботу?", "Понятно"]
    assert "Traceback" not in log.read_text()


def test_event_that_came_while_the_database_was_away_is_stored_once_when_it_is_back(
    vk: FakeVK, tmp_path: Any
):
    log = tmp_path / "log"
    database = connection.settings_dict["NAME"]
    with stream_server(database, log, "site_config.settings.dev") as server:
        vk.add_server(
            f"http://{server.host}/chat/vk/callback/", secret=settings.VK_CALLBACK_SECRET[0]
        )
        replies: list[Reply] = []

        def posted(*args: Any) -> Reply:
            replies.append(post_over_http(*args))
            return replies[-1]

        vk.emitter.transport = posted
        with database_away(database):
            vk.user_writes(PATIENT, "Вы работаете?")
            vk.deliver()
        assert {(one.status, one.body) for one in replies} == {(503, b"")}
        waits = {one.headers["retry-after"] for one in replies}
        assert waits == {str(RETRY_AFTER_SECONDS)}
        repeats = [one for one in vk.advance(REPEATS_END) if one.type == "message_new"]
    assert [one.ok for one in repeats][-1:] == [True]
    assert [one.ok for one in repeats].count(True) == 1
    kept = VkEvent.objects.get(type="message_new")
    assert kept.body["object"]["message"]["text"] == "Вы работаете?"
    assert "Вы работаете" not in log.read_text()


@pytest.mark.parametrize("atomic", [False, True])
def test_database_that_is_away_makes_vk_come_again_whatever_a_request_is_wrapped_in(
    own_database: None, monkeypatch: pytest.MonkeyPatch, atomic: bool
):
    monkeypatch.setitem(connection.settings_dict, "ATOMIC_REQUESTS", atomic)
    data = message_new(PATIENT, "Раз")
    confirmation = {"type": "confirmation", "group_id": settings.VK_GROUP_ID}
    with database_away(connection.settings_dict["NAME"]):
        for one in (data, confirmation):
            response = receive(one)
            assert (response.status_code, response.content) == (503, b"")
            assert response.headers["Retry-After"] == str(RETRY_AFTER_SECONDS)
    assert [receive(data).content for _ in range(2)] == [b"ok"] * 2
    assert VkEvent.objects.count() == 1
