"""Bots Long Poll: the same events, fetched instead of posted."""

import time
from typing import Any

from tests.fake_vk.shapes import reshape
from tests.fake_vk.state import API_VERSION, Community, World

KEPT = 1000
KEY_LENGTH = 40


def new_key(world: World, community: Community) -> None:
    """Give Long Poll another key: the old one fails with 2."""
    community.long_poll.key = world.hex_word(KEY_LENGTH)


class LongPolls:
    """Collects the events of communities that have Long Poll on, and hands them out."""

    def __init__(self, world: World) -> None:
        self._world = world
        # What the next requests fail with, in this order: 1, 2 or 3.
        self.failures: list[int] = []
        world.listeners.append(self.take)

    def take(self, community: Community, kind: str, what: dict[str, Any]) -> None:
        """Keep an event that the community's Long Poll is set to tell."""
        settings = community.long_poll
        if not settings.enabled or kind not in settings.events:
            return
        update = {
            "group_id": community.id,
            "type": kind,
            "event_id": self._world.hex_word(40),
            "v": settings.api_version,
            "object": reshape(kind, what, settings.api_version),
        }
        if settings.api_version == API_VERSION:
            self._world.judge.event("long poll", update)
        settings.updates.append(update)
        surplus = len(settings.updates) - KEPT
        if surplus > 0:
            del settings.updates[:surplus]
            settings.first_ts += surplus

    def answer(self, group_id: int, params: dict[str, str]) -> dict[str, Any]:
        """Return what is new since `ts`, after waiting a little for something to happen."""
        world = self._world
        wait = params.get("wait", "25")
        patience = min(int(wait) if wait.isdigit() else 0, world.rules.long_poll_patience)
        deadline = time.monotonic() + patience
        with world.lock:
            while True:
                answer = self._now(group_id, params)
                left = deadline - time.monotonic()
                if answer.get("updates") != [] or left <= 0:
                    return answer
                world.changed.wait(left)

    def _now(self, group_id: int, params: dict[str, str]) -> dict[str, Any]:
        community, ts = self._world.communities.get(group_id), params.get("ts", "")
        if not community or not community.long_poll.enabled or params.get("act") != "a_check":
            return {"failed": 2}
        settings = community.long_poll
        if self.failures:
            failed = self.failures.pop(0)
            return {"failed": 1, "ts": str(settings.next_ts)} if failed == 1 else {"failed": failed}
        if params.get("key") != settings.key:
            return {"failed": 2}
        if not ts.isdigit() or int(ts) > settings.next_ts:
            return {"failed": 3}
        if int(ts) < settings.first_ts:
            return {"failed": 1, "ts": str(settings.next_ts)}
        updates = settings.updates[int(ts) - settings.first_ts :]
        return {"ts": str(settings.next_ts), "updates": updates}
