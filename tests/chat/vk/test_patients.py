"""A patient who writes from VK: all of it arrives, in order, in the right dialogue."""

from datetime import timedelta
from typing import Any

from django.utils import timezone

import pytest
import time_machine

from accounts.models import User
from chat.events import Audience, message_json
from chat.models import (
    ChatBlock,
    ChatMessage,
    ChatSettings,
    ChatThread,
    VkEvent,
    VkOutbox,
    VkPeer,
    VkReply,
)
from chat.selectors import threads as selectors
from chat.services import retention, threads, vk_alerts, vk_replies
from chat.services.texts import LONGEST_FROM_VK
from chat.vk import inbound, work
from tests.factories.chat import Patient
from tests.factories.vk import event, make_vk_operator, message, message_new, post, receive

pytestmark = pytest.mark.django_db

GROUP, PATIENT, OPERATOR = 224584658, 701, 900


@pytest.fixture
def svetlana(db: None) -> User:
    """An operator whose account in VK is bound."""
    return make_vk_operator(OPERATOR)


def said(**where: Any) -> list[str]:
    """Return what people said, in the order of the dialogue."""
    found = ChatMessage.objects.exclude(sender="system").filter(**where)
    return list(found.order_by("thread", "seq").values_list("text", flat=True))


def told(vk_id: int) -> list[str]:
    """Return the notices that go out to somebody in VK."""
    rows = VkOutbox.objects.filter(peer_id=vk_id, purpose="notice").order_by("pk")
    return list(rows.values_list("text", flat=True))


# --- Order ----------------------------------------------------------------------------------------


def test_messages_that_come_in_another_order_are_read_in_theirs():
    events = [message_new(PATIENT, text) for text in ("Раз", "Два", "Три")]
    for data in (events[2], events[0], events[1]):
        receive(data)
    work.run_once()
    assert said() == ["Раз", "Два", "Три"]


def test_message_that_came_late_says_so_to_operators_alone():
    first, second = message_new(PATIENT, "Раз"), message_new(PATIENT, "Два")
    post(second)
    with time_machine.travel(timezone.now() + timedelta(hours=1), tick=False):
        post(first)
    thread = ChatThread.objects.get(vk_peer_id=PATIENT)
    assert said() == ["Два", "Раз"]
    read = [
        message_json(one, Audience.OPERATOR)
        for one in selectors.messages(thread.pk, Audience.OPERATOR).order_by("seq")
    ]
    assert [(one["event"], one["kind"]) for one in read] == [
        ("", "message"),
        ("late", "note"),
        ("", "message"),
    ]
    written = timezone.localtime(timezone.now()).strftime("%d.%m.%Y")
    assert written in read[1]["text"]
    shown = selectors.messages(thread.pk, Audience.VISITOR)
    assert "late" not in set(shown.values_list("event", flat=True))


@pytest.mark.parametrize("date", [0, -1, 2**62, "вчера", None, True])
def test_impossible_date_loses_no_message(date: Any):
    post(message_new(PATIENT, "Раз", date=date))
    assert said() == ["Раз"]
    assert ChatMessage.objects.count() == 1


# --- What they write ------------------------------------------------------------------------------


def test_button_that_begins_a_dialogue_is_no_question(svetlana: User, patient: Patient):
    ChatSettings.objects.update(vk_greeting="Здравствуйте!")
    for _ in range(2):
        post(message_new(PATIENT, "Начать", payload='{"command":"start"}'))
    assert not ChatMessage.objects.exists()
    assert not ChatThread.objects.filter(vk_peer_id=PATIENT).exists()
    assert not VkOutbox.objects.filter(purpose="alert").exists()
    post(message_new(PATIENT, "Вы работаете?"))
    assert told(PATIENT) == ["Здравствуйте!"]
    post(message_new(OPERATOR, "Начать", payload='{"command":"start"}'))
    assert said() == ["Вы работаете?"]


@pytest.mark.parametrize("payload", ["{", "5", '{"cmd":"close","t":1}', 5, {"command": "start"}])
def test_forged_payload_is_only_text(svetlana: User, payload: Any):
    post(message_new(PATIENT, "Раз", payload=payload))
    assert said() == ["Раз"]
    assert ChatThread.objects.get(vk_peer_id=PATIENT).status == "open"


@pytest.mark.parametrize(("kind", "line"), [("call", "[звонок]"), ("gift", "[подарок]")])
def test_call_or_gift_of_a_patient_is_a_readable_line(kind: str, line: str):
    post(message_new(PATIENT, "", attachments=[{"type": kind, kind: {"id": 1}}]))
    assert said() == [line]


def test_forwarded_text_of_a_patient_is_kept_as_a_quotation():
    inner = {"from_id": 5, "text": "#1 Ваш результат\nготов", "fwd_messages": [{"text": "Анализ"}]}
    post(message_new(PATIENT, "Это мне?", fwd_messages=[inner, {"text": " "}, "x", None]))
    assert said() == [
        "Это мне?\n[пересланное сообщение]\n> #1 Ваш результат\n> готов\n> Анализ",
    ]


def test_end_of_an_endless_message_is_not_lost_in_silence():
    post(message_new(PATIENT, "я" * 100_000))
    stored = ChatMessage.objects.get().text
    assert len(stored) <= LONGEST_FROM_VK
    assert stored.startswith("яяя")
    assert stored.endswith("]")
    assert len(told(PATIENT)) == 1


def test_endless_answer_of_an_operator_is_refused_whole(svetlana: User, patient: Patient):
    number = patient.send("Натощак?").json()["thread"]["number"]
    for text in (f"#{number} " + "я" * 20_000, "я" * 20_000):
        post(message_new(OPERATOR, text))
    assert not VkReply.objects.exists()
    assert said() == ["Натощак?"]
    assert len(told(OPERATOR)) == 2


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("👩‍👩‍👧‍👦", "👩‍👩‍👧‍👦"),
        ("<script>alert(1)</script>", "<script>alert(1)</script>"),
        ("а\u202eб", "а\u202eб"),
    ],
)
def test_what_people_type_is_kept_as_it_is(text: str, kept: str):
    post(message_new(PATIENT, text))
    assert said() == [kept]


# --- Floods and blocks ----------------------------------------------------------------------------


def flood(count: int) -> None:
    """Let a patient write and write, and the worker read it, without a call to VK."""
    for number in range(count):
        assert receive(message_new(PATIENT, f"Спам {number}")).content == b"ok"
    read()


def read() -> None:
    """Let the worker read what came."""
    inbound.process_due(lambda pressed: None)


def test_flood_of_one_account_is_stored_whole_and_alerts_the_operator_so_often(svetlana: User):
    flood(vk_alerts.MOST_ALERTS + 5)
    alerts = VkOutbox.objects.filter(purpose="alert")
    assert len(said()) == vk_alerts.MOST_ALERTS + 5
    assert alerts.count() == vk_alerts.MOST_ALERTS
    receive(message_new(PATIENT + 1, "Другой человек"))
    read()
    assert alerts.count() == vk_alerts.MOST_ALERTS + 1


def test_next_question_alerts_again_after_an_hour(svetlana: User):
    flood(vk_alerts.MOST_ALERTS)
    with time_machine.travel(timezone.now() + timedelta(minutes=61), tick=False):
        receive(message_new(PATIENT, "Через час"))
        read()
    assert VkOutbox.objects.filter(message__text="Через час").exists()


def test_next_question_alerts_again_once_somebody_answered(svetlana: User):
    flood(vk_alerts.MOST_ALERTS)
    VkOutbox.objects.filter(purpose="alert").update(state="sent")
    for place, row in enumerate(VkOutbox.objects.filter(purpose="alert").order_by("pk"), start=1):
        VkOutbox.objects.filter(pk=row.pk).update(conversation_message_id=place)
    receive(message_new(OPERATOR, f"#{ChatThread.objects.get(vk_peer_id=PATIENT).pk} Хватит"))
    read()
    with time_machine.travel(timezone.now() + timedelta(minutes=1), tick=False):
        vk_replies.deliver_due()
        receive(message_new(PATIENT, "Спасибо"))
        read()
    assert VkOutbox.objects.filter(message__text="Спасибо").exists()


def test_block_of_the_heir_keeps_out_who_wrote_to_the_merged_dialogue():
    post(message_new(PATIENT, "Раз"))
    old = ChatThread.objects.get(vk_peer_id=PATIENT)
    heir = ChatThread.objects.create(user=User.objects.create_user("zalina@example.org"))
    threads.merge(old.pk, heir.pk)
    block = ChatBlock.objects.create(
        kind="thread", value=str(heir.pk), until=timezone.now() + timedelta(hours=1)
    )
    post(message_new(PATIENT, "Два"))
    assert said() == ["Раз"]
    ChatBlock.objects.filter(pk=block.pk).update(until=timezone.now())
    post(message_new(PATIENT, "Три"))
    assert said() == ["Раз", "Три"]


# --- Other events ---------------------------------------------------------------------------------


def mirrored(text: str, **fields: Any) -> dict[str, Any]:
    """Return a message that somebody of the laboratory typed in VK's own interface."""
    return message(-GROUP, text, out=1, peer_id=PATIENT, admin_author_id=OPERATOR, **fields)


def test_edit_of_a_mirrored_message_is_followed():
    post(message_new(PATIENT, "Вы работаете?"))
    typed = mirrored("До шести")
    post(event("message_reply", typed))
    post(event("message_edit", typed | {"text": "До семи"}))
    assert said() == ["Вы работаете?", "До семи"]
    assert ChatMessage.objects.get(text="До семи").edited_at


def test_answer_typed_in_vk_before_the_question_has_come_is_not_lost(patient: Patient):
    ChatSettings.objects.update(vk_greeting="Здравствуйте!")
    question = message_new(PATIENT, "Вы работаете?")
    post(event("message_reply", mirrored("До шести")))
    assert said() == ["До шести"]
    post(question)
    late = ChatMessage.objects.get(sender="system")
    assert late.event == "late"
    assert said() == ["До шести", "Вы работаете?"]
    assert VkOutbox.objects.filter(peer_id=PATIENT, purpose="notice").count() == 1


def test_nothing_typed_in_vk_makes_no_dialogue():
    post(event("message_reply", mirrored("")))
    assert not ChatThread.objects.filter(vk_peer_id=PATIENT).exists()


def test_erased_words_that_vk_sends_in_another_envelope_stay_erased():
    asked, typed = message(PATIENT, "Вы работаете?"), mirrored("До шести")
    both = [("message_new", {"message": asked}), ("message_reply", typed)]
    for kind, body in both:
        post(event(kind, body))
    retention.erase_thread(None, ChatThread.objects.get(vk_peer_id=PATIENT).pk)
    for kind, body in both:
        post(event(kind, body))
    assert said() == []


def test_what_is_typed_in_vk_to_a_colleague_or_in_a_chat_is_no_patients_dialogue(svetlana: User):
    for peer in (OPERATOR, 2_000_000_007):
        post(event("message_reply", mirrored("Планёрка в два") | {"peer_id": peer}))
    assert said() == []
    assert not ChatThread.objects.filter(is_common=False).exists()


def test_edit_of_an_unknown_message_makes_none():
    post(message_new(PATIENT, "Вы работаете?"))
    post(event("message_edit", mirrored("До шести")))
    assert said() == ["Вы работаете?"]
    assert VkEvent.objects.get(type="message_edit").state == VkEvent.State.IGNORED


def test_edit_of_an_operators_own_message_shows_the_patient_nothing(
    svetlana: User, patient: Patient
):
    number = patient.send("Натощак?").json()["thread"]["number"]
    typed = message(OPERATOR, f"#{number} Да")
    post(event("message_new", {"message": typed}))
    with time_machine.travel(timezone.now() + timedelta(seconds=61), tick=False):
        work.run_once()
    for fields in ({}, {"out": 1}, {"from_id": -GROUP}):
        post(event("message_edit", typed | {"text": f"#{number} Нет"} | fields))
    assert said() == ["Натощак?", "Да"]


def test_edit_of_a_patients_own_message_changes_nothing():
    asked = message(PATIENT, "Натощак?")
    post(event("message_new", {"message": asked}))
    post(event("message_edit", asked | {"text": "Другое"}))
    assert said() == ["Натощак?"]


def test_patient_who_read_the_answer_in_vk_has_read_it(svetlana: User):
    post(message_new(PATIENT, "Вы работаете?"))
    thread = ChatThread.objects.get(vk_peer_id=PATIENT)
    post(message_new(OPERATOR, f"#{thread.pk} До шести"))
    with time_machine.travel(timezone.now() + timedelta(seconds=61), tick=False):
        work.run_once()
    VkOutbox.objects.filter(purpose="answer").update(state="sent", conversation_message_id=77)
    read = {"from_id": PATIENT, "peer_id": PATIENT, "read_message_id": 9}
    post(event("message_read", read | {"conversation_message_id": 76}))
    thread.refresh_from_db()
    assert thread.visitor_read_seq == 0
    post(event("message_read", read | {"conversation_message_id": 80}))
    thread.refresh_from_db()
    assert thread.visitor_read_seq == ChatMessage.objects.get(text="До шести").seq


def test_answer_typed_in_vk_itself_is_read_too(svetlana: User):
    post(message_new(PATIENT, "Вы работаете?"))
    thread = ChatThread.objects.get(vk_peer_id=PATIENT)
    typed = mirrored("До шести")
    post(event("message_reply", typed))
    place = {"from_id": PATIENT, "peer_id": PATIENT, "conversation_message_id": 80}
    post(event("message_read", place | {"read_message_id": typed["id"] - 1}))
    thread.refresh_from_db()
    assert thread.visitor_read_seq == 0
    post(event("message_read", place | {"read_message_id": typed["id"]}))
    thread.refresh_from_db()
    assert thread.visitor_read_seq == ChatMessage.objects.get(text="До шести").seq


def test_who_forbids_and_allows_messages_is_remembered():
    post(event("message_deny", {"user_id": PATIENT}))
    assert not VkPeer.objects.get(peer_id=PATIENT).may_be_written_to
    post(event("message_allow", {"user_id": PATIENT, "key": "x"}))
    assert VkPeer.objects.get(peer_id=PATIENT).may_be_written_to


@pytest.mark.parametrize("body", [{}, [], {"user_id": "7"}, {"user_id": -1}, {"user_id": True}])
def test_permission_of_nobody_is_kept_for_a_person(body: Any):
    post(event("message_allow", body))
    assert VkEvent.objects.get().state == VkEvent.State.QUARANTINED
    assert not VkPeer.objects.exists()


# --- Operators ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "line"),
    [
        ({"attachments": [{"type": "photo", "photo": {"sizes": []}}]}, "[картинка]"),
        (
            {"attachments": [{"type": "audio_message", "audio_message": {}}]},
            "[голосовое сообщение]",
        ),
        ({"geo": {"type": "point"}}, "[место на карте]"),
        ({"attachments": [{"type": "call", "call": {}}]}, "[звонок]"),
        ({"attachments": [{"type": "gift", "gift": {}}]}, "[подарок]"),
    ],
)
def test_number_with_no_words_takes_what_comes_along_to_its_dialogue(
    svetlana: User, patient: Patient, fields: dict[str, Any], line: str
):
    number = patient.send("Натощак?").json()["thread"]["number"]
    post(message_new(OPERATOR, f"#{number}", **fields))
    assert (VkReply.objects.get().thread_id, VkReply.objects.get().text) == (number, line)


def test_answer_never_carries_what_was_forwarded(svetlana: User, patient: Patient):
    number = patient.send("Натощак?").json()["thread"]["number"]
    post(message_new(OPERATOR, f"#{number} Да", fwd_messages=[{"text": "#9 Тайна другого"}]))
    assert VkReply.objects.get().text == "Да\n[пересланное сообщение]"


@pytest.mark.parametrize("case", ["own", "foreign", "erased"])
def test_reply_to_what_is_no_alert_goes_to_colleagues_and_says_so(
    svetlana: User, patient: Patient, case: str
):
    number = patient.send("Натощак?").json()["thread"]["number"]
    rows = VkOutbox.objects.filter(thread=number)
    rows.update(state="sent", conversation_message_id=4242)
    cmid = 4242
    if case == "own":
        cmid = 4243
    elif case == "foreign":
        rows.update(peer_id=OPERATOR + 1)
    else:
        retention.erase_thread(None, number)
    post(message_new(OPERATOR, "Да", reply_message={"conversation_message_id": cmid}))
    assert not VkReply.objects.exists()
    assert said(thread=selectors.common_thread_id()) == ["Да"]
    assert "общий диалог" in told(OPERATOR)[-1]


def test_unusable_number_in_a_chat_of_operators_is_refused_to_the_one_who_wrote_it(svetlana: User):
    for text in (f"[club{GROUP}|]#50] #51", "#٥٠ Привет"):
        post(message_new(OPERATOR, text, peer_id=2_000_000_001, id=0))
    assert not VkReply.objects.exists()
    assert len(told(OPERATOR)) == 2


def test_operator_learns_that_the_dialogue_was_erased_before_the_answer_went(
    svetlana: User, patient: Patient
):
    number = patient.send("Натощак?").json()["thread"]["number"]
    post(message_new(OPERATOR, f"#{number} Тайный ответ"))
    retention.erase_thread(None, number)
    assert f"#{number}" in told(OPERATOR)[-1]
    assert "Тайный" not in told(OPERATOR)[-1]
    with time_machine.travel(timezone.now() + timedelta(seconds=61), tick=False):
        work.run_once()
    assert said() == []


def test_button_pressed_twice_is_one_deed(svetlana: User, patient: Patient):
    number = patient.send("Натощак?").json()["thread"]["number"]
    pressed: list[inbound.Pressed] = []
    for press in ("b1", "b2"):
        body = {"user_id": OPERATOR, "peer_id": OPERATOR, "event_id": press}
        receive(event("message_event", body | {"payload": {"cmd": "take", "t": number}}))
    inbound.process_due(pressed.append)
    assert len(pressed) == 2
    assert ChatMessage.objects.filter(event="assigned").count() == 1
