"""Many streams are read at once, and each is told what it would have been told alone."""

from typing import Any
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import User
from chat.errors import InvalidCursor, NotFound
from chat.models import ChatMessage, ChatThread
from chat.selectors.streams import Credentials, callers, updates_for_visitors
from chat.selectors.threads import thread, update_for_visitor
from chat.services.messages import Answer, send_as_operator
from chat.services.threads import close, seen_together
from tests.chat.streams import cookie_of, patient_elsewhere, signed_in
from tests.factories.chat import Patient, make_operator

GONE = "gone"


def alone(thread_id: int, after: int) -> object:
    """Return what one stream alone is told."""
    try:
        return update_for_visitor(thread_id, after)
    except (NotFound, InvalidCursor):
        return GONE


@pytest.fixture
def threads(patient: Patient, operator: User) -> list[int]:
    """A thread in full swing, one just begun, one closed, and one that does not exist."""
    numbers = []
    for index in range(3):
        each = patient_elsewhere()
        numbers.append(each.send("Натощак?").json()["thread"]["number"])
        for text in ("Да.", "Восемь часов.")[: index + 1]:
            answer = Answer(uuid4(), text, anyway=True)
            send_as_operator(operator, numbers[-1], answer)
        note = Answer(uuid4(), "Перезвонить.", kind=ChatMessage.Kind.NOTE)
        send_as_operator(operator, numbers[-1], note)
    close(operator, numbers[2])
    return [*numbers, max(numbers) + 1000]


def test_together_says_what_each_says_alone(threads: list[int]):
    @settings(
        max_examples=60,
        deadline=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture],
    )
    @given(st.sets(st.tuples(st.sampled_from(threads), st.integers(0, 12)), max_size=12))
    def compare(asked: set[tuple[int, int]]) -> None:
        together = updates_for_visitors(asked)
        assert {key: together.get(key, GONE) for key in asked} == {
            key: alone(*key) for key in asked
        }

    compare()


def test_fifty_streams_cost_the_queries_of_one(
    patient: Patient, operator: User, django_assert_num_queries: Any
):
    numbers = [patient_elsewhere().send("Натощак?").json()["thread"]["number"] for _ in range(6)]
    for number in numbers:
        send_as_operator(operator, number, Answer(uuid4(), "Да."))
    with django_assert_num_queries(3):
        updates_for_visitors({(numbers[0], 0)})
    with django_assert_num_queries(3):
        updates_for_visitors({(number, 0) for number in numbers})


def test_who_has_missed_a_lot_gets_it_in_portions(patient: Patient, operator: User):
    number = patient.send("Натощак?").json()["thread"]["number"]
    for _ in range(201):
        send_as_operator(operator, number, Answer(uuid4(), "Да.", anyway=True))
    update = updates_for_visitors({(number, 0)})[number, 0]
    assert update is not None
    assert update["more"]
    assert len(update["messages"]) == 200


def test_many_browsers_are_told_apart_at_once(
    patient: Patient, operator: User, django_assert_max_num_queries: Any
):
    from chat.permissions import VISITOR_COOKIE, hash_of

    session = signed_in(operator).cookies["sessionid"].value
    number = patient.send("Натощак?").json()["thread"]["number"]
    by_cookie = Credentials(secret_hash=hash_of(patient.client.cookies[VISITOR_COOKIE].value))
    by_session = Credentials(session_key=session)
    nobody = Credentials(session_key="a" * 32, secret_hash="0" * 64)
    with django_assert_max_num_queries(6):
        found = callers({by_cookie, by_session, nobody, Credentials()})
    assert (found[by_cookie].thread_id, found[by_cookie].user_id) == (number, None)
    assert (found[by_session].user_id, found[by_session].operator) == (operator.pk, True)
    for each in (nobody, Credentials()):
        assert (found[each].user_id, found[each].thread_id) == (None, None)


def test_the_accounts_thread_goes_before_the_cookies(patient: Patient, operator: User):
    from chat.permissions import VISITOR_COOKIE, hash_of

    own = Patient()
    own.client.force_login(make_operator())
    number = own.send("Натощак?").json()["thread"]["number"]
    patient.send("Натощак?")
    both = Credentials(
        session_key=own.client.cookies["sessionid"].value,
        secret_hash=hash_of(patient.client.cookies[VISITOR_COOKIE].value),
    )
    assert callers({both})[both].thread_id == number
    assert "sessionid" in cookie_of(own.client)


def test_signs_of_life_change_nothing_that_is_read(patient: Patient):
    number = patient.send("Натощак?").json()["thread"]["number"]
    ChatThread.objects.update(visitor_seen_at=None)
    version = thread(number).last_version
    seen_together({number})
    assert thread(number).visitor_seen_at is not None
    assert thread(number).last_version == version


def test_what_the_patient_has_read_is_not_unread(patient: Patient, operator: User):
    number = patient.send("Натощак?").json()["thread"]["number"]
    send_as_operator(operator, number, Answer(uuid4(), "Да."))
    unread = updates_for_visitors({(number, 1)})[number, 1]
    assert unread is not None
    assert unread["thread"]["unread"] == 1
    patient.post("read/", {"upto": thread(number).last_seq})
    read = updates_for_visitors({(number, 1)})[number, 1]
    assert read is not None
    assert read["thread"]["unread"] == 0
