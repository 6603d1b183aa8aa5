"""Floods stay out, and a waiting room full of patients comes in."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

from django.contrib.auth.models import Group
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from wagtail.models import ModelLogEntry

import pytest
import time_machine

from accounts.models import User
from chat.errors import Forbidden, Invalid, NotFound, TooMany
from chat.models import ChatAttachment, ChatBlock, ChatMessage, ChatThread
from chat.services import blocks, files, protection
from chat.services.files import Stored
from tests.factories import uploads as make
from tests.factories.chat import Patient
from tests.factories.uploads import png

pytestmark = pytest.mark.django_db

Kind = ChatBlock.Kind


def someone(address: str = "10.0.0.1") -> Patient:
    """Return a patient whose requests come from an address."""
    return Patient(Client(enforce_csrf_checks=True, REMOTE_ADDR=address))


def code(answer: Any) -> tuple[int, str]:
    """Return the status and the code of a refusal."""
    return answer.status_code, answer.json()["code"]


@pytest.fixture
def head(db: None) -> User:
    """Somebody who may manage the chat."""
    user = User.objects.create_user("head@example.org", first_name="Фатима")
    user.groups.add(Group.objects.get(name="Заведующие"))
    return user


@pytest.fixture
def tomorrow() -> Any:
    """A day from now."""
    return timezone.now() + timedelta(days=1)


def upload(person: Patient, data: bytes = b"x") -> Any:
    """Let a patient send up a file."""
    return person.upload(SimpleUploadedFile("x.jpg", data))


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files are taken as they come: for tests that count them."""
    monkeypatch.setattr(files, "rewrite", lambda data: Stored(b"x", "image/jpeg", ".jpg"))


def test_thirty_patients_behind_one_address_talk_at_once(widget, quick):
    patients = [someone() for _ in range(30)]
    topic = "Здравствуйте! Подскажите, пожалуйста, сколько стоит анализ и нужно ли сдавать натощак?"
    assert len(topic) >= protection.LONG_TEXT
    # Three pages of a referral, before the first word.
    pages = {person: [upload(person).json()["id"] for _ in range(3)] for person in patients}
    for text in [topic, *(f"Вопрос {number}" for number in range(3))]:
        for person in patients:
            answer = person.send(text, attachments=pages.pop(person, []))
            assert answer.status_code == 201, answer.json()
            assert person.post("read/", {"upto": 1}).status_code == 200
            assert person.post("typing/").status_code == 204
    assert ChatThread.objects.filter(is_common=False).count() == 30
    assert ChatMessage.objects.count() == 120
    assert ChatAttachment.objects.filter(message__seq=1).count() == 90


def test_flood_from_one_patient_is_stopped_and_hurts_nobody_else(widget):
    bot, neighbour = someone(), someone()
    statuses = [bot.send(f"Спам {number}").status_code for number in range(25)]
    assert statuses == [201] * 20 + [429] * 5
    refused = bot.send("Ещё")
    assert code(refused) == (429, "too_many")
    assert int(refused.headers["Retry-After"]) > 0
    assert neighbour.send().status_code == 201
    with time_machine.travel(timezone.now() + timedelta(seconds=61)):
        assert bot.send("Через минуту").status_code == 201


def test_flood_of_new_dialogues_from_one_network_is_stopped(widget):
    statuses = [someone().send().status_code for _ in range(61)]
    assert statuses == [201] * 60 + [429]
    assert someone("10.0.0.2").send().status_code == 201


def test_patient_writes_no_more_than_a_day_holds(widget, monkeypatch):
    monkeypatch.setattr(protection, "MESSAGES_A_DAY", 3)
    person = someone()
    assert [person.send(f"{n}").status_code for n in range(4)] == [201, 201, 201, 429]


def test_many_cookies_do_not_help_a_network_to_flood(widget, monkeypatch):
    monkeypatch.setattr(protection, "NETWORK_MESSAGES", protection.Limit(10, 60))
    bots = [someone() for _ in range(11)]
    assert [bot.send().status_code for bot in bots] == [201] * 10 + [429]


def test_same_words_again_and_again_are_refused_with_a_reason(widget):
    person = someone()
    client_id = str(uuid4())
    for _ in range(5):  # the outbox repeats itself, which is no flood
        person.send("Алло?", client_id=client_id)
    assert [person.send("Алло?").status_code for _ in range(3)] == [201, 201, 429]
    assert code(person.send("Алло?")) == (429, "too_many")
    assert "получили" in person.send("Алло?").json()["detail"]
    assert person.send("Другое").status_code == 201
    with time_machine.travel(timezone.now() + timedelta(minutes=11)):
        assert person.send("Алло?").status_code == 201


def test_one_long_text_under_many_names_is_refused(widget):
    spam = "Заработок без вложений! " * 5
    assert [someone().send(spam).status_code for _ in range(31)] == [201] * 30 + [429]
    assert someone().send("Сколько стоит ТТГ?").status_code == 201


def test_trap_for_robots_writes_nothing(widget):
    person = someone()
    answer = person.send(website="https://spam.example")
    assert code(answer) == (400, "invalid")
    assert answer.json()["field"] == "website"
    assert not ChatThread.objects.filter(is_common=False).exists()
    assert person.send(website="").status_code == 201


@pytest.mark.parametrize(
    ("name", "path", "body"),
    [
        ("typing", "typing/", {}),
        ("read", "read/", {"upto": 1}),
        ("contact", "contact/", {"name": "Анна", "email": ""}),
        ("rating", "rating/", {"score": 5, "comment": ""}),
        ("change", "messages/1/delete/", {}),
    ],
)
def test_calls_that_cost_little_are_counted_too(widget, name: str, path: str, body: dict):
    person, other = someone(), someone()
    person.send()
    other.send()
    most = protection.CALLS[name].count
    statuses = [person.post(path, body).status_code for _ in range(most + 1)]
    assert 429 not in statuses[:-1]
    assert statuses[-1] == 429
    assert other.post(path, body).status_code != 429


def test_new_cookie_with_each_call_does_not_help_somebody_signed_in(widget):
    person = someone()
    person.client.force_login(User.objects.create_user("p@example.org"))
    person.send()
    statuses = []
    for _ in range(protection.CALLS["contact"].count + 1):
        person.client.cookies["kdl_chat"] = uuid4().hex * 2
        statuses.append(person.post("contact/", {"name": "Анна", "email": ""}).status_code)
    assert statuses == [200] * (len(statuses) - 1) + [429]


def test_limit_begins_anew_when_its_time_is_over():
    limit = protection.Limit(1, 60)
    now = timezone.now()
    with time_machine.travel(now, tick=False):
        limit.admit("x", "somebody")
        with pytest.raises(protection.TooMany):
            limit.admit("x", "somebody")
        limit.admit("x", "somebody else")
    with time_machine.travel(now + timedelta(seconds=61), tick=False):
        limit.admit("x", "somebody")


def test_blocked_dialogue_may_not_write_until_the_block_is_over(widget, head, tomorrow):
    person, neighbour = someone(), someone()
    number = person.send().json()["thread"]["number"]
    blocks.block(head, number, Kind.THREAD, tomorrow, "Ругается")
    refused = person.send("Ещё")
    assert code(refused) == (403, "blocked")
    assert "Ругается" not in refused.content.decode()
    assert person.state()["thread"]["last_seq"] == 1
    assert neighbour.send().status_code == 201
    with time_machine.travel(tomorrow + timedelta(seconds=1)):
        assert person.send("Ещё").status_code == 201


def test_blocked_network_may_neither_write_nor_begin_nor_send_files(widget, head, tomorrow):
    person = someone()
    number = person.send().json()["thread"]["number"]
    found = blocks.block(head, number, Kind.NETWORK, tomorrow)
    newcomer = someone()
    for answer in [person.send("Ещё"), newcomer.send(), upload(newcomer)]:
        assert code(answer) == (403, "blocked")
    assert someone("10.0.0.2").send().status_code == 201
    blocks.unblock(head, number, found.pk)
    assert person.send("Ещё").status_code == 201


def test_second_block_replaces_the_first_and_both_are_on_record(widget, head, tomorrow):
    number = someone().send().json()["thread"]["number"]
    blocks.block(head, number, Kind.THREAD, tomorrow, "Раз")
    found = blocks.block(head, number, Kind.THREAD, tomorrow + timedelta(days=1), "Два")
    assert ChatBlock.objects.get() == found
    blocks.unblock(head, number, found.pk)
    entries = ModelLogEntry.objects.order_by("timestamp", "pk")
    assert [(e.action, e.label, e.user) for e in entries] == [
        ("chat.block", f"#{number}", head),
        ("chat.block", f"#{number}", head),
        ("chat.unblock", f"#{number}", head),
    ]
    assert "Раз" not in str([entry.data for entry in entries])


def test_only_heads_block_and_only_what_can_be_blocked(widget, head, operator, tomorrow):
    number = someone().send().json()["thread"]["number"]
    nowhere = ChatThread.objects.create(visitor_hash="x" * 64).pk
    with pytest.raises(Forbidden):
        blocks.block(operator, number, Kind.THREAD, tomorrow)
    with pytest.raises(Forbidden):
        blocks.unblock(operator, number, 1)
    with pytest.raises(NotFound):
        blocks.unblock(head, number, 424242)
    for thread_id, kind, until in [
        (number, Kind.THREAD, timezone.now()),
        (number, Kind.THREAD, timezone.now() + timedelta(days=400)),
        (ChatThread.objects.get(is_common=True).pk, Kind.THREAD, tomorrow),
        (nowhere, Kind.NETWORK, tomorrow),
    ]:
        with pytest.raises(Invalid):
            blocks.block(head, thread_id, kind, until)
    assert not ChatBlock.objects.exists()
    assert not ModelLogEntry.objects.exists()


def test_blocked_patient_changes_nothing_that_operators_see(patient: Patient):
    sent = patient.send("Раз").json()
    number = sent["thread"]["number"]
    ChatBlock.objects.create(
        kind="thread", value=str(number), until=timezone.now() + timedelta(hours=1)
    )
    for path, data in [
        (f"messages/{sent['message']['id']}/edit/", {"text": "Грубость"}),
        ("contact/", {"name": "Грубость", "email": ""}),
        ("typing/", {}),
    ]:
        answer = patient.post(path, data)
        assert (answer.status_code, answer.json()["code"]) == (403, "blocked"), path
    assert patient.post(f"messages/{sent['message']['id']}/delete/").status_code == 200


def test_who_sends_files_that_are_none_has_to_wait_and_nobody_else(widget):
    prankster, neighbour = someone(), someone()
    prankster.send()
    neighbour.send()
    rubbish = b"no picture at all"
    codes = [upload(prankster, rubbish).status_code for _ in range(12)]
    assert codes == [415] * 10 + [429] * 2
    # In the next chair, one who is writing and one who is not yet.
    assert upload(neighbour, make.jpeg()).status_code == 201
    assert upload(someone(), make.jpeg()).status_code == 201


def test_who_has_not_written_yet_is_counted_with_the_network(widget, monkeypatch):
    monkeypatch.setattr(protection, "REFUSED_FILES_OF_NEWCOMERS", protection.Limit(2, 600))
    codes = [upload(someone(), b"no picture at all").status_code for _ in range(3)]
    assert codes == [415, 415, 429]
    neighbour = someone()
    neighbour.send()
    assert upload(neighbour, make.jpeg()).status_code == 201
    assert upload(someone("10.0.0.2"), make.jpeg()).status_code == 201


def test_cache_that_is_away_costs_no_message(patient: Patient, monkeypatch: pytest.MonkeyPatch):
    patient.state()

    def away(*args: object, **kwargs: object) -> None:
        raise ConnectionError

    monkeypatch.setattr(protection.cache, "add", away)
    assert patient.send("Раз").status_code == 201


def test_cache_that_is_away_costs_no_file(patient: Patient, monkeypatch: pytest.MonkeyPatch):
    patient.state()

    def away(*args: object, **kwargs: object) -> None:
        raise ConnectionError

    for name in ("add", "get", "incr"):
        monkeypatch.setattr(protection.cache, name, away)
    assert patient.upload(SimpleUploadedFile("a.png", png())).status_code == 201


def test_file_of_a_robot_is_not_worked_on(patient: Patient, monkeypatch: pytest.MonkeyPatch):
    worked: list[bytes] = []
    monkeypatch.setattr(files, "rewrite", worked.append)
    file = SimpleUploadedFile("a.png", png())
    for ticket, code in [("", "invalid"), ("x", "invalid"), (protection.new_ticket(), "too_fast")]:
        refused = patient.upload(file, ticket=ticket)
        assert refused.json()["code"] == code
    assert worked == []


def test_who_has_a_dialogue_needs_no_ticket_for_a_file(patient: Patient, quick):
    patient.send()
    assert patient.upload(SimpleUploadedFile("a.png", png()), ticket="").status_code == 201


def test_window_that_ends_between_two_looks_begins_anew(monkeypatch: pytest.MonkeyPatch):
    limit = protection.Limit(1, 60)
    with monkeypatch.context() as patch:
        patch.setattr(protection.cache, "add", lambda *args: False)
        limit.admit("look", "10.0.0.1")
    with pytest.raises(TooMany):
        limit.admit("look", "10.0.0.1")


def test_patients_of_unknown_networks_are_not_one_crowd(widget, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(protection, "NEW_THREADS_AN_HOUR", 1)
    assert [someone("").send(f"Вопрос {number}").status_code for number in range(3)] == [201] * 3
    assert set(ChatThread.objects.values_list("network_hash", flat=True)) == {""}
