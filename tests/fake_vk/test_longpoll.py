"""Long Poll hands the same events out to who asks, and fails as VK's does."""

from typing import Any

import pytest
import requests

from tests.fake_vk.conftest import PATIENT, Call
from tests.fake_vk.fake import GROUP_ID, FakeVK
from tests.fake_vk.longpoll import KEPT


@pytest.fixture
def poll(call: Call, vk: FakeVK) -> Any:
    """Ask Long Poll with the key and ts it gave, or with others."""
    vk.rules.long_poll_patience = 0
    call("groups.setLongPollSettings", group_id=GROUP_ID, enabled=1, message_new=1)
    server = call("groups.getLongPollServer", group_id=GROUP_ID)["response"]

    def poll(**how: Any) -> Any:
        params = {"act": "a_check", "wait": 25, "key": server["key"], "ts": server["ts"], **how}
        return requests.get(server["server"], params=params, timeout=5).json()

    return poll


def test_it_is_off_until_switched_on(code: Call) -> None:
    assert code("groups.getLongPollServer", group_id=GROUP_ID) == 100


def test_what_happened_since_is_told_without_the_secret(vk: FakeVK, poll: Any) -> None:
    assert poll() == {"ts": "1", "updates": []}
    vk.user_writes(PATIENT, "а")
    vk.user_writes(PATIENT, "б")
    answer = poll()
    texts = [update["object"]["message"]["text"] for update in answer["updates"]]
    assert (answer["ts"], texts) == ("3", ["а", "б"])
    assert "secret" not in answer["updates"][0]
    assert [update["object"]["message"]["text"] for update in poll(ts=2)["updates"]] == ["б"]


def test_a_waiting_request_is_answered_when_something_happens(vk: FakeVK, poll: Any) -> None:
    from threading import Timer

    vk.rules.long_poll_patience = 5
    timer = Timer(0.05, vk.user_writes, [PATIENT, "а"])
    timer.start()
    assert len(poll()["updates"]) == 1
    timer.join()


def test_a_wrong_key_a_forgotten_ts_and_one_from_the_future_fail_each_in_its_way(
    vk: FakeVK, poll: Any
) -> None:
    assert poll(key="old") == {"failed": 2}
    assert poll(ts=100) == {"failed": 3}
    for number in range(KEPT + 5):
        vk.user_writes(PATIENT, str(number))
    assert poll(ts=1) == {"failed": 1, "ts": str(KEPT + 6)}
    vk.lose_long_poll_key()
    assert poll() == {"failed": 2}


def test_failures_can_be_ordered(vk: FakeVK, poll: Any) -> None:
    vk.fail_long_poll(1, 2, 3)
    assert [poll()["failed"] for _ in range(3)] == [1, 2, 3]
    assert "updates" in poll()
