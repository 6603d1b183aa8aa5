"""The clock of the site: what is due each minute and each night."""

import logging
import signal
import threading
from datetime import date, datetime, timedelta
from types import FrameType
from typing import Any

from django.conf import settings
from django.core.management import BaseCommand, call_command
from django.db import Error, close_old_connections
from django.utils import timezone

from site_config.common.tasks import heartbeat

logger = logging.getLogger(__name__)


class Command(BaseCommand):
    """Runs CLOCK_EVERY_MINUTE and, once a night from CLOCK_NIGHT_HOUR on, CLOCK_EVERY_NIGHT."""

    help = "Run what is due each minute and each night, until stopped"

    def handle(self, *args: Any, **options: Any) -> None:
        """Tick until SIGTERM or SIGINT."""
        stopped = threading.Event()

        def stop(signum: int, frame: FrameType | None) -> None:
            stopped.set()

        signal.signal(signal.SIGTERM, stop)
        signal.signal(signal.SIGINT, stop)
        night = last_night(timezone.localtime())
        while True:
            night = tick(timezone.localtime(), night)
            if stopped.wait(seconds_to_next_minute(timezone.localtime())):
                return


def last_night(now: datetime) -> date:
    """Return the date of the latest night whose hour has come."""
    return (now - timedelta(hours=settings.CLOCK_NIGHT_HOUR)).date()


def seconds_to_next_minute(now: datetime) -> float:
    """Return how long to wait so that ticks fall on whole minutes."""
    return 60 - now.second - now.microsecond / 1_000_000


def tick(now: datetime, night_done: date) -> date:
    """Do what is due at `now` and return the night that is done by then.

    A job that fails is logged and tried again at its next time; the others run all the same.
    """
    close_old_connections()
    run("heartbeat", heartbeat.enqueue)
    for command in settings.CLOCK_EVERY_MINUTE:
        run(command[0], call_command, *command)
    night = last_night(now)
    if night > night_done:
        for command in settings.CLOCK_EVERY_NIGHT:
            run(command[0], call_command, *command)
    close_old_connections()
    return night


def run(name: str, job: Any, *arguments: str) -> None:
    """Run one job; a failure of the database or of the job itself stops nothing else."""
    try:
        job(*arguments)
    except Error:
        logger.warning("clock: %s failed, the database is away", name)
    except Exception:
        logger.error("clock: %s failed", name, exc_info=True)
