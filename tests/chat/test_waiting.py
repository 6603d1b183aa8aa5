"""A patient who waits for an answer stays where operators look for those who wait."""

import pytest

from accounts.models import User
from chat.models import ChatMessage, ChatThread, ChatWait
from chat.services import threads
from tests.chat.desk import Operator
from tests.factories.chat import Patient, make_operator

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(operator: User) -> Operator:
    """Светлана at her desk."""
    return Operator(operator)


def ask(patient: Patient, text: str) -> ChatMessage:
    """Let a patient ask."""
    return ChatMessage.objects.get(pk=patient.send(text).json()["message"]["id"])


def row(desk: Operator, number: int) -> tuple[int, bool]:
    """Return how many messages nobody has read, and whether the patient waits in the queue."""
    thread = desk.get(f"threads/{number}/").json()["thread"]
    return thread["unread"], number in desk.numbers(queue="waiting")


def test_question_that_came_just_before_an_answer_stays_unread_and_waits(
    patient: Patient, desk: Operator
):
    first = ask(patient, "Натощак?")
    second = ask(patient, "А воду можно?")
    number = first.thread_id
    assert desk.send(number, "Да", shown_seq=first.seq).status_code == 201
    assert row(desk, number) == (1, True)
    assert ChatThread.objects.get(pk=number).waiting_since == second.created_at
    assert ChatWait.objects.filter(thread=number, answered=True).count() == 1
    assert desk.send(number, "Можно", shown_seq=second.seq + 2).status_code == 201
    assert row(desk, number) == (0, False)
    assert ChatWait.objects.filter(thread=number, answered=True).count() == 2


def test_answer_to_the_question_before_does_not_answer_the_next_one(
    patient: Patient, desk: Operator
):
    number = ask(patient, "Натощак?").thread_id
    desk.send(number, "Да")
    last = ChatThread.objects.get(pk=number).last_seq
    ask(patient, "А воду можно?")
    desk.send(number, "8 часов", shown_seq=last)
    assert row(desk, number) == (1, True)
    assert ChatWait.objects.filter(thread=number).count() == 1


def test_overlooked_question_goes_on_waiting_when_another_message_is_taken_back(
    patient: Patient, desk: Operator
):
    first = ask(patient, "Натощак?")
    ask(patient, "А воду можно?")
    desk.send(first.thread_id, "Да", shown_seq=first.seq)
    third = ask(patient, "Ой")
    desk.post(f"threads/{first.thread_id}/read/", {"upto": third.seq})
    assert patient.post(f"messages/{third.pk}/delete/").status_code == 200
    assert row(desk, first.thread_id) == (0, True)


def test_dialogue_is_not_closed_over_a_question_that_nobody_saw(patient: Patient, desk: Operator):
    first = ask(patient, "Натощак?")
    second = ask(patient, "А воду можно?")
    number = first.thread_id
    refused = desk.post(f"threads/{number}/close/", {"shown_seq": first.seq})
    assert (refused.status_code, refused.json()["code"]) == (409, "written_meanwhile")
    assert row(desk, number) == (2, True)
    closed = desk.post(f"threads/{number}/close/", {"shown_seq": second.seq})
    assert closed.json()["thread"]["status"] == "closed"


def test_what_was_seen_of_a_dialogue_says_nothing_of_the_one_it_was_merged_into(
    patient: Patient, desk: Operator
):
    old = ask(Patient(), "Старый вопрос")
    heir = ask(patient, "Новый вопрос")
    threads.merge(old.thread_id, heir.thread_id)
    assert desk.send(old.thread_id, "Да", shown_seq=5).status_code == 201
    assert row(desk, heir.thread_id)[1]
    refused = desk.post(f"threads/{old.thread_id}/close/", {"shown_seq": 5})
    assert refused.json()["code"] == "written_meanwhile"


def test_colleagues_answer_is_told_of_though_the_dialogue_was_merged_meanwhile(
    patient: Patient, desk: Operator
):
    old = ask(Patient(), "Старый вопрос").thread_id
    heir = ask(patient, "Новый вопрос").thread_id
    assert Operator(make_operator("Мария")).send(heir, "Да").status_code == 201
    threads.merge(old, heir)
    refused = desk.send(old, "Нет", seen_seq=50)
    assert (refused.status_code, refused.json()["code"]) == (409, "answered_meanwhile")


@pytest.mark.parametrize("ending", ["answered", "closed"])
def test_question_waits_on_after_a_finished_dialogue_was_merged_behind_it(
    patient: Patient, desk: Operator, ending: str
):
    old = ask(Patient(), "Старый вопрос").thread_id
    if ending == "answered":
        desk.send(old, "Старый ответ")
    else:
        desk.post(f"threads/{old}/close/")
    number = ask(patient, "Новый вопрос").thread_id
    threads.merge(old, number)
    last = ask(patient, "Ой")
    assert patient.post(f"messages/{last.pk}/delete/").status_code == 200
    assert row(desk, number)[1]


def firsts(number: int) -> list[bool]:
    """Return which of the waits that were answered counts as the first, in their order."""
    waits = ChatWait.objects.filter(thread=number, answered=True).order_by("ended_at")
    return list(waits.values_list("is_first", flat=True))


def test_first_answer_is_the_first_after_each_closing(patient: Patient, desk: Operator):
    number = ask(patient, "Натощак?").thread_id
    for _again in range(2):
        desk.send(number, "Да")
        ask(patient, "А воду можно?")
        desk.send(number, "Можно")
        desk.post(f"threads/{number}/close/")
        ask(patient, "Ещё вопрос")
    assert firsts(number) == [True, False] * 2


def test_first_answer_of_an_overlooked_question_is_not_the_first_of_the_dialogue(
    patient: Patient, desk: Operator
):
    first = ask(patient, "Натощак?")
    ask(patient, "А воду можно?")
    number = first.thread_id
    desk.send(number, "Здравствуйте!", shown_seq=0)
    assert firsts(number) == []
    desk.send(number, "Да", shown_seq=first.seq)
    desk.send(number, "Можно")
    assert firsts(number) == [True, False]


def test_closing_of_a_dialogue_that_was_merged_behind_makes_no_answer_a_first_one(
    patient: Patient, desk: Operator
):
    number = ask(patient, "Новый вопрос").thread_id
    desk.send(number, "Новый ответ")
    old = ask(Patient(), "Старый вопрос").thread_id
    desk.post(f"threads/{old}/close/")
    ask(patient, "А воду можно?")
    threads.merge(old, number)
    desk.send(number, "Можно")
    assert firsts(number) == [True, False]


def test_answer_in_a_closed_dialogue_that_was_merged_behind_is_no_first_answer_of_the_heir(
    patient: Patient, desk: Operator
):
    old = ask(Patient(), "Старый вопрос").thread_id
    desk.send(old, "Старый ответ")
    desk.post(f"threads/{old}/close/")
    number = ask(patient, "Новый вопрос").thread_id
    threads.merge(old, number)
    desk.send(number, "Новый ответ")
    assert firsts(number) == [True, True]


def test_patient_waits_since_the_earliest_question_of_two_merged_dialogues(
    patient: Patient, desk: Operator
):
    earliest = ask(Patient(), "Старый вопрос")
    number = ask(patient, "Новый вопрос").thread_id
    threads.merge(earliest.thread_id, number)
    last = ask(patient, "Ой")
    assert patient.post(f"messages/{last.pk}/delete/").status_code == 200
    assert ChatThread.objects.get(pk=number).waiting_since == earliest.created_at
