"""What changes here while a message is on its way to VK: the last word of a person counts."""

import logging
from collections.abc import Callable
from typing import Any

import pytest

from accounts.models import User
from chat.models import ChatMessage, ChatSettings, ChatThread, VkOperator, VkOutbox, VkPeer
from chat.services import retention, vk_operators, vk_outbox, vk_replies
from chat.vk import inbound, treatment, uploads
from chat.vk.client import VkClient
from tests.chat.vk.conftest import Loop
from tests.chat.vk.test_files_to_vk import answer as answer_with_files
from tests.chat.vk.test_sending import Desk
from tests.factories import uploads as made
from tests.factories.chat import Patient
from tests.factories.vk import make_vk_operator

pytestmark = pytest.mark.django_db

OPERATOR, PATIENT = 900, 701

Meanwhile = Callable[[str, Callable[[], Any]], None]


@pytest.fixture
def svetlana(loop: Loop) -> User:
    """An operator whom VK lets the community write to."""
    loop.vk.allow(OPERATOR)
    return make_vk_operator(OPERATOR)


@pytest.fixture
def desk(loop: Loop, svetlana: User) -> Desk:
    """The inbox with a patient from VK."""
    return Desk(loop, svetlana)


@pytest.fixture
def meanwhile(monkeypatch: pytest.MonkeyPatch) -> Meanwhile:
    """Let something happen after VK did what a method asks for, before its answer is read."""
    call = VkClient.call

    def happens(method: str, deed: Callable[[], Any]) -> None:
        deeds = [deed]

        def watched(client: VkClient, name: str, **params: Any) -> Any:
            try:
                return call(client, name, **params)
            finally:
                if name == method and deeds:
                    deeds.pop()()

        monkeypatch.setattr(VkClient, "call", watched)

    return happens


# --- An answer is changed -------------------------------------------------------------------------


@pytest.mark.parametrize("fault", ["none", "http_after"])
@pytest.mark.parametrize("report", ["comes", "lost"])
def test_change_reaches_the_patient_as_a_change(
    desk: Desk, meanwhile: Meanwhile, fault: str, report: str
):
    if fault != "none":
        desk.loop.vk.fail("messages.send", fault, code=504)
    if report == "lost":
        desk.loop.vk.disturb("message_reply", "lost")
    message = desk.answer("До шисти", settle=False)
    meanwhile("messages.send", lambda: desk.edit(message, "До шести"))
    desk.loop.settle()
    desk.loop.after(60)
    assert desk.received() == ["До шести"]
    assert len(desk.loop.vk.calls("messages.edit")) == 1
    assert desk.shown(message)["delivery"] == "sent"


def test_change_goes_out_although_vk_refused_what_was_said_before(desk: Desk, meanwhile: Meanwhile):
    desk.loop.vk.fail("messages.send", "partial", peers=[PATIENT], code=914)
    message = desk.answer("До шисти", settle=False)
    meanwhile("messages.send", lambda: desk.edit(message, "До шести"))
    desk.loop.settle()
    assert desk.received() == ["До шести"]
    assert desk.shown(message)["delivery"] == "sent"


def test_change_of_one_part_does_not_hide_that_another_failed(desk: Desk):
    desk.loop.vk.fail("messages.send", "partial", peers=[PATIENT], code=914, skip=1, times=None)
    message = desk.answer("😀" * 4000)
    assert desk.shown(message)["delivery"] == "failed"
    assert desk.edit(message, "😎" + "😀" * 3999).status_code == 200
    desk.loop.settle()
    assert desk.received()[0].startswith("😎")
    assert len(desk.loop.vk.calls("messages.edit")) == 1
    assert desk.shown(message)["delivery"] == "failed"
    desk.loop.vk.heal()
    desk.inbox.post(f"messages/{message}/resend/")
    desk.loop.settle()
    assert [part.rsplit("\n", 1)[1] for part in desk.received()] == ["(1/2)", "(2/2)"]
    assert desk.shown(message)["delivery"] == "sent"


# --- An answer is taken back ----------------------------------------------------------------------


def test_answer_deleted_while_vk_refuses_it_is_not_sent_later(desk: Desk, meanwhile: Meanwhile):
    desk.loop.vk.fail("messages.send", "partial", peers=[PATIENT], code=914)
    message = desk.answer(settle=False)
    meanwhile("messages.send", lambda: desk.inbox.post(f"messages/{message}/delete/"))
    desk.loop.settle()
    send_failed_again(desk.loop)
    assert desk.received() == []


@pytest.mark.parametrize("text", ["Не тому", ""])
def test_answer_deleted_while_its_file_cannot_be_brought_is_not_sent_later(
    desk: Desk, svetlana: User, meanwhile: Meanwhile, text: str
):
    desk.loop.vk.fail("photos.getMessagesUploadServer", "error", code=15)
    said = answer_with_files(svetlana, desk.number, text, ("a.png", made.png()))
    meanwhile(
        "photos.getMessagesUploadServer",
        lambda: desk.inbox.post(f"messages/{said.pk}/delete/"),
    )
    uploads.upload_due(desk.loop.sleep)
    send_failed_again(desk.loop)
    assert desk.received() == []


def test_answer_that_vk_reports_in_the_end_has_not_failed(desk: Desk, meanwhile: Meanwhile):
    desk.loop.vk.fail("messages.send", "http_after", code=504)
    message = desk.answer(settle=False)
    VkOutbox.objects.update(attempts=treatment.FEWEST_ATTEMPTS * 2)

    def reported() -> None:
        desk.loop.vk.deliver()
        inbound.process_due(lambda pressed: None)

    meanwhile("messages.send", reported)
    desk.loop.settle()
    assert desk.received() == ["До шести"]
    assert desk.shown(message)["delivery"] == "sent"


# --- VK reports a message before it says that it took it ------------------------------------------


def read_reports(loop: Loop) -> None:
    """What VK tells meanwhile is read by another worker."""
    loop.vk.deliver()
    inbound.process_due(lambda pressed: None)


def test_report_that_overtakes_vks_own_word_makes_one_delivered_answer(
    desk: Desk, meanwhile: Meanwhile
):
    message = desk.answer(settle=False)
    shown: list[Any] = []

    def reported() -> None:
        read_reports(desk.loop)
        shown.append(desk.shown(message))

    meanwhile("messages.send", reported)
    desk.loop.settle()
    desk.loop.after(60)
    assert shown[0]["delivery"] == "sent"
    # Not a version more: nobody is shown it anew.
    assert desk.shown(message) == shown[0]
    (arrived,) = desk.loop.vk.received(PATIENT)
    row = VkOutbox.objects.get(purpose="answer")
    assert (row.state, row.conversation_message_id) == ("sent", arrived.cmid)
    said = ChatMessage.objects.filter(thread=desk.number, sender="operator", kind="message")
    assert [one.text for one in said] == ["До шести"]
    calls = desk.loop.vk.calls("messages.send")
    assert [one.params["peer_ids"] for one in calls].count(str(PATIENT)) == 1


def test_reply_to_an_alert_that_vk_has_only_reported_reaches_its_patient(
    loop: Loop, svetlana: User, patient: Patient, meanwhile: Meanwhile
):
    number = patient.send("Натощак?").json()["thread"]["number"]

    def replied() -> None:
        loop.vk.user_writes(OPERATOR, "Да", reply_to=loop.vk.received(OPERATOR)[-1])
        read_reports(loop)

    meanwhile("messages.send", replied)
    loop.settle()
    loop.after(60)
    said = ChatMessage.objects.filter(sender="operator", kind="message")
    assert [(one.thread_id, one.text) for one in said] == [(number, "Да")]


def send_failed_again(loop: Loop) -> None:
    """Somebody lets all that failed be tried again, and the worker comes by."""
    vk_outbox.resend(VkOutbox.objects.filter(state="failed"))
    uploads.upload_due(loop.sleep)
    loop.settle()


# --- A dialogue is erased -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fault", "how"),
    [
        ("slow", {}),
        ("http_after", {"code": 504}),
        ("error", {"code": 10}),
        ("partial", {"code": 901, "peers": [PATIENT]}),
        ("partial", {"code": 914, "peers": [PATIENT]}),
    ],
)
def test_dialogue_that_is_erased_on_the_way_stays_erased(
    desk: Desk, meanwhile: Meanwhile, fault: str, how: dict[str, Any]
):
    desk.loop.vk.fail("messages.send", fault, **how)
    desk.answer(settle=False)
    meanwhile("messages.send", lambda: retention.erase_thread(None, desk.number))
    desk.loop.settle()
    desk.loop.after(60)
    assert not ChatThread.objects.filter(is_common=False).exists()
    assert not VkOutbox.objects.filter(peer_id=PATIENT).exists()
    assert not VkPeer.objects.filter(peer_id=PATIENT).exists()


def test_dialogue_that_is_erased_while_its_answer_is_noted_as_sent_stays_erased(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    desk.answer(settle=False)
    whole = vk_outbox.writing

    def late(number: int) -> Any:
        monkeypatch.undo()
        retention.erase_thread(None, number)
        return whole(number)

    monkeypatch.setattr(vk_outbox, "writing", late)
    desk.loop.settle()
    assert not ChatThread.objects.filter(is_common=False).exists()
    assert [one for one in caplog.records if one.levelno >= logging.WARNING] == []


def test_dialogue_that_is_erased_while_held_answers_are_delivered_stops_no_other(
    desk: Desk,
    patient: Patient,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
):
    other = patient.send("Натощак?").json()["thread"]["number"]
    for number in (desk.number, other, desk.number):
        desk.loop.vk.user_writes(OPERATOR, f"#{number} Да")
    desk.loop.settle()
    whole = vk_replies.send_as_operator

    def first(*args: Any, **fields: Any) -> Any:
        monkeypatch.undo()
        sent = whole(*args, **fields)
        retention.erase_thread(None, other)
        return sent

    monkeypatch.setattr(vk_replies, "send_as_operator", first)
    desk.loop.after(61)
    assert desk.received() == ["Да", "Да"]
    assert [one for one in caplog.records if one.levelno >= logging.WARNING] == []


def test_operator_is_told_that_the_held_answer_will_not_go(
    desk: Desk, meanwhile: Meanwhile, svetlana: User
):
    desk.loop.vk.user_writes(OPERATOR, f"#{desk.number} До шести")
    meanwhile("messages.send", lambda: retention.erase_thread(None, desk.number))
    desk.loop.settle()
    desk.loop.after(60)
    assert f"Не доставлено в #{desk.number}" in desk.loop.vk.texts(OPERATOR)[-1]
    assert desk.received() == []


# --- An operator is one no longer -----------------------------------------------------------------


@pytest.mark.parametrize("change", ["unbound", "deactivated", "without the right"])
def test_questions_that_wait_are_not_sent_to_who_is_no_operator_any_more(
    loop: Loop, svetlana: User, patient: Patient, change: str
):
    loop.vk.fail("messages.send", "error", code=10, times=2)
    patient.send("Болит живот")
    loop.settle()
    no_longer(svetlana, change)
    loop.after(60)
    loop.after(60)
    assert loop.vk.received(OPERATOR) == []
    assert not VkOutbox.objects.filter(state__in=["waiting", "failed"]).exists()


@pytest.mark.parametrize(
    ("change", "answers"), [("unbound", 1), ("deactivated", 0), ("without the right", 0)]
)
def test_held_answer_goes_out_if_its_author_still_may_answer(
    desk: Desk, svetlana: User, change: str, answers: int
):
    desk.loop.vk.user_writes(OPERATOR, f"#{desk.number} До шести")
    desk.loop.settle()
    no_longer(svetlana, change)
    desk.loop.vk.user_writes(OPERATOR, f"#{desk.number} Секрет")
    desk.loop.settle()
    desk.loop.after(61)
    assert desk.received() == ["До шести"] * answers
    own = ChatThread.objects.get(vk_peer_id=OPERATOR).messages.get(sender="visitor")
    assert own.text == f"#{desk.number} Секрет"


def no_longer(user: User, change: str) -> None:
    """Take from somebody what makes them an operator in VK."""
    if change == "unbound":
        vk_operators.unbind(VkOperator.objects.get(user=user), user)
    elif change == "deactivated":
        user.is_active = False
        user.save()
    else:
        user.groups.clear()


def test_operators_in_vk_hear_that_a_question_says_something_else(
    loop: Loop, svetlana: User, patient: Patient
):
    ChatSettings.objects.update(vk_alert=ChatSettings.Alert.FULL)
    sent = patient.send("Натощак?").json()
    loop.settle()
    path = f"messages/{sent['message']['id']}/edit/"
    patient.post(path, {"text": "Натощак, ребёнку?"})
    loop.settle()
    told = loop.vk.received(OPERATOR)[-1]
    assert told.text.startswith("Пациент исправил: #")
    assert told.text.endswith("Натощак, ребёнку?")
    loop.vk.user_writes(OPERATOR, "Да", reply_to=told)
    loop.settle()
    loop.after(11)
    thread = ChatThread.objects.get(pk=sent["thread"]["number"])
    assert thread.messages.filter(sender="operator", text="Да").exists()
    assert thread.waiting_since is None


def test_what_nobody_has_been_told_yet_is_told_as_it_is_now(
    loop: Loop, svetlana: User, patient: Patient
):
    ChatSettings.objects.update(vk_alert=ChatSettings.Alert.FULL)
    sent = patient.send("Натощак?").json()
    patient.post(f"messages/{sent['message']['id']}/edit/", {"text": "А воду?"})
    loop.settle()
    assert not [text for text in loop.vk.texts(OPERATOR) if "Натощак?" in text]
    assert len([text for text in loop.vk.texts(OPERATOR) if "А воду?" in text]) == 1
