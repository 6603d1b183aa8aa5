"""Nothing is left of a patient in VK who is erased, and what VK repeats brings nothing back."""

from datetime import timedelta

from django.db import connection
from django.utils import timezone

import pytest

from chat.models import ChatSettings, ChatThread, VkBindingCode, VkEvent, VkOutbox, VkPeer
from chat.services import retention, threads, vk_operators, vk_outbox
from chat.vk import inbound, people, reconcile
from tests.chat.vk.conftest import Loop
from tests.factories.chat import Patient, make_operator
from tests.factories.vk import event, make_vk_operator, message_new, post, receive

pytestmark = pytest.mark.django_db

OPERATOR, PATIENT, OTHER = 900, 701, 702
SECRET = "Тайное-слово"


def dump() -> str:
    """Return all rows of VK's tables as text."""
    tables = [name for name in connection.introspection.table_names() if "chat_vk" in name]
    rows = []
    with connection.cursor() as cursor:
        for table in tables:
            cursor.execute(f"SELECT row_to_json(t)::text FROM {table} t")
            rows += [row[0] for row in cursor.fetchall()]
    return "\n".join(rows)


def test_erased_patient_leaves_nothing_in_vks_tables_and_does_not_come_back(loop: Loop):
    loop.vk.add_user(PATIENT, "Залина", "Фамилиева")
    loop.vk.disturb("message_new", "duplicate", seconds=600)
    loop.vk.user_writes(PATIENT, SECRET)
    loop.settle()
    people.learn_due(loop.sleep)
    assert "Фамилиева" in dump()
    retention.erase_thread(None, ChatThread.objects.get(vk_peer_id=PATIENT).pk)
    assert SECRET not in dump()
    assert "Фамилиева" not in dump()
    loop.after(3600)
    reconcile.reconcile(timezone.now() - timedelta(days=1), loop.sleep)
    loop.settle()
    assert not ChatThread.objects.filter(vk_peer_id=PATIENT).exists()


@pytest.fixture
def told(loop: Loop, patient: Patient) -> Loop:
    """An operator who gets patients' words in VK, and a patient at the site."""
    loop.vk.allow(OPERATOR)
    make_vk_operator(OPERATOR)
    ChatSettings.objects.update(vk_alert=ChatSettings.Alert.FULL)
    return loop


def test_erased_patient_of_the_site_leaves_no_words_with_the_operator_in_vk(
    told: Loop, patient: Patient
):
    patient.send(SECRET)
    told.settle()
    (alert,) = told.vk.received(OPERATOR)
    assert SECRET in alert.text
    told.vk.user_writes(OPERATOR, f"Ответ: {SECRET}", reply_to=alert)
    number = ChatThread.objects.get(is_common=False).pk
    told.vk.user_writes(OPERATOR, f"#{number} И ещё: {SECRET}")
    told.settle()
    told.after(60)
    assert SECRET in dump()
    retention.erase_thread(None, number)
    assert SECRET not in dump()


def test_words_that_the_patient_deleted_are_in_none_of_vks_tables(told: Loop, patient: Patient):
    sent = patient.send(SECRET).json()["message"]
    told.settle()
    assert SECRET in told.vk.texts(OPERATOR)[0]
    assert patient.post(f"messages/{sent['id']}/delete/").status_code == 200
    assert SECRET not in dump()


def test_alert_that_vk_reports_after_the_patient_was_erased_is_not_kept(
    told: Loop, patient: Patient
):
    told.vk.disturb("message_reply", "drop_first")
    patient.send(SECRET)
    told.settle()
    assert SECRET in told.vk.texts(OPERATOR)[0]
    retention.erase_thread(None, ChatThread.objects.get(is_common=False).pk)
    told.after(7200)
    assert VkEvent.objects.filter(type="message_reply").exists()
    assert SECRET not in dump()


def test_alert_in_quarantine_goes_with_the_patient(
    told: Loop, patient: Patient, monkeypatch: pytest.MonkeyPatch
):
    patient.send(SECRET)
    with monkeypatch.context() as patch:
        patch.setitem(inbound.HANDLERS, "message_reply", broken)
        told.settle()
        for _ in range(8):
            told.after(300)
    assert VkEvent.objects.get(state="quarantined").peer_id == OPERATOR
    retention.erase_thread(None, ChatThread.objects.get(is_common=False).pk)
    assert SECRET not in dump()


def broken(event: VkEvent) -> inbound.Outcome:
    """Fail at an event."""
    raise ValueError(event.pk)


@pytest.fixture
def merged(loop: Loop) -> int:
    """The dialogue of a patient with what they wrote from another account in VK."""
    loop.vk.add_user(PATIENT, "Залина", "Первая")
    loop.vk.add_user(OTHER, "Залина", "Вторая")
    for vk_id in (PATIENT, OTHER):
        loop.vk.user_writes(vk_id, SECRET)
    loop.settle()
    people.learn_due(loop.sleep)
    vk_outbox.queue(VkOutbox.Purpose.NOTICE, OTHER, SECRET)
    heir = ChatThread.objects.get(vk_peer_id=PATIENT).pk
    threads.merge(ChatThread.objects.get(vk_peer_id=OTHER).pk, heir)
    return heir


def test_erased_patient_of_two_accounts_in_vk_leaves_nothing_of_either(loop: Loop, merged: int):
    assert "Вторая" in dump()
    loop.vk.user_writes(OTHER, SECRET)
    loop.deliver()
    retention.erase_thread(None, merged)
    for word in (SECRET, "Первая", "Вторая"):
        assert word not in dump()


def test_account_that_has_a_dialogue_of_its_own_again_keeps_it(loop: Loop, merged: int):
    loop.vk.user_writes(OTHER, "Снова я")
    loop.settle()
    loop.vk.user_writes(OTHER, "И ещё вопрос")
    loop.deliver()
    retention.erase_thread(None, merged)
    loop.settle()
    said = ChatThread.objects.get(vk_peer_id=OTHER).messages.order_by("seq")
    assert list(said.values_list("text", flat=True)) == ["Снова я", "И ещё вопрос"]
    assert VkPeer.objects.filter(pk=OTHER).exists()


def test_erased_patient_may_write_anew(loop: Loop):
    loop.vk.user_writes(PATIENT, SECRET)
    loop.settle()
    retention.erase_thread(None, ChatThread.objects.get(vk_peer_id=PATIENT).pk)
    loop.vk.user_writes(PATIENT, "Снова я")
    loop.settle()
    assert ChatThread.objects.get(vk_peer_id=PATIENT).messages.get().text == "Снова я"


def test_events_are_kept_while_they_are_of_use_and_no_longer():
    post(message_new(PATIENT, "Раз"))
    post(event("message_new", {"message": None}))
    receive(message_new(PATIENT, "Ещё не прочтено"))
    now = timezone.now()
    assert retention.sweep(now=now).vk == 0
    later = now + timedelta(days=15)
    assert retention.sweep(now=later, dry_run=True).vk == 1
    assert retention.sweep(now=later).vk == 1
    assert set(VkEvent.objects.values_list("state", flat=True)) == {"new", "quarantined"}
    retention.sweep(now=now + timedelta(days=91))
    assert VkEvent.objects.get().state == "new"


def test_old_codes_and_notices_go():
    vk_operators.new_code(make_operator())
    post(message_new(PATIENT, "KDL-AAAA-BBBB"))
    VkOutbox.objects.update(state="sent")
    retention.sweep(now=timezone.now() + timedelta(days=40))
    assert not VkBindingCode.objects.exists()
    assert not VkOutbox.objects.exists()
