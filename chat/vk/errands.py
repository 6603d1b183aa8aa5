"""What the worker does beside the messages, in a thread of its own: none of it may delay a text.

Files from VK and to it, names and pictures, repeated alerts, a look at the connection now and then.
"""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass

from django.db import DatabaseError, InterfaceError

from chat.vk import files, people, pictures, reconcile, repeats, setup, uploads
from chat.vk.client import UnknownOutcome, VkError

logger = logging.getLogger(__name__)

PAUSE_AFTER_FAILURE = 60.0


@dataclass
class Errand:
    """A job and how long to leave it alone after it was done."""

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
            logger.warning("VK: %s: %s", self.job.__name__, error)
        except Exception as error:  # noqa: BLE001 - a bug in one must not stop the others
            # The type alone: what an exception says may repeat what a patient wrote.
            logger.error("VK: %s failed: %s", self.job.__name__, type(error).__name__)
        self.next_at = now + PAUSE_AFTER_FAILURE
        return 0


class Errands:
    """The errands of one process."""

    def __init__(self) -> None:
        self._errands = [
            Errand(uploads.upload_due, 0),
            Errand(files.fetch_due, 0),
            Errand(people.learn_due, 2),
            Errand(pictures.fetch_due, 2),
            Errand(repeats.repeat_due, 10),
            Errand(setup.watch, 300),
            Errand(reconcile.fill_gap, 10),
        ]

    def run_once(self, now: Callable[[], float] = time.monotonic) -> int:
        """Do what is due and return how much there was to do."""
        return sum(errand.run(now()) for errand in self._errands)
