"""What VK did not deliver is found: by Long Poll, and in the history after an outage."""

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.core.management import CommandError, call_command
from django.db import OperationalError
from django.utils import timezone

import pytest

from chat.models import ChatMessage, VkEvent, VkOperator, VkReply, VkState
from chat.services import vk_sending, vk_state
from chat.vk import config, reconcile
from chat.vk.client import UnknownOutcome, VkClient, VkError
from chat.vk.longpoll import LongPoll
from chat.vk.setup import EVENTS
from tests.chat.vk.conftest import Loop
from tests.factories.chat import Patient
from tests.factories.vk import make_vk_operator

pytestmark = pytest.mark.django_db

OPERATOR, PATIENT = 900, 701
HOUR = timedelta(hours=1)


def said() -> list[str]:
    """Return what patients said, in the order of the dialogues."""
    found = ChatMessage.objects.filter(sender="visitor").order_by("thread", "seq")
    return list(found.values_list("text", flat=True))


# --- Long Poll ------------------------------------------------------------------------------------


@pytest.fixture
def poll(loop: Loop) -> LongPoll:
    """A process that has begun to poll; VK posts nothing."""
    loop.vk.group.servers.clear()
    found = LongPoll(threading.Event(), wait=0)
    found.poll_once()
    reconcile.fill_gap()
    return found


@pytest.mark.parametrize("minutes", [0, 30])
def test_what_is_written_while_long_poll_begins_is_looked_for(
    loop: Loop, monkeypatch: pytest.MonkeyPatch, minutes: int
):
    loop.vk.group.servers.clear()
    call = VkClient.call

    def written_meanwhile(client: VkClient, method: str, **params: Any) -> Any:
        if method == "groups.getLongPollServer":
            loop.vk.user_writes(PATIENT, "Раз")
            loop.sleep(60 * minutes)
        return call(client, method, **params)

    process = LongPoll(threading.Event(), wait=0)
    with monkeypatch.context() as patch:
        patch.setattr(VkClient, "call", written_meanwhile)
        process.poll_once()
    reconcile.fill_gap()
    process.poll_once()
    loop.settle()
    assert said() == ["Раз"]
    assert VkState.objects.get().gap_since is None


def test_next_process_of_long_poll_looks_for_nothing(loop: Loop, poll: LongPoll):
    loop.sleep(100)
    LongPoll(threading.Event(), wait=0).poll_once()
    assert VkState.objects.get().gap_since is None


def test_events_are_fetched_and_stored_once(loop: Loop, poll: LongPoll):
    loop.vk.user_writes(PATIENT, "Раз")
    loop.vk.user_writes(PATIENT, "Два")
    poll.poll_once()
    poll.poll_once()
    loop.settle()
    assert said() == ["Раз", "Два"]
    assert loop.vk.group.long_poll.events >= set(EVENTS)


def test_next_process_goes_on_where_the_stored_events_end(loop: Loop, poll: LongPoll):
    loop.vk.user_writes(PATIENT, "Раз")
    poll.poll_once()
    loop.vk.user_writes(PATIENT, "Два")
    loop.sleep(100)
    LongPoll(threading.Event(), wait=0).poll_once()
    loop.settle()
    assert said() == ["Раз", "Два"]
    assert VkEvent.objects.filter(type="message_new").count() == 2


def test_batch_that_was_not_stored_is_fetched_again(
    loop: Loop, poll: LongPoll, monkeypatch: pytest.MonkeyPatch
):
    loop.vk.user_writes(PATIENT, "Раз")
    before = VkState.objects.get().long_poll_ts
    with monkeypatch.context() as patch, pytest.raises(ZeroDivisionError):
        patch.setattr("chat.vk.arrival.keep", lambda *args: 1 / 0)
        poll.poll_once()
    assert VkState.objects.get().long_poll_ts == before
    poll.poll_once()
    loop.settle()
    assert said() == ["Раз"]


def test_one_process_polls_at_a_time(loop: Loop, poll: LongPoll):
    other = LongPoll(threading.Event(), wait=0)
    assert not other.poll_once()
    loop.sleep(100)
    assert other.poll_once()
    assert not poll.poll_once()


def test_key_that_grew_old_is_asked_for_anew(loop: Loop, poll: LongPoll):
    loop.vk.lose_long_poll_key()
    loop.vk.user_writes(PATIENT, "Раз")
    poll.poll_once()
    poll.poll_once()
    loop.settle()
    assert said() == ["Раз"]
    assert VkState.objects.get().gap_since is None


@pytest.mark.parametrize("failed", [1, 3])
def test_events_that_vk_has_forgotten_are_looked_for(loop: Loop, poll: LongPoll, failed: int):
    loop.vk.user_writes(PATIENT, "Раз")
    loop.vk.fail_long_poll(failed)
    loop.vk.group.long_poll.events.clear()
    poll.poll_once()
    assert VkState.objects.get().gap_since
    reconcile.fill_gap()
    loop.settle()
    assert said() == ["Раз"]
    assert VkState.objects.get().gap_since is None
    loop.vk.user_writes(PATIENT, "Два")
    loop.vk.group.long_poll.events.update(EVENTS)


def test_trouble_is_waited_out_and_the_place_kept(loop: Loop, poll: LongPoll):
    loop.vk.user_writes(PATIENT, "Раз")
    loop.vk.go_down()
    with pytest.raises(Exception, match=r"Connection|refused|Error"):
        poll.poll_once()
    loop.vk.come_back()
    poll.poll_once()
    loop.settle()
    assert said() == ["Раз"]


class Until(threading.Event):
    """A wish to stop that comes true by itself; of pauses, something happens in each."""

    def __init__(self, done: Callable[[], bool], in_pause: Callable[[float], None]) -> None:
        super().__init__()
        self._done = done
        self._in_pause = in_pause

    def is_set(self) -> bool:
        return self._done()

    def wait(self, timeout: float | None = None) -> bool:
        self._in_pause(timeout or 0)
        return self._done()


@pytest.fixture
def one_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the connection of the test, whose transaction would end with it."""
    monkeypatch.setattr("chat.vk.longpoll.close_old_connections", lambda: None)


def is_fetched() -> bool:
    """Say whether a message has come."""
    return VkEvent.objects.filter(type="message_new").exists()


def test_process_outlasts_vk_and_the_database(
    loop: Loop,
    poll: LongPoll,
    one_connection: None,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
):
    loop.sleep(100)
    loop.vk.user_writes(PATIENT, "Раз")
    loop.vk.go_down()
    take, pauses = vk_state.take_long_poll, []

    def pass_time(seconds: float) -> None:
        loop.sleep(seconds)
        if seconds < 1:
            return
        pauses.append(seconds)
        if len(pauses) == 2:
            loop.vk.come_back()
            monkeypatch.setattr(vk_state, "take_long_poll", fail_once)

    def fail_once(*args: Any) -> bool:
        monkeypatch.setattr(vk_state, "take_long_poll", take)
        raise OperationalError("INSERT Иванова")

    LongPoll(Until(is_fetched, pass_time), wait=0).run()
    assert pauses == [1, 2, 5]
    assert "OperationalError" in caplog.text
    assert "Иванова" not in caplog.text
    loop.settle()
    assert said() == ["Раз"]


def test_process_that_waits_takes_over_and_leaves_its_turn_to_the_next(
    loop: Loop, poll: LongPoll, one_connection: None
):
    loop.vk.user_writes(PATIENT, "Раз")
    LongPoll(Until(is_fetched, loop.sleep), wait=0).run()
    loop.settle()
    assert said() == ["Раз"]
    assert LongPoll(threading.Event(), wait=0).poll_once()


@pytest.mark.parametrize("answer", [b"<html>", b"[]"])
def test_answer_that_vk_does_not_give_keeps_the_place(
    loop: Loop, poll: LongPoll, monkeypatch: pytest.MonkeyPatch, answer: bytes
):
    loop.vk.user_writes(PATIENT, "Раз")
    with monkeypatch.context() as patch, pytest.raises(UnknownOutcome):
        patch.setattr("chat.vk.fetching.get", lambda *args, **options: answer)
        poll.poll_once()
    poll.poll_once()
    loop.settle()
    assert said() == ["Раз"]


def test_place_that_vk_does_not_name_is_asked_for_again(
    loop: Loop, poll: LongPoll, monkeypatch: pytest.MonkeyPatch
):
    loop.vk.user_writes(PATIENT, "Раз")
    loop.vk.lose_long_poll_key()
    poll.poll_once()
    with monkeypatch.context() as patch, pytest.raises(UnknownOutcome):
        patch.setattr("chat.vk.longpoll.VkClient.call", lambda *args, **params: {"key": "x"})
        poll.poll_once()
    poll.poll_once()
    loop.settle()
    assert said() == ["Раз"]


def test_long_poll_command_needs_a_token(settings: Any):
    settings.VK_GROUP_TOKEN = ""
    with pytest.raises(Exception, match="VK_GROUP_TOKEN"):
        call_command("vk_longpoll")


# --- the history ----------------------------------------------------------------------------------


def lose(loop: Loop, *texts: str, peer: int = PATIENT) -> None:
    """Let a person write what VK never delivers."""
    for text in texts:
        loop.vk.disturb("message_new", "lost")
        loop.vk.user_writes(peer, text)
        loop.settle()


def test_lost_messages_are_found_in_their_order(loop: Loop):
    loop.vk.user_writes(PATIENT, "Раз")
    loop.settle()
    lose(loop, "Два", "Три")
    assert said() == ["Раз"]
    assert reconcile.reconcile(timezone.now() - HOUR, loop.sleep) == 2
    loop.settle()
    assert said() == ["Раз", "Два", "Три"]
    assert reconcile.reconcile(timezone.now() - HOUR, loop.sleep) == 0


def test_message_lost_in_the_middle_is_found_too(loop: Loop):
    lose(loop, "Раз")
    loop.vk.user_writes(PATIENT, "Два")
    loop.settle()
    reconcile.reconcile(timezone.now() - HOUR, loop.sleep)
    loop.settle()
    assert sorted(said()) == ["Два", "Раз"]


def test_what_is_older_than_its_own_record_is_not_brought_back(loop: Loop):
    lose(loop, "Давно")
    loop.after(8 * 24 * 3600)
    assert reconcile.reconcile(timezone.now() - 400 * HOUR, loop.sleep) == 0
    assert said() == []


def test_what_comes_both_ways_is_one_message(loop: Loop):
    loop.vk.disturb("message_new", "drop_first")
    loop.vk.user_writes(PATIENT, "Раз")
    loop.settle()
    reconcile.reconcile(timezone.now() - HOUR, loop.sleep)
    loop.after(3600)
    assert said() == ["Раз"]


def test_operators_lost_answer_is_found_and_may_still_be_taken_back(loop: Loop, patient: Patient):
    loop.vk.allow(OPERATOR)
    make_vk_operator(OPERATOR)
    number = patient.send("Натощак?").json()["thread"]["number"]
    loop.settle()
    lose(loop, f"#{number} Да", peer=OPERATOR)
    reconcile.reconcile(timezone.now() - HOUR, loop.sleep)
    loop.settle()
    assert VkReply.objects.get().state == "held"
    assert loop.vk.texts(OPERATOR)[-1].startswith(f"→ #{number}")


def test_our_own_messages_are_not_taken_for_missing(loop: Loop, patient: Patient):
    loop.vk.allow(OPERATOR)
    make_vk_operator(OPERATOR)
    patient.send("Натощак?")
    loop.settle()
    VkEvent.objects.all().delete()
    assert reconcile.reconcile(timezone.now() - HOUR, loop.sleep) == 0


def test_answer_typed_in_vk_during_the_outage_is_mirrored(loop: Loop):
    loop.vk.user_writes(PATIENT, "Вы работаете?")
    loop.settle()
    loop.vk.disturb("message_reply", "lost")
    loop.vk.manager_replies(PATIENT, "До шести")
    loop.settle()
    reconcile.reconcile(timezone.now() - HOUR, loop.sleep)
    loop.settle()
    assert ChatMessage.objects.filter(sender="operator").get().text == "До шести"


def test_what_was_said_before_is_left_alone(loop: Loop):
    lose(loop, "Давно")
    loop.after(3 * 3600)
    assert reconcile.reconcile(timezone.now() - HOUR, loop.sleep) == 0


def test_gap_stays_noted_until_vk_answers(loop: Loop):
    lose(loop, "Раз")
    vk_state.note_gap(timezone.now() - HOUR)
    loop.vk.fail("messages.getHistory", "error", code=10)
    with pytest.raises((VkError, UnknownOutcome)):
        reconcile.fill_gap()
    assert reconcile.fill_gap() == 1
    assert reconcile.fill_gap() == 0


def test_gap_stays_noted_while_the_token_is_dead(loop: Loop, settings: Any):
    lose(loop, "Раз")
    vk_state.note_gap(timezone.now() - HOUR)
    vk_sending.halt("VK error 5", config.current().token_hash)
    assert reconcile.fill_gap() == 0
    assert VkState.objects.get().gap_since
    loop.vk.add_token("another")
    settings.VK_GROUP_TOKEN = "another"
    assert reconcile.fill_gap() == 1


def test_worker_looks_back_when_it_begins(loop: Loop):
    loop.vk.user_writes(PATIENT, "Раз")
    loop.settle()
    lose(loop, "Два")
    reconcile.note_start()
    assert reconcile.fill_gap() == 1


def test_lost_word_about_duty_is_heeded(loop: Loop):
    loop.vk.allow(OPERATOR)
    make_vk_operator(OPERATOR)
    lose(loop, "не на смене", peer=OPERATOR)
    call_command("vk_reconcile", "--hours=1")
    loop.settle()
    assert not VkOperator.objects.get().on_duty


def test_shell_says_how_much_was_missing_or_why_nobody_knows(
    loop: Loop, capsys: pytest.CaptureFixture[str], settings: Any
):
    lose(loop, "Раз")
    loop.vk.rules.requests_per_second = None
    call_command("vk_reconcile")
    assert "1 messages" in capsys.readouterr().out
    loop.vk.revoke_token(settings.VK_GROUP_TOKEN)
    with pytest.raises(CommandError, match="не принимает ключ"):
        call_command("vk_reconcile")


def test_what_is_missed_while_a_search_is_under_way_is_looked_for_after_it(
    loop: Loop, monkeypatch: pytest.MonkeyPatch
):
    loop.vk.group.servers.clear()
    vk_state.note_gap(timezone.now() - HOUR)
    call, poll = VkClient.call, LongPoll(threading.Event(), wait=0)

    def meanwhile(client: VkClient, method: str, **params: Any) -> Any:
        answer = call(client, method, **params)
        if method == "messages.getConversations" and not said():
            # Not in the list that was just read, and before the place where Long Poll begins.
            monkeypatch.setattr(VkClient, "call", call)
            loop.vk.user_writes(PATIENT, "Раз")
            poll.poll_once()
        return answer

    monkeypatch.setattr(VkClient, "call", meanwhile)
    reconcile.fill_gap(loop.sleep)
    reconcile.fill_gap(loop.sleep)
    loop.settle()
    assert said() == ["Раз"]
