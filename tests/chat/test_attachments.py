"""Files in a conversation: the thread's people get them, nobody else, and nothing piles up."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

import pytest

from accounts.models import User
from chat.models import ChatAttachment, ChatMessage, ChatThread
from chat.models.attachments import private_storage
from chat.services import attachments, files, messages, protection
from chat.services.files import Stored
from chat.services.messages import Answer
from tests.factories import uploads as make
from tests.factories.chat import Patient

pytestmark = pytest.mark.django_db


def upload(patient: Patient, data: bytes | None = None, name: str = "photo.jpg") -> Any:
    """Let a patient send up a file."""
    content = make.jpeg() if data is None else data
    return patient.upload(SimpleUploadedFile(name, content, content_type="image/jpeg"))


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files are taken as they come: for tests that count them."""
    monkeypatch.setattr(files, "rewrite", lambda data: Stored(b"x", "image/jpeg", ".jpg"))


def test_file_goes_with_a_message_and_comes_back_as_a_download(patient: Patient):
    sent = upload(patient, name="../../Направление\u202egpj.exe")
    assert sent.status_code == 201
    attachment = sent.json()
    assert attachment["name"] == "Направлениеgpj.jpg"
    assert attachment["type"] == "image/jpeg"
    message = patient.send("", attachments=[attachment["id"]]).json()["message"]
    assert message["attachments"] == [attachment]
    got = patient.client.get(attachment["url"])
    assert got.status_code == 200
    assert len(b"".join(got)) == attachment["size"]
    assert got.headers["Content-Type"] == "image/jpeg"
    assert got.headers["Content-Disposition"].startswith("attachment;")
    assert got.headers["X-Content-Type-Options"] == "nosniff"
    assert got.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert {"private", "no-store"} <= set(got.headers["Cache-Control"].split(", "))


def test_file_lies_under_a_random_name_where_no_web_server_looks(patient: Patient, settings):
    upload(patient, name="ivanov.jpg")
    path = private_storage().path(ChatAttachment.objects.get().file.name)
    assert "ivanov" not in path
    assert not path.startswith(str(settings.MEDIA_ROOT))


def test_foreign_missing_loose_and_taken_back_files_look_the_same(patient: Patient, operator: User):
    sent = upload(patient).json()
    other = Patient()
    other.send("Здравствуйте")
    strangers = [other, Patient(), Patient(Client())]
    loose = [person.client.get(sent["url"]) for person in [patient, *strangers]]
    message = patient.send("Вот", attachments=[sent["id"]]).json()["message"]
    foreign = [person.client.get(sent["url"]) for person in strangers]
    missing = patient.client.get(f"/chat/api/attachments/{uuid4()}/")
    patient.post(f"messages/{message['id']}/delete/")
    gone = patient.client.get(sent["url"])
    answers = [*loose, *foreign, missing, gone]
    assert {(answer.status_code, answer.content) for answer in answers} == {(404, missing.content)}
    assert missing.json()["code"] == "not_found"


def test_file_that_is_lost_on_the_disk_is_not_found(patient: Patient):
    sent = upload(patient).json()
    patient.send("Вот", attachments=[sent["id"]])
    private_storage().delete(ChatAttachment.objects.get().file.name)
    assert patient.client.get(sent["url"]).status_code == 404


def test_file_of_a_note_never_reaches_the_patient(patient: Patient, operator: User):
    number = patient.send().json()["thread"]["number"]
    file = attachments.store(SimpleUploadedFile("x.png", make.png()), uploader=operator)
    note = Answer(
        client_id=uuid4(), text="Смотри", kind=ChatMessage.Kind.NOTE, attachments=[file.pk]
    )
    messages.send_as_operator(operator, number, note)
    assert patient.client.get(f"/chat/api/attachments/{file.pk}/").status_code == 404


def test_taken_and_operators_files_cannot_be_claimed(patient: Patient, operator: User):
    taken = upload(patient).json()["id"]
    patient.send("Вот", attachments=[taken])
    theirs = attachments.store(SimpleUploadedFile("x.png", make.png()), uploader=operator)
    thief = Patient()
    for number in [taken, str(theirs.pk), str(uuid4())]:
        answer = thief.send("Моё", attachments=[number])
        assert (answer.status_code, answer.json()["field"]) == (400, "attachments")
    assert not ChatMessage.objects.filter(text="Моё").exists()
    assert ChatAttachment.objects.get(pk=theirs.pk).message is None
    assert ChatAttachment.objects.get(pk=taken).message is not None


def test_refused_file_leaves_nothing(patient: Patient):
    answer = upload(patient, make.archive())
    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_type")
    assert answer.json()["field"] == "file"
    large = upload(patient, b"\xff\xd8\xff" + bytes(files.LARGEST_FILE))
    assert (large.status_code, large.json()["code"]) == (413, "too_large")
    assert not ChatAttachment.objects.exists()


def test_file_whose_row_fails_leaves_nothing_on_the_disk(quick, monkeypatch):
    storage = private_storage()
    saved = []
    monkeypatch.setattr(
        type(storage), "save", lambda self, name, content: saved.append(name) or name
    )
    monkeypatch.setattr(type(storage), "delete", lambda self, name: saved.remove(name))

    def fail(**fields):
        assert saved
        raise RuntimeError

    monkeypatch.setattr(ChatAttachment.objects, "create", fail)
    with pytest.raises(RuntimeError):
        attachments.store(SimpleUploadedFile("x.jpg", b"x"))
    assert saved == []


@pytest.mark.parametrize(
    ("name", "stored"),
    [
        ("снимок.HEIC", "снимок.jpg"),
        ("C:\\Users\\Анна\\скан.pdf", "скан.jpg"),
        ("../../etc/passwd", "passwd.jpg"),
        ("a\r\nSet-Cookie: x=1.jpg", "a Set-Cookie: x=1.jpg"),
        ("\u202etxt.exe\x00", "txt.jpg"),
        ("...", "файл.jpg"),
        ("", "файл.jpg"),
        ("\ud800.jpg", "файл.jpg"),
        ("и\u0306.png", "й.jpg"),
        ("v1.2 результат", "v1.2 результат.jpg"),
    ],
)
def test_name_is_made_harmless(name: str, stored: str):
    assert attachments.clean_name(name, ".jpg") == stored


def test_long_name_keeps_its_extension():
    name = attachments.clean_name("я" * 500 + ".pdf", ".pdf")
    assert len(name) == 120
    assert name.endswith(".pdf")


def test_network_and_thread_send_only_so_many_files(patient: Patient, quick, monkeypatch):
    monkeypatch.setattr(protection, "FILES_AN_HOUR", 60)
    number = patient.send().json()["thread"]["number"]
    sent = [upload(patient).json()["id"] for _ in range(31)]
    for start in range(0, 30, 5):
        assert patient.send("Вот", attachments=sent[start : start + 5]).status_code == 201
    for refused in [upload(patient), patient.send("Ещё", attachments=sent[30:])]:
        assert (refused.status_code, refused.json()["code"]) == (429, "too_many")
        assert refused.headers["Retry-After"]
    other = Patient()
    assert [upload(other).status_code for _ in range(30)] == [201] * 29 + [429]
    ChatAttachment.objects.update(created_at=timezone.now() - timedelta(hours=25))
    assert upload(patient).status_code == 201
    assert ChatThread.objects.get(pk=number).messages.filter(text="Ещё").count() == 0


def test_at_most_five_files_in_a_message(patient: Patient, quick):
    sent = [upload(patient).json()["id"] for _ in range(6)]
    answer = patient.send("Вот", attachments=sent)
    assert (answer.status_code, answer.json()["field"]) == (400, "attachments")


def test_upload_nobody_claimed_is_gone_the_next_night(
    patient: Patient, quick, django_capture_on_commit_callbacks
):
    old, fresh, used = (upload(patient).json()["id"] for _ in range(3))
    patient.send("Вот", attachments=[used])
    ChatAttachment.objects.exclude(pk=fresh).update(created_at=timezone.now() - timedelta(hours=25))
    name = ChatAttachment.objects.get(pk=old).file.name
    with django_capture_on_commit_callbacks(execute=True):
        call_command("clean_chat")
    assert set(ChatAttachment.objects.values_list("pk", flat=True)) == {UUID(fresh), UUID(used)}
    assert not private_storage().exists(name)


@pytest.mark.parametrize(
    ("content_type", "body", "status"),
    [
        ("application/json", b"{}", 400),
        ("multipart/form-data", b"x", 400),
        ("multipart/form-data; boundary=x", b"garbage", 400),
        ("multipart/form-data; boundary=x", b"", 400),
        (
            "multipart/form-data; boundary=x",
            b'--x\r\nContent-Disposition: form-data; name="file"\r\n\r\ntext\r\n--x--\r\n',
            400,
        ),
    ],
)
def test_upload_that_is_no_file_is_refused_as_json(patient, content_type, body, status):
    patient.state()
    answer = patient.client.generic(
        "POST",
        "/chat/api/attachments/",
        body,
        content_type,
        headers={"X-CSRFToken": patient.csrf},
    )
    assert (answer.status_code, answer.json()["code"]) == (status, "invalid")


@pytest.mark.parametrize("length", ["12000000", "9" * 5000])
def test_body_that_announces_too_much_is_refused_unread(patient: Patient, length: str):
    patient.state()
    answer = patient.client.post(
        "/chat/api/attachments/", headers={"X-CSRFToken": patient.csrf}, CONTENT_LENGTH=length
    )
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


def test_form_of_too_many_or_too_long_fields_is_refused_as_json(patient: Patient):
    patient.state()
    for fields, status in [
        ({f"f{number}": "x" for number in range(10_001)}, 400),
        ({"f": "x" * 6_000_000}, 413),
    ]:
        answer = patient.client.post(
            "/chat/api/attachments/", fields, headers={"X-CSRFToken": patient.csrf}
        )
        assert answer.status_code == status
        assert answer.json()["detail"]
