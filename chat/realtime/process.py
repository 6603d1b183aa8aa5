"""What one process keeps for its streams: the hub, the bus, the heartbeat, the door."""

import asyncio
import time
from collections.abc import Coroutine
from typing import Any

from django.conf import settings

from chat.errors import ChatError, Forbidden, InvalidCursor, NotFound, ThreadChanged
from chat.realtime import bus
from chat.realtime.asks import Ask, Scope, Transport, read_ask
from chat.realtime.heart import TURNS, Heart
from chat.realtime.hub import Caps, End, Hub, InboxSubscription, NetworkFull, ThreadSubscription
from chat.realtime.reads import DATABASE_ERRORS, Reads
from chat.realtime.refusals import (
    MethodNotAllowed,
    TooManyStreams,
    Unavailable,
    refuse,
    turn_away,
)
from chat.realtime.streams import answer_long_poll, follow_inbox, follow_thread, watch_leaving
from chat.realtime.transports import EventStream, Receive, Send, WebSocket
from chat.selectors.streams import Caller

# The server that was told to stop takes note first, so that no connection is kept for another
# request; streams that have not ended in time are cut.
NOTE_SECONDS, CUT_SECONDS = 0.05, 0.7
NAME_SECONDS = 60
MOST_TASKS = 200


class Realtime:
    """All streams of one process, from its start to its stop."""

    def __init__(self) -> None:
        options: dict[str, Any] = settings.CHAT_STREAM
        self.hub = Hub(Caps(**options["CAPS"]), slots=TURNS)
        self.reads = Reads()
        self._heart = Heart(
            self.hub,
            self.reads,
            beat=options["BEAT_SECONDS"],
            write_timeout=options["WRITE_SECONDS"],
            seen=options["SEEN_SECONDS"],
        )
        self._tasks: set[asyncio.Task[None]] = set()
        self._names: dict[int, tuple[float, str]] = {}
        self.stopping = False
        self.start(self._heart.run())
        self.start(bus.listen(self.hear))

    def start(self, work: Coroutine[Any, Any, None]) -> None:
        """Let something go on beside the streams."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def hear(self, hint: bus.Hint) -> None:
        """Pass a hint of the bus on to those whom it concerns."""
        match hint:
            case bus.Changed(thread_id, version):
                self.hub.thread_changed(thread_id, version)
            case bus.Gap():
                self.hub.gap()
            case bus.Typing(thread_id):
                if self.hub.operators or thread_id in self.hub.threads:
                    self._start_some(self._pass_on(hint))
            case bus.Presence():
                if self.hub.operators:
                    self._start_some(self._pass_on(hint))
            case bus.Rights(user_id):
                theirs = [each for each in self.hub if each.user_id == user_id]
                if theirs:
                    self.start(self._heart.check(theirs))

    def _start_some(self, work: Coroutine[Any, Any, None]) -> None:
        # Signs of life may be lost; a flood of them must not become a heap of tasks.
        if len(self._tasks) < MOST_TASKS:
            self.start(work)
        else:
            work.close()

    async def _pass_on(self, hint: bus.Typing | bus.Presence) -> None:
        name = "" if hint.user_id is None else await self._name(hint.user_id)
        if isinstance(hint, bus.Typing):
            self.hub.typing(hint.thread_id, hint.side, hint.user_id, name)
        else:
            self.hub.presence(hint.thread_id, hint.user_id, name)

    async def _name(self, user_id: int) -> str:
        until, name = self._names.get(user_id, (0.0, ""))
        if until < time.monotonic():
            try:
                name = await self.reads.name(user_id)
            except DATABASE_ERRORS:
                return name
            self._names[user_id] = (time.monotonic() + NAME_SECONDS, name)
        return name

    def admit(self, ask: Ask, caller: Caller) -> ThreadSubscription | InboxSubscription:
        """Take a stream in. Raises a ChatError for one that may not be or is asked for wrongly."""
        subscription: ThreadSubscription | InboxSubscription
        if self.stopping:
            raise Unavailable(retry_after=1)
        if ask.inbox:
            if caller.user_id is None or not caller.operator:
                raise Forbidden
            subscription = InboxSubscription(
                ask.credentials, ask.network, caller.user_id, self.hub.caps
            )
        else:
            if caller.thread_id is None:
                raise NotFound
            subscription = ThreadSubscription(
                ask.credentials, ask.network, caller.user_id, caller.thread_id, ask.after
            )
            if ask.thread != caller.thread_id:
                raise ThreadChanged
            if ask.after > caller.version:
                raise InvalidCursor(field="after")
            subscription.look(caller.version)
        try:
            self.hub.add(subscription)
        except NetworkFull:
            raise TooManyStreams from None
        return subscription

    async def serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        try:
            if scope["type"] == "http" and scope["method"] != "GET":
                raise MethodNotAllowed
            ask = read_ask(scope)
            await self._stream(ask, receive, send)
        except (ChatError, *DATABASE_ERRORS) as problem:
            error = problem if isinstance(problem, ChatError) else Unavailable(retry_after=5)
            if scope["type"] == "websocket":
                await turn_away(receive, send)
            else:
                await refuse(send, error)

    async def _stream(self, ask: Ask, receive: Receive, send: Send) -> None:
        caller = await self.reads.caller(ask.credentials)
        try:
            subscription = self.admit(ask, caller)
        except (ThreadChanged, InvalidCursor):
            if ask.transport is Transport.LONG_POLL:
                raise
            # Scripts cannot see how a stream was refused; they see an event.
            subscription = ThreadSubscription(ask.credentials, ask.network, None, 0, 0)
            subscription.end(End.RESET)
        watch = asyncio.create_task(watch_leaving(receive, subscription))
        try:
            await self._follow(ask, subscription, send)
        finally:
            watch.cancel()
            self.hub.remove(subscription)

    async def _follow(
        self, ask: Ask, subscription: ThreadSubscription | InboxSubscription, send: Send
    ) -> None:
        channel = (
            WebSocket(send, subscription)
            if ask.transport is Transport.WEBSOCKET
            else EventStream(send, subscription)
        )
        if isinstance(subscription, InboxSubscription):
            await follow_inbox(subscription, channel)
        elif ask.transport is Transport.LONG_POLL:
            await answer_long_poll(subscription, send, self.reads, ask.wait)
        else:
            await follow_thread(subscription, channel, self.reads)

    async def stop(self) -> None:
        """End all streams within a second and tell browsers to come back."""
        self.stopping = True
        await asyncio.sleep(NOTE_SECONDS)
        self.hub.end_all(End.SHUTDOWN)
        await asyncio.sleep(CUT_SECONDS)
        for subscription in self.hub:
            if subscription.task is not None:
                subscription.task.cancel()

    def close(self) -> None:
        """End what goes on beside the streams."""
        for task in self._tasks:
            task.cancel()
        self.reads.close()
