"""What goes wrong in a random schedule: at VK, on the way, and at home."""

import random
import threading
from contextlib import suppress
from typing import Any
from unittest.mock import patch
from uuid import uuid4

from django.db import connection

from chat.vk import fetching, reconcile, work
from chat.vk.client import UnknownOutcome, VkClient, VkError
from chat.vk.errands import Errands
from chat.vk.longpoll import LongPoll
from tests.chat.vk.conftest import MOST_ROUNDS, PASSING_FAULTS, Loop
from tests.chat.vk.death import dying
from tests.chat.vk.schedules.people import OPERATORS, PATIENTS, Deed, People

METHODS = (
    "*",
    "*",
    "*",
    "messages.send",
    "messages.send",
    "messages.edit",
    "messages.sendMessageEventAnswer",
    "photos.saveMessagesPhoto",
)
# After these VK is not asked again: whoever wrote sees in the inbox that it did not arrive.
FORBIDDEN, TOO_LONG = 901, 914
FINAL = (FORBIDDEN, TOO_LONG)
EVENT_FAULTS = [
    ("duplicate", {"copies": 2}),
    ("duplicate", {"copies": 1, "seconds": 900}),
    ("reorder", {"window": 3}),
    ("drop_first", {}),
    ("second_server", {}),
    ("numeric_event_id", {}),
    ("no_event_id", {}),
]
EVENTS = ("message_new", "message_new", "message_event", "message_reply", "message_edit")


class Trouble:
    """The site's worker, its lines to VK, and what happens to them."""

    def __init__(self, loop: Loop, chance: random.Random, people: People, settings: Any) -> None:
        self.loop = loop
        self.chance = chance
        self.people = people
        self.settings = settings
        self.secrets = [settings.VK_GROUP_TOKEN, *settings.VK_CALLBACK_SECRET]
        self.forbade: set[int] = set()
        # Whoever waits for VK with a row locked lets everybody wait.
        self.amid_transactions: list[str] = []
        self.errands = Errands(loop.sleep)
        self._poll = LongPoll(threading.Event(), wait=0)
        self._outermost = len(connection.savepoint_ids)

    @property
    def deeds(self) -> list[Deed]:
        """Return what may happen; what stands twice happens more often."""
        return [
            self.time_passes,
            self.time_passes,
            self.vk_is_in_trouble,
            self.vk_is_in_trouble,
            self.vk_is_in_trouble,
            self.vk_is_in_trouble,
            self.vk_is_in_trouble,
            self.vk_has_an_old_server,
            self.vk_does_not_want_a_message,
            self.token_is_revoked_or_replaced,
            self.patient_overtakes_himself,
            self.site_polls_as_well,
            self.site_polls_as_well,
            self.site_was_away_for_too_long,
            self.worker_is_killed,
            self.worker_is_killed,
            self.two_workers_at_once,
            self.two_workers_at_once,
        ]

    def settle(self) -> None:
        """Let the worker's two halves go on until neither has anything to do."""
        for _ in range(MOST_ROUNDS):
            self.loop.settle()
            if not self._run_errands():
                return
        raise AssertionError("the errands never end")

    def _run_errands(self) -> int:
        return self.errands.run_once(self.loop.vk.clock.now)

    def time_passes(self) -> None:
        """Somebody has lunch."""
        self.loop.after(self.chance.choice([1, 12, 70, 700]))

    # --- At VK -----------------------------------------------------------------------------------

    def vk_is_in_trouble(self) -> None:
        """A call goes wrong, or an event."""
        if self.chance.random() < 0.5:
            kind, how = self.chance.choice(PASSING_FAULTS)
            times = self.chance.randint(1, 3)
            self.loop.vk.fail(self.chance.choice(METHODS), kind, times=times, **how)
            return
        kind, how = self.chance.choice(EVENT_FAULTS)
        times = self.chance.randint(1, 2)
        self.loop.vk.disturb(self.chance.choice(EVENTS), kind, times=times, **how)

    def vk_has_an_old_server(self) -> None:
        """A message comes in the shape of an older version."""
        self.loop.vk.disturb("message_new", "old_shape")

    def vk_does_not_want_a_message(self) -> None:
        """Somebody has forbidden the community to write, or a text is refused."""
        peer, code = self.chance.choice([*PATIENTS, *OPERATORS]), self.chance.choice(FINAL)
        self.loop.vk.fail("messages.send", "partial", peers=[peer], code=code)
        if code == FORBIDDEN:
            self.forbade.add(peer)

    def token_is_revoked_or_replaced(self) -> None:
        """An administrator makes a new token; until the site has it, VK refuses the old one."""
        if self.has_token():
            self.loop.vk.revoke_token(self.settings.VK_GROUP_TOKEN)
            return
        token = f"vk1.a.{uuid4().hex}"
        self.loop.vk.add_token(token)
        self.settings.VK_GROUP_TOKEN = token
        self.secrets.append(token)

    def has_token(self) -> bool:
        """Say whether VK takes the site's token."""
        return self.settings.VK_GROUP_TOKEN in self.loop.vk.group.tokens

    # --- On the way ------------------------------------------------------------------------------

    def patient_overtakes_himself(self) -> None:
        """The first of two messages is lost on its way and comes when VK tries again."""
        peer = self.chance.choice(PATIENTS)
        self.loop.vk.disturb("message_new", "drop_first")
        for _twice in range(2):
            self.people.patient_writes_in_vk(peer)
            self.loop.settle()

    def site_polls_as_well(self) -> None:
        """The same events are fetched, before or after they are posted; the place may be lost."""
        if self.chance.random() < 0.3:
            self.loop.vk.fail_long_poll(self.chance.choice([1, 2, 3]))
        if self.chance.random() < 0.2:
            self.loop.vk.lose_long_poll_key()
        with suppress(VkError, UnknownOutcome, fetching.Refused, fetching.Unavailable):
            self._poll.poll_once()

    def site_was_away_for_too_long(self) -> None:
        """VK has given an event up; a worker that begins anew asks for what it missed."""
        self.loop.vk.disturb("message_new", "lost")
        self.people.patient_writes_in_vk()
        reconcile.note_start()

    # --- At home ---------------------------------------------------------------------------------

    def worker_is_killed(self) -> None:
        """The worker dies at some moment.

        Maybe nobody notices for longer than VK knows its messages again.
        """
        self._everybody_is_busy()
        with dying(self.chance.randint(1, 25)):
            self._half()
        if self.chance.random() < 0.3:
            self.loop.pass_time(4000)

    def two_workers_at_once(self) -> None:
        """While one waits for VK, another does a whole round, and VK knocks at the door."""
        is_other = False
        whole = VkClient.call

        def meanwhile(client: VkClient, method: str, **params: Any) -> Any:
            nonlocal is_other
            if len(connection.savepoint_ids) != self._outermost:
                self.amid_transactions.append(method)
            if is_other:
                return whole(client, method, **params)
            is_other = True
            try:
                before = self.chance.random() < 0.5
                if before:
                    self._other_round()
                try:
                    return whole(client, method, **params)
                finally:
                    if not before:
                        self._other_round()
            finally:
                is_other = False

        self._everybody_is_busy()
        with patch.object(VkClient, "call", meanwhile):
            self._half()

    def _everybody_is_busy(self) -> None:
        for _ in range(3):
            self.chance.choice(self.people.deeds)()
        self.loop.deliver()

    def _other_round(self) -> None:
        self.loop.deliver()
        work.run_once(self.loop.sleep)

    def _half(self) -> None:
        if self.chance.random() < 0.5:
            work.run_once(self.loop.sleep)
        else:
            self._run_errands()
