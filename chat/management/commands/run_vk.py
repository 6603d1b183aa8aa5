"""The process between the site and VK."""

import logging
import signal
import threading
from collections.abc import Callable
from typing import Any

from django.core.management.base import BaseCommand
from django.db import DatabaseError, InterfaceError, close_old_connections

from chat.vk import reconcile, work
from chat.vk.errands import Errands

logger = logging.getLogger(__name__)

# What waits is in tables and has its time there (ten seconds, a pause after an error), so a task
# queue would be a second queue. Three queries by index are cheap.
PAUSE_SECONDS = 0.5
PAUSE_WITHOUT_DATABASE = 5.0


class Command(BaseCommand):
    help = "Reads VK's events, delivers operators' answers, sends to VK. Ctrl-C or SIGTERM ends it."

    def handle(self, *args: Any, **options: Any) -> None:
        """Work until told to stop; what was begun is finished."""
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_args: stop.set())
        errands = threading.Thread(target=repeat, args=(Errands().run_once, stop))
        errands.start()
        try:
            repeat(Round().run_once, stop)
        finally:
            stop.set()
            errands.join()


class Round:
    """The rounds of one process; the first notes that nobody knows what was missed before."""

    def __init__(self) -> None:
        self._has_begun = False

    def run_once(self) -> int:
        """Work one round."""
        if not self._has_begun:
            reconcile.note_start()
            self._has_begun = True
        return work.run_once()


def repeat(run_once: Callable[[], int], stop: threading.Event) -> None:
    """Do rounds until told to stop, with a pause after one in which there was nothing to do."""
    while not stop.is_set():
        pause = PAUSE_SECONDS
        try:
            done = run_once()
        except (DatabaseError, InterfaceError) as error:
            logger.warning("the database is away: %s", type(error).__name__)
            done, pause = 0, PAUSE_WITHOUT_DATABASE
        close_old_connections()
        if not done:
            stop.wait(pause)
