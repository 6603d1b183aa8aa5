"""The stand-in runs by itself for the demo, and inside of a test without a network."""

import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import path

import pytest
import requests
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fake_vk.conftest import PATIENT, Site
from tests.fake_vk.emitter import REPEATS
from tests.fake_vk.fake import CONFIRMATION, TOKEN, FakeVK
from tests.fake_vk.transports import Reply, post_over_http, post_to_client


def test_with_a_real_clock_events_are_posted_by_themselves() -> None:
    arrived = threading.Event()

    def site(url: str, body: bytes, headers: dict[str, str], timeout: float) -> Reply:
        if b'"confirmation"' in body:
            return Reply(200, CONFIRMATION.encode())
        arrived.set()
        return Reply(200, b"ok")

    with FakeVK(callback="http://site.test/", transport=site, real=True) as vk:
        vk.confirm()
        vk.user_writes(PATIENT, "Вопрос")
        assert arrived.wait(timeout=10)


def test_a_site_that_is_late_is_asked_for_the_code_until_it_is_there() -> None:
    site = Site()
    site.replies = [ConnectionRefusedError()]
    with FakeVK(callback="http://site.test/", transport=site, real=True) as vk:
        vk.wait_for(lambda: vk.group.servers[1].status == "ok", timeout=20)


@pytest.fixture
def process(project_root: Path) -> Iterator[str]:
    """The stand-in as a process; its address."""
    command = [sys.executable, "-m", "tests.fake_vk", "--port", "0", "--patient", "7:Анна П"]
    with subprocess.Popen(
        command, cwd=project_root, stdout=subprocess.PIPE, text=True, encoding="utf-8"
    ) as process:
        assert process.stdout
        yield process.stdout.readline().split()[1]
        process.terminate()


def test_it_runs_from_the_command_line(process: str) -> None:
    state = requests.get(f"{process}_fake/state", timeout=5).json()
    assert {"id": 7, "name": "Анна П"} in state["users"]
    assert "ВКонтакте" in requests.get(process, timeout=5).content.decode()


def test_events_reach_djangos_test_client(settings: object, vk: FakeVK) -> None:
    seen = []

    def callback(request: HttpRequest) -> HttpResponse:
        seen.append((request.content_type, request.headers.get("X-Retry-Counter")))
        return HttpResponse("ok" if len(seen) > 1 else "", content_type="text/plain")

    urls = ModuleType("urls_of_this_test")
    urls.urlpatterns = [path("chat/vk/callback/", callback)]  # type: ignore[attr-defined]
    settings.ROOT_URLCONF = urls  # type: ignore[attr-defined]
    vk.emitter.transport = post_to_client(Client())
    vk.manager_replies(PATIENT, "Ответ")
    vk.advance(10)
    assert seen == [("application/json", None), ("application/json", "1")]


@pytest.mark.parametrize("url", ["http://127.0.0.1:9/", "http://127.0.0.1:port/", "http:///"])
def test_an_address_that_leads_nowhere_is_a_failed_delivery(url: str) -> None:
    with FakeVK(callback=url, transport=post_over_http) as vk:
        vk.user_writes(PATIENT, "Вопрос")
        assert [attempt.status for attempt in vk.deliver()] == [0, 0]


def test_a_slow_answer_is_the_true_one(vk: FakeVK) -> None:
    vk.fail("groups.getById", "slow", seconds=0.05)
    params = {"v": "5.199", "access_token": TOKEN}
    answer = requests.get(f"{vk.api_url}/groups.getById", params=params, timeout=5)
    assert answer.json()["response"]["groups"]


def test_what_is_awaited_in_vain_is_told(vk: FakeVK) -> None:
    with pytest.raises(TimeoutError):
        vk.wait_for(lambda: vk.texts(PATIENT), timeout=0)


def test_a_fault_for_what_does_not_exist_cannot_be_ordered(vk: FakeVK) -> None:
    with pytest.raises(ValueError, match="Nothing to go wrong"):
        vk.fail("messages.sent", "timeout")
    with pytest.raises(ValueError, match="No such fault"):
        vk.disturb("message_new", "timeout")


@settings(max_examples=25, deadline=None)
@given(
    failures=st.lists(st.sampled_from([500, 503, 0, 200]), max_size=20),
    seed=st.integers(0, 1000),
    disturbed=st.lists(
        st.sampled_from(["duplicate", "reorder", "drop_first", "second_server"]), max_size=4
    ),
)
def test_whatever_happens_on_the_way_each_message_arrives_or_is_known_as_gone(
    failures: list[int], seed: int, disturbed: list[str]
) -> None:
    arrived: set[str] = set()
    site = Site()
    site.replies = [Reply(status, b"") if status else TimeoutError() for status in failures]
    with FakeVK(callback="http://site.test/", transport=site, seed=seed) as vk:
        vk.rules.switch_off_after = None
        for kind in disturbed:
            vk.disturb("message_new", kind, times=None, probability=0.5)
        for number in range(6):
            vk.user_writes(PATIENT, str(number))
        for attempt in vk.advance(sum(REPEATS) * 2):
            if attempt.ok:
                arrived.add(attempt.event_id)
        gone = {event["event_id"] for event in vk.emitter.gone}
        assert {str(event["event_id"]) for event in site.events} <= arrived | gone
        assert set(site.texts()) == {str(number) for number in range(6)}
        assert vk.emitter.pending == []
