"""A canned reply is two presses away in VK, and goes to the patient of the alert alone."""

from datetime import date, timedelta

from django.utils import timezone

import pytest

from chat.models import ChatMessage, ChatReply, ChatThread, VkOutbox, VkReply
from chat.selectors.threads import common_thread_id
from chat.services import threads, vk_operators
from tests.chat.vk.conftest import Loop
from tests.factories.chat import Patient, make_operator
from tests.factories.vk import event, receive

pytestmark = pytest.mark.django_db

OPERATOR, COLLEAGUE, STRANGER = 900, 901, 701
TITLE = "Кровь натощак"
FIRST = f"1. {TITLE}"


def canned(title: str = TITLE, text: str = "8 часов без еды", **fields: date) -> ChatReply:
    """Make a canned reply that may be used."""
    shortcut = f"r{ChatReply.objects.count()}"
    return ChatReply.objects.create(title=title, text=text, shortcut=shortcut, live=True, **fields)


@pytest.fixture
def operator(loop: Loop) -> None:
    """Светлана on duty, with the dialogue open in VK."""
    loop.vk.user_writes(OPERATOR, vk_operators.new_code(make_operator("Светлана")))
    loop.settle()


@pytest.fixture
def number(loop: Loop, operator: None, patient: Patient) -> int:
    """The thread of a patient who asks on the site, of whom the operator was alerted."""
    canned()
    found: int = patient.send("Натощак?").json()["thread"]["number"]
    loop.settle()
    return found


def choose(loop: Loop, *labels: str) -> None:
    """Press one button after the other."""
    for label in labels:
        loop.vk.press(OPERATOR, label)
        loop.settle()


def answers(number: int) -> list[str]:
    """Return what the patient reads from operators."""
    said = ChatMessage.objects.filter(thread=number, sender="operator").order_by("seq")
    return list(said.values_list("text", flat=True))


def snackbar(loop: Loop) -> str:
    """Return what the last press was answered with."""
    text: str = loop.vk.snackbars(OPERATOR)[-1].data["text"]
    return text


def test_chosen_reply_is_echoed_by_its_title_and_arrives_with_the_names(loop: Loop, number: int):
    ChatReply.objects.update(text="Здравствуйте, {name}! Я {operator}.")
    ChatThread.objects.filter(pk=number).update(name="Анна")
    choose(loop, "Готовый ответ", FIRST)
    echo = loop.vk.texts(OPERATOR)[-1]
    assert f"#{number}" in echo
    assert TITLE in echo
    assert "Анна" not in echo
    assert answers(number) == []
    loop.after(11)
    assert answers(number) == ["Здравствуйте, Анна! Я Светлана."]


def test_dialogue_of_a_colleague_is_not_taken_by_a_button_and_the_presser_reads_whose_it_is(
    loop: Loop, number: int, patient: Patient
):
    anna = make_operator("Анна")
    loop.vk.user_writes(COLLEAGUE, vk_operators.new_code(anna))
    loop.settle()
    patient.send("А воду?")
    loop.settle()
    for _twice in range(2):
        loop.vk.press(COLLEAGUE, f"Взять #{number}")
        loop.settle()
        assert loop.vk.snackbars(COLLEAGUE)[-1].data["text"] == "Готово."
    choose(loop, f"Взять #{number}")
    assert ChatThread.objects.get(pk=number).assignee == anna
    assert snackbar(loop) == "Этот диалог уже ведёт Анна."


def test_replies_whose_titles_begin_alike_are_told_apart(loop: Loop, number: int):
    alike = "Как прийти в лабораторию на улице Коста Хетагурова"
    canned(f"{alike} из центра", "Троллейбусом")
    canned(f"{alike} с вокзала", "Пешком")
    choose(loop, "Готовый ответ")
    offer = loop.vk.received(OPERATOR)[-1]
    assert offer.text.splitlines()[1:] == [
        f"1. {alike} из центра",
        f"2. {alike} с вокзала",
        f"3. {TITLE}",
    ]
    choose(loop, "2. Как прийти в лабораторию на улице Ко…")
    assert f"{alike} с вокзала" in loop.vk.texts(OPERATOR)[-1]
    loop.after(11)
    assert answers(number) == ["Пешком"]


@pytest.mark.parametrize("times", [1, 2])
def test_reply_that_was_taken_back_is_chosen_again_from_the_same_list(
    loop: Loop, number: int, times: int
):
    choose(loop, "Готовый ответ")
    offer = loop.vk.received(OPERATOR)[-1]
    for _mistaken in range(times):
        loop.vk.press(OPERATOR, FIRST, message=offer)
        loop.settle()
        choose(loop, "Отменить")
    for _twice in range(2):
        loop.vk.press(OPERATOR, FIRST, message=offer)
        loop.settle()
    loop.after(11)
    assert answers(number) == ["8 часов без еды"]


def test_choice_that_was_taken_back_does_not_come_back_in_a_second_envelope(
    loop: Loop, number: int
):
    chosen = {"cmd": "reply", "t": number, "r": ChatReply.objects.get().pk, "s": 1}
    place = {"user_id": OPERATOR, "peer_id": OPERATOR, "conversation_message_id": 7}
    press = event("message_event", place | {"event_id": "a press", "payload": chosen})
    receive(press)
    loop.settle()
    choose(loop, "Отменить")
    receive(press | {"event_id": "by the second server"})
    loop.settle()
    loop.after(61)
    assert answers(number) == []


def test_reply_pressed_twice_is_sent_once(loop: Loop, number: int):
    choose(loop, "Готовый ответ")
    offer = loop.vk.received(OPERATOR)[-1]
    for _ in range(2):
        loop.vk.press(OPERATOR, FIRST, message=offer)
        loop.settle()
    loop.after(11)
    loop.vk.press(OPERATOR, FIRST, message=offer)
    loop.settle()
    loop.after(11)
    assert answers(number) == ["8 часов без еды"]
    assert snackbar(loop) == "Этого уже нельзя сделать."


@pytest.mark.parametrize("by", ["button", "word"])
def test_wrong_reply_is_taken_back_and_another_one_chosen(loop: Loop, number: int, by: str):
    canned("Цена", "500 рублей")
    choose(loop, "Готовый ответ", "2. Цена")
    if by == "button":
        choose(loop, "Отменить")
    else:
        loop.vk.user_writes(OPERATOR, "отмена")
        loop.settle()
    choose(loop, "Готовый ответ", FIRST)
    loop.after(11)
    assert answers(number) == ["8 часов без еды"]


@pytest.mark.parametrize("merged_before", ["the list", "the choice"])
def test_reply_under_an_alert_of_a_merged_dialogue_answers_no_question_of_the_other(
    loop: Loop, number: int, patient: Patient, merged_before: str
):
    for place in range(3):
        patient.send(f"Вопрос {place}")
    loop.settle()
    alert = loop.vk.received(OPERATOR)[-1]
    at_home = Patient()
    heir = at_home.send("Дома").json()["thread"]["number"]
    if merged_before == "the list":
        threads.merge(number, heir)
    loop.vk.press(OPERATOR, "Готовый ответ", message=alert)
    loop.settle()
    if merged_before == "the choice":
        threads.merge(number, heir)
    choose(loop, FIRST)
    assert VkReply.objects.get().shown_seq == 0
    loop.after(11)
    assert answers(heir) == ["8 часов без еды"]
    assert ChatThread.objects.get(pk=heir).waiting_since is not None


def test_all_replies_can_be_reached_on_a_phone(loop: Loop, number: int):
    for place in range(9):
        canned(f"Я{place}", str(place))
    choose(loop, "Готовый ответ", "Ещё…", "10. Я8")
    loop.after(11)
    assert answers(number) == ["8"]


def test_reply_that_is_to_be_read_again_is_neither_offered_nor_sent(loop: Loop, number: int):
    choose(loop, "Готовый ответ")
    ChatReply.objects.update(review_by=timezone.localdate() - timedelta(days=1))
    choose(loop, FIRST)
    assert snackbar(loop) == "Этого уже нельзя сделать."
    choose(loop, "Готовый ответ")
    assert snackbar(loop) == "Этого уже нельзя сделать."
    loop.after(11)
    assert answers(number) == []


def test_alert_has_no_button_that_leads_to_nothing(loop: Loop, operator: None, patient: Patient):
    patient.send("Натощак?")
    alert = VkOutbox.objects.get(purpose="alert")
    assert alert.keyboard
    labels = [one["action"]["label"] for row in alert.keyboard["buttons"] for one in row]
    assert "Готовый ответ" not in labels


@pytest.mark.parametrize("place", [-(2**60), 2**60, None, "x"])
def test_forged_choice_is_a_strangers_or_goes_where_it_says(
    loop: Loop, number: int, place: int | str | None
):
    chosen = ChatReply.objects.get().pk
    forged = {"cmd": "reply", "t": number, "r": chosen, "s": place}
    loop.vk.forge_press(STRANGER, forged)
    loop.vk.forge_press(OPERATOR, forged | {"t": common_thread_id()})
    loop.vk.forge_press(OPERATOR, forged | {"t": 2**60})
    loop.vk.forge_press(OPERATOR, forged | {"r": 2**60})
    loop.vk.forge_press(OPERATOR, {"cmd": "replies", "t": number, "p": place})
    loop.settle()
    assert not VkReply.objects.exists()
    loop.vk.forge_press(OPERATOR, forged)
    loop.settle()
    loop.after(11)
    assert answers(number) == ["8 часов без еды"]
