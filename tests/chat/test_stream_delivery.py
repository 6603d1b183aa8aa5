"""What a patient would lose if the stream lost anything."""

import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from chat.realtime.bus import APPLICATION_NAME
from chat.services.writing import notify
from tests.chat.streams import (
    HOST,
    PATIENCE,
    Dialogue,
    EventSource,
    Server,
    WebSocket,
    ask,
    cookie_of,
    end_connections,
    signed_in,
    stream_server,
)
from tests.databases import database_away

# More than server and kernel keep for a browser that does not read.
LONG_LETTER, LETTERS = "😀" * 4000, 60
TRANSPORTS = [EventSource, WebSocket]


@pytest.fixture
def second_stream(committed: str, tmp_path: Path) -> Iterator[Server]:
    """Another process on the same database."""
    with stream_server(committed, tmp_path / "log") as server:
        yield server


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_an_answer_appears_without_asking(stream: Server, dialogue: Dialogue, transport: Any):
    with transport(stream, **dialogue.here) as browser:
        dialogue.answer("Да, восемь часов.")
        joined, answer = browser.messages(2)
    assert joined["event"] == "joined"
    assert answer["text"] == "Да, восемь часов."


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_what_came_while_the_phone_slept_comes_first(
    stream: Server, dialogue: Dialogue, transport: Any
):
    here = dialogue.here
    for text in ("раз", "два", "три"):
        dialogue.answer(text)
    with transport(stream, **here) as browser:
        update = browser.next("update")
    assert [message["text"] for message in update.data["messages"]][1:] == ["раз", "два", "три"]
    assert int(update.id) == update.data["cursor"] == dialogue.cursor


def test_a_browser_that_comes_back_by_itself_goes_on_where_it_was(
    stream: Server, dialogue: Dialogue
):
    here = dialogue.here
    dialogue.answer("первый")
    seen = dialogue.cursor
    dialogue.answer("второй")
    with EventSource(stream, headers={"Last-Event-ID": str(seen)}, **here) as browser:
        assert [each["text"] for each in browser.messages(1)] == ["второй"]


def test_more_than_one_portion_comes_in_order(stream: Server, dialogue: Dialogue):
    sent = [dialogue.answer(f"строка {number}") for number in range(210)]
    with EventSource(stream, **(dialogue.here | {"after": 0})) as browser:
        first = browser.next("update").data
        second = browser.next("update").data
    assert (first["more"], second["more"]) == (True, False)
    assert [each["id"] for each in first["messages"] + second["messages"]][2:] == sent


def test_nothing_is_said_twice_to_who_knows_all(stream: Server, dialogue: Dialogue):
    with EventSource(stream, **dialogue.here) as browser:
        assert next(iter(browser)).name == "beat"
        assert next(iter(browser)).name == "beat"


def test_a_long_poll_answers_at_once_if_there_is_something(stream: Server, dialogue: Dialogue):
    here = dialogue.here
    dialogue.answer("Да.")
    status, update = ask(stream, wait=25, **here)
    assert status == 200
    assert [each["text"] for each in update["messages"]][-1] == "Да."


def test_a_long_poll_answers_when_there_is_something(
    stream: Server, dialogue: Dialogue, background: Any
):
    here = dialogue.here
    answer = background(ask, stream, wait=25, **here)
    dialogue.answer("Да.")
    status, update = answer.result(PATIENCE)
    assert status == 200
    assert update["cursor"] > here["after"]


def test_a_long_poll_ends_when_nothing_happens(stream: Server, dialogue: Dialogue):
    assert ask(stream, wait=1, **dialogue.here) == (204, None)


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_the_patient_sees_that_somebody_types(stream: Server, dialogue: Dialogue, transport: Any):
    with transport(stream, **dialogue.here) as browser:
        browser.next("beat")
        notify(f"t {dialogue.thread} operator {dialogue.operator.pk}")
        assert browser.next("typing").data == {"name": "Светлана"}


def test_a_long_poll_tells_that_somebody_types(stream: Server, dialogue: Dialogue, background: Any):
    here = dialogue.here
    with EventSource(stream, **here) as witness:
        answer = background(ask, stream, wait=25, **here)
        while not answer.done():
            # Typing is told to those who are there and kept for nobody.
            notify(f"t {dialogue.thread} operator {dialogue.operator.pk}")
            witness.next("typing")
    status, update = answer.result(PATIENCE)
    assert (status, update["typing"], update["messages"]) == (200, {"name": "Светлана"}, [])
    assert update["cursor"] == here["after"]


def test_the_patient_does_not_see_notes(stream: Server, dialogue: Dialogue):
    from uuid import uuid4

    from chat.models import ChatMessage
    from chat.services.messages import Answer, send_as_operator

    with EventSource(stream, **dialogue.here) as browser:
        note = Answer(uuid4(), "Спросить врача.", kind=ChatMessage.Kind.NOTE)
        send_as_operator(dialogue.operator, dialogue.thread, note)
        update = browser.next("update").data
    assert update["messages"] == []
    assert update["cursor"] == dialogue.cursor


def test_every_process_tells_its_own_browsers(
    stream: Server, second_stream: Server, dialogue: Dialogue
):
    here = dialogue.here
    with EventSource(stream, **here) as one, WebSocket(second_stream, **here) as other:
        sent = [dialogue.answer(text) for text in ("раз", "два", "три")]
        assert [each["id"] for each in one.messages(4)][1:] == sent
        assert [each["id"] for each in other.messages(4)][1:] == sent


def test_nothing_is_lost_when_the_listening_connection_dies(
    patient_stream: Server, dialogue: Dialogue
):
    # No round of this server comes to the rescue.
    with EventSource(patient_stream, **dialogue.here) as browser:
        dialogue.answer("раз")
        browser.messages(2)
        assert end_connections(f"application_name = '{APPLICATION_NAME}'") >= 1
        sent = [dialogue.answer(text) for text in ("два", "три")]
        assert [each["id"] for each in browser.messages(2)] == sent


def test_nothing_is_lost_when_every_connection_to_the_database_dies(
    own_stream: Server, dialogue: Dialogue
):
    with EventSource(own_stream, **dialogue.here) as browser:
        dialogue.answer("раз")
        browser.messages(2)
        assert end_connections("true") >= 2
        sent = [dialogue.answer(text) for text in ("два", "три")]
        assert [each["id"] for each in browser.messages(2)] == sent


def test_a_stream_outlives_the_database(own_stream: Server, dialogue: Dialogue, committed: str):
    inbox_of = cookie_of(signed_in(dialogue.operator))
    with (
        EventSource(own_stream, **dialogue.here) as browser,
        EventSource(own_stream, inbox_of, inbox=1) as inbox,
    ):
        inbox.next("refresh")
        # Longer than a read waits for a connection.
        with database_away(committed):
            for _round in range(14):
                browser.next("beat")
                inbox.next("beat")
        sent = dialogue.answer("Да.")
        assert browser.messages(2)[-1]["id"] == sent
        inbox.next("refresh")
    assert not [line for line in own_stream.complaints if "Traceback" in line]


def test_who_comes_while_the_database_is_away_is_told_to_come_back(
    patient_stream: Server, dialogue: Dialogue, committed: str
):
    here = dialogue.here
    ask(patient_stream, wait=1, **here)
    with database_away(committed):
        status, answer = ask(patient_stream, wait=1, **here)
        assert (status, answer["code"]) == (503, "unavailable")
        assert WebSocket(patient_stream, **here).status == 403
    dialogue.answer("Да.")
    assert ask(patient_stream, wait=1, **here)[0] == 200


def test_a_browser_that_does_not_read_delays_nobody_and_is_let_go(
    own_stream: Server, dialogue: Dialogue
):
    here = dialogue.here
    with socket.socket() as stuck:
        # As little as possible waits in the kernel.
        stuck.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        stuck.settimeout(PATIENCE)
        stuck.connect((HOST, own_stream.port))
        query = f"thread={dialogue.thread}&after={here['after']}"
        lines = [
            f"GET /chat/stream/?{query} HTTP/1.1",
            f"Host: {own_stream.host}",
            "Accept: text/event-stream",
            f"Cookie: {dialogue.cookie}",
        ]
        stuck.sendall("\r\n".join([*lines, "", ""]).encode())
        with EventSource(own_stream, **here) as browser:
            dialogue.answer("раз")
            browser.messages(2)
            for _ in range(LETTERS):
                sent = dialogue.answer(LONG_LETTER)
                assert [each["id"] for each in browser.messages(1)] == [sent]
            # The next rounds find it out.
            for _ in range(4):
                browser.next("beat")
        received = b""
        while piece := stuck.recv(1 << 16):
            received += piece
            # One that was still served would come to the next heartbeat.
            assert not received.endswith(b":\n\n\r\n")
    assert received
    assert not received.endswith(b"0\r\n\r\n")
