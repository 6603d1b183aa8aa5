"""VK's door: what is authentic is kept and gets `ok`, the rest gets nothing."""

import json
from datetime import timedelta

from django.db import connection
from django.utils import timezone

import pytest

from chat.models import ChatBlock, ChatMessage, ChatThread, VkEvent, VkOutbox, VkReply
from tests.factories.vk import event, make_vk_operator, message, message_new, post

pytestmark = pytest.mark.django_db

PATIENT, OPERATOR = 701, 900


def test_patients_message_from_vk_lands_in_a_thread_of_that_person():
    response = post(message_new(PATIENT, "Сколько стоит ТТГ?"))
    assert (response.status_code, response.content) == (200, b"ok")
    assert response.headers["Content-Type"] == "text/plain"
    stored = ChatMessage.objects.get()
    assert (stored.text, stored.sender, stored.channel) == ("Сколько стоит ТТГ?", "visitor", "vk")
    assert stored.thread.vk_peer_id == PATIENT


def test_same_event_again_is_one_message():
    data = message_new(PATIENT, "Раз")
    assert [post(data).content for _ in range(3)] == [b"ok"] * 3
    assert ChatMessage.objects.count() == 1


def test_same_message_through_a_second_server_is_one_message():
    first = message_new(PATIENT, "Раз")
    post(first)
    post(first | {"event_id": "another"})
    assert ChatMessage.objects.count() == 1
    assert VkEvent.objects.get(event_id="another").state == VkEvent.State.IGNORED


def test_two_people_may_have_the_same_place_in_their_dialogues():
    post(message_new(PATIENT, "Раз", id=0, conversation_message_id=14))
    post(message_new(PATIENT + 1, "Два", id=0, conversation_message_id=14))
    assert ChatMessage.objects.count() == 2


@pytest.mark.parametrize(
    "secret", ["wrong", "", None, 5, True, ["test-secret"], "ключ", "\ud83d", {}]
)
def test_event_without_the_secret_is_refused_and_not_kept(secret):
    response = post(message_new(PATIENT, "#1 Привет") | {"secret": secret})
    assert (response.status_code, response.content) == (403, b"")
    assert not VkEvent.objects.exists()


def test_former_secret_is_accepted_while_it_is_being_changed():
    assert post(message_new(PATIENT, "Раз") | {"secret": "former-secret"}).content == b"ok"


def test_blocked_person_is_told_so_and_fills_no_inbox():
    post(message_new(PATIENT, "Раз"))
    thread = ChatThread.objects.get(vk_peer_id=PATIENT)
    until = timezone.now() + timedelta(days=1)
    ChatBlock.objects.create(kind=ChatBlock.Kind.THREAD, value=str(thread.pk), until=until)
    for text in ("Два", "Три"):
        assert post(message_new(PATIENT, text)).content == b"ok"
    assert list(ChatMessage.objects.filter(sender="visitor").values_list("text")) == [("Раз",)]
    assert VkOutbox.objects.filter(peer_id=PATIENT, purpose="notice").count() == 1
    assert VkEvent.objects.filter(state=VkEvent.State.IGNORED, reason="blocked").count() == 2


def test_secret_is_not_kept():
    post(message_new(PATIENT, "Раз"))
    with connection.cursor() as cursor:
        cursor.execute("SELECT body::text FROM chat_vkevent")
        assert "test-secret" not in cursor.fetchone()[0]


@pytest.mark.parametrize("group", [1, -224584658, "1", True, None, 224584658.0, [224584658]])
def test_event_of_another_community_is_refused(group):
    assert post(message_new(PATIENT, "Раз") | {"group_id": group}).status_code == 403
    assert not VkEvent.objects.exists()


def test_community_number_as_a_string_is_understood():
    assert post(message_new(PATIENT, "Раз") | {"group_id": "224584658"}).content == b"ok"


def test_confirmation_is_given_to_our_community_alone():
    ask = {"type": "confirmation", "group_id": 224584658}
    assert post(ask).content == b"c0nf1rm"
    assert post(ask | {"secret": "test-secret"}).content == b"c0nf1rm"
    assert post(ask | {"secret": "wrong"}).status_code == 403
    assert post(ask | {"group_id": 1}).status_code == 403


def test_missing_confirmation_string_is_not_made_up(settings):
    settings.VK_CALLBACK_CONFIRMATION = ""
    assert post({"type": "confirmation", "group_id": 224584658}).status_code == 503


@pytest.mark.parametrize(
    "raw",
    [
        "",
        "{",
        "[]",
        '"x"',
        "null",
        "1",
        "[" * 100_000,
        '{"group_id": NaN}',
        '{"group_id": ' + "9" * 5000 + "}",
        '{"type": "confirmation"}'.encode("utf-16"),
        '{"type": "привет"}'.encode("cp1251"),
    ],
)
def test_rubbish_is_a_clear_error(raw):
    assert post(raw).status_code in {400, 403}
    assert not VkEvent.objects.exists()


def test_byte_order_mark_is_forgiven():
    raw = b"\xef\xbb\xbf" + json.dumps(message_new(PATIENT, "Раз")).encode()
    assert post(raw).content == b"ok"


@pytest.mark.parametrize("path", ["/chat/vk/callback/", "/chat/vk/callback"])
@pytest.mark.parametrize("size", [2_200_000, 3_000_000])
def test_too_large_an_event_is_refused(size: int, path: str):
    response = post(message_new(PATIENT, "x" * size), path)
    assert (response.status_code, response.content) == (413, b"")


def test_address_works_without_the_slash():
    assert post(message_new(PATIENT, "Раз"), "/chat/vk/callback").content == b"ok"


def test_other_methods_are_refused(client):
    for method in (client.get, client.put, client.head, client.delete):
        assert method("/chat/vk/callback/").status_code == 405


@pytest.mark.parametrize(
    "body",
    [
        {},
        None,
        {"warning": "You are using a deprecated API version"},
        {"message": None},
        {"message": {"from_id": True, "peer_id": "7"}},
        {"message": {"from_id": 2**63, "peer_id": 1, "text": "x"}},
        [],
        "x",
    ],
)
def test_event_that_is_not_understood_is_kept_for_a_person(body):
    assert post(event("message_new", body)).content == b"ok"
    assert VkEvent.objects.get().state == VkEvent.State.QUARANTINED


def test_unknown_type_is_kept_and_ignored():
    assert post(event("group_dance", {"x": 1})).content == b"ok"
    assert VkEvent.objects.get().state == VkEvent.State.IGNORED
    without_type = event("", {"x": 1})
    del without_type["type"], without_type["event_id"]
    assert post(without_type).content == b"ok"


def test_signs_that_cannot_be_stored_do_not_lose_the_message():
    post(message_new(PATIENT, "a\x00b\ud83dc\u202ed\x07"))
    assert ChatMessage.objects.get().text == "a\ufffdb?c\u202ed"


def test_first_shape_of_messages_is_understood():
    post(event("message_new", message(PATIENT, "Раз"), v="5.92"))
    assert ChatMessage.objects.get().text == "Раз"


def test_retried_event_that_never_arrived_is_processed():
    assert post(message_new(PATIENT, "Раз"), **{"X-Retry-Counter": "3"}).content == b"ok"
    assert ChatMessage.objects.count() == 1
    assert VkEvent.objects.get().retry_counter == 3


def test_strangers_number_reaches_nobody_else():
    post(message_new(PATIENT, "Раз"))
    first = ChatThread.objects.get(vk_peer_id=PATIENT)
    post(message_new(PATIENT + 1, f"#{first.pk} секрет"))
    assert first.messages.count() == 1
    assert ChatMessage.objects.get(thread__vk_peer_id=PATIENT + 1).text == f"#{first.pk} секрет"
    assert not VkReply.objects.exists()
    assert not VkOutbox.objects.exists()


@pytest.mark.parametrize("fields", [{"out": 1}, {"from_id": -5}, {"peer_id": 5}])
def test_message_that_is_no_persons_own_is_ignored(fields):
    make_vk_operator(OPERATOR)
    post(event("message_new", {"message": message(OPERATOR, "#1 Привет") | fields}))
    assert not ChatMessage.objects.exists()
    assert not VkReply.objects.exists()
