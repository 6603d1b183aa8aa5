"""What drifts from VK's shapes is found out, in the site's calls and in the stand-in's words."""

import copy
from collections.abc import Callable
from typing import Any

import pytest

from tests.fake_vk.api import METHODS
from tests.fake_vk.checks import (
    event_problems,
    parameter_types,
    request_problems,
    response_problems,
)
from tests.fake_vk.conftest import OPERATOR, Call, Site
from tests.fake_vk.fake import FakeVK
from tests.fake_vk.judge import WITHOUT_SHAPE


def test_the_independent_source_knows_every_method() -> None:
    described = METHODS.keys() - WITHOUT_SHAPE
    assert described
    assert [name for name in described if not parameter_types(name) and "Token" not in name] == []


@pytest.mark.parametrize(
    ("method", "params"),
    [
        ("messages.send", {"peer_id": "5", "random_id": "1", "text": "not its name"}),
        ("messages.send", {"peer_ids": "5,x", "random_id": "1"}),
        ("messages.send", {"peer_id": "5", "random_id": "1", "dont_parse_links": "yes"}),
        ("messages.send", {"peer_id": "5", "random_id": "1", "intent": "chatter"}),
        ("users.get", {"user_ids": "5", "fields": "photo_100,shoe_size"}),
        ("messages.markAsRead", {"peer_id": "five"}),
    ],
)
def test_a_call_that_vk_does_not_describe_is_noted(method: str, params: dict[str, str]) -> None:
    assert request_problems(method, params)


def test_a_site_that_sends_what_vk_does_not_know_fails_its_test(
    site: Site,
) -> None:
    import requests

    from tests.fake_vk.fake import TOKEN

    with (
        pytest.raises(AssertionError, match="unknown parameter colour"),
        FakeVK(callback="http://site.test/", transport=site) as vk,
    ):
        vk.user_writes(OPERATOR, "а")
        params = {"peer_id": OPERATOR, "random_id": 1, "message": "б", "colour": "red"}
        requests.post(
            f"{vk.api_url}/messages.send",
            data={"v": "5.199", "access_token": TOKEN, **params},
            timeout=5,
        )


@pytest.mark.parametrize(
    ("method", "params", "response"),
    [
        ("messages.send", {"peer_ids": "5", "random_id": "1"}, [{"peer": 5}]),
        ("messages.send", {"peer_id": "5", "random_id": "1"}, "one"),
        ("messages.getHistory", {"peer_id": "5"}, {"count": 1, "items": [{"text": "а"}]}),
        ("messages.getHistory", {"peer_id": "5"}, {"count": 0, "items": [], "total": 0}),
        ("groups.getCallbackServers", {"group_id": "5"}, {"count": 1, "items": [{"id": 1}]}),
    ],
)
def test_an_answer_that_vk_does_not_describe_is_noted(
    method: str, params: dict[str, str], response: Any
) -> None:
    assert response_problems(method, params, response)


def spoil(path: str, value: Any) -> Callable[[dict[str, Any]], None]:
    def change(event: dict[str, Any]) -> None:
        *parents, last = path.split(".")
        for name in parents:
            event = event[name]
        event[last] = value

    return change


@pytest.mark.parametrize(
    "change",
    [
        spoil("type", "message_old"),
        spoil("object", None),
        spoil("object.message.date", "yesterday"),
        spoil("object.message.mood", "good"),
        spoil("object.message.peer_id", None),
        spoil("object.message.attachments", [{"type": "hologram"}]),
        lambda event: event.pop("event_id"),
        lambda event: event["object"]["message"].pop("from_id"),
    ],
)
def test_an_event_that_vk_does_not_describe_is_noted(
    vk: FakeVK, site: Site, change: Callable[[dict[str, Any]], Any]
) -> None:
    vk.user_writes(OPERATOR, "а")
    vk.deliver()
    event = site.events[-1]
    assert event_problems(event) == []
    spoilt = copy.deepcopy(event)
    change(spoilt)
    assert event_problems(spoilt)


def test_a_full_day_of_calls_and_events_is_as_vk_describes_it(vk: FakeVK, call: Call) -> None:
    message = vk.user_writes(
        OPERATOR, "а", attachments=[vk.photo(OPERATOR), vk.document(OPERATOR)], ref="site"
    )
    vk.user_writes(OPERATOR, "б", reply_to=message, payload='{"a":1}')
    vk.chat_writes(1, OPERATOR, "в", forward=[message])
    vk.user_types(OPERATOR)
    extended = {"extended": 1, "fields": "photo_100,sex"}
    call("messages.getHistory", peer_id=OPERATOR, **extended)
    call("messages.getConversations", extended=1)
    call("messages.setActivity", peer_id=OPERATOR, type="typing")
    vk.deliver()
    assert vk.violations == []
