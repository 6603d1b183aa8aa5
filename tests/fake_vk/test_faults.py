"""The faults that tests may order happen as ordered."""

import json
import threading
from collections.abc import Iterator

import pytest
import requests

from tests.fake_vk.conftest import OPERATOR, PATIENT, Call, Site
from tests.fake_vk.fake import GROUP_ID, SECRET, TOKEN, FakeVK
from tests.fake_vk.transports import Reply

SEND = {"peer_ids": OPERATOR, "random_id": 5, "message": "Привет", "v": "5.199"}


@pytest.fixture(autouse=True)
def dialog(vk: FakeVK, site: Site) -> None:
    """Both have written before."""
    vk.user_writes(OPERATOR, "Здравствуйте")
    vk.user_writes(PATIENT, "Здравствуйте")
    vk.deliver()
    site.events.clear()


@pytest.fixture
def session() -> Iterator[requests.Session]:
    """A client of the API that sees the bare answers."""
    with requests.Session() as session:
        session.headers["Authorization"] = f"Bearer {TOKEN}"
        yield session


def send(vk: FakeVK, session: requests.Session) -> requests.Response:
    return session.post(f"{vk.api_url}/messages.send", data=SEND, timeout=0.3)


@pytest.mark.parametrize(("kind", "sent"), [("timeout", False), ("timeout_after", True)])
def test_an_answer_that_never_comes_leaves_the_caller_in_the_dark(
    vk: FakeVK, session: requests.Session, kind: str, sent: bool
) -> None:
    vk.fail("messages.send", kind)
    with pytest.raises(requests.Timeout):
        send(vk, session)
    assert vk.texts(OPERATOR) == (["Привет"] if sent else [])
    assert send(vk, session).json()["response"][0]["message_id"] == 3
    assert vk.texts(OPERATOR) == ["Привет"]


def test_a_dropped_connection_sends_nothing(vk: FakeVK, session: requests.Session) -> None:
    vk.fail("messages.send", "refused")
    with pytest.raises(requests.ConnectionError):
        send(vk, session)
    assert vk.texts(OPERATOR) == []


def test_vk_can_be_away_and_come_back_to_the_same_address(
    vk: FakeVK, session: requests.Session
) -> None:
    vk.go_down()
    with pytest.raises(requests.ConnectionError):
        send(vk, session)
    vk.come_back()
    assert send(vk, session).status_code == 200


@pytest.mark.parametrize(
    ("kind", "how", "sent"),
    [
        ("http", {"code": 502}, False),
        ("http", {"code": 500}, False),
        ("http_after", {"code": 504}, True),
    ],
)
def test_a_gateway_error_may_come_before_or_after_the_deed(
    vk: FakeVK, session: requests.Session, kind: str, how: dict[str, int], sent: bool
) -> None:
    vk.fail("messages.send", kind, **how)
    answer = send(vk, session)
    assert (answer.status_code, bool(vk.texts(OPERATOR))) == (how["code"], sent)
    assert "html" in answer.headers["Content-Type"]


@pytest.mark.parametrize("kind", ["html", "empty", "truncated"])
def test_an_answer_may_be_no_json(vk: FakeVK, session: requests.Session, kind: str) -> None:
    vk.fail("messages.send", kind)
    answer = send(vk, session)
    assert answer.status_code == 200
    with pytest.raises(requests.JSONDecodeError):
        answer.json()


def test_errors_come_as_often_as_ordered_and_after_as_many_as_were_let_pass(
    vk: FakeVK, code: Call
) -> None:
    vk.fail("messages.send", "error", code=9, times=2, skip=1)
    params = {"peer_id": OPERATOR, "message": "Привет"}
    codes = [code("messages.send", random_id=number, **params) for number in range(1, 5)]
    assert codes == [0, 9, 9, 0]


def test_a_fault_by_probability_is_the_same_for_the_same_seed(vk: FakeVK, code: Call) -> None:
    vk.rules.requests_per_second = None
    vk.fail("*", "error", code=10, times=None, probability=0.5)
    codes = [code("groups.getById") for _ in range(40)]
    assert set(codes) == {0, 10}
    vk.heal()
    assert code("groups.getById") == 0


def test_some_of_many_recipients_are_refused(vk: FakeVK, call: Call) -> None:
    vk.fail("messages.send", "partial", peers=[PATIENT], code=902)
    params = {"peer_ids": f"{OPERATOR},{PATIENT}", "random_id": 1, "message": "Привет"}
    one, two = call("messages.send", **params)["response"]
    assert "error" not in one
    assert two["error"]["code"] == 902
    assert vk.texts(PATIENT) == []


def test_a_fault_that_does_not_exist_cannot_be_ordered(vk: FakeVK) -> None:
    with pytest.raises(ValueError, match="No such fault"):
        vk.fail("messages.send", "earthquake")


# --- Events --------------------------------------------------------------------------------------


def test_an_event_may_come_twice_at_once_or_later(vk: FakeVK, site: Site) -> None:
    vk.disturb("message_new", "duplicate", copies=2)
    vk.user_writes(PATIENT, "а")
    vk.disturb("message_new", "duplicate", seconds=18)
    vk.user_writes(PATIENT, "б")
    vk.deliver()
    assert site.texts() == ["а", "а", "а", "б"]
    vk.advance(18)
    assert site.texts()[4:] == ["б"]
    assert len({event["event_id"] for event in site.events}) == 2


def test_fifty_copies_come_at_the_same_moment(vk: FakeVK) -> None:
    together = threading.Barrier(50)

    def site(url: str, body: bytes, headers: dict[str, str], timeout: float) -> Reply:
        together.wait(timeout=5)
        return Reply(200, b"ok")

    vk.emitter.transport = site
    vk.disturb("message_new", "duplicate", copies=49, parallel=True)
    vk.user_writes(PATIENT, "а")
    assert [attempt.ok for attempt in vk.deliver()] == [True] * 50


def test_events_may_come_in_another_order_and_all_of_them_come(vk: FakeVK, site: Site) -> None:
    vk.disturb("message_new", "reorder", window=5, times=None)
    for number in range(10):
        vk.user_writes(PATIENT, str(number))
    vk.deliver()
    assert site.texts() != [str(number) for number in range(10)]
    assert sorted(site.texts()) == [str(number) for number in range(10)]


def test_a_first_delivery_may_be_lost_and_the_repeat_says_it_is_one(vk: FakeVK, site: Site) -> None:
    vk.disturb("message_new", "drop_first")
    vk.user_writes(PATIENT, "а")
    vk.deliver()
    assert site.events == []
    vk.advance(10)
    assert site.texts() == ["а"]
    assert site.headers[-1]["X-Retry-Counter"] == "1"


def test_an_event_may_be_lost_for_good_and_history_still_has_it(
    vk: FakeVK, site: Site, call: Call
) -> None:
    vk.disturb("message_new", "lost")
    vk.user_writes(PATIENT, "а")
    assert vk.advance(24 * 3600) == []
    history = call("messages.getHistory", peer_id=PATIENT)["response"]
    assert history["items"][0]["text"] == "а"


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        ("no_event_id", lambda event: "event_id" not in event),
        ("numeric_event_id", lambda event: isinstance(event["event_id"], int)),
        ("old_shape", lambda event: (event["v"], event["object"]["text"]) == ("5.92", "а")),
        ("warning", lambda event: set(event["object"]) == {"warning"}),
        ("wrong_secret", lambda event: event["secret"] != SECRET),
        ("no_secret", lambda event: "secret" not in event),
        ("wrong_group", lambda event: event["group_id"] != GROUP_ID),
        ("zero_id", lambda event: event["object"]["message"]["id"] == 0),
    ],
)
def test_an_event_may_be_odd(vk: FakeVK, site: Site, kind: str, told: object) -> None:
    vk.disturb("message_new", kind)
    vk.user_writes(PATIENT, "а")
    vk.deliver()
    (event,) = site.events
    assert callable(told)
    assert told(event), json.dumps(event, ensure_ascii=False)
    vk.user_writes(PATIENT, "б")
    vk.deliver()
    assert site.events[-1]["secret"] == SECRET


def test_the_same_message_may_come_under_another_event_id(vk: FakeVK, site: Site) -> None:
    vk.disturb("message_new", "second_server")
    vk.user_writes(PATIENT, "а")
    vk.deliver()
    one, two = site.events
    assert one["object"] == two["object"]
    assert one["event_id"] != two["event_id"]
