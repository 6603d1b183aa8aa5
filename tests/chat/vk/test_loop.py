"""A patient, the site, VK and an operator with a phone: the whole way and back."""

from typing import Any
from uuid import uuid4

import pytest

from accounts.models import User
from chat.models import ChatMessage, ChatSettings, ChatThread, VkEvent, VkOutbox
from chat.services import messages, vk_operators
from chat.services.messages import Answer
from chat.vk import inbound, work
from tests.chat.vk.conftest import PASSING_FAULTS, Loop
from tests.factories.chat import Patient, make_operator
from tests.factories.vk import make_vk_operator

pytestmark = pytest.mark.django_db

OPERATOR, PATIENT = 900, 701


@pytest.fixture
def svetlana(loop: Loop) -> User:
    """An operator who has bound her account by a code, and so opened the dialogue."""
    user = make_operator("Светлана")
    loop.vk.user_writes(OPERATOR, vk_operators.new_code(user))
    loop.settle()
    return user


def site_answers(number: int) -> list[str]:
    """Return what a patient reads from operators."""
    said = ChatMessage.objects.filter(thread=number, sender="operator", kind="message")
    return list(said.order_by("seq").values_list("text", flat=True))


def test_question_on_the_site_is_answered_by_vks_own_reply(
    loop: Loop, svetlana: User, patient: Patient
):
    number = patient.send("Натощак?").json()["thread"]["number"]
    loop.settle()
    alert = loop.vk.received(OPERATOR)[-1]
    assert alert.text.startswith(f"#{number}")
    loop.vk.user_writes(OPERATOR, "Да, 8 часов", reply_to=alert)
    loop.settle()
    assert "Да, 8 часов" in loop.vk.texts(OPERATOR)[-1]
    assert site_answers(number) == []
    loop.after(11)
    assert site_answers(number) == ["Да, 8 часов"]


def test_number_that_a_patient_wrote_does_not_lead_the_operators_reply_away(
    loop: Loop, svetlana: User, patient: Patient
):
    ChatSettings.objects.update(vk_alert=ChatSettings.Alert.FULL)
    other = Patient().send("Второй").json()["thread"]["number"]
    number = patient.send(f"#{other} Натощак?").json()["thread"]["number"]
    loop.settle()
    alert = loop.vk.received(OPERATOR)[-1]
    assert f"#{other} Натощак?" in alert.text
    loop.vk.user_writes(OPERATOR, "Да", reply_to=alert)
    loop.settle()
    loop.after(11)
    assert (site_answers(number), site_answers(other)) == (["Да"], [])


def test_message_that_is_deleted_in_vk_stays_in_the_dialogue(loop: Loop):
    asked = loop.vk.user_writes(PATIENT, "Вы работаете?")
    loop.settle()
    loop.vk.delete(asked)
    loop.settle()
    assert ChatMessage.objects.get(sender="visitor").text == "Вы работаете?"


def test_wrong_answer_is_taken_back_by_the_button_under_its_echo(
    loop: Loop, svetlana: User, patient: Patient
):
    number = patient.send("Натощак?").json()["thread"]["number"]
    loop.settle()
    loop.vk.user_writes(OPERATOR, f"#{number} Не тому")
    loop.settle()
    loop.vk.press(OPERATOR, "Отменить")
    loop.settle()
    assert [one.data["text"] for one in loop.vk.snackbars(OPERATOR)] == ["Готово."]
    loop.after(11)
    assert site_answers(number) == []


def test_ten_seconds_begin_when_the_button_to_take_back_is_there(
    loop: Loop, svetlana: User, patient: Patient
):
    number = patient.send("Натощак?").json()["thread"]["number"]
    loop.settle()
    loop.vk.fail("messages.send", "error", code=10)
    loop.vk.user_writes(OPERATOR, f"#{number} Не тому")
    loop.settle()
    loop.after(11)
    assert "Не тому" in loop.vk.texts(OPERATOR)[-1]
    assert site_answers(number) == []
    loop.vk.press(OPERATOR, "Отменить")
    loop.settle()
    loop.after(60)
    assert site_answers(number) == []


def test_question_from_vk_is_answered_from_the_inbox_and_arrives_in_vk(loop: Loop, svetlana: User):
    loop.vk.user_writes(PATIENT, "Вы работаете?")
    loop.settle()
    number = ChatThread.objects.get(vk_peer_id=PATIENT).pk
    answer = Answer(client_id=uuid4(), text="До шести")
    message = messages.send_as_operator(svetlana, number, answer).message
    assert message.delivery == "pending"
    loop.settle()
    assert loop.vk.texts(PATIENT)[-1] == "До шести"
    message.refresh_from_db()
    assert message.delivery == "sent"
    assert site_answers(number) == ["До шести"]


def test_long_answer_arrives_in_parts_in_their_order(loop: Loop, svetlana: User):
    loop.vk.user_writes(PATIENT, "Расскажите")
    loop.settle()
    number = ChatThread.objects.get(vk_peer_id=PATIENT).pk
    text = "👩‍⚕️ раз два три " * 600
    loop.vk.user_writes(OPERATOR, f"#{number} {text[:8500]}")
    loop.settle()
    loop.after(11)
    parts = loop.vk.texts(PATIENT)
    assert len(parts) > 1
    assert [part.rsplit("\n", 1)[1] for part in parts] == [
        f"({n}/{len(parts)})" for n in range(1, len(parts) + 1)
    ]
    said = " ".join(part.rsplit("\n", 1)[0] for part in parts)
    assert said.split() == text[:8500].split()


@pytest.mark.parametrize(("kind", "how"), PASSING_FAULTS)
def test_alert_arrives_once_whatever_happens_on_the_way(
    loop: Loop,
    svetlana: User,
    patient: Patient,
    monkeypatch: pytest.MonkeyPatch,
    kind: str,
    how: dict[str, Any],
):
    monkeypatch.setattr("chat.vk.client.READ_SECONDS", 0.5)
    loop.vk.fail("messages.send", kind, times=2, **how)
    patient.send("Натощак?")
    loop.settle()
    for _ in range(6):
        loop.after(400)
    alerts = [one for one in loop.vk.received(OPERATOR) if one.text.startswith("#")]
    assert len(alerts) == 1
    assert VkOutbox.objects.get(purpose="alert").state == "sent"


def test_unknown_outcome_long_ago_is_looked_up_before_sending_again(
    loop: Loop, svetlana: User, patient: Patient, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("chat.vk.client.READ_SECONDS", 0.5)
    loop.vk.fail("messages.send", "timeout_after")
    loop.vk.disturb("message_reply", "lost")
    patient.send("Натощак?")
    loop.settle()
    loop.vk.go_down()
    for _ in range(3):
        loop.after(1400)
    loop.vk.come_back()
    VkOutbox.objects.update(next_at="2026-11-02T09:00:00Z")
    loop.settle()
    alerts = [one for one in loop.vk.received(OPERATOR) if one.text.startswith("#")]
    assert len(alerts) == 1
    assert loop.vk.calls("messages.getHistory")


def test_vk_that_is_away_for_hours_costs_no_message(loop: Loop, svetlana: User, patient: Patient):
    ChatSettings.objects.update(vk_alert=ChatSettings.Alert.FULL)
    loop.vk.fail("messages.send", "http", code=502, times=None)
    for place in range(3):
        patient.send(f"Вопрос {place}")
    for _ in range(12):
        loop.after(15 * 60)
    assert not VkOutbox.objects.filter(state="failed").exists()
    loop.vk.heal()
    loop.after(120)
    loop.after(120)
    told = "\n".join(loop.vk.texts(OPERATOR))
    assert [told.count(f"Вопрос {place}") for place in range(3)] == [1, 1, 1]


def test_dead_token_stops_the_queue_and_a_new_one_sets_it_going(
    loop: Loop, svetlana: User, patient: Patient, settings
):
    loop.vk.revoke_token(settings.VK_GROUP_TOKEN)
    patient.send("Натощак?")
    patient.send("Ещё")
    loop.settle()
    loop.after(60)
    tries = len(loop.vk.calls("messages.send"))
    loop.after(60)
    assert len(loop.vk.calls("messages.send")) == tries
    settings.VK_GROUP_TOKEN = "new-token"
    loop.vk.add_token("new-token")
    loop.settle()
    alerts = [one for one in loop.vk.received(OPERATOR) if one.text.startswith("#")]
    assert len(alerts) == 2


def test_second_alert_waits_for_the_first(loop: Loop, svetlana: User, patient: Patient):
    loop.vk.fail("messages.send", "error", code=9)
    patient.send("Первый")
    patient.send("Второй")
    loop.settle()
    assert [one for one in loop.vk.received(OPERATOR) if one.text.startswith("#")] == []
    loop.after(61)
    ids = [one.random_id for one in loop.vk.received(OPERATOR) if one.text.startswith("#")]
    queued = VkOutbox.objects.filter(purpose="alert").order_by("pk")
    assert ids == list(queued.values_list("random_id", flat=True))


def test_token_is_in_no_log(loop: Loop, svetlana: User, patient: Patient, caplog, settings):
    loop.vk.fail("messages.send", "http", code=500)
    loop.vk.fail("messages.send", "error", code=100)
    patient.send("Секретный вопрос")
    loop.settle()
    loop.after(10)
    assert settings.VK_GROUP_TOKEN not in caplog.text
    assert "Секретный" not in caplog.text


def test_never_more_than_vk_allows_in_a_second(loop: Loop, svetlana: User, patient: Patient):
    for number in range(18):
        patient.send(f"Вопрос {number}")
    loop.settle()
    assert not [call for call in loop.vk.calls("messages.send") if call.error_code == 6]
    assert VkOutbox.objects.filter(purpose="alert", state="sent").count() == 18


def test_echo_goes_out_during_a_backlog_and_the_next_round_comes_at_once(
    loop: Loop, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(inbound, "LONGEST_SECONDS", 0)
    loop.vk.allow(OPERATOR)
    loop.settle()
    make_vk_operator(OPERATOR)
    loop.vk.user_writes(OPERATOR, "не на смене")
    for vk_id in (101, 102, 103):
        loop.vk.user_writes(vk_id, "Вы работаете?")
    loop.vk.deliver()
    assert work.run_once(loop.sleep) > 0
    assert loop.vk.texts(OPERATOR) == ["Вы не на смене: оповещений не будет."]
    assert VkEvent.objects.filter(state="new").count() >= 3
    loop.settle()
    assert ChatThread.objects.filter(vk_peer_id__isnull=False).count() == 3


def test_who_wrote_first_is_read_first_whatever_the_number_of_the_account(loop: Loop):
    for vk_id in (703, 101, 702):
        loop.vk.user_writes(vk_id, "Вы работаете?")
        loop.vk.deliver()
    loop.settle()
    found = ChatThread.objects.filter(vk_peer_id__isnull=False).order_by("pk")
    assert list(found.values_list("vk_peer_id", flat=True)) == [703, 101, 702]
