"""A patient whom nobody answers is not forgotten, and nobody is pestered."""

import pytest

from accounts.models import User
from chat.models import ChatSettings, ChatThread, VkOperator, VkOutbox
from chat.services import retention, threads
from chat.vk import repeats
from tests.chat.vk.conftest import Loop
from tests.factories.chat import Patient
from tests.factories.vk import make_vk_operator

pytestmark = pytest.mark.django_db

SVETLANA, ANNA = 900, 901


@pytest.fixture
def svetlana(db: None) -> User:
    """An operator on duty."""
    return make_vk_operator(SVETLANA)


@pytest.fixture
def anna(db: None) -> User:
    """Another."""
    return make_vk_operator(ANNA, "Анна")


@pytest.fixture
def number(loop: Loop, svetlana: User, anna: User, patient: Patient) -> int:
    """A dialogue that Anna took and does not answer."""
    found: int = patient.send("Болит живот", topic="Подготовка").json()["thread"]["number"]
    threads.assign(anna, found, anna)
    return found


def repeated() -> list[int]:
    """Return who was told again."""
    told = VkOutbox.objects.filter(purpose="repeat").order_by("peer_id")
    return list(told.values_list("peer_id", flat=True))


def test_everybody_on_duty_is_told_once_in_a_wait(loop: Loop, number: int):
    repeats.repeat_due()
    assert repeated() == []
    loop.sleep(11 * 60)
    for _round in range(3):
        repeats.repeat_due()
    assert repeated() == [SVETLANA, ANNA]
    told = VkOutbox.objects.filter(purpose="repeat")[0]
    assert f"#{number}" in told.text
    assert "11 мин" in told.text
    assert "живот" not in told.text
    assert told.thread_id == number


def test_next_wait_is_told_of_anew(loop: Loop, number: int, patient: Patient, anna: User):
    loop.sleep(11 * 60)
    repeats.repeat_due()
    threads.close(anna, number)
    loop.sleep(60)
    patient.send("Вы тут?")
    loop.sleep(11 * 60)
    repeats.repeat_due()
    assert len(repeated()) == 4


def test_answer_in_time_or_site_setting_keep_it_quiet(loop: Loop, number: int, anna: User):
    ChatSettings.objects.update(vk_repeat_minutes=30)
    loop.sleep(11 * 60)
    repeats.repeat_due()
    threads.close(anna, number)
    loop.sleep(60 * 60)
    repeats.repeat_due()
    assert repeated() == []


def test_nobody_off_duty_is_told(loop: Loop, number: int):
    VkOperator.objects.filter(vk_id=ANNA).update(on_duty=False)
    loop.sleep(11 * 60)
    repeats.repeat_due()
    assert repeated() == [SVETLANA]


def test_wait_of_days_floods_nobody(loop: Loop, number: int):
    loop.sleep(3 * 24 * 3600)
    repeats.repeat_due()
    assert repeated() == []
    assert ChatThread.objects.get(pk=number).waiting_since


@pytest.mark.parametrize("change", ["answered", "erased", "answered and asked again"])
def test_what_happens_while_they_are_told_counts(
    loop: Loop,
    number: int,
    patient: Patient,
    anna: User,
    monkeypatch: pytest.MonkeyPatch,
    change: str,
):
    loop.sleep(11 * 60)
    lock = repeats.locked

    def lock_late(thread_id: int) -> ChatThread:
        if change == "erased":
            retention.erase_thread(None, number)
        else:
            threads.close(anna, number)
        if change == "answered and asked again":
            patient.send("Вы тут?")
        return lock(thread_id)

    monkeypatch.setattr(repeats, "locked", lock_late)
    assert repeats.repeat_due() == 0
    assert repeated() == []
