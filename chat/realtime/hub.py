"""Who listens to what in this process.

A subscription keeps no messages. A patient's has a mark «there is something newer», an operator's
a bounded set of changed threads that turns into «read everything anew» when it overflows. What is
newer, the subscriber reads itself, at its own pace.

All of this runs in one event loop; nothing here waits or asks the database.
"""

import asyncio
from collections import Counter, OrderedDict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import chain
from typing import Any

from chat.selectors.streams import Credentials


class End(StrEnum):
    """Why a stream ends. All but the last are told to the browser."""

    SHUTDOWN = "shutdown"
    REVOKED = "revoked"
    REPLACED = "replaced"
    RESET = "reset"
    GONE = "gone"


@dataclass(frozen=True, slots=True)
class Caps:
    """How many streams there may be, and how much is remembered for an operator between writes."""

    thread: int = 6
    network: int = 200
    operator: int = 20
    changed: int = 200
    signals: int = 50


# For how many threads the newest version is remembered: those of the last seconds are enough.
HEARD = 4096


class NetworkFull(Exception):
    """A network has as many streams as it may have."""


class Subscription:
    """What one open stream waits for. `cancel` of its task is the last resort against a stuck one.

    `writing_since` is the loop's time at which a write began that has not ended yet.
    """

    __slots__ = (
        "_waiter", "beat", "credentials", "ended", "network", "task", "user_id", "writing_since",
    )  # fmt: skip

    def __init__(self, credentials: Credentials, network: str, user_id: int | None) -> None:
        self.credentials = credentials
        self.network = network
        self.user_id = user_id
        self.task: asyncio.Task[Any] | None = asyncio.current_task()
        self.ended: End | None = None
        self.beat = False
        self.writing_since: float | None = None
        self._waiter: asyncio.Future[None] | None = None

    @property
    def pending(self) -> bool:
        """Whether there is anything to do for the stream."""
        return self.beat or self.ended is not None

    def wake(self) -> None:
        """Let the stream look what there is to do."""
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    async def wait(self) -> None:
        """Return as soon as there is something to do."""
        while not self.pending:
            self._waiter = asyncio.get_running_loop().create_future()
            try:
                await self._waiter
            finally:
                self._waiter = None

    def end(self, reason: End) -> None:
        """End the stream; the first reason counts."""
        if self.ended is None:
            self.ended = reason
            self.wake()


class ThreadSubscription(Subscription):
    """A patient's stream: follows one thread from a cursor."""

    __slots__ = ("cursor", "newer", "thread_id", "typing")

    def __init__(
        self,
        credentials: Credentials,
        network: str,
        user_id: int | None,
        thread_id: int,
        cursor: int,
    ) -> None:
        super().__init__(credentials, network, user_id)
        self.thread_id = thread_id
        self.cursor = cursor
        self.newer = False
        self.typing: str | None = None

    @property
    def pending(self) -> bool:
        """Whether there is anything to do for the stream."""
        return self.newer or self.typing is not None or super().pending

    def look(self, version: int | None = None) -> None:
        """Have the thread read if it may be newer than the cursor; without a version it may be."""
        if version is None or version > self.cursor:
            self.newer = True
            self.wake()


class InboxSubscription(Subscription):
    """An operator's stream: hints about all threads."""

    __slots__ = ("_caps", "changed", "refresh", "signals")

    def __init__(self, credentials: Credentials, network: str, user_id: int, caps: Caps) -> None:
        super().__init__(credentials, network, user_id)
        self.refresh = True
        self.changed: set[int] = set()
        self.signals: dict[tuple[Any, ...], dict[str, Any]] = {}
        self._caps = caps

    @property
    def pending(self) -> bool:
        """Whether there is anything to do for the stream."""
        return self.refresh or bool(self.changed) or bool(self.signals) or super().pending

    def look(self, thread_id: int) -> None:
        """Tell the operator that a thread changed."""
        if self.refresh:
            return
        self.changed.add(thread_id)
        if len(self.changed) > self._caps.changed:
            self.lose()
        self.wake()

    def lose(self) -> None:
        """Tell the operator that hints were lost."""
        self.refresh = True
        self.changed.clear()
        self.wake()

    def signal(self, event: str, data: dict[str, Any]) -> None:
        """Tell the operator of something that nobody needs to know later; may be dropped."""
        key = (event, data["thread"], data.get("side"), data["user"])
        if key in self.signals or len(self.signals) < self._caps.signals:
            self.signals[key] = data
            self.wake()


class Hub:
    """The subscriptions of one process."""

    def __init__(self, caps: Caps, slots: int) -> None:
        """Make an empty hub whose subscriptions are spread over `slots` turns of the heartbeat."""
        self.caps = caps
        self.threads: dict[int, list[ThreadSubscription]] = {}
        self.operators: dict[int, list[InboxSubscription]] = {}
        self.networks: Counter[str] = Counter()
        # The newest versions heard of: a stream may have asked for its thread's just before.
        self._heard: OrderedDict[int, int] = OrderedDict()
        self._slots: list[dict[Subscription, None]] = [{} for _ in range(slots)]
        self._slot_of: dict[Subscription, int] = {}
        self._turn = 0

    def __len__(self) -> int:
        return len(self._slot_of)

    def __iter__(self) -> Iterator[Subscription]:
        return iter(list(self._slot_of))

    def add(self, subscription: Subscription) -> None:
        """Take a stream in; the oldest of the same thread or operator makes room for it.

        Raises NetworkFull if its network has too many already. An unknown network, "", has no
        limit: all the world would share it.
        """
        network = subscription.network
        if network and self.networks[network] >= self.caps.network:
            raise NetworkFull
        group, key, cap = self._peers(subscription)
        while len(group.get(key, ())) >= cap:
            oldest = group[key][0]
            oldest.end(End.REPLACED)
            if oldest.writing_since is not None and oldest.task:
                # Nobody reads it: once out of here it would be watched by nobody, and never end.
                oldest.task.cancel()
            self.remove(oldest)
        group.setdefault(key, []).append(subscription)
        self.networks[network] += 1
        self._slots[self._turn][subscription] = None
        self._slot_of[subscription] = self._turn
        if isinstance(subscription, ThreadSubscription):
            subscription.look(self._heard.get(subscription.thread_id, 0))

    def remove(self, subscription: Subscription) -> None:
        """Let a stream go; a second time does nothing."""
        slot = self._slot_of.pop(subscription, None)
        if slot is None:
            return
        del self._slots[slot][subscription]
        self.networks[subscription.network] -= 1
        if not self.networks[subscription.network]:
            del self.networks[subscription.network]
        group, key, _cap = self._peers(subscription)
        group[key].remove(subscription)
        if not group[key]:
            del group[key]

    def _peers(self, subscription: Subscription) -> tuple[dict[int, list[Any]], int, int]:
        if isinstance(subscription, ThreadSubscription):
            return self.threads, subscription.thread_id, self.caps.thread
        return self.operators, subscription.user_id or 0, self.caps.operator

    def inboxes(self) -> Iterable[InboxSubscription]:
        """Return the streams of all operators."""
        return chain.from_iterable(self.operators.values())

    def next_turn(self) -> list[Subscription]:
        """Return those whose heartbeat is due now; each stream is among them once in a round."""
        self._turn = (self._turn + 1) % len(self._slots)
        return list(self._slots[self._turn])

    def thread_changed(self, thread_id: int, version: int) -> None:
        """Pass on that a thread has a new version."""
        self._heard[thread_id] = version
        self._heard.move_to_end(thread_id)
        if len(self._heard) > HEARD:
            self._heard.popitem(last=False)
        for subscription in self.threads.get(thread_id, ()):
            subscription.look(version)
        for inbox in self.inboxes():
            inbox.look(thread_id)

    def typing(self, thread_id: int, side: str, user_id: int | None, name: str) -> None:
        """Pass on that somebody is typing: to operators, and to the patient if an operator is."""
        if side == "operator":
            for subscription in self.threads.get(thread_id, ()):
                subscription.typing = name
                subscription.wake()
        data = {"thread": thread_id, "side": side, "user": user_id, "name": name}
        for inbox in self.inboxes():
            inbox.signal("typing", data)

    def presence(self, thread_id: int, user_id: int, name: str) -> None:
        """Pass on to operators that one of them is looking at a thread."""
        for inbox in self.inboxes():
            inbox.signal("presence", {"thread": thread_id, "user": user_id, "name": name})

    def gap(self) -> None:
        """Hints may have been lost: have everybody read anew."""
        for subscriptions in self.threads.values():
            for subscription in subscriptions:
                subscription.look()
        for inbox in self.inboxes():
            inbox.lose()

    def end_all(self, reason: End) -> None:
        """End every stream."""
        for subscription in self:
            subscription.end(reason)
