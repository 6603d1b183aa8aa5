"""The worker's errands: one that fails or hangs costs the others nothing."""

import threading
from collections.abc import Callable
from typing import Any

from django.db import DatabaseError

import pytest

from chat.management.commands.run_vk import repeat
from chat.vk import work
from chat.vk.client import VkError
from chat.vk.errands import PAUSE_AFTER_FAILURE, Errand, Errands
from tests.chat.vk.conftest import Loop

pytestmark = pytest.mark.django_db


def failing(error: Exception) -> Callable[[], int]:
    """Return a job that fails."""

    def job() -> int:
        raise error

    return job


def test_job_is_left_alone_between_its_times():
    done: list[int] = []
    errand = Errand("a job", lambda: done.append(1) or 1, every=10)
    assert [errand.run(now) for now in (0, 5, 10, 11)] == [1, 0, 1, 0]


@pytest.mark.parametrize("error", [VkError(5), ValueError("Иванова"), KeyError("x")])
def test_failure_is_waited_out_and_says_nothing_of_patients(
    error: Exception, caplog: pytest.LogCaptureFixture
):
    errand = Errand("a job", failing(error), every=1)
    assert errand.run(0) == 0
    assert errand.next_at == PAUSE_AFTER_FAILURE
    assert "Иванова" not in caplog.text
    assert caplog.records


def test_database_that_is_away_is_the_rounds_business():
    with pytest.raises(DatabaseError):
        Errand("a job", failing(DatabaseError()), every=1).run(0)


def test_all_errands_run_with_nothing_to_do(loop: Loop):
    assert Errands().run_once() == 0
    assert loop.vk.calls("groups.getTokenPermissions")


def test_site_without_vk_calls_nobody(settings: Any):
    settings.VK_GROUP_ID, settings.VK_GROUP_TOKEN = 0, ""
    assert Errands().run_once() == 0
    assert work.run_once() == 0


def test_rounds_end_when_told_to():
    stop = threading.Event()
    rounds: list[int] = []

    def run_once() -> int:
        rounds.append(1)
        if len(rounds) == 3:
            stop.set()
        return 1

    repeat(run_once, stop)
    assert len(rounds) == 3
