"""Operators see whom they talk to: names from VK, which cost nothing when VK does not answer."""

from datetime import timedelta
from typing import Any

from django.test import Client
from django.utils import timezone

import pytest

from chat.models import ChatThread, VkPeer
from chat.services import retention, vk_people
from chat.vk import fetching, people, pictures
from chat.vk.client import UnknownOutcome, VkClient, VkError
from tests.chat.vk.conftest import Loop
from tests.factories.chat import make_operator

pytestmark = pytest.mark.django_db

PATIENT = 701


@pytest.fixture
def thread(loop: Loop) -> ChatThread:
    """The dialogue of a patient who wrote in VK."""
    loop.vk.add_user(PATIENT, "Анна", "Петрова")
    loop.vk.user_writes(PATIENT, "Вы работаете?")
    loop.settle()
    return ChatThread.objects.get(vk_peer_id=PATIENT)


def test_patient_in_vk_has_a_name_and_readers_hear_of_it(loop: Loop, thread: ChatThread):
    assert thread.name == ""
    people.learn_due(loop.sleep)
    named = ChatThread.objects.get(pk=thread.pk)
    assert named.name == "Анна Петрова"
    assert named.last_version > thread.last_version
    assert VkPeer.objects.get(pk=PATIENT).name == "Анна Петрова"


def test_name_is_asked_for_once_a_day_and_only_of_who_writes(loop: Loop, thread: ChatThread):
    for _round in range(3):
        people.learn_due(loop.sleep)
    assert len(loop.vk.calls("users.get")) == 1
    loop.after(25 * 3600)
    people.learn_due(loop.sleep)
    assert len(loop.vk.calls("users.get")) == 1
    loop.vk.world.users[PATIENT].last_name = "Иванова"
    loop.vk.user_writes(PATIENT, "А завтра?")
    loop.settle()
    people.learn_due(loop.sleep)
    assert ChatThread.objects.get(pk=thread.pk).name == "Анна Иванова"


def test_name_that_somebody_here_gave_stays(loop: Loop, thread: ChatThread):
    ChatThread.objects.filter(pk=thread.pk).update(name="Анна, про ТТГ")
    people.learn_due(loop.sleep)
    assert ChatThread.objects.get(pk=thread.pk).name == "Анна, про ТТГ"


def test_person_who_is_gone_is_not_asked_for_again_and_again(loop: Loop, thread: ChatThread):
    del loop.vk.world.users[PATIENT]
    people.learn_due(loop.sleep)
    people.learn_due(loop.sleep)
    assert len(loop.vk.calls("users.get")) == 1


def test_operators_see_the_picture_and_vk_does_not_see_the_operators(
    loop: Loop, thread: ChatThread, client: Client
):
    client.force_login(make_operator())
    address = f"/admin/chat/api/threads/{thread.pk}/"
    assert client.get(address).json()["thread"]["picture"] is False
    assert client.get(f"{address}picture/").status_code == 404
    people.learn_due(loop.sleep)
    seen = ChatThread.objects.get(pk=thread.pk).last_version
    assert pictures.fetch_due() == 1
    assert pictures.fetch_due() == 0
    assert ChatThread.objects.get(pk=thread.pk).last_version > seen
    assert client.get(address).json()["thread"]["picture"] is True
    answer = client.get(f"{address}picture/")
    assert answer.content.startswith(b"\x89PNG")
    assert answer.headers["Content-Type"] == "image/png"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "no-store" in answer.headers["Cache-Control"]
    retention.erase_thread(None, thread.pk)
    assert not VkPeer.objects.exists()


@pytest.mark.parametrize(
    "url",
    ["https://evil.example/a.jpg", "http://169.254.169.254/", "javascript:alert(1)", "x" * 501],
)
def test_picture_is_fetched_from_vks_hosts_alone(loop: Loop, thread: ChatThread, url: str):
    vk_people.learn(PATIENT, "Анна", url)
    pictures.fetch_due()
    assert pictures.fetch_due() == 0
    assert not VkPeer.objects.get(pk=PATIENT).picture


def test_file_that_is_no_picture_is_not_shown_as_one(loop: Loop, thread: ChatThread):
    document = loop.vk.document(PATIENT)["doc"]["url"]
    vk_people.learn(PATIENT, "Анна", document)
    assert pictures.fetch_due() == 1
    assert VkPeer.objects.get(pk=PATIENT).picture == b""


def test_new_picture_takes_the_place_of_the_old_one(loop: Loop, thread: ChatThread):
    people.learn_due(loop.sleep)
    pictures.fetch_due()
    before = VkPeer.objects.get(pk=PATIENT)
    vk_people.learn(PATIENT, before.name, before.picture_url)
    assert VkPeer.objects.get(pk=PATIENT).picture == before.picture
    photo = loop.vk.photo(PATIENT, width=30, height=30)["photo"]["sizes"][0]["url"]
    vk_people.learn(PATIENT, before.name, photo)
    pictures.fetch_due()
    assert VkPeer.objects.get(pk=PATIENT).picture not in {None, b"", before.picture}


@pytest.mark.parametrize("fault", ["error", "html", "empty", "truncated"])
def test_failure_costs_nothing_but_the_name(loop: Loop, thread: ChatThread, fault: str):
    loop.vk.fail("users.get", fault, code=10)
    with pytest.raises((VkError, UnknownOutcome)):
        people.learn_due(loop.sleep)
    loop.vk.user_writes(PATIENT, "Ещё")
    loop.settle()
    assert ChatThread.objects.get(pk=thread.pk).messages.count() == 2
    people.learn_due(loop.sleep)
    assert ChatThread.objects.get(pk=thread.pk).name == "Анна Петрова"


@pytest.mark.parametrize("method", ["users.get", "a picture"])
def test_nothing_is_kept_of_who_is_erased_while_vk_answers(
    loop: Loop, thread: ChatThread, monkeypatch: pytest.MonkeyPatch, method: str
):
    call, get = VkClient.call, fetching.get

    def erased_meanwhile(client: VkClient, name: str, **params: Any) -> Any:
        answer = call(client, name, **params)
        retention.erase_thread(None, thread.pk)
        return answer

    def erased_and_back(*args: Any) -> bytes:
        data = get(*args)
        url = VkPeer.objects.get().picture_url
        retention.erase_thread(None, thread.pk)
        # As if VK's answer had been stored by another process at this moment.
        VkPeer.objects.create(peer_id=PATIENT, picture_url=url)
        return data

    if method == "users.get":
        monkeypatch.setattr(VkClient, "call", erased_meanwhile)
        people.learn_due(loop.sleep)
        assert not VkPeer.objects.exists()
    else:
        people.learn_due(loop.sleep)
        monkeypatch.setattr(fetching, "get", erased_and_back)
        pictures.fetch_due()
        assert not VkPeer.objects.get().picture


def test_patient_of_the_site_is_not_asked_about(loop: Loop):
    ChatThread.objects.create(name="", last_message_at=timezone.now() - timedelta(days=2))
    people.learn_due(loop.sleep)
    assert not loop.vk.calls("users.get")
