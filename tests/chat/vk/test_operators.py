"""An operator answers from VK: the right patient, once, and it can be taken back."""

from datetime import timedelta
from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

import pytest
import time_machine

from accounts.models import User
from chat.models import (
    ChatMessage,
    ChatThread,
    ChatTopic,
    ChatWidget,
    VkBindingCode,
    VkOperator,
    VkOutbox,
    VkReply,
)
from chat.selectors.threads import common_thread_id
from chat.services import retention, threads, vk_operators, vk_replies
from chat.vk import inbound, work
from tests.factories.chat import Patient, make_operator
from tests.factories.vk import event, make_vk_operator, message, message_new, post, receive

pytestmark = pytest.mark.django_db

OPERATOR, STRANGER = 900, 701


@pytest.fixture
def svetlana(db: None) -> User:
    """An operator whose account in VK is bound."""
    return make_vk_operator(OPERATOR)


@pytest.fixture
def number(patient: Patient, svetlana: User) -> int:
    """The thread of a patient who asks on the site."""
    found: int = patient.send("Натощак?").json()["thread"]["number"]
    return found


def answers(number: int) -> list[str]:
    """Return what operators said in a thread."""
    said = ChatMessage.objects.filter(thread=number, sender="operator").order_by("seq")
    return list(said.values_list("text", flat=True))


def told(vk_id: int = OPERATOR) -> str:
    """Return the last thing that goes out to a VK account."""
    return VkOutbox.objects.filter(peer_id=vk_id).order_by("pk").last().text  # type: ignore[union-attr]


def after_ten_seconds() -> None:
    """Let the worker come by when the time to take answers back is over: a minute without VK."""
    with time_machine.travel(timezone.now() + timedelta(seconds=61), tick=False):
        work.run_once()


def test_undo_that_nobody_has_read_yet_goes_before_the_delivery(number):
    post(message_new(OPERATOR, f"#{number} Не тому"))
    reply = VkReply.objects.get()
    button = {"user_id": OPERATOR, "peer_id": OPERATOR, "payload": {"cmd": "undo", "r": reply.pk}}
    receive(event("message_event", button))
    with time_machine.travel(timezone.now() + timedelta(seconds=61), tick=False):
        assert vk_replies.deliver_due() == 0
        work.run_once()
    reply.refresh_from_db()
    assert reply.state == VkReply.State.WITHDRAWN
    assert answers(number) == []


def test_word_that_waits_in_a_backlog_goes_before_the_delivery(
    number: int, monkeypatch: pytest.MonkeyPatch
):
    post(message_new(OPERATOR, f"#{number} Не тому"))
    monkeypatch.setattr(inbound, "LONGEST_SECONDS", 0)
    for vk_id in (101, 102, 103):
        receive(message_new(vk_id, "Вы работаете?"))
    receive(message_new(OPERATOR, "Отмена"))
    for _round in range(5):
        after_ten_seconds()
    assert VkReply.objects.get().state == VkReply.State.WITHDRAWN
    assert answers(number) == []


def test_forged_press_that_nobody_has_read_yet_holds_no_answer_back(number):
    post(message_new(OPERATOR, f"#{number} Да"))
    reply = VkReply.objects.get()
    button = {"user_id": STRANGER, "peer_id": STRANGER, "payload": {"cmd": "undo", "r": reply.pk}}
    receive(event("message_event", button))
    with time_machine.travel(timezone.now() + timedelta(seconds=61), tick=False):
        vk_replies.deliver_due()
    assert answers(number) == ["Да"]


def test_answer_that_cannot_be_stored_stops_no_other(number):
    post(message_new(OPERATOR, f"#{number} Первый"))
    held = VkReply.objects.get()
    ChatMessage.objects.filter(thread_id=number).update(vk_message_id=held.vk_message_id)
    post(message_new(OPERATOR, f"#{number} Второй"))
    after_ten_seconds()
    held.refresh_from_db()
    assert held.state == VkReply.State.REFUSED
    assert answers(number) == ["Второй"]
    assert f"#{number}" in told()


def press(vk_id: int, payload: Any) -> None:
    """Press a button under a message of ours."""
    post(event("message_event", {"user_id": vk_id, "peer_id": vk_id, "payload": payload}))


def test_answer_by_number_arrives_after_ten_seconds_and_is_echoed(number: int):
    post(message_new(OPERATOR, f"#{number} Да, 8 часов"))
    assert answers(number) == []
    assert f"#{number}" in told()
    assert "Да, 8 часов" in told()
    after_ten_seconds()
    assert answers(number) == ["Да, 8 часов"]
    after_ten_seconds()
    assert answers(number) == ["Да, 8 часов"]


def test_answer_taken_back_within_ten_seconds_is_never_seen(number: int):
    post(message_new(OPERATOR, f"#{number} Не тому"))
    reply = VkReply.objects.get()
    press(STRANGER, {"cmd": "undo", "r": reply.pk})
    press(OPERATOR, {"cmd": "undo", "r": reply.pk})
    after_ten_seconds()
    assert answers(number) == []
    assert VkReply.objects.get().state == VkReply.State.WITHDRAWN


def test_answer_is_taken_back_by_a_word_where_vk_shows_no_buttons(number: int):
    post(message_new(OPERATOR, f"#{number} Тому"))
    post(message_new(OPERATOR, f"#{number} Не тому"))
    post(message_new(OPERATOR, "Отмена"))
    assert f"#{number}" in told()
    after_ten_seconds()
    assert answers(number) == ["Тому"]
    post(message_new(OPERATOR, "отмена"))
    assert "Отменять нечего" in told()
    assert answers(number) == ["Тому"]


def test_word_that_vk_delivers_again_takes_no_other_answer_back(number: int):
    post(message_new(OPERATOR, f"#{number} Тому"))
    post(message_new(OPERATOR, f"#{number} Не тому"))
    word = message_new(OPERATOR, "Отмена")
    post(word)
    post(word | {"event_id": "by the second server"})
    after_ten_seconds()
    assert answers(number) == ["Тому"]


def test_word_that_comes_late_takes_back_nothing_that_was_written_after_it(number: int):
    word = message(OPERATOR, "Отмена")
    post(message_new(OPERATOR, f"#{number} Тому"))
    post(event("message_new", {"message": word}))
    assert "Отменять нечего" in told()
    after_ten_seconds()
    assert answers(number) == ["Тому"]


def test_duty_word_that_comes_late_does_not_undo_the_later_one(svetlana: User):
    off = message(OPERATOR, "Не на смене")
    post(message_new(OPERATOR, "Смена"))
    post(event("message_new", {"message": off}))
    assert VkOperator.objects.get(user=svetlana).on_duty


def test_word_in_a_reply_to_the_echo_takes_that_answer_back(number: int):
    post(message_new(OPERATOR, f"#{number} Не тому"))
    post(message_new(OPERATOR, f"#{number} Тому"))
    wrong = VkReply.objects.order_by("pk").first()
    assert wrong
    assert wrong.echo
    VkOutbox.objects.filter(pk=wrong.echo_id).update(state="sent", conversation_message_id=4243)
    post(message_new(OPERATOR, "отмена", reply_message=replied(4243)))
    after_ten_seconds()
    assert answers(number) == ["Тому"]


def test_duty_word_in_a_reply_to_a_question_is_an_answer(number: int, svetlana: User):
    alert = VkOutbox.objects.get(purpose=VkOutbox.Purpose.ALERT)
    VkOutbox.objects.filter(pk=alert.pk).update(state="sent", conversation_message_id=4242)
    post(message_new(OPERATOR, "Не на смене", reply_message=replied(4242)))
    after_ten_seconds()
    assert answers(number) == ["Не на смене"]
    assert VkOperator.objects.get(user=svetlana).on_duty


def test_ten_seconds_wait_for_the_echo_where_vk_shows_no_buttons(number: int):
    post(message_new(OPERATOR, f"#{number} Не тому"))
    VkOutbox.objects.filter(purpose="echo").update(keyboard=None)
    with time_machine.travel(timezone.now() + timedelta(seconds=30), tick=False):
        work.run_once()
    assert answers(number) == []


def test_code_that_an_operator_sends_is_read_by_nobody(svetlana: User):
    other = make_operator("Мария")
    code = vk_operators.new_code(other)
    post(message_new(OPERATOR, code))
    assert not ChatMessage.objects.filter(text__contains=code).exists()
    assert VkOperator.objects.get(vk_id=OPERATOR).user == svetlana
    assert vk_operators.bind(STRANGER, code) is None


def replied(cmid: int) -> dict[str, Any]:
    """Return the message that VK's own reply is to."""
    return {"conversation_message_id": cmid, "id": 1, "from_id": -1, "text": "", "date": 1}


def test_operator_is_told_that_an_answer_came_after_what_they_wrote_later(number: int):
    first = message(OPERATOR, f"#{number} Сначала поешьте")
    post(message_new(OPERATOR, f"#{number} Потом приходите"))
    assert "после того" not in told()
    post(event("message_new", {"message": first}))
    assert "после того" in told()


def test_word_in_a_reply_to_a_question_is_an_answer(number: int):
    alert = VkOutbox.objects.get(purpose=VkOutbox.Purpose.ALERT)
    VkOutbox.objects.filter(pk=alert.pk).update(state="sent", conversation_message_id=4242)
    post(message_new(OPERATOR, "Отмена", reply_message=replied(4242)))
    after_ten_seconds()
    assert answers(number) == ["Отмена"]


def test_answer_cannot_be_taken_back_when_it_has_gone(number: int):
    post(message_new(OPERATOR, f"#{number} Да"))
    after_ten_seconds()
    press(OPERATOR, {"cmd": "undo", "r": VkReply.objects.get().pk})
    assert answers(number) == ["Да"]


def test_question_asked_while_an_answer_is_held_is_not_answered_by_it(
    patient: Patient, number: int
):
    alerts_arrive()
    post(message_new(OPERATOR, f"#{number} Да"))
    asked = ChatMessage.objects.get(pk=patient.send("А воду?").json()["message"]["id"])
    after_ten_seconds()
    assert answers(number) == ["Да"]
    thread = ChatThread.objects.get(pk=number)
    assert thread.waiting_since == asked.created_at
    assert thread.operator_read_seq < asked.seq
    assert VkOutbox.objects.get(purpose="alert", message=asked).state == "waiting"


def test_question_that_vk_has_not_shown_yet_is_not_answered(patient: Patient, number: int):
    alerts_arrive()
    asked = ChatMessage.objects.get(pk=patient.send("А воду?").json()["message"]["id"])
    post(message_new(OPERATOR, f"#{number} Да"))
    after_ten_seconds()
    assert answers(number) == ["Да"]
    assert ChatThread.objects.get(pk=number).waiting_since == asked.created_at
    assert VkOutbox.objects.get(purpose="alert", message=asked).state == "waiting"


def test_all_that_vk_has_shown_is_answered(patient: Patient, number: int):
    patient.send("А воду?")
    alerts_arrive()
    post(message_new(OPERATOR, f"#{number} Да"))
    after_ten_seconds()
    thread = ChatThread.objects.get(pk=number)
    assert (thread.waiting_since, thread.operator_read_seq) == (None, thread.last_seq)


def alerts_arrive() -> None:
    """Let VK show the operator what waits, before all that the operator writes."""
    for place, row in enumerate(VkOutbox.objects.filter(purpose="alert").order_by("pk"), start=1):
        VkOutbox.objects.filter(pk=row.pk).update(state="sent", conversation_message_id=place)


def test_button_of_an_older_alert_does_not_close_over_a_newer_question(
    patient: Patient, number: int
):
    patient.send("А воду?")
    older, newer = VkOutbox.objects.filter(purpose="alert").order_by("pk")
    press(OPERATOR, payload_of(older, "close"))
    assert ChatThread.objects.get(pk=number).status == "open"
    press(OPERATOR, payload_of(newer, "close"))
    assert ChatThread.objects.get(pk=number).status == "closed"


def payload_of(row: VkOutbox, command: str) -> Any:
    """Return what a button under a message of ours sends."""
    assert row.keyboard
    [buttons] = row.keyboard["buttons"]
    payloads = [button["action"]["payload"] for button in buttons]
    return next(payload for payload in payloads if payload["cmd"] == command)


def test_native_reply_to_an_alert_goes_to_its_thread(number: int):
    alert = VkOutbox.objects.get(purpose=VkOutbox.Purpose.ALERT)
    VkOutbox.objects.filter(pk=alert.pk).update(state="sent", conversation_message_id=4242)
    reply = {"conversation_message_id": 4242, "peer_id": OPERATOR}
    post(message_new(OPERATOR, "Да, 8 часов", reply_message=reply))
    after_ten_seconds()
    assert answers(number) == ["Да, 8 часов"]


def test_number_in_a_reply_wins_over_what_is_replied_to(number: int):
    other: int = Patient().send("Второй").json()["thread"]["number"]
    VkOutbox.objects.filter(thread=number).update(state="sent", conversation_message_id=4242)
    reply = {"conversation_message_id": 4242, "peer_id": OPERATOR}
    post(message_new(OPERATOR, f"#{other} Второму", reply_message=reply))
    after_ten_seconds()
    assert (answers(number), answers(other)) == ([], ["Второму"])


def test_forwarded_alert_is_no_reply(number: int):
    VkOutbox.objects.filter(thread=number).update(state="sent", conversation_message_id=4242)
    forwarded = [{"conversation_message_id": 4242, "from_id": -1, "text": "#1 x"}]
    post(message_new(OPERATOR, "Смотрите", fwd_messages=forwarded))
    after_ten_seconds()
    assert answers(number) == []
    assert ChatMessage.objects.get(thread=common_thread_id()).text.startswith("Смотрите")


def test_text_without_address_reaches_colleagues_alone(number: int):
    post(message_new(OPERATOR, "Кто сегодня до шести?"))
    after_ten_seconds()
    assert answers(number) == []
    assert answers(common_thread_id()) == ["Кто сегодня до шести?"]
    assert "общий диалог" in told()


@pytest.mark.parametrize(
    "bad",
    [
        "#999999 Привет",
        "#9223372036854775807 Привет",
        "#99999999999999999999 Привет",
        "#0 Привет",
        "#50.5 Привет",
        "#50! Привет",
        "#٥٠ Привет",
    ],
)
def test_number_that_cannot_be_used_is_refused_and_nothing_goes_anywhere(number: int, bad: str):
    before = ChatMessage.objects.count()
    post(message_new(OPERATOR, bad))
    after_ten_seconds()
    assert ChatMessage.objects.count() == before
    assert not VkReply.objects.exists()
    assert "Никому ничего не отправлено" in told()


def test_number_without_text_asks_for_it(number: int):
    post(message_new(OPERATOR, f"#{number}"))
    after_ten_seconds()
    assert answers(number) == []
    assert f"#{number}" in told()


def test_sticker_alone_becomes_a_readable_placeholder(number: int):
    post(message_new(OPERATOR, f"#{number}", attachments=[{"type": "sticker", "sticker": {}}]))
    after_ten_seconds()
    assert answers(number) == ["[стикер]"]


def test_closed_thread_is_opened_by_an_answer(number: int, svetlana: User):
    threads.close(svetlana, number)
    post(message_new(OPERATOR, f"#{number} Ещё одно"))
    after_ten_seconds()
    assert answers(number) == ["Ещё одно"]
    assert ChatThread.objects.get(pk=number).status == "open"


def test_number_of_a_merged_thread_leads_to_its_heir(number: int):
    heir: int = Patient().send("Дома").json()["thread"]["number"]
    threads.merge(number, heir)
    post(message_new(OPERATOR, f"#{number} Да"))
    after_ten_seconds()
    assert answers(heir) == ["Да"]


def test_same_message_twice_is_one_answer(number: int):
    data = message_new(OPERATOR, f"#{number} Да")
    post(data)
    post(data | {"event_id": "second server"})
    after_ten_seconds()
    assert answers(number) == ["Да"]
    assert VkOutbox.objects.filter(purpose=VkOutbox.Purpose.ECHO).count() == 1


def no_longer(user: User, change: str) -> None:
    """Take from an operator what makes one in VK."""
    if change == "unbound":
        vk_operators.unbind(VkOperator.objects.get(user=user), user)
    elif change == "deactivated":
        user.is_active = False
        user.save()
    else:
        user.groups.clear()


@pytest.mark.parametrize("change", ["unbound", "deactivated", "without the right"])
def test_who_is_no_operator_any_more_writes_as_a_patient(number: int, svetlana: User, change: str):
    no_longer(svetlana, change)
    post(message_new(OPERATOR, f"#{number} Секрет"))
    after_ten_seconds()
    assert answers(number) == []
    assert ChatMessage.objects.get(thread__vk_peer_id=OPERATOR).text == f"#{number} Секрет"


@pytest.mark.parametrize("change", ["unbound", "deactivated", "without the right"])
def test_who_is_no_operator_when_the_message_is_read_writes_as_a_patient(
    number: int, svetlana: User, change: str
):
    alerts_arrive()
    for fields in ({}, {"reply_message": replied(1)}):
        receive(message_new(OPERATOR, f"#{number} Секрет", **fields))
    no_longer(svetlana, change)
    after_ten_seconds()
    assert answers(number) == []
    assert not VkReply.objects.exists()
    own = ChatMessage.objects.filter(thread__vk_peer_id=OPERATOR, sender="visitor")
    assert [one.text for one in own] == [f"#{number} Секрет"] * 2


def test_who_is_an_operator_when_the_message_is_read_answers_as_one(number: int):
    receive(message_new(STRANGER, f"#{number} Да"))
    make_vk_operator(STRANGER, "Анна")
    inbound.process_due(lambda pressed: None)
    after_ten_seconds()
    assert answers(number) == ["Да"]
    assert not ChatThread.objects.filter(vk_peer_id=STRANGER).exists()


@pytest.mark.parametrize("form", ["{}", "#{}", "thread-{}", '{{"t":{}}}'])
def test_link_that_names_a_dialogue_leads_nobody_there(number: int, form: str):
    before = ChatMessage.objects.filter(thread=number).count()
    link = {"ref": form.format(number), "ref_source": form.format(number)}
    post(message_new(STRANGER, "Здравствуйте", **link))
    post(message_new(OPERATOR, "Кто до шести?", **link))
    after_ten_seconds()
    assert ChatMessage.objects.filter(thread=number).count() == before
    assert ChatMessage.objects.get(thread__vk_peer_id=STRANGER).text == "Здравствуйте"
    assert answers(common_thread_id()) == ["Кто до шести?"]


@pytest.mark.parametrize(
    ("attachments", "line"),
    [([{"type": "sticker", "sticker": {}}], "[стикер]"), ([{"type": "gift"}], "[подарок]")],
)
def test_what_has_no_words_goes_where_words_would_have_gone(
    number: int, attachments: Any, line: str
):
    alerts_arrive()
    post(message_new(OPERATOR, "", attachments=attachments, reply_message=replied(1)))
    post(message_new(OPERATOR, "", attachments=attachments))
    after_ten_seconds()
    assert (answers(number), answers(common_thread_id())) == ([line], [line])


def test_number_of_an_erased_dialogue_is_refused(number: int):
    retention.erase_thread(None, number)
    post(message_new(OPERATOR, f"#{number} Да"))
    after_ten_seconds()
    assert "Никому ничего не отправлено" in told()
    assert not VkReply.objects.exists()
    assert not ChatMessage.objects.filter(sender="operator").exists()


def test_operator_in_a_chat_is_understood_by_number_alone(number: int):
    chat = 2_000_000_001
    group = 224584658
    for text in ("Обедаем?", f"[club{group}|@lab] #{number} Да"):
        post(message_new(OPERATOR, text, peer_id=chat, id=0))
    post(message_new(STRANGER, f"#{number} Секрет", peer_id=chat, id=0))
    after_ten_seconds()
    assert answers(number) == ["Да"]
    assert answers(common_thread_id()) == []
    assert not ChatThread.objects.filter(vk_peer_id__isnull=False).exists()


def test_two_answers_in_a_chat_where_vk_gives_no_ids_are_two(number: int):
    for cmid, text in ((4, "Да"), (5, "8 часов")):
        post(
            message_new(
                OPERATOR,
                f"#{number} {text}",
                peer_id=2_000_000_001,
                id=0,
                conversation_message_id=cmid,
            )
        )
    after_ten_seconds()
    assert answers(number) == ["Да", "8 часов"]


def in_chat(text: str, place: int) -> Any:
    """Return the event of what the operator writes among several; VK gives no id there."""
    return message_new(OPERATOR, text, peer_id=2_000_000_001, id=0, conversation_message_id=place)


def test_answer_in_a_chat_is_to_all_that_the_operator_was_told_by_then(number: int):
    VkOutbox.objects.filter(purpose="alert").update(state="sent", conversation_message_id=4242)
    post(in_chat(f"#{number} Да", 3))
    after_ten_seconds()
    assert answers(number) == ["Да"]
    assert ChatThread.objects.get(pk=number).waiting_since is None


def test_answer_in_a_chat_does_not_count_as_one_to_what_was_not_told_yet(
    number: int, patient: Patient
):
    VkOutbox.objects.filter(purpose="alert").update(state="sent", conversation_message_id=1)
    patient.send("А воду?")
    post(in_chat(f"#{number} Да", 4242))
    after_ten_seconds()
    assert ChatThread.objects.get(pk=number).waiting_since is not None


def test_word_takes_back_the_last_answer_though_it_was_written_in_a_chat(number: int):
    post(message_new(OPERATOR, f"#{number} Тому"))
    post(in_chat(f"#{number} Не тому", 5))
    post(message_new(OPERATOR, "Отмена"))
    after_ten_seconds()
    assert answers(number) == ["Тому"]


def test_number_of_the_common_dialogue_reaches_colleagues_alone(number: int):
    post(message_new(OPERATOR, f"#{common_thread_id()} Кто до шести?"))
    after_ten_seconds()
    assert answers(common_thread_id()) == ["Кто до шести?"]
    assert not VkReply.objects.exists()


def test_answers_of_two_operators_are_both_kept_in_their_order(number: int, patient: Patient):
    make_vk_operator(OPERATOR + 1, "Анна")
    post(message_new(OPERATOR, f"#{number} Да"))
    post(message_new(OPERATOR + 1, f"#{number} Воду можно"))
    patient.send("А воду?")
    after_ten_seconds()
    assert answers(number) == ["Да", "Воду можно"]
    said = ChatMessage.objects.filter(thread=number).exclude(sender="system").order_by("seq")
    assert list(said.values_list("text", flat=True)) == ["Натощак?", "А воду?", "Да", "Воду можно"]


def test_message_that_comes_again_goes_nowhere_else_though_the_alert_is_gone(number: int):
    alerts = VkOutbox.objects.filter(purpose="alert")
    alerts.update(state="sent", conversation_message_id=4242)
    data = message_new(OPERATOR, "Да", reply_message={"conversation_message_id": 4242})
    post(data)
    alerts.delete()
    post(data | {"event_id": "second server"})
    after_ten_seconds()
    assert (answers(number), answers(common_thread_id())) == (["Да"], [])


def test_message_of_a_patient_that_comes_again_once_he_is_an_operator_is_no_answer(number: int):
    data = message_new(STRANGER, f"#{number} Секрет")
    post(data)
    make_vk_operator(STRANGER, "Анна")
    post(data | {"event_id": "second server"})
    after_ten_seconds()
    assert answers(number) == []
    assert not VkReply.objects.exists()


def test_buttons_take_and_close_and_strangers_cannot_forge_them(number: int, svetlana: User):
    press(STRANGER, {"cmd": "close", "t": number})
    assert ChatThread.objects.get(pk=number).status == "open"
    press(OPERATOR, {"cmd": "take", "t": number})
    assert ChatThread.objects.get(pk=number).assignee == svetlana
    press(OPERATOR, {"cmd": "close", "t": number})
    press(OPERATOR, {"cmd": "close", "t": number})
    assert ChatThread.objects.get(pk=number).status == "closed"
    assert ChatMessage.objects.filter(thread=number, event="closed").count() == 1


@pytest.mark.parametrize("payload", [None, 5, "x", [], {"cmd": []}, {"cmd": "take", "t": "1"}])
def test_rubbish_in_a_button_does_nothing(number: int, payload: Any):
    press(OPERATOR, payload)
    assert ChatThread.objects.get(pk=number).assignee is None


def test_vk_account_is_bound_by_a_code_that_works_once():
    anna = make_operator("Анна")
    code = vk_operators.new_code(anna)
    post(message_new(STRANGER, code.lower()))
    assert VkOperator.objects.get().user == anna
    assert not ChatThread.objects.filter(vk_peer_id=STRANGER).exists()
    post(message_new(STRANGER + 1, code))
    assert VkOperator.objects.count() == 1
    assert "больше не действует" in told(STRANGER + 1)


def test_each_code_that_is_not_good_is_answered():
    for _mistyped in range(2):
        post(message_new(STRANGER, "KDL-AAAA-BBBB"))
    said = VkOutbox.objects.filter(peer_id=STRANGER).values_list("text", flat=True)
    assert ["больше не действует" in text for text in said] == [True, True]


def test_good_code_that_comes_in_a_second_envelope_is_not_called_a_bad_one():
    data = message_new(STRANGER, vk_operators.new_code(make_operator("Анна")))
    post(data)
    post(data | {"event_id": "by the second server"})
    assert "больше не действует" not in told(STRANGER)
    assert VkOutbox.objects.filter(peer_id=STRANGER).count() == 1


def test_what_an_operator_is_told_comes_once_though_the_message_comes_twice(number: int):
    data = message_new(OPERATOR, "#999999 Привет")
    post(data)
    post(data | {"event_id": "by the second server"})
    assert VkOutbox.objects.filter(peer_id=OPERATOR, purpose="notice").count() == 1


def test_operators_message_waits_for_no_walk_through_all_that_ever_came(number: int):
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO chat_vkevent (group_id, event_id, type, body, peer_id, state, reason,"
            " conversation_message_id, retry_counter, attempts, next_at, received_at)"
            " SELECT 1, 'old ' || n, 'message_new', '{}', n %% 500, 'done', '',"
            " n / 500, 0, 0, now(), now() FROM generate_series(1, 20000) n",
            [],
        )
        cursor.execute("ANALYZE chat_vkevent")
    for text in (f"#{number} Да", "не на смене"):
        receive(message_new(OPERATOR, text))
    with CaptureQueriesContext(connection) as asked:
        inbound.process_due(lambda pressed: None)
    plans = []
    with connection.cursor() as cursor:
        for query in asked:
            if query["sql"].startswith("SELECT") and '"chat_vkevent"' in query["sql"]:
                cursor.execute("EXPLAIN " + query["sql"])
                plans.append("\n".join(line for (line,) in cursor.fetchall()))
    assert len(plans) > 4
    assert not [plan for plan in plans if "Seq Scan on chat_vkevent" in plan]


def test_account_of_a_colleague_is_not_taken_over(svetlana: User):
    anna = make_operator("Анна")
    assert vk_operators.bind(OPERATOR, vk_operators.new_code(anna)) is None
    assert VkOperator.objects.get().user == svetlana


def test_code_grows_old_and_a_new_one_replaces_it():
    anna = make_operator("Анна")
    old = vk_operators.new_code(anna)
    fresh = vk_operators.new_code(anna)
    post(message_new(STRANGER, old))
    assert not VkOperator.objects.exists()
    VkBindingCode.objects.update(expires_at=timezone.now())
    post(message_new(STRANGER, fresh))
    assert not VkOperator.objects.exists()


def test_operator_off_duty_is_not_alerted(patient: Patient, svetlana: User):
    post(message_new(OPERATOR, "не на смене"))
    VkOutbox.objects.all().delete()
    patient.send("Вопрос")
    assert not VkOutbox.objects.exists()
    post(message_new(OPERATOR, "смена"))
    patient.send("Ещё вопрос")
    assert VkOutbox.objects.filter(purpose="alert", peer_id=OPERATOR).count() == 1


def test_alert_says_no_more_than_the_site_allows(patient: Patient, svetlana: User):
    ChatTopic.objects.create(widget=ChatWidget.objects.get(), title="Подготовка", text="Как?")
    patient.send("Болит живот", topic="Подготовка")
    alert = VkOutbox.objects.get(purpose="alert").text
    assert "Болит живот" not in alert
    assert "Подготовка" in alert


def test_topic_that_the_laboratory_does_not_offer_stays_on_the_site(
    patient: Patient, svetlana: User
):
    patient.send("Болит живот", topic="ВИЧ [club1|сюда]")
    assert "ВИЧ" not in VkOutbox.objects.get(purpose="alert").text


def test_answer_that_vk_has_cut_goes_to_nobody(number: int):
    post(message_new(OPERATOR, f"#{number} Половина", is_cropped=True))
    after_ten_seconds()
    assert answers(number) == []
    assert "длинно" in told()


def test_alert_goes_to_the_assignee_alone(patient: Patient, svetlana: User):
    anna = make_vk_operator(OPERATOR + 1, "Анна")
    number = patient.send("Раз").json()["thread"]["number"]
    assert VkOutbox.objects.filter(purpose="alert").count() == 2
    threads.assign(anna, number, anna)
    patient.send("Два")
    assert VkOutbox.objects.filter(purpose="alert").count() == 3
    assert VkOutbox.objects.filter(purpose="alert").order_by("pk").last().peer_id == OPERATOR + 1


def test_answer_typed_in_vks_own_interface_is_mirrored_once(svetlana: User):
    post(message_new(STRANGER, "Вы работаете?"))
    number = ChatThread.objects.get(vk_peer_id=STRANGER).pk
    typed = message(-224584658, "До шести", out=1, peer_id=STRANGER, admin_author_id=OPERATOR)
    post(event("message_reply", typed))
    post(event("message_reply", typed))
    assert answers(number) == ["До шести"]
    assert not VkOutbox.objects.filter(purpose="answer").exists()


def test_own_answer_that_vk_reports_is_not_mirrored(svetlana: User):
    post(message_new(STRANGER, "Вы работаете?"))
    number = ChatThread.objects.get(vk_peer_id=STRANGER).pk
    post(message_new(OPERATOR, f"#{number} До шести"))
    after_ten_seconds()
    row = VkOutbox.objects.get(purpose="answer")
    echo = message(-224584658, row.text, out=1, peer_id=STRANGER, random_id=row.random_id)
    post(event("message_reply", echo))
    assert answers(number) == ["До шести"]
    assert ChatMessage.objects.get(text="До шести").delivery == "sent"
