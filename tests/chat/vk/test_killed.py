"""Wherever a worker is killed, the next one brings each thing to the end it should have, once."""

from collections.abc import Callable, Iterator
from itertools import count
from typing import Any
from uuid import uuid4

from django.core.files.base import ContentFile

import pytest

from accounts.models import User
from chat.models import ChatMessage, ChatThread
from chat.services import attachments, messages
from chat.services.messages import Answer
from chat.vk import files, uploads, work
from tests.chat.vk.conftest import Loop, site_and_vk
from tests.chat.vk.death import dying
from tests.factories import uploads as made
from tests.factories.chat import make_operator
from tests.factories.vk import make_vk_operator

OPERATOR, FIRST_PATIENT = 900, 10_000
# Longer than a dead worker holds what it had in its hands, and than VK knows a message again.
DEAD_SECONDS = 4000
# A story with fewer moments to die at is none.
FEWEST = 5
Deed = Callable[[int], object]


def kill_at_each_moment(loop: Loop, work_once: Callable[[], object], before: Deed, after: Deed):
    """Kill the worker at each moment that makes a difference, each time with another patient.

    `before` is called with the patient's account and gives the worker something to do, `after`
    when everybody has come to rest.
    """
    for moments in count(1):
        peer = FIRST_PATIENT + moments
        before(peer)
        with dying(moments) as death:
            work_once()
        for _ in range(2):
            loop.after(DEAD_SECONDS)
            files.fetch_due()
            uploads.upload_due(loop.sleep)
        loop.settle()
        after(peer)
        if not death.has_come:
            assert moments > FEWEST
            return


@pytest.fixture
def loop(own_database: None, settings: Any) -> Iterator[Loop]:
    """The site at its stand-in VK, on a database where transactions are real."""
    with site_and_vk(settings) as loop:
        yield loop


@pytest.fixture
def anna(loop: Loop) -> User:
    """An operator at the inbox."""
    return make_operator("Анна")


@pytest.fixture
def svetlana(loop: Loop) -> None:
    """An operator in VK."""
    make_vk_operator(OPERATOR)
    loop.vk.user_writes(OPERATOR, "смена")
    loop.settle()


def asks(loop: Loop, peer: int) -> int:
    """Let a patient ask in VK; return the number of the dialogue."""
    loop.vk.user_writes(peer, "Вы работаете?")
    loop.settle()
    return ChatThread.objects.get(vk_peer_id=peer).pk


def answer(anna: User, number: int, *file_ids: Any) -> None:
    """Answer at the inbox."""
    said = Answer(client_id=uuid4(), text="Да", attachments=list(file_ids))
    messages.send_as_operator(anna, number, said)


def deliveries(peer: int) -> list[str]:
    """Return what the inbox says of the answers to a patient."""
    answers = ChatMessage.objects.filter(thread__vk_peer_id=peer, sender="operator")
    return list(answers.values_list("delivery", flat=True))


def test_answer_arrives_once_and_the_inbox_knows_it(loop: Loop, anna: User):
    def after(peer: int) -> None:
        assert (loop.vk.texts(peer), deliveries(peer)) == (["Да"], ["sent"])

    def before(peer: int) -> None:
        answer(anna, asks(loop, peer))

    kill_at_each_moment(loop, lambda: work.run_once(loop.sleep), before, after)


def test_answer_that_a_patient_forbids_is_failed_until_they_allow_it(loop: Loop, anna: User):
    def before(peer: int) -> None:
        number = asks(loop, peer)
        loop.vk.deny(peer)
        loop.settle()
        answer(anna, number)

    def after(peer: int) -> None:
        assert (loop.vk.texts(peer), deliveries(peer)) == ([], ["failed"])
        loop.vk.allow(peer)
        loop.settle()
        assert (loop.vk.texts(peer), deliveries(peer)) == (["Да"], ["sent"])

    kill_at_each_moment(loop, lambda: work.run_once(loop.sleep), before, after)


def test_question_from_vk_is_stored_once_with_its_picture(loop: Loop):
    def before(peer: int) -> None:
        loop.vk.user_writes(peer, "Видно?", attachments=[loop.vk.photo(peer)])
        loop.deliver()

    def after(peer: int) -> None:
        stored = ChatMessage.objects.get(thread__vk_peer_id=peer, sender="visitor")
        assert (stored.text, stored.attachments.count()) == ("Видно?", 1)

    def work_once() -> None:
        work.run_once(loop.sleep)
        files.fetch_due()

    kill_at_each_moment(loop, work_once, before, after)


def test_picture_from_the_inbox_arrives_once(loop: Loop, anna: User):
    def before(peer: int) -> None:
        picture = attachments.store(ContentFile(made.png(), name="схема.png"), uploader=anna)
        answer(anna, asks(loop, peer), picture.pk)

    def after(peer: int) -> None:
        (received,) = loop.vk.received(peer)
        assert (received.text, len(received.attachments)) == ("Да", 1)
        assert deliveries(peer) == ["sent"]

    def work_once() -> None:
        uploads.upload_due(loop.sleep)
        work.run_once(loop.sleep)

    kill_at_each_moment(loop, work_once, before, after)


def test_answer_from_vk_is_echoed_and_delivered_once(loop: Loop, svetlana: None):
    def before(peer: int) -> None:
        number = asks(loop, peer)
        loop.vk.user_writes(OPERATOR, f"#{number} Да")
        loop.deliver()

    def after(peer: int) -> None:
        number = ChatThread.objects.get(vk_peer_id=peer).pk
        assert loop.vk.texts(peer) == ["Да"]
        told = [text for text in loop.vk.texts(OPERATOR) if text.startswith(f"→ #{number}")]
        assert len(told) == 1

    def work_once() -> None:
        work.run_once(loop.sleep)
        loop.pass_time(11)
        work.run_once(loop.sleep)

    kill_at_each_moment(loop, work_once, before, after)


def test_answer_that_was_taken_back_goes_nowhere(loop: Loop, svetlana: None):
    def before(peer: int) -> None:
        number = asks(loop, peer)
        loop.vk.user_writes(OPERATOR, f"#{number} Да")
        loop.settle()
        loop.vk.press(OPERATOR, "Отменить")
        loop.deliver()

    def after(peer: int) -> None:
        assert loop.vk.texts(peer) == []

    kill_at_each_moment(loop, lambda: work.run_once(loop.sleep), before, after)
