"""An operator's file reaches a patient in VK as a file, after its text and once."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

from django.core.files.base import ContentFile

import pytest

from accounts.models import User
from chat.events import undelivered
from chat.models import ChatAttachment, ChatMessage, ChatThread, VkOutbox
from chat.services import attachments, messages, vk_answers
from chat.services.messages import Answer
from chat.vk import files, uploads
from chat.vk.client import VkClient
from tests.chat.vk.conftest import Loop
from tests.factories import uploads as made
from tests.factories.chat import make_operator
from tests.factories.vk import make_vk_operator

pytestmark = pytest.mark.django_db

OPERATOR, PATIENT = 900, 701


@pytest.fixture
def number(loop: Loop) -> int:
    """The dialogue of a patient who wrote in VK."""
    loop.vk.user_writes(PATIENT, "Пришлёте направление?")
    loop.settle()
    return ChatThread.objects.get(vk_peer_id=PATIENT).pk


@pytest.fixture
def anna(db: None) -> User:
    """An operator at the inbox."""
    return make_operator("Анна")


def answer(anna: User, number: int, text: str, *data: tuple[str, bytes]) -> ChatMessage:
    """Send an answer with files from the inbox."""
    stored = [
        attachments.store(ContentFile(body, name=name), uploader=anna).pk for name, body in data
    ]
    said = Answer(client_id=uuid4(), text=text, attachments=stored)
    return messages.send_as_operator(anna, number, said).message


def kinds(loop: Loop) -> list[list[str]]:
    """Return the kinds of files of all that the patient got."""
    return [[one["type"] for one in got.attachments] for got in loop.vk.received(PATIENT)]


def test_picture_and_document_arrive_with_their_text(loop: Loop, number: int, anna: User):
    said = answer(anna, number, "Вот", ("a.png", made.png()), ("Направление.pdf", made.pdf()))
    loop.settle()
    assert loop.vk.texts(PATIENT) == []
    uploads.upload_due(loop.sleep)
    loop.settle()
    assert loop.vk.texts(PATIENT) == ["Вот"]
    assert sorted(kinds(loop)[0]) == ["doc", "photo"]
    said.refresh_from_db()
    assert said.delivery == "sent"


def test_what_is_written_later_does_not_overtake_a_file(loop: Loop, number: int, anna: User):
    answer(anna, number, "Вот", ("a.png", made.png()))
    answer(anna, number, "Видно?")
    loop.settle()
    assert loop.vk.texts(PATIENT) == []
    uploads.upload_due(loop.sleep)
    loop.settle()
    assert loop.vk.texts(PATIENT) == ["Вот", "Видно?"]


def test_file_delays_nobody_else(loop: Loop, number: int, anna: User):
    loop.vk.user_writes(PATIENT + 1, "А мне?")
    loop.settle()
    answer(anna, number, "Вот", ("a.png", made.png()))
    answer(anna, ChatThread.objects.get(vk_peer_id=PATIENT + 1).pk, "И вам")
    loop.settle()
    assert loop.vk.texts(PATIENT + 1) == ["И вам"]


def test_operators_picture_from_vk_follows_its_text_to_a_patient_in_vk(loop: Loop, number: int):
    loop.vk.allow(OPERATOR)
    make_vk_operator(OPERATOR)
    loop.vk.user_writes(OPERATOR, f"#{number} Вот", attachments=[loop.vk.photo(OPERATOR)])
    loop.settle()
    loop.after(13)
    files.fetch_due()
    uploads.upload_due(loop.sleep)
    loop.settle()
    assert loop.vk.texts(PATIENT) == ["Вот\n[картинка]", ""]
    assert kinds(loop) == [[], ["photo"]]


def test_picture_waits_for_its_text_that_failed_and_goes_out_after_it(loop: Loop, number: int):
    loop.vk.allow(OPERATOR)
    make_vk_operator(OPERATOR)
    loop.vk.user_writes(OPERATOR, f"#{number} Вот", attachments=[loop.vk.photo(OPERATOR)])
    loop.settle()
    loop.vk.fail("messages.send", "partial", peers=[PATIENT], code=914)
    loop.after(13)
    said = ChatMessage.objects.get(sender="operator")
    assert said.delivery == "failed"
    files.fetch_due()
    uploads.upload_due(loop.sleep)
    loop.settle()
    assert kinds(loop) == []
    vk_answers.resend_answer(said.pk)
    uploads.upload_due(loop.sleep)
    loop.settle()
    assert loop.vk.texts(PATIENT) == ["Вот\n[картинка]", ""]
    assert kinds(loop) == [[], ["photo"]]


@pytest.mark.parametrize("method", ["photos.getMessagesUploadServer", "photos.saveMessagesPhoto"])
@pytest.mark.parametrize(("fault", "code"), [("error", 10), ("html", 0), ("http", 502)])
def test_failure_of_the_moment_is_tried_again_from_the_start(
    loop: Loop, number: int, anna: User, method: str, fault: str, code: int
):
    loop.vk.fail(method, fault, code=code)
    answer(anna, number, "Вот", ("a.png", made.png()))
    uploads.upload_due(loop.sleep)
    loop.settle()
    assert loop.vk.texts(PATIENT) == []
    loop.after(5)
    uploads.upload_due(loop.sleep)
    loop.settle()
    assert kinds(loop) == [["photo"]]


def test_token_without_the_right_fails_visibly_and_texts_go_on(loop: Loop, number: int, anna: User):
    loop.vk.fail("photos.getMessagesUploadServer", "error", code=15)
    said = answer(anna, number, "Вот", ("a.png", made.png()))
    answer(anna, number, "Приходите")
    uploads.upload_due(loop.sleep)
    loop.settle()
    said.refresh_from_db()
    assert said.delivery == "failed"
    assert VkOutbox.objects.get(state="failed").error_code == 15
    assert loop.vk.texts(PATIENT) == ["Приходите"]


def test_dead_token_keeps_the_files_for_the_next_one(
    loop: Loop, number: int, anna: User, settings: Any
):
    loop.vk.fail("photos.getMessagesUploadServer", "error", code=5)
    answer(anna, number, "Вот", ("a.png", made.png()))
    uploads.upload_due(loop.sleep)
    uploads.upload_due(loop.sleep)
    assert len(loop.vk.calls("photos.getMessagesUploadServer")) == 1
    loop.vk.add_token("another")
    settings.VK_GROUP_TOKEN = "another"
    uploads.upload_due(loop.sleep)
    loop.settle()
    assert kinds(loop) == [["photo"]]


@pytest.mark.parametrize(
    ("method", "made_file"),
    [
        ("photos.getMessagesUploadServer", made.png),
        ("photos.saveMessagesPhoto", made.png),
        ("docs.getMessagesUploadServer", made.pdf),
        ("docs.save", made.pdf),
    ],
)
def test_answer_that_vk_does_not_give_is_tried_again(
    loop: Loop,
    number: int,
    anna: User,
    monkeypatch: pytest.MonkeyPatch,
    method: str,
    made_file: Callable[[], bytes],
):
    answer(anna, number, "Вот", ("a", made_file()))
    call = VkClient.call

    def rubbish(client: VkClient, name: str, **params: Any) -> Any:
        return [] if name == method else call(client, name, **params)

    with monkeypatch.context() as patch:
        patch.setattr(VkClient, "call", rubbish)
        uploads.upload_due(loop.sleep)
    loop.settle()
    assert loop.vk.texts(PATIENT) == []
    loop.after(5)
    uploads.upload_due(loop.sleep)
    loop.settle()
    assert len(kinds(loop)[0]) == 1


@pytest.mark.parametrize(
    ("said", "state"), [(b"<html>", "waiting"), (b'{"photo": "[]"}', "failed")]
)
def test_place_that_does_not_take_a_file_says_so(
    loop: Loop,
    number: int,
    anna: User,
    monkeypatch: pytest.MonkeyPatch,
    said: bytes,
    state: str,
):
    answer(anna, number, "Вот", ("a.png", made.png()))
    monkeypatch.setattr("chat.vk.fetching.post_file", lambda *args: said)
    uploads.upload_due(loop.sleep)
    assert VkOutbox.objects.get(text="Вот").state == state


def test_patient_who_forbade_messages_costs_the_others_nothing(loop: Loop, number: int, anna: User):
    loop.vk.fail("photos.getMessagesUploadServer", "error", code=901)
    said = answer(anna, number, "Вот", ("a.png", made.png()))
    uploads.upload_due(loop.sleep)
    said.refresh_from_db()
    assert said.delivery == "failed"
    assert "не разрешил" in undelivered(said)


def test_file_that_was_thrown_away_fails_visibly(loop: Loop, number: int, anna: User):
    said = answer(anna, number, "Вот", ("a.png", made.png()))
    ChatAttachment.objects.all().delete()
    uploads.upload_due(loop.sleep)
    said.refresh_from_db()
    assert said.delivery == "failed"


def test_place_off_the_list_gets_no_file(loop: Loop, number: int, anna: User, settings: Any):
    settings.VK_FILE_HOSTS = ["vk.com"]
    said = answer(anna, number, "Вот", ("a.png", made.png()))
    uploads.upload_due(loop.sleep)
    said.refresh_from_db()
    assert said.delivery == "failed"
    assert not any(upload.data for upload in loop.vk.world.uploads.values())


def test_file_that_is_gone_fails_visibly(loop: Loop, number: int, anna: User):
    said = answer(anna, number, "Вот", ("a.png", made.png()))
    stored = ChatAttachment.objects.get()
    stored.file.storage.delete(stored.file.name)
    uploads.upload_due(loop.sleep)
    said.refresh_from_db()
    assert said.delivery == "failed"


def test_answer_taken_back_in_the_inbox_does_not_go_out_later(loop: Loop, number: int, anna: User):
    said = answer(anna, number, "Не тому", ("a.png", made.png()))
    messages.delete_as_operator(anna, said.pk)
    uploads.upload_due(loop.sleep)
    loop.settle()
    assert loop.vk.received(PATIENT) == []
    assert not VkOutbox.objects.filter(text="Не тому").exists()
