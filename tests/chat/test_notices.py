"""The letter «you have been answered»: once, to who went away, and not a word of the dialogue."""

import logging
from datetime import timedelta
from smtplib import SMTPRecipientsRefused, SMTPServerDisconnected
from typing import Any
from uuid import uuid4

from django.core import mail
from django.core.mail import EmailMessage
from django.core.management import call_command
from django.utils import timezone

import pytest
import time_machine

from accounts.models import User
from chat.models import ChatMessage, ChatThread
from chat.services import messages, notices
from chat.services.messages import Answer
from tests.e2e.hostile import XSS
from tests.factories.chat import Patient, make_operator

pytestmark = pytest.mark.django_db

ADDRESS = "anna.testova@example.org"


@pytest.fixture
def number(patient: Patient) -> int:
    """The dialogue of a patient who left an address."""
    number = patient.send("Сколько стоит анализ на ВИЧ?").json()["thread"]["number"]
    patient.post("contact/", {"name": "Анна", "email": ADDRESS})
    return number


def answer(operator: User, number: int, **fields: Any) -> ChatMessage:
    """Let an operator answer."""
    said = Answer(client_id=uuid4(), text="Анализ стоит 500 рублей.", **fields)
    return messages.send_as_operator(operator, number, said).message


def later(minutes: float = 3) -> int:
    """Let the clock come by after some minutes; return how many letters went out."""
    return notices.send_due(timezone.now() + timedelta(minutes=minutes))


def test_patient_who_went_away_is_told_once_and_nothing_of_the_matter(
    number: int, operator: User, settings
):
    answer(operator, number)
    assert later() == 1
    assert later(4) == 0
    (letter,) = mail.outbox
    assert letter.to == [ADDRESS]
    assert f"{settings.WAGTAILADMIN_BASE_URL}/chat/" in letter.body
    for word in ["анализ", "вич", "500", "анна", str(operator.first_name).lower(), f"#{number}"]:
        assert word not in (letter.subject + letter.body).lower()
    assert letter.content_subtype == "plain"


@pytest.mark.parametrize("text", XSS)
def test_letter_repeats_nothing_that_anybody_typed(number: int, text: str):
    thread = ChatThread.objects.filter(pk=number)
    thread.update(name=text, topic=text, page_title=text, page_url=f"/{text}")
    messages.send_as_operator(make_operator(text), number, Answer(client_id=uuid4(), text=text))
    assert later() == 1
    (letter,) = mail.outbox
    assert "\n" not in letter.subject
    assert letter.message().get_content_type() == "text/plain"
    assert text not in letter.subject + letter.body
    assert "<" not in letter.subject + letter.body


def test_who_is_there_or_left_no_address_gets_no_letter(
    number: int, operator: User, patient: Patient
):
    answer(operator, number)
    assert later(1) == 0
    ChatThread.objects.filter(pk=number).update(
        visitor_seen_at=timezone.now() + timedelta(minutes=2)
    )
    assert later(3) == 0
    ChatThread.objects.filter(pk=number).update(email="", visitor_seen_at=None)
    assert later(3) == 0
    assert mail.outbox == []


def test_what_was_read_or_is_no_answer_calls_for_no_letter(
    number: int, operator: User, patient: Patient
):
    answer(operator, number, kind=ChatMessage.Kind.NOTE)
    taken_back = answer(operator, number)
    messages.delete_as_operator(operator, taken_back.pk)
    assert later() == 0
    upto = answer(operator, number).seq
    patient.post("read/", {"upto": upto})
    assert later() == 0


def test_one_letter_for_a_streak_and_another_after_it_was_read(
    number: int, operator: User, patient: Patient
):
    answer(operator, number)
    assert later() == 1
    upto = answer(operator, number).seq
    assert later(5) == 0
    patient.post("read/", {"upto": upto})
    answer(operator, number)
    assert later(8) == 1


def test_two_clocks_send_one_letter(number: int, operator: User, monkeypatch):
    answer(operator, number)
    now = timezone.now() + timedelta(minutes=3)
    both = notices.due(now)
    assert notices.send_due(now) == 1
    monkeypatch.setattr(notices, "due", lambda now: both)
    assert notices.send_due(now) == 0
    assert len(mail.outbox) == 1


def test_failure_is_tried_again_the_next_minute_and_tells_nobody_the_address(
    number: int, operator: User, monkeypatch, caplog
):
    answer(operator, number)
    version = ChatThread.objects.get(pk=number).last_version

    def fail(self):
        raise SMTPServerDisconnected(f"no mail for {ADDRESS}")

    with monkeypatch.context() as broken, caplog.at_level(logging.INFO):
        broken.setattr(EmailMessage, "send", fail)
        assert later() == 0
    assert ADDRESS not in caplog.text
    assert "SMTPServerDisconnected" in caplog.text
    assert later(4) == 1
    # The patient's widget has nothing to do with it.
    assert ChatThread.objects.get(pk=number).last_version == version


def test_address_that_takes_no_mail_is_not_tried_for_ever(
    number: int, operator: User, monkeypatch, caplog
):
    answer(operator, number)

    def refuse(self):
        raise SMTPRecipientsRefused({ADDRESS: (550, b"no such user")})

    with monkeypatch.context() as broken:
        broken.setattr(EmailMessage, "send", refuse)
        assert later() == 0
    assert ADDRESS not in caplog.text
    assert later(4) == 0


def test_clock_does_not_wait_for_a_mail_server_that_is_down(widget, operator: User, monkeypatch):
    for _ in range(5):
        person = Patient()
        thread = person.send().json()["thread"]["number"]
        person.post("contact/", {"name": "", "email": ADDRESS})
        answer(operator, thread)
    tried = []

    def fail(self):
        tried.append(1)
        raise ConnectionRefusedError

    with monkeypatch.context() as broken:
        broken.setattr(EmailMessage, "send", fail)
        later()
    assert len(tried) == notices.MOST_FAILURES
    assert later(4) == 5


def test_crash_between_mark_and_letter_doubles_nothing(number: int, operator: User, monkeypatch):
    answer(operator, number)

    def die(self):
        raise KeyboardInterrupt

    with monkeypatch.context() as broken:
        broken.setattr(EmailMessage, "send", die)
        with pytest.raises(KeyboardInterrupt):
            later()
    assert later(4) == 0
    assert mail.outbox == []


def test_command_of_the_clock_sends(number: int, operator: User, settings):
    answer(operator, number)
    assert ["send_chat_notices"] in settings.CLOCK_EVERY_MINUTE
    with time_machine.travel(timezone.now() + timedelta(minutes=3)):
        call_command("send_chat_notices")
    assert len(mail.outbox) == 1


@pytest.mark.parametrize("address", ["a@b.ru\nBcc: x@y.ru", "a@b.ru, c@d.ru", "<a@b.ru>", "x"])
def test_address_that_is_none_or_several_is_refused(patient: Patient, address: str):
    patient.send()
    answer = patient.post("contact/", {"name": "", "email": address})
    assert (answer.status_code, answer.json()["field"]) == (400, "email")
