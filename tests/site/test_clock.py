"""What is due happens once, and one broken job does not take the others along."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.utils import timezone

import pytest

from site_config.common.management.commands import run_clock

MOSCOW = ZoneInfo("Europe/Moscow")


@pytest.fixture
def called(settings, monkeypatch) -> list[str]:
    """The commands that were run, in their order; the one named `broken` fails."""
    settings.CLOCK_EVERY_MINUTE = [["broken"], ["each-minute"]]
    settings.CLOCK_EVERY_NIGHT = [["each-night"]]
    commands: list[str] = []

    def call(name, *arguments):
        if name == "broken":
            raise ValueError(name)
        commands.append(name)

    monkeypatch.setattr(run_clock, "call_command", call)
    monkeypatch.setattr(run_clock, "close_old_connections", lambda: None)
    return commands


def moment(day: int, hour: int, minute: int = 0) -> datetime:
    """A moment of a November in Vladikavkaz."""
    return datetime(2026, 11, day, hour, minute, tzinfo=MOSCOW)


def test_each_minute_has_its_jobs_although_one_fails(called):
    run_clock.tick(moment(3, 12), date(2026, 11, 3))
    assert called == ["each-minute"]


def test_night_comes_once(called):
    night = run_clock.last_night(moment(3, 23, 59))
    for now in (moment(4, 2, 59), moment(4, 3), moment(4, 3, 1), moment(4, 12)):
        night = run_clock.tick(now, night)
    assert called.count("each-night") == 1


def test_ticks_fall_on_whole_minutes():
    now = datetime(2026, 11, 3, 12, 0, 59, 750_000, tzinfo=MOSCOW)
    assert run_clock.seconds_to_next_minute(now) == pytest.approx(0.25)


@pytest.mark.django_db
def test_usual_jobs_run_on_a_real_database(settings, monkeypatch, caplog):
    settings.TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}}
    monkeypatch.setattr(run_clock, "close_old_connections", lambda: None)
    run_clock.tick(timezone.localtime(), date(2000, 1, 1))
    assert "failed" not in caplog.text
