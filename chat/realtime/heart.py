"""The heartbeat: every stream in turn shows that it lives, and whose it is is asked again.

One round takes BEAT seconds and is cut into turns, so that thousands of streams cost a little all
the time instead of much at once. A turn also finds what a lost hint left behind, and browsers that
have stopped reading.
"""

import asyncio
import logging
from collections.abc import Sequence

from chat.realtime.hub import End, Hub, InboxSubscription, Subscription, ThreadSubscription
from chat.realtime.reads import DATABASE_ERRORS, Reads
from chat.selectors import streams
from chat.selectors.streams import Caller
from chat.services import threads

logger = logging.getLogger(__name__)

TURNS = 20


class Heart:
    """Beats for all streams of a hub."""

    def __init__(
        self, hub: Hub, reads: Reads, *, beat: float, write_timeout: float, seen: float
    ) -> None:
        """Prepare rounds of `beat` seconds; a write may take `write_timeout` seconds.

        Who is there is noted every `seen` seconds.
        """
        self._hub = hub
        self._reads = reads
        self._pause = beat / TURNS
        self._write_timeout = write_timeout
        self._seen_pause = seen
        self._seen: set[int] = set()
        self._checks: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Beat for ever."""
        loop = asyncio.get_running_loop()
        tell_at = loop.time() + self._seen_pause
        while True:
            await asyncio.sleep(self._pause)
            due = self._hub.next_turn()
            for subscription in due:
                self._beat(subscription, loop.time())
            # With the database away, checks wait; the heartbeat must not.
            if due and len(self._checks) < TURNS:
                self._start(self.check(due))
            if loop.time() >= tell_at:
                tell_at = loop.time() + self._seen_pause
                self._start(self._tell_seen())

    def _beat(self, subscription: Subscription, now: float) -> None:
        since = subscription.writing_since
        if since is not None and now - since > self._write_timeout and subscription.task:
            subscription.task.cancel()
        subscription.beat = True
        subscription.wake()

    def _start(self, work: object) -> None:
        task = asyncio.ensure_future(work)  # type: ignore[call-overload]
        self._checks.add(task)
        task.add_done_callback(self._checks.discard)

    async def check(self, subscriptions: Sequence[Subscription]) -> None:
        """End the streams that are no longer their readers', have those read that are behind."""
        try:
            found = await self._reads.callers([each.credentials for each in subscriptions])
            nobodys = {
                each.thread_id
                for each in subscriptions
                if isinstance(each, ThreadSubscription)
                and found[each.credentials].thread_id is None
            }
            moved = await self._reads.call(streams.moved, nobodys) if nobodys else set()
        except DATABASE_ERRORS:
            return
        for subscription in subscriptions:
            self._judge(subscription, found[subscription.credentials], moved)

    def _judge(self, subscription: Subscription, caller: Caller, moved: set[int]) -> None:
        if isinstance(subscription, InboxSubscription):
            if not caller.operator or caller.user_id != subscription.user_id:
                subscription.end(End.REVOKED)
        elif isinstance(subscription, ThreadSubscription):
            if caller.thread_id is None:
                # A patient who signed in meanwhile has a session by now that this stream lacks.
                signed_in = subscription.user_id is None and subscription.thread_id in moved
                subscription.end(End.RESET if signed_in else End.REVOKED)
            elif caller.thread_id != subscription.thread_id:
                subscription.end(End.RESET)
            else:
                self._seen.add(caller.thread_id)
                subscription.look(caller.version)

    async def _tell_seen(self) -> None:
        seen, self._seen = self._seen, set()
        try:
            await self._reads.call(threads.seen_together, seen)
        except DATABASE_ERRORS:
            logger.warning("the chat could not note who is there")
