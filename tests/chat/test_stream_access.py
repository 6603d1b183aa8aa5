"""Who gets a stream, who is refused, and who loses it again."""

from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

from django.contrib.auth.models import Group
from django.test import Client

import pytest

from accounts.models import User
from chat.services.writing import notify
from tests.chat.streams import (
    Dialogue,
    EventSource,
    Server,
    WebSocket,
    ask,
    cookie_of,
    patient_elsewhere,
    signed_in,
)
from tests.chat.test_access_matrix import PEOPLE
from tests.factories.chat import OPERATORS, make_operator

TRANSPORTS = [EventSource, WebSocket]
SSE = {"Accept": "text/event-stream"}
NOBODY_HAS_IT = 10**9
GROUPS = {
    "user": "",
    "editor": "Редакторы",
    "deactivated": OPERATORS,
    "operator": OPERATORS,
    "head": "Заведующие",
}


@pytest.mark.parametrize("cookie", ["", "kdl_chat=" + "0" * 64, "kdl_chat=%00", "sessionid=abc"])
def test_without_a_dialogue_there_is_no_stream(stream: Server, cookie: str):
    query = {"thread": 1, "after": 0}
    status, error = ask(stream, cookie, headers=SSE, **query)
    assert (status, error["code"]) == (404, "not_found")
    assert ask(stream, cookie, wait=1, **query) == (status, error)
    assert WebSocket(stream, cookie, **query).status == HTTPStatus.FORBIDDEN


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_a_thread_of_somebody_else_is_as_good_as_none(
    stream: Server, dialogue: Dialogue, transport: Any
):
    stranger = Dialogue()
    for number in (stranger.thread, NOBODY_HAS_IT):
        with transport(stream, dialogue.cookie, thread=number, after=0) as browser:
            events = [event.name for event in browser if event.name != "beat"]
        assert events == ["reset"]
    answers = [
        ask(stream, dialogue.cookie, thread=number, after=0, wait=1)
        for number in (stranger.thread, NOBODY_HAS_IT)
    ]
    assert answers[0] == answers[1]
    assert (answers[0][0], answers[0][1]["code"]) == (409, "thread_changed")


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_a_cursor_that_was_never_given_starts_anew(
    stream: Server, dialogue: Dialogue, transport: Any
):
    here = dialogue.here | {"after": dialogue.cursor + 1}
    with transport(stream, **here) as browser:
        assert [event.name for event in browser if event.name != "beat"] == ["reset"]
    status, error = ask(stream, wait=1, **here)
    assert (status, error["code"]) == (400, "invalid_cursor")


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("", "thread"),
        ("after=0", "thread"),
        ("thread=&after=0", "thread"),
        ("thread=abc&after=0", "thread"),
        ("thread=-1&after=0", "thread"),
        ("thread=%D9%A1&after=0", "thread"),
        ("thread=1%00&after=0", "thread"),
        ("thread=1" + "0" * 30 + "&after=0", "thread"),
        ("thread=1", "after"),
        ("thread=1&after=1.5", "after"),
        ("thread=1&after=-1", "after"),
        ("thread=1&after=[]", "after"),
        ("thread=1&thread=2&after=0", None),
        ("thread=%FF&after=0", None),
        ("&".join(f"p{number}=1" for number in range(50)), None),
        ("inbox=2", "inbox"),
        ("inbox=", "inbox"),
    ],
)
def test_rubbish_is_refused_with_a_sentence(
    stream: Server, dialogue: Dialogue, query: str, field: str | None
):
    status, error = ask(stream, dialogue.cookie, headers=SSE, query=query or "&")
    assert (status, error["field"]) == (400, field)
    assert error["code"] in {"invalid", "invalid_cursor"}
    assert "а" in error["detail"]


@pytest.mark.parametrize("wait", ["", "0", "26", "-1", "abc", "1.5", "9" * 30])
def test_a_wait_that_is_none_is_refused(stream: Server, dialogue: Dialogue, wait: str):
    status, error = ask(stream, wait=wait, **dialogue.here)
    assert (status, error["code"], error["field"]) == (400, "invalid", "wait")


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "PATCH"])
def test_the_stream_is_only_read(stream: Server, dialogue: Dialogue, method: str):
    status, error = ask(stream, method=method, headers=SSE, **dialogue.here)
    assert (status, error["code"]) == (405, "method_not_allowed")


def test_no_other_page_can_open_the_stream(stream: Server, dialogue: Dialogue):
    evil = "https://evil.example"
    assert WebSocket(stream, origin=evil, **dialogue.here).status == HTTPStatus.FORBIDDEN
    assert WebSocket(stream, origin="null", **dialogue.here).status == HTTPStatus.FORBIDDEN
    status, error = ask(stream, headers=SSE | {"Origin": evil}, **dialogue.here)
    assert (status, error["code"]) == (403, "forbidden")


def test_no_cache_and_no_proxy_keeps_the_stream(stream: Server, dialogue: Dialogue):
    with EventSource(stream, **dialogue.here) as browser:
        headers = browser.response.headers
    assert headers["Cache-Control"] == "no-store"
    assert headers["X-Accel-Buffering"] == "no"
    assert headers["Content-Type"] == "text/event-stream; charset=utf-8"


def test_a_server_without_streams_says_so(client: Client, db: None):
    answer = client.get("/chat/stream/", {"thread": 1, "after": 0}, headers=SSE)
    assert (answer.status_code, answer.json()["code"]) == (501, "no_stream")


# --- Losing it again ------------------------------------------------------------------------------


def account_dialogue() -> tuple[User, Client, dict[str, Any]]:
    """Return a signed-in patient with a thread, their browser, and what it asks with."""
    user = User.objects.create_user("patient@example.org")
    patient = patient_elsewhere()
    patient.client.force_login(user)
    sent = patient.send().json()
    here = {
        "cookie": cookie_of(patient.client),
        "thread": sent["thread"]["number"],
        "after": sent["cursor"],
    }
    return user, patient.client, here


def test_signing_out_ends_the_stream(stream: Server, committed: str):
    user, client, here = account_dialogue()
    with EventSource(stream, **here) as browser:
        client.logout()
        assert browser.next("end").data == {"reason": "revoked"}
    user.delete()


def test_a_new_password_ends_the_streams_of_old_sessions(stream: Server, committed: str):
    user, _client, here = account_dialogue()
    with EventSource(stream, **here) as browser:
        user.set_password("another-one-2026")
        user.save()
        assert browser.next("end").data == {"reason": "revoked"}
    user.delete()


def test_forgetting_on_this_device_ends_the_stream(stream: Server, dialogue: Dialogue):
    with WebSocket(stream, **dialogue.here) as browser:
        dialogue.patient.post("forget/")
        assert browser.next("end").data == {"reason": "revoked"}


def test_a_thread_that_joined_an_account_starts_anew(stream: Server, committed: str):
    user, _client, here = account_dialogue()
    other = Dialogue()
    with EventSource(stream, **other.here) as browser:
        other.patient.client.force_login(user)
        other.patient.state()
        assert browser.next("reset").data == {}
    # The same browser, which is signed in now, still believes in the number it had.
    with EventSource(stream, **(here | {"thread": other.thread})) as browser:
        assert browser.next("reset").data == {}
    user.delete()


@pytest.mark.parametrize("lose", ["active", "group", "session"])
def test_an_operator_who_may_no_longer_answer_loses_the_stream(
    stream: Server, committed: str, lose: str
):
    operator = make_operator()
    client = signed_in(operator)
    with EventSource(stream, cookie_of(client), inbox=1) as inbox:
        inbox.next("refresh")
        match lose:
            case "active":
                operator.is_active = False
                operator.save()
            case "group":
                operator.groups.remove(Group.objects.get(name=OPERATORS))
            case "session":
                client.logout()
        assert inbox.next("end").data == {"reason": "revoked"}


def test_a_hint_about_rights_is_followed_at_once(patient_stream: Server, committed: str):
    operator = make_operator()
    with EventSource(patient_stream, cookie_of(signed_in(operator)), inbox=1) as inbox:
        inbox.next("refresh")
        operator.is_active = False
        operator.save()
        notify(f"r {operator.pk}")
        # This server's next round comes long after the test has lost patience.
        assert inbox.next("end").data == {"reason": "revoked"}


@pytest.fixture
def cookies(dialogue: Dialogue) -> Iterator[dict[str, str]]:
    """What the browsers of the people of the access matrix send along."""
    users = {who: User.objects.create_user(f"{who}@example.org") for who in GROUPS}
    for who, group in GROUPS.items():
        users[who].groups.set(Group.objects.filter(name=group))
    found = {who: cookie_of(signed_in(user)) for who, user in users.items()}
    User.objects.filter(pk=users["deactivated"].pk).update(is_active=False)
    yield found | {"nobody": "", "visitor": dialogue.cookie, "other": Dialogue().cookie}
    for user in users.values():
        user.delete()


@pytest.mark.parametrize("who", PEOPLE)
def test_the_inbox_is_for_operators(stream: Server, cookies: dict[str, str], who: str):
    if who in {"operator", "head"}:
        for transport in TRANSPORTS:
            with transport(stream, cookies[who], inbox=1) as inbox:
                assert inbox.next("refresh").data == {}
        return
    status, error = ask(stream, cookies[who], headers=SSE, inbox=1)
    assert (status, error["code"]) == (403, "forbidden")
    assert WebSocket(stream, cookies[who], inbox=1).status == HTTPStatus.FORBIDDEN


@pytest.mark.parametrize("who", PEOPLE)
def test_a_patients_stream_is_the_patients(
    stream: Server, dialogue: Dialogue, cookies: dict[str, str], who: str
):
    query = {"thread": dialogue.thread, "after": 0}
    if who == "visitor":
        for transport in TRANSPORTS:
            with transport(stream, cookies[who], **query) as browser:
                assert len(browser.messages(1)) == 1
    elif who == "other":
        # They have a dialogue, and this is not it.
        for transport in TRANSPORTS:
            with transport(stream, cookies[who], **query) as browser:
                assert [event.name for event in browser if event.name != "beat"] == ["reset"]
        assert ask(stream, cookies[who], wait=1, **query)[0] == 409
    else:
        for more in ({"headers": SSE}, {"wait": 1}):
            status, error = ask(stream, cookies[who], **more, **query)
            assert (status, error["code"]) == (404, "not_found")
        assert WebSocket(stream, cookies[who], **query).status == HTTPStatus.FORBIDDEN


# --- Caps -----------------------------------------------------------------------------------------


def test_one_more_tab_ends_the_oldest(stream: Server, dialogue: Dialogue):
    browsers = [EventSource(stream, **dialogue.here) for _ in range(3)]
    with WebSocket(stream, **dialogue.here) as newest:
        assert browsers[0].next("end").data == {"reason": "replaced"}
        dialogue.answer("Да.")
        for browser in (*browsers[1:], newest):
            assert len(browser.messages(2)) == 2
    for browser in browsers:
        browser.close()


def test_a_long_poll_too_many_is_told_to_wait(stream: Server, dialogue: Dialogue, background: Any):
    here = dialogue.here
    poll = background(ask, stream, wait=25, **here)
    browsers = []
    while not poll.done():
        browsers.append(EventSource(stream, **here))
        browsers[-1].next("beat")
    status, error = poll.result()
    assert (status, error["code"]) == (429, "too_many")
    for browser in browsers:
        browser.close()


def test_one_network_cannot_take_all_streams(own_stream: Server, committed: str):
    dialogues = [Dialogue() for _ in range(5)]
    browsers = [EventSource(own_stream, **each.here) for each in dialogues[:4] for _ in range(3)]
    assert {browser.status for browser in browsers} == {200}
    status, error = ask(own_stream, headers=SSE, **dialogues[4].here)
    assert (status, error["code"]) == (429, "too_many")
    assert "а" in error["detail"]
    for browser in browsers:
        browser.close()
