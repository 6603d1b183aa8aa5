"""What leaves for VK: once, whatever VK says, and nobody is left without a word about it."""

import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

from django.contrib.auth.models import Permission
from django.test import Client

import pytest

from accounts.models import User
from chat.models import (
    ChatMessage,
    ChatSettings,
    ChatThread,
    VkEvent,
    VkFile,
    VkOperator,
    VkOutbox,
    VkPeer,
    VkReply,
    VkState,
)
from chat.services import vk_outbox
from chat.vk import config, outbox, work
from chat.vk.client import UnknownOutcome, VkClient, VkError
from tests.chat.desk import Operator
from tests.chat.vk.conftest import Loop
from tests.factories.chat import Patient
from tests.factories.vk import make_vk_operator

pytestmark = pytest.mark.django_db

OPERATOR, PATIENT = 900, 701


@pytest.fixture
def svetlana(loop: Loop) -> User:
    """An operator whom VK lets the community write to."""
    loop.vk.allow(OPERATOR)
    loop.settle()
    return make_vk_operator(OPERATOR)


def alerts(loop: Loop) -> list[str]:
    """Return the alerts that an operator sees."""
    return [text for text in loop.vk.texts(OPERATOR) if text.startswith("#")]


def failed_although_it_arrived(loop: Loop, patient: Patient) -> None:
    """An alert arrives, but nobody hears of that until the site gives up."""
    loop.vk.fail("messages.send", "http_after", code=504, times=None)
    loop.vk.fail("messages.getHistory", "http", code=502, times=None)
    loop.vk.disturb("message_reply", "lost", times=None)
    patient.send("Натощак?")
    loop.settle()
    while VkOutbox.objects.filter(state="waiting").exists():
        loop.after(3600)
    loop.vk.heal()
    assert VkOutbox.objects.get(purpose="alert").state == "failed"
    assert len(alerts(loop)) == 1


def send_failed_again(loop: Loop) -> None:
    """Somebody presses the button, and the worker comes by."""
    vk_outbox.resend(VkOutbox.objects.filter(state="failed"))
    loop.settle()


def test_send_again_does_not_double_what_arrived_two_hours_ago(
    loop: Loop, svetlana: User, patient: Patient
):
    failed_although_it_arrived(loop, patient)
    loop.after(7200)
    send_failed_again(loop)
    assert len(alerts(loop)) == 1
    assert VkOutbox.objects.get(purpose="alert").state == "sent"


@pytest.mark.parametrize("newer", [101, 250])
def test_send_again_does_not_double_what_many_messages_followed(
    loop: Loop, svetlana: User, patient: Patient, newer: int
):
    failed_although_it_arrived(loop, patient)
    loop.vk.disturb("message_reply", "lost", times=newer)
    for number in range(newer):
        loop.vk.manager_replies(OPERATOR, f"Планёрка, пункт {number}")
    send_failed_again(loop)
    assert len(alerts(loop)) == 1
    assert VkOutbox.objects.get(purpose="alert").state == "sent"


def test_send_again_sends_what_never_arrived(loop: Loop, svetlana: User, patient: Patient):
    loop.vk.fail("messages.send", "http", code=504, times=None)
    patient.send("Натощак?")
    loop.settle()
    while VkOutbox.objects.filter(state="waiting").exists():
        loop.after(3600)
    loop.vk.heal()
    assert alerts(loop) == []
    loop.after(7200)
    send_failed_again(loop)
    assert len(alerts(loop)) == 1


def test_what_cannot_be_looked_up_to_the_end_is_not_sent_twice(
    loop: Loop, svetlana: User, patient: Patient, monkeypatch: pytest.MonkeyPatch
):
    failed_although_it_arrived(loop, patient)
    monkeypatch.setattr(outbox, "MOST_LOOKED_THROUGH", 200)
    loop.vk.disturb("message_reply", "lost", times=None)
    for number in range(200):
        loop.vk.manager_replies(OPERATOR, f"Планёрка, пункт {number}")
    send_failed_again(loop)
    assert len(alerts(loop)) == 1
    assert "since the first attempt" in VkOutbox.objects.get(purpose="alert").error


@pytest.mark.parametrize("minutes", [2, 61])
def test_worker_that_died_when_vk_had_the_message_leaves_no_second_one(
    loop: Loop,
    svetlana: User,
    patient: Patient,
    monkeypatch: pytest.MonkeyPatch,
    minutes: int,
):
    loop.vk.disturb("message_reply", "lost")
    patient.send("Натощак?")
    whole = VkClient.call

    def deadly(client: VkClient, method: str, **params: Any) -> Any:
        whole(client, method, **params)
        raise SystemExit

    with monkeypatch.context() as patch, pytest.raises(SystemExit):
        patch.setattr(VkClient, "call", deadly)
        loop.settle()
    assert len(alerts(loop)) == 1
    loop.after(60 * minutes)
    assert len(alerts(loop)) == 1
    assert VkOutbox.objects.get(purpose="alert").state == "sent"


# --- One message and the others -------------------------------------------------------------------


def test_vk_that_hangs_keeps_what_came_in_waiting_for_one_call_at_most(
    loop: Loop, svetlana: User, patient: Patient, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("chat.vk.client.READ_SECONDS", 0.3)
    loop.vk.allow(OPERATOR + 1)
    make_vk_operator(OPERATOR + 1)
    loop.vk.fail("messages.send", "timeout", times=None)
    patient.send("Натощак?")
    work.run_once(loop.sleep)
    assert len(loop.vk.calls("messages.send")) == 1
    loop.vk.user_writes(PATIENT, "Вы работаете?")
    loop.vk.deliver()
    work.run_once(loop.sleep)
    assert ChatThread.objects.filter(vk_peer_id=PATIENT).exists()
    assert len(loop.vk.calls("messages.send")) == 2
    loop.vk.heal()
    loop.after(60)
    assert {len(loop.vk.received(vk_id)) for vk_id in (OPERATOR, OPERATOR + 1)} == {2}


def test_what_patients_write_is_read_while_vk_takes_its_time_over_a_long_queue(
    loop: Loop, svetlana: User, patient: Patient, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("chat.vk.outbox.LONGEST_SECONDS", 0.2)
    for _ in range(20):
        vk_outbox.queue(VkOutbox.Purpose.NOTICE, OPERATOR, uuid4().hex)
    loop.vk.fail("messages.send", "slow", times=None, seconds=0.1)
    loop.vk.user_writes(PATIENT, "Вы работаете?")
    loop.vk.deliver()
    work.run_once(loop.sleep)
    assert VkOutbox.objects.filter(state="waiting").count() > 10
    assert ChatThread.objects.filter(vk_peer_id=PATIENT).exists()
    loop.vk.user_writes(PATIENT, "А завтра?")
    loop.vk.deliver()
    work.run_once(loop.sleep)
    assert ChatMessage.objects.filter(text="А завтра?").exists()
    loop.vk.heal()
    loop.settle()
    assert len(loop.vk.received(OPERATOR)) >= 20


def test_bug_at_one_message_stops_no_other(
    loop: Loop,
    svetlana: User,
    patient: Patient,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
):
    loop.vk.allow(OPERATOR + 1)
    make_vk_operator(OPERATOR + 1)
    whole = outbox.parameters

    def broken(row: VkOutbox) -> dict[str, Any]:
        if row.peer_id == OPERATOR:
            raise ValueError(row.text)
        return whole(row)

    ChatSettings.objects.update(vk_alert=ChatSettings.Alert.FULL)
    patient.send("Тайный вопрос")
    with monkeypatch.context() as patch:
        patch.setattr(outbox, "parameters", broken)
        loop.settle()
    assert [len(loop.vk.received(vk_id)) for vk_id in (OPERATOR, OPERATOR + 1)] == [0, 1]
    assert VkOutbox.objects.get(peer_id=OPERATOR).error == "ValueError"
    assert "Тайный" not in caplog.text
    loop.after(60)
    assert [len(loop.vk.received(vk_id)) for vk_id in (OPERATOR, OPERATOR + 1)] == [1, 1]


def test_token_that_dies_amid_the_queue_costs_and_doubles_nothing(
    loop: Loop, svetlana: User, patient: Patient, settings: Any
):
    loop.vk.fail("messages.send", "error", code=5, skip=1, times=None)
    for number in range(3):
        patient.send(f"Вопрос {number}")
    loop.settle()
    loop.after(600)
    assert len(loop.vk.calls("messages.send")) == 2
    loop.vk.heal()
    settings.VK_GROUP_TOKEN = "another"
    loop.vk.add_token("another")
    loop.settle()
    assert len(alerts(loop)) == 3


# --- The answer in the inbox ----------------------------------------------------------------------


class Desk:
    """A patient who writes from VK, and Светлана at her inbox."""

    def __init__(self, loop: Loop, user: User) -> None:
        self.loop = loop
        loop.vk.user_writes(PATIENT, "Вы работаете?")
        loop.settle()
        self.number = ChatThread.objects.get(vk_peer_id=PATIENT).pk
        self.inbox = Operator(user)

    def answer(self, text: str = "До шести", *, settle: bool = True) -> int:
        """Answer and return the number of the message."""
        sent = self.inbox.send(self.number, text, anyway=True)
        if settle:
            self.loop.settle()
        return int(sent.json()["message"]["id"])

    def shown(self, message: int) -> dict[str, Any]:
        """Return a message as the inbox shows it."""
        found = self.inbox.get(f"threads/{self.number}/").json()["messages"]
        return next(one for one in found if one["id"] == message)

    def edit(self, message: int, text: str) -> Any:
        """Change a message."""
        return self.inbox.post(f"messages/{message}/edit/", {"text": text})

    def received(self) -> list[str]:
        """What the patient sees."""
        return self.loop.vk.texts(PATIENT)


@pytest.fixture
def desk(loop: Loop, svetlana: User) -> Desk:
    """The inbox with a patient from VK."""
    return Desk(loop, svetlana)


def test_operator_reads_why_an_answer_failed_and_sends_it_again(desk: Desk):
    desk.loop.vk.fail("messages.send", "partial", peers=[PATIENT], code=914)
    message = desk.answer()
    assert desk.shown(message)["delivery"] == "failed"
    assert desk.shown(message)["undelivered"] == "Сообщение слишком длинное для ВК."
    again = desk.inbox.post(f"messages/{message}/resend/")
    assert again.json()["message"]["delivery"] == "pending"
    desk.loop.settle()
    assert (desk.shown(message)["delivery"], desk.shown(message)["undelivered"]) == ("sent", "")
    assert desk.received() == ["До шести"]


def test_sending_again_what_was_sent_changes_nothing(desk: Desk):
    message = desk.answer()
    version = desk.shown(message)["version"]
    assert desk.inbox.post(f"messages/{message}/resend/").status_code == 200
    desk.loop.settle()
    assert desk.shown(message)["version"] == version
    assert desk.received() == ["До шести"]
    assert desk.inbox.post("messages/424242/resend/").status_code == 404


def test_answer_goes_out_by_itself_once_the_patient_allows_it(desk: Desk):
    desk.loop.vk.deny(PATIENT)
    desk.loop.settle()
    message = desk.answer()
    assert "не разрешил" in desk.shown(message)["undelivered"]
    desk.loop.vk.allow(PATIENT)
    desk.loop.settle()
    assert desk.received() == ["До шести"]
    assert desk.shown(message)["delivery"] == "sent"


def test_answer_of_yesterday_does_not_go_out_by_itself(desk: Desk):
    desk.loop.vk.deny(PATIENT)
    desk.answer()
    desk.loop.after(25 * 3600)
    desk.loop.vk.allow(PATIENT)
    desk.loop.settle()
    assert desk.received() == []


def test_changed_answer_is_changed_in_vk_too(desk: Desk):
    message = desk.answer("До шисти")
    changed = desk.edit(message, "До шести")
    assert changed.json()["message"]["delivery"] == "pending"
    desk.loop.settle()
    assert desk.received() == ["До шести"]
    assert desk.shown(message)["delivery"] == "sent"
    assert desk.shown(message)["text"] == "До шести"


def test_answer_that_is_changed_before_it_goes_goes_changed(desk: Desk):
    message = desk.answer("До шисти", settle=False)
    desk.edit(message, "До шести")
    desk.loop.settle()
    assert desk.received() == ["До шести"]
    assert not desk.loop.vk.calls("messages.edit")


def test_answer_that_is_changed_while_nobody_knows_whether_it_arrived(desk: Desk):
    desk.loop.vk.disturb("message_reply", "lost")
    desk.loop.vk.fail("messages.send", "http_after", code=504)
    message = desk.answer("До шисти")
    desk.edit(message, "До шести")
    desk.loop.after(60)
    assert desk.received() == ["До шести"]
    assert desk.shown(message)["delivery"] == "sent"


def test_change_that_vk_refuses_is_seen_in_the_inbox(desk: Desk):
    message = desk.answer("До шисти")
    desk.loop.vk.fail("messages.edit", "error", code=909)
    desk.edit(message, "До шести")
    desk.loop.settle()
    assert desk.shown(message)["delivery"] == "failed"
    assert desk.received() == ["До шисти"]
    desk.inbox.post(f"messages/{message}/resend/")
    desk.loop.settle()
    assert desk.received() == ["До шести"]


def test_answer_in_other_parts_than_before_stays_as_it_is(desk: Desk):
    message = desk.answer("раз " * 990)
    refused = desk.edit(message, "😀" * 2100)
    assert refused.status_code == 400
    assert desk.shown(message)["text"] == ("раз " * 990).strip()


def test_end_of_an_answer_is_never_read_without_its_beginning(desk: Desk):
    desk.loop.vk.fail("messages.send", "partial", peers=[PATIENT], code=914)
    message = desk.answer("😀" * 4000)
    assert desk.received() == []
    assert desk.shown(message)["delivery"] == "failed"
    desk.inbox.post(f"messages/{message}/resend/")
    desk.loop.settle()
    assert "".join(part.rsplit("\n", 1)[0] for part in desk.received()) == "😀" * 4000
    assert desk.shown(message)["delivery"] == "sent"


LONG = "😀" * 3000


def test_part_that_is_sent_again_by_itself_takes_the_beginning_along(desk: Desk, svetlana: User):
    desk.loop.vk.fail("messages.send", "partial", peers=[PATIENT], code=914)
    message = desk.answer(LONG)
    last = VkOutbox.objects.filter(message=message, state="failed").latest("part")
    assert last.part == 2
    svetlana.user_permissions.add(Permission.objects.get(codename="manage_chat"))
    browser = Client()
    browser.force_login(svetlana)
    browser.post("/admin/chat/vk/", {"do": "resend", "id": last.pk})
    desk.loop.settle()
    assert [part.rsplit("\n", 1)[1] for part in desk.received()] == ["(1/2)", "(2/2)"]
    assert desk.shown(message)["delivery"] == "sent"


def test_changed_end_of_an_answer_that_failed_goes_out_with_its_beginning(desk: Desk):
    desk.loop.vk.fail("messages.send", "partial", peers=[PATIENT], code=914)
    message = desk.answer(LONG)
    assert desk.edit(message, LONG + "два").status_code == 200
    desk.loop.settle()
    assert [part.rsplit("\n", 1)[1] for part in desk.received()] == ["(1/2)", "(2/2)"]
    assert "два" in desk.received()[1]
    assert desk.shown(message)["delivery"] == "sent"


@pytest.mark.parametrize("code", [914, 5])
def test_answer_that_vk_refused_outright_goes_out_changed_in_one_call(
    desk: Desk, settings: Any, code: int
):
    desk.loop.vk.fail("messages.send", "error", code=code)
    message = desk.answer("До шисти")
    desk.edit(message, "До шести")
    settings.VK_GROUP_TOKEN = "another"
    desk.loop.vk.add_token("another")
    desk.loop.settle()
    assert desk.received() == ["До шести"]
    assert not desk.loop.vk.calls("messages.edit")
    assert not desk.loop.vk.calls("messages.getHistory")


def test_answer_refused_after_it_may_have_arrived_is_changed_where_it_lies(desk: Desk):
    desk.loop.vk.disturb("message_reply", "lost")
    desk.loop.vk.fail("messages.send", "http_after", code=504)
    message = desk.answer("До шисти")
    desk.loop.vk.fail("messages.getHistory", "error", code=100)
    desk.loop.after(60)
    assert desk.shown(message)["delivery"] == "failed"
    desk.edit(message, "До шести")
    desk.loop.settle()
    assert desk.received() == ["До шести"]
    assert desk.shown(message)["delivery"] == "sent"


def test_longest_answer_passes_the_smallest_limit_that_people_report(desk: Desk):
    desk.loop.vk.rules.message_limit = 4096
    message = desk.answer("😀" * 4000)
    assert "".join(part.rsplit("\n", 1)[0] for part in desk.received()) == "😀" * 4000
    assert desk.shown(message)["delivery"] == "sent"


@pytest.mark.parametrize("counts_utf16", [False, True])
@pytest.mark.parametrize("text", ["😀" * 4096, "я" * 9001], ids=["emoji", "letters"])
def test_answer_beyond_the_limit_passes_it_in_whichever_unit_vk_counts(
    desk: Desk, text: str, counts_utf16: bool
):
    rules = desk.loop.vk.rules
    rules.message_limit, rules.counts_utf16 = 4096, counts_utf16
    desk.loop.vk.user_writes(OPERATOR, f"#{desk.number} {text}")
    desk.loop.settle()
    desk.loop.after(11)
    assert "".join(part.rsplit("\n", 1)[0] for part in desk.received()) == text
    assert not VkOutbox.objects.filter(state="failed").exists()


def test_sign_of_several_code_points_is_never_cut_between_parts(desk: Desk):
    family = "👩‍👩‍👧‍👦"
    text = "а" + family * 500
    desk.answer(text)
    parts = [part.rsplit("\n", 1)[0] for part in desk.received()]
    assert len(parts) > 1
    assert "".join(parts) == text
    for part in parts:
        assert part.removeprefix("а").replace(family, "") == ""


def test_deleted_answer_that_failed_is_not_sent_again(desk: Desk):
    desk.loop.vk.deny(PATIENT)
    message = desk.answer()
    desk.inbox.post(f"messages/{message}/delete/")
    desk.loop.vk.allow(PATIENT)
    desk.loop.settle()
    assert desk.received() == []


def test_answer_that_was_read_before_vk_told_its_place_shows_as_read(desk: Desk):
    desk.loop.vk.disturb("message_reply", "lost")
    desk.loop.vk.fail("messages.send", "http_after", code=504)
    message = desk.answer()
    desk.loop.vk.user_reads(PATIENT)
    desk.loop.settle()
    assert desk.shown(message)["delivery"] == "pending"
    desk.loop.after(60)
    thread = desk.inbox.get(f"threads/{desk.number}/").json()["thread"]
    assert thread["read"]["visitor"] == desk.shown(message)["seq"]


# --- What VK says, and what it is told ------------------------------------------------------------


def test_of_three_operators_one_who_forbade_messages_costs_the_others_nothing(
    loop: Loop, svetlana: User, patient: Patient
):
    for vk_id in (901, 902):
        make_vk_operator(vk_id)
        loop.vk.allow(vk_id)
    loop.vk.deny(901)
    patient.send("Натощак?")
    loop.settle()
    loop.after(7200)
    assert [len(loop.vk.received(vk_id)) for vk_id in (900, 901, 902)] == [1, 0, 1]
    assert VkOutbox.objects.get(peer_id=901).error_code == 901
    assert len([one for one in loop.vk.calls("messages.send") if one.error_code is None]) == 3


def test_flood_control_of_an_hour_delays_an_alert_and_loses_none(
    loop: Loop, svetlana: User, patient: Patient
):
    loop.vk.fail("messages.send", "error", code=9, times=None)
    patient.send("Натощак?")
    loop.settle()
    for _ in range(6):
        loop.after(600)
    loop.vk.heal()
    assert alerts(loop) == []
    # Not many calls in this hour: they would keep VK angry.
    assert len(loop.vk.calls("messages.send")) <= 4
    loop.after(3600)
    assert len(alerts(loop)) == 1


@pytest.mark.parametrize("code", [911, 912])
def test_buttons_that_vk_does_not_take_are_left_out(
    loop: Loop, svetlana: User, patient: Patient, code: int
):
    loop.vk.fail("messages.send", "error", code=code)
    patient.send("Натощак?")
    loop.settle()
    (alert,) = loop.vk.received(OPERATOR)
    assert alert.text.startswith("#")
    assert alert.keyboard is None


def test_a_hundred_and_one_operators_are_all_told_once(loop: Loop, patient: Patient):
    for vk_id in range(1000, 1101):
        loop.vk.allow(vk_id)
        make_vk_operator(vk_id)
    patient.send("Натощак?")
    loop.settle()
    assert {len(loop.vk.received(vk_id)) for vk_id in range(1000, 1101)} == {1}


def test_what_a_patient_writes_becomes_no_link_and_calls_nobody(
    loop: Loop, svetlana: User, patient: Patient
):
    ChatSettings.objects.update(vk_alert=ChatSettings.Alert.FULL)
    patient.send("[id1|Павел] @all @id1 *club1 [club1|нажмите] a@example.org [1] #51 https://e.org")
    loop.settle()
    (alert,) = loop.vk.received(OPERATOR)
    for markup in ("[id1|", "[club1|", "@all", "@id1", "*club1"):
        assert markup not in alert.text
        assert markup in alert.text.replace("\u2060", "")
    for plain in ("a@example.org", "[1]", "#51", "https://e.org"):
        assert plain in alert.text
    (call,) = loop.vk.calls("messages.send")
    assert (call.params["dont_parse_links"], call.params["disable_mentions"]) == ("1", "1")


def test_fifty_links_of_a_patient_are_shown_as_written_and_fetched_by_nobody(
    loop: Loop, svetlana: User, patient: Patient
):
    ChatSettings.objects.update(vk_alert=ChatSettings.Alert.FULL)
    links = " ".join(f"https://e{number}.example/?a={number}" for number in range(50))
    patient.send(links)
    loop.settle()
    (alert,) = loop.vk.received(OPERATOR)
    assert links in alert.text
    (call,) = loop.vk.calls("messages.send")
    assert call.params["dont_parse_links"] == "1"


FAULTS: list[tuple[str, dict[str, Any]]] = [
    ("refused", {}),
    ("timeout", {}),
    ("timeout_after", {}),
    ("http", {"code": 500}),
    ("http_after", {"code": 504}),
    ("html", {}),
    ("empty", {}),
    ("truncated", {}),
    ("error", {"code": 5}),
    ("error", {"code": 100}),
    ("partial", {"code": 901, "peers": [OPERATOR]}),
]


@pytest.mark.parametrize("fault", FAULTS)
def test_token_is_nowhere_but_in_the_header(
    loop: Loop,
    svetlana: User,
    patient: Patient,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
    settings: Any,
    fault: tuple[str, dict[str, Any]],
):
    monkeypatch.setattr("chat.vk.client.READ_SECONDS", 0.3)
    caplog.set_level("DEBUG", logger="")
    kind, how = fault
    loop.vk.fail("messages.send", kind, **how)
    patient.send("Секретный вопрос")
    with client_errors(monkeypatch) as seen:
        loop.settle()
    said = [caplog.text, repr(config.current()), str(config.current())]
    said += [word for error in seen for word in (str(error), repr(error))]
    said += [word for error in seen for word in traceback.format_exception(error)]
    tables = [VkOutbox, VkEvent, VkPeer, VkOperator, VkState, VkReply, VkFile]
    said += [str(row) for table in tables for row in table.objects.values()]
    for secret in (settings.VK_GROUP_TOKEN, *settings.VK_CALLBACK_SECRET):
        assert not [words for words in said if secret in words]
    assert "Секретный" not in caplog.text
    assert {one.token_in for one in loop.vk.requests} == {"header"}


@contextmanager
def client_errors(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Exception]]:
    """Collect what the client raises."""
    seen: list[Exception] = []
    call = VkClient.call

    def watched(self: VkClient, method: str, **params: Any) -> Any:
        try:
            return call(self, method, **params)
        except (VkError, UnknownOutcome) as error:
            seen.append(error)
            raise

    with monkeypatch.context() as patch:
        patch.setattr(VkClient, "call", watched)
        yield seen
