"""Operators see whom they talk to: names from VK, which cost nothing when VK does not answer."""

from datetime import timedelta

from django.utils import timezone

import pytest

from chat.models import ChatThread, VkPeer
from chat.vk import people
from chat.vk.client import UnknownOutcome, VkError
from tests.chat.vk.conftest import Loop

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


def test_patient_of_the_site_is_not_asked_about(loop: Loop):
    ChatThread.objects.create(name="", last_message_at=timezone.now() - timedelta(days=2))
    people.learn_due(loop.sleep)
    assert not loop.vk.calls("users.get")
