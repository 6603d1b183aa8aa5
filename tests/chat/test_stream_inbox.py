"""What operators see at once: which threads changed, who types, who looks."""

from collections.abc import Iterator

import pytest

from chat.services.writing import notify
from tests.chat.streams import (
    Dialogue,
    Event,
    EventSource,
    Server,
    WebSocket,
    cookie_of,
    signed_in,
)

TRANSPORTS = [EventSource, WebSocket]


@pytest.fixture(params=TRANSPORTS)
def inbox(
    request: pytest.FixtureRequest, stream: Server, dialogue: Dialogue
) -> Iterator[EventSource | WebSocket]:
    """An operator's open stream."""
    with request.param(stream, cookie_of(signed_in(dialogue.operator)), inbox=1) as inbox:
        yield inbox


def test_an_inbox_reads_everything_first(inbox: EventSource | WebSocket):
    assert next(event for event in inbox if event.name != "beat") == Event("refresh", {})


def test_a_patients_message_rings_at_once(inbox: EventSource | WebSocket, dialogue: Dialogue):
    inbox.next("refresh")
    dialogue.patient.send("Вы здесь?")
    assert inbox.next("threads").data == {"ids": [dialogue.thread]}


def test_what_happens_in_many_threads_is_told_of_each(
    inbox: EventSource | WebSocket, dialogue: Dialogue
):
    inbox.next("refresh")
    threads = {Dialogue().thread for _ in range(3)}
    told: set[int] = set()
    while not threads <= told:
        told |= set(inbox.next("threads").data["ids"])


def test_operators_see_who_types_and_who_looks(inbox: EventSource | WebSocket, dialogue: Dialogue):
    inbox.next("refresh")
    operator = dialogue.operator.pk
    notify(f"t {dialogue.thread} visitor 0")
    assert inbox.next("typing").data == {
        "thread": dialogue.thread,
        "side": "visitor",
        "user": None,
        "name": "",
    }
    notify(f"t {dialogue.thread} operator {operator}")
    assert inbox.next("typing").data["name"] == "Светлана"
    notify(f"p {dialogue.thread} {operator}")
    assert inbox.next("presence").data == {
        "thread": dialogue.thread,
        "user": operator,
        "name": "Светлана",
    }


def test_rubbish_on_the_bus_is_passed_over(inbox: EventSource | WebSocket, dialogue: Dialogue):
    inbox.next("refresh")
    for hint in ("", "m", "m 1", "m 1 x", "m -1 2", "x 1 2", "t 1 nobody 0", "r", "m 1 2 3"):
        notify(hint)
    dialogue.answer("Да.")
    assert inbox.next("threads").data == {"ids": [dialogue.thread]}
