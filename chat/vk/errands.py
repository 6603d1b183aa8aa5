"""What the worker does beside the messages, in a thread of its own: none of it may delay a text.

Files from VK and to it, names and pictures, repeated alerts, a look at the connection now and then.
"""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from django.db import DatabaseError, InterfaceError

from chat.vk import files, people, pictures, reconcile, repeats, setup, uploads
from chat.vk.client import UnknownOutcome, VkError

logger = logging.getLogger(__name__)

PAUSE_AFTER_FAILURE = 60.0


@dataclass
class Errand:
    """A job, its name in the log, and how long to leave it alone after it was done."""

    name: str
    job: Callable[[], int]
    every: float
    next_at: float = 0.0

    def run(self, now: float) -> int:
        """Do the job if it is due; after a failure of VK's it is left alone for longer."""
        if now < self.next_at:
            return 0
        self.next_at = now + self.every
        try:
            return self.job()
        except (DatabaseError, InterfaceError):
            raise
        except (VkError, UnknownOutcome) as error:
            logger.warning("VK: %s: %s", self.name, error)
        except Exception as error:  # noqa: BLE001 - a bug in one must not stop the others
            # The type alone: what an exception says may repeat what a patient wrote.
            logger.error("VK: %s failed: %s", self.name, type(error).__name__)
        self.next_at = now + PAUSE_AFTER_FAILURE
        return 0


class Errands:
    """The errands of one process."""

    def __init__(self, sleep: Callable[[float], None] = time.sleep) -> None:
        self._errands = [
            Errand("files to VK", partial(uploads.upload_due, sleep), 0),
            Errand("files from VK", files.fetch_due, 0),
            Errand("names", partial(people.learn_due, sleep), 2),
            Errand("pictures", pictures.fetch_due, 2),
            Errand("repeated alerts", repeats.repeat_due, 10),
            Errand("a look at the connection", partial(setup.watch, sleep), 300),
            Errand("what VK did not deliver", partial(reconcile.fill_gap, sleep), 10),
        ]

    def run_once(self, now: Callable[[], float] = time.monotonic) -> int:
        """Do what is due and return how much there was to do."""
        return sum(errand.run(now()) for errand in self._errands)
