"""Several workers at once, on a database where transactions are real."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

from django.db import connections
from django.db.models import F
from django.utils import timezone

import pytest

from chat.models import ChatMessage, ChatThread, VkOutbox, VkReply
from chat.services import vk_outbox, vk_replies, vk_state
from chat.vk import inbound, outbox, reconcile
from tests.factories.chat import make_widget
from tests.factories.vk import make_vk_operator, message_new, receive
from tests.fake_vk.fake import FakeVK

WORKERS = 8
PEOPLE = range(1, 46)


@pytest.fixture
def vk(own_database: None, settings: Any) -> Iterator[FakeVK]:
    """VK with a clock that runs: it counts the calls of a second."""
    with FakeVK(token=settings.VK_GROUP_TOKEN, group_id=settings.VK_GROUP_ID, real=True) as vk:
        settings.VK_API_BASE_URL = vk.api_url
        for peer in PEOPLE:
            vk.allow(peer)
        yield vk


def together(job: Callable[[], int]) -> int:
    """Let all workers do it at once, each over connections of its own; return the sum."""

    def run(_number: int) -> int:
        try:
            return job()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(WORKERS) as pool:
        return sum(pool.map(run, range(WORKERS)))


def test_eight_workers_keep_to_vks_rate_together_and_send_everything_once(vk: FakeVK):
    for peer in PEOPLE:
        vk_outbox.queue(VkOutbox.Purpose.NOTICE, peer, "Мы открыты до шести.")
    sent = 0
    # Each stops after a moment, for what has come meanwhile.
    while now_sent := together(outbox.drain):
        sent += now_sent
    assert sent == len(PEOPLE)
    assert [one for one in vk.requests if one.error_code == 6] == []
    assert {len(vk.received(peer)) for peer in PEOPLE} == {1}


def test_storm_of_too_fast_makes_eight_workers_wait_and_loses_and_doubles_nothing(vk: FakeVK):
    for peer in PEOPLE:
        vk_outbox.queue(VkOutbox.Purpose.NOTICE, peer, "Мы открыты до шести.")
    storm = 10
    vk.fail("messages.send", "error", code=6, times=storm)
    while VkOutbox.objects.filter(state="waiting").exists():
        together(outbox.drain)
    assert not VkOutbox.objects.filter(state="failed").exists()
    assert {len(vk.received(peer)) for peer in PEOPLE} == {1}
    # Nobody hammers at a door that is shut: one more attempt for each refusal.
    assert len(vk.calls("messages.send")) == len(PEOPLE) + storm


def test_parts_of_a_text_keep_their_order_however_many_work(vk: FakeVK):
    text = " ".join(map(str, range(4000)))
    vk_outbox.queue(VkOutbox.Purpose.NOTICE, 1, text)
    # A worker that finds the person taken goes home: another round sends what it left.
    while VkOutbox.objects.filter(state="waiting").exists():
        together(outbox.drain)
    parts = [part.rsplit("\n", 1)[0] for part in vk.texts(1)]
    assert len(parts) > 2
    assert " ".join(parts) == text


def test_answers_of_two_operators_at_once_and_a_patient_who_writes_are_all_kept(vk: FakeVK):
    make_widget()
    users = [make_vk_operator(vk_id, f"Оператор{vk_id}") for vk_id in (900, 901)]
    receive(message_new(1, "Натощак?"))
    inbound.process_due(lambda pressed: None)
    number = ChatThread.objects.get(vk_peer_id=1).pk
    for user in users:
        for text in range(5):
            receive(message_new(user.vk_account.vk_id, f"#{number} {user.first_name} {text}"))
    inbound.process_due(lambda pressed: None)
    for text in range(5):
        receive(message_new(1, f"Вопрос {text}"))
    VkReply.objects.update(deliver_at=F("created_at") - timedelta(hours=1))
    VkReply.objects.update(created_at=F("created_at") - timedelta(hours=1))

    def job() -> int:
        return inbound.process_due(lambda pressed: None) + vk_replies.deliver_due()

    together(job)
    thread = ChatThread.objects.get(pk=number)
    said = list(
        ChatMessage.objects.filter(thread=number).order_by("seq").values_list("seq", "text")
    )
    assert [seq for seq, _text in said] == list(range(1, thread.last_seq + 1))
    for who in ("Вопрос", "Оператор900", "Оператор901"):
        assert [text for _seq, text in said if text.startswith(who)] == [
            f"{who} {text}" for text in range(5)
        ]


def test_what_was_missed_is_looked_for_by_one_alone(vk: FakeVK):
    vk_state.note_gap(timezone.now())
    together(reconcile.fill_gap)
    assert len(vk.calls("messages.getConversations")) == 1
    assert vk_state.get().gap_since is None
