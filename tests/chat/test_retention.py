"""What is kept and for how long; and that nothing is left of what was erased."""

import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

from django.contrib.auth.models import Group
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from wagtail.models import ModelLogEntry

import pytest

from accounts.models import User
from chat.errors import Forbidden, Invalid, NotFound
from chat.models import (
    ChatAttachment,
    ChatBlock,
    ChatDraft,
    ChatMessage,
    ChatSettings,
    ChatThread,
)
from chat.models.attachments import private_storage
from chat.selectors.threads import common_thread_id
from chat.services import attachments, audit, blocks, files, messages, retention, threads
from chat.services.files import Stored
from chat.services.messages import Answer
from tests.factories.chat import Patient, make_operator

pytestmark = pytest.mark.django_db

MARKER = "МЕТКА-52-0367"


@pytest.fixture(autouse=True)
def private(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The private folder, empty at first; files are stored as they come."""
    monkeypatch.setattr(files, "rewrite", lambda data: Stored(data, "image/jpeg", ".jpg"))
    folder = Path(private_storage().path(""))
    shutil.rmtree(folder, ignore_errors=True)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


def files_in(folder: Path) -> list[Path]:
    """Return the files that lie anywhere in a folder."""
    return [path for path in folder.rglob("*") if path.is_file()]


@pytest.fixture
def head(db: None) -> User:
    """Somebody who may manage the chat."""
    user = User.objects.create_user("head@example.org", first_name="Фатима")
    user.groups.add(Group.objects.get(name="Заведующие"))
    return user


def traces(marker: str, folder: Path) -> list[str]:
    """Return where a marker is found: in which tables, in which files."""
    found = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            name = connection.ops.quote_name(table)
            cursor.execute(
                f"SELECT count(*) FROM {name} AS t WHERE t::text ILIKE %s", [f"%{marker}%"]
            )
            if cursor.fetchone()[0]:
                found.append(table)
    found += [
        str(path)
        for path in folder.rglob("*")
        if path.is_file() and marker.encode() in path.read_bytes()
    ]
    return found


def everything(patient: Patient, operator: User, head: User) -> int:
    """Have a dialogue that leaves the marker wherever a dialogue can; return its number."""
    file = attachments.store(SimpleUploadedFile(f"{MARKER}.jpg", MARKER.encode()))
    sent = patient.send(
        MARKER,
        attachments=[str(file.pk)],
        topic=MARKER,
        page={"url": f"/?q={MARKER}", "title": MARKER},
    )
    number = sent.json()["thread"]["number"]
    patient.post("contact/", {"name": MARKER, "email": "metka-52-0367@example.org"})
    answer = attachments.store(SimpleUploadedFile("x.jpg", MARKER.encode()), uploader=operator)
    messages.send_as_operator(
        operator, number, Answer(client_id=uuid4(), text=MARKER, attachments=[answer.pk])
    )
    note = Answer(client_id=uuid4(), text=MARKER, kind=ChatMessage.Kind.NOTE)
    messages.send_as_operator(operator, number, note)
    ChatDraft.objects.create(
        thread_id=number, author=operator, kind=ChatMessage.Kind.NOTE, text=MARKER
    )
    threads.close(operator, number)
    patient.post("rating/", {"score": 1, "comment": MARKER})
    until = timezone.now() + timedelta(days=1)
    for kind in ChatBlock.Kind:
        blocks.block(head, number, kind, until, MARKER)
    audit.record(head, ChatThread.objects.get(pk=number), "chat.block", text=MARKER)
    return number


def test_nothing_is_left_of_an_erased_dialogue(
    patient: Patient, operator: User, head: User, private: Path, django_capture_on_commit_callbacks
):
    # The account's dialogue takes in the browser's: both numbers are one person's.
    user = User.objects.create_user("p@example.org", "x")
    phone = Patient()
    old = everything(phone, operator, head)
    ChatBlock.objects.all().delete()
    patient.client.force_login(user)
    number = everything(patient, operator, head)
    ChatBlock.objects.filter(kind=ChatBlock.Kind.NETWORK).delete()
    phone.client.force_login(user)
    phone.csrf = ""
    assert phone.state()["thread"]["number"] == number
    other = Patient()
    kept = other.send("Другой человек").json()["thread"]["number"]
    assert len(traces(MARKER, private)) > 8

    with django_capture_on_commit_callbacks(execute=True):
        gone = retention.erase_thread(head, old)

    assert gone.numbers == [number, old]
    assert gone.files == 4
    assert traces(MARKER, private) == []
    assert traces("metka-52-0367", private) == []
    assert files_in(private) == []
    assert ChatThread.objects.filter(is_common=False).get().pk == kept
    assert other.state()["messages"][0]["text"] == "Другой человек"
    entry = ModelLogEntry.objects.get(action="chat.erase")
    assert (entry.label, entry.object_id, entry.user, entry.data) == (
        f"#{number}",
        str(number),
        head,
        {},
    )
    assert patient.state()["thread"] is None


def test_block_of_a_network_outlives_the_dialogue_without_its_reason(
    patient: Patient, operator: User, head: User
):
    number = patient.send().json()["thread"]["number"]
    until = timezone.now() + timedelta(days=1)
    blocks.block(head, number, ChatBlock.Kind.NETWORK, until, MARKER)
    retention.erase_thread(head, number)
    assert ChatBlock.objects.get().reason == ""
    assert patient.send().status_code == 403


def test_only_heads_erase_and_the_common_dialogue_stays(
    patient: Patient, operator: User, head: User
):
    number = patient.send().json()["thread"]["number"]
    with pytest.raises(Forbidden):
        retention.erase_thread(operator, number)
    head.is_active = False
    with pytest.raises(Forbidden):
        retention.erase_thread(head, number)
    with pytest.raises(Invalid):
        retention.erase_thread(None, ChatThread.objects.get(is_common=True).pk)
    with pytest.raises(NotFound):
        retention.erase_thread(None, 424242)
    assert ChatThread.objects.filter(pk=number).exists()


def test_command_erases_one_dialogue_and_says_what(patient: Patient, capsys: pytest.CaptureFixture):
    number = patient.send().json()["thread"]["number"]
    call_command("erase_chat", str(number), "--dry-run")
    assert ChatThread.objects.filter(pk=number).exists()
    call_command("erase_chat", str(number))
    assert capsys.readouterr().out.count(f"#{number}: 1 messages, 0 files") == 2
    assert not ChatThread.objects.filter(pk=number).exists()
    with pytest.raises(CommandError):
        call_command("erase_chat", str(number))


def test_command_finds_the_heir_of_a_merged_dialogue_and_leaves_the_common_one(
    patient: Patient, capsys: pytest.CaptureFixture
):
    number = patient.send().json()["thread"]["number"]
    heir = Patient().send().json()["thread"]["number"]
    threads.merge(number, heir)
    for options in (["--dry-run"], []):
        call_command("erase_chat", str(number), *options)
        assert f"#{heir}, #{number}: " in capsys.readouterr().out
    for wrong, options in ((number, ["--dry-run"]), (common_thread_id(), [])):
        with pytest.raises(CommandError):
            call_command("erase_chat", str(wrong), *options)
    assert list(ChatThread.objects.values_list("pk", flat=True)) == [common_thread_id()]


def days_ago(number: int, days: float) -> None:
    """Let a dialogue have been silent for some days."""
    at = timezone.now() - timedelta(days=days)
    ChatThread.objects.filter(pk=number).update(created_at=at, last_message_at=at)
    ChatMessage.objects.filter(thread_id=number).update(created_at=at)


def test_night_erases_what_is_older_than_the_site_keeps_it(
    patient: Patient, operator: User, capsys, django_capture_on_commit_callbacks
):
    ChatSettings.objects.update(keep_days=30)
    old = patient.send().json()["thread"]["number"]
    fresh = Patient().send().json()["thread"]["number"]
    days_ago(old, 31)
    days_ago(fresh, 29)
    call_command("clean_chat", "--dry-run")
    assert "erased           1" in capsys.readouterr().out
    assert ChatThread.objects.filter(pk=old).exists()
    call_command("clean_chat")
    assert "erased           1" in capsys.readouterr().out
    assert set(ChatThread.objects.filter(is_common=False).values_list("pk", flat=True)) == {fresh}


def test_dialogue_that_was_written_in_meanwhile_is_not_erased(patient: Patient):
    number = patient.send().json()["thread"]["number"]
    assert retention._erase_expired(number, timezone.now()) is False
    assert ChatThread.objects.filter(pk=number).exists()


def test_night_closes_answered_dialogues_that_fell_silent(patient: Patient, operator: User):
    answered = patient.send().json()["thread"]["number"]
    messages.send_as_operator(operator, answered, Answer(client_id=uuid4(), text="Да"))
    waiting = Patient().send().json()["thread"]["number"]
    busy = Patient().send().json()["thread"]["number"]
    messages.send_as_operator(operator, busy, Answer(client_id=uuid4(), text="Да"))
    days_ago(answered, 8)
    days_ago(waiting, 8)
    days_ago(busy, 6)
    assert retention.sweep(dry_run=True).closed == 1
    assert retention.sweep().closed == 1
    assert retention.sweep().closed == 0
    state = patient.state()
    assert state["thread"]["status"] == "closed"
    assert state["messages"][-1]["event"] == "closed"
    assert ChatThread.objects.filter(pk__in=[waiting, busy], status="open").count() == 2


def test_night_takes_old_files_from_their_messages(
    patient: Patient, private: Path, django_capture_on_commit_callbacks
):
    ChatSettings.objects.update(keep_files_days=10)
    bare, worded, young = (attachments.store(SimpleUploadedFile("x.jpg", b"x")) for _ in range(3))
    patient.send("", attachments=[str(bare.pk)])
    patient.send("С текстом", attachments=[str(worded.pk)])
    cursor = patient.send("Новое", attachments=[str(young.pk)]).json()["cursor"]
    ChatAttachment.objects.exclude(pk=young.pk).update(
        created_at=timezone.now() - timedelta(days=11)
    )
    assert retention.sweep(dry_run=True).files == 2
    with django_capture_on_commit_callbacks(execute=True):
        assert retention.sweep().files == 2
    assert len(files_in(private)) == 1
    number = patient.state()["thread"]["number"]
    changed = patient.events(cursor, number).json()["messages"]
    assert [(m["text"], m["deleted"], m["attachments"]) for m in changed] == [
        ("", True, []),
        ("С текстом", False, []),
    ]


def test_night_shortens_the_common_dialogue(operator: User):
    common = ChatThread.objects.get(is_common=True)
    for text in ("Давно", "Вчера"):
        messages.send_as_operator(operator, common.pk, Answer(client_id=uuid4(), text=text))
    ChatMessage.objects.filter(text="Давно").update(
        created_at=timezone.now() - timedelta(days=2000)
    )
    assert retention.sweep(dry_run=True).common_messages == 1
    assert retention.sweep().common_messages == 1
    assert list(common.messages.values_list("text", flat=True)) == ["Вчера"]


def test_night_deletes_files_that_a_crash_left_behind(patient: Patient, private: Path, monkeypatch):
    kept = attachments.store(SimpleUploadedFile("x.jpg", b"x"))
    patient.send("Вот", attachments=[str(kept.pk)])
    private_storage().save("aa/orphan.jpg", ContentFile(b"x"))
    assert retention.sweep().orphans == 0
    monkeypatch.setattr(retention, "UNCLAIMED", timedelta(seconds=-1))
    assert retention.sweep(dry_run=True).orphans == 1
    assert retention.sweep().orphans == 1
    assert private_storage().exists(kept.file.name)
    assert not private_storage().exists("aa/orphan.jpg")


def test_night_forgets_blocks_that_are_over(patient: Patient, head: User):
    number = patient.send().json()["thread"]["number"]
    until = timezone.now() + timedelta(hours=1)
    blocks.block(head, number, ChatBlock.Kind.THREAD, until)
    assert retention.sweep().blocks == 0
    assert retention.sweep(now=until + timedelta(seconds=1)).blocks == 1


def test_site_without_settings_keeps_what_the_usual_ones_keep(db):
    ChatSettings.objects.all().delete()
    make_operator()
    assert retention.sweep().erased == 0
