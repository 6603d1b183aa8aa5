"""Bots Long Poll: events fetched instead of posted, for a site that VK cannot reach.

One process of a community polls, held by a lease in the database; another takes over when it ends.
`ts` is kept only after the batch before it is stored: what comes twice is stored once.
"""

import json
import logging
import threading
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

from django.conf import settings
from django.db import DatabaseError, InterfaceError, close_old_connections
from django.utils import timezone

from chat.services import vk_sending, vk_state
from chat.vk import arrival, config, fetching
from chat.vk.client import UnknownOutcome, VkClient, VkError
from chat.vk.setup import EVENTS

logger = logging.getLogger(__name__)

WAIT_SECONDS = 25
# VK answers within the wait; what takes longer is dead.
ANSWER_SECONDS = WAIT_SECONDS + 15.0
LEASE = timedelta(seconds=90)
LEASE_PAUSE = 10.0
LARGEST_BATCH = 16 * 1024 * 1024
PAUSES = (1.0, 2.0, 5.0, 15.0, 60.0)
# What was said a little before the last event may be missing as well.
BEFORE_GAP = timedelta(minutes=10)


class LongPoll:
    """One process that polls, or waits for its turn to."""

    def __init__(self, stop: threading.Event, wait: int = WAIT_SECONDS) -> None:
        self._stop = stop
        self._wait = wait
        self._owner = str(uuid4())
        self._began = timezone.now()
        self._server: dict[str, str] | None = None
        self._is_switched_on = False

    def run(self) -> None:
        """Poll until told to stop; failures of VK's and of the database are waited out."""
        failures = 0
        while not self._stop.is_set():
            try:
                if not self.poll_once():
                    self._stop.wait(LEASE_PAUSE)
                failures = 0
            except (
                VkError,
                UnknownOutcome,
                fetching.Refused,
                fetching.Unavailable,
                DatabaseError,
                InterfaceError,
            ) as error:
                # The type alone for the database: its words may hold what was written.
                is_ours = isinstance(error, DatabaseError | InterfaceError)
                reason = type(error).__name__ if is_ours else error
                logger.warning("VK Long Poll: %s", reason)
                self._server = None
                self._stop.wait(PAUSES[min(failures, len(PAUSES) - 1)])
                failures += 1
            close_old_connections()
        vk_state.release_long_poll(self._owner)

    def poll_once(self) -> bool:
        """Fetch one batch and store it; False while another process polls.

        Raises VkError, UnknownOutcome, fetching.Refused, fetching.Unavailable.
        """
        if not vk_state.take_long_poll(self._owner, LEASE):
            self._server = None
            return False
        vk = config.current()
        server = self._server or self._open(vk)
        answer = self._ask(server)
        match answer.get("failed"):
            case None:
                for update in _updates(answer, vk.group_id):
                    arrival.keep(update, vk.group_id)
                self._move_to(str(answer.get("ts", server["ts"])))
            case 1:
                # Older events are gone; VK names the place to go on from.
                self._note_gap()
                self._move_to(str(answer.get("ts", "")))
            case 2:
                self._server = None
            case _:
                self._note_gap()
                vk_state.set_long_poll_ts("")
                self._server = None
        return True

    def _open(self, vk: config.Config) -> dict[str, str]:
        """Ask VK where to poll; go on from where the stored events end."""
        client = VkClient(vk)
        try:
            if not self._is_switched_on:
                self._stop.wait(vk_sending.take_slot())
                client.call(
                    "groups.setLongPollSettings",
                    group_id=vk.group_id,
                    enabled=1,
                    api_version=settings.VK_API_VERSION,
                    **dict.fromkeys(EVENTS, 1),
                )
                self._is_switched_on = True
            self._stop.wait(vk_sending.take_slot())
            given = client.call("groups.getLongPollServer", group_id=vk.group_id)
        finally:
            client.close()
        if not isinstance(given, dict) or not {"server", "key", "ts"} <= given.keys():
            raise UnknownOutcome("no place for Long Poll")
        kept = vk_state.get().long_poll_ts
        if not kept:
            # VK's events begin here. What was written while we asked for them came before.
            self._note_gap()
        self._server = {name: str(given[name]) for name in ("server", "key", "ts")}
        self._server["ts"] = kept or self._server["ts"]
        return self._server

    def _ask(self, server: dict[str, str]) -> dict[str, Any]:
        query = urlencode(
            {"act": "a_check", "key": server["key"], "ts": server["ts"], "wait": self._wait}
        )
        data = fetching.get(
            f"{server['server']}?{query}",
            LARGEST_BATCH,
            seconds=ANSWER_SECONDS,
            patience=ANSWER_SECONDS,
        )
        try:
            answer = json.loads(data)
        except ValueError:
            raise UnknownOutcome("an answer that VK does not give") from None
        if not isinstance(answer, dict):
            raise UnknownOutcome("an answer that VK does not give")
        return answer

    def _move_to(self, ts: str) -> None:
        if self._server is not None:
            self._server["ts"] = ts
        vk_state.set_long_poll_ts(ts)

    def _note_gap(self) -> None:
        last = vk_state.get().last_event_at or self._began
        vk_state.note_gap(last - BEFORE_GAP)


def _updates(answer: dict[str, Any], group_id: int) -> list[dict[str, Any]]:
    updates = answer.get("updates")
    return [
        update
        for update in (updates if isinstance(updates, list) else [])
        if isinstance(update, dict) and update.get("group_id") == group_id
    ]
