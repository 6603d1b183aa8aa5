"""What goes on in one stream: wait, read, write, until somebody ends it."""

import asyncio
from http import HTTPStatus

from chat.errors import NotFound, ThreadChanged
from chat.realtime.hub import End, InboxSubscription, Subscription, ThreadSubscription
from chat.realtime.reads import DATABASE_ERRORS, Gone, Reads, Update, dumps, read_typing
from chat.realtime.refusals import TooManyStreams
from chat.realtime.transports import Channel, Receive, Send, answer, tell_end

# An operator's hints that come within this time go out together.
GATHER_SECONDS = 0.05
# Our pages send nothing over a WebSocket; who sends more than a few frames is none of them.
FRAMES_A_MINUTE = 20
# How a long-poll tells what a stream would say as `reset` or `end`.
REFUSALS = {
    End.RESET: ThreadChanged(),
    End.REVOKED: NotFound(),
    End.REPLACED: TooManyStreams(),
}


async def follow_thread(subscription: ThreadSubscription, channel: Channel, reads: Reads) -> None:
    """Send a patient everything after the cursor, until the stream ends."""
    await channel.open()
    while True:
        await subscription.wait()
        if subscription.ended is not None:
            await tell_end(channel, subscription.ended)
            return
        quiet = True
        if subscription.newer:
            subscription.newer = False
            quiet = not await send_updates(subscription, channel, reads)
        if subscription.typing is not None:
            name, subscription.typing = subscription.typing, None
            await channel.event("typing", dumps({"name": name}))
            quiet = False
        if subscription.beat:
            subscription.beat = False
            if quiet:
                await channel.beat()


async def send_updates(subscription: ThreadSubscription, channel: Channel, reads: Reads) -> bool:
    """Send what is newer than the cursor, portion by portion; say whether anything was.

    If the database is away the stream stays: the next heartbeat finds what is left.
    """
    sent = False
    while subscription.ended is None:
        try:
            update = await reads.update(subscription.thread_id, subscription.cursor)
        except Gone:
            subscription.end(End.RESET)
            break
        except DATABASE_ERRORS:
            break
        if update is None:
            break
        await channel.event("update", update.body, update.cursor)
        subscription.cursor = update.cursor
        sent = True
        if not update.more:
            break
    return sent


async def follow_inbox(subscription: InboxSubscription, channel: Channel) -> None:
    """Send an operator hints, until the stream ends."""
    await channel.open()
    while True:
        await subscription.wait()
        if subscription.ended is not None:
            await tell_end(channel, subscription.ended)
            return
        if await send_hints(subscription, channel):
            await asyncio.sleep(GATHER_SECONDS)
        elif subscription.beat:
            await channel.beat()
        subscription.beat = False


async def send_hints(subscription: InboxSubscription, channel: Channel) -> bool:
    """Send all hints there are; say whether there were any."""
    refresh, subscription.refresh = subscription.refresh, False
    changed, subscription.changed = subscription.changed, set()
    signals, subscription.signals = subscription.signals, {}
    if refresh:
        await channel.event("refresh", "{}")
    elif changed:
        await channel.event("threads", dumps({"ids": sorted(changed)}))
    for (event, *_key), data in signals.items():
        await channel.event(event, dumps(data))
    return bool(refresh or changed or signals)


async def answer_long_poll(
    subscription: ThreadSubscription, send: Send, reads: Reads, wait: int
) -> None:
    """Answer with one update as soon as there is one, else after `wait` seconds with 204.

    Raises DATABASE_ERRORS, and a ChatError if the stream ends for a reason to be told.
    """
    update: Update | None = None
    try:
        async with asyncio.timeout(wait):
            while update is None and subscription.ended is None:
                await subscription.wait()
                subscription.beat = False
                update = await read_news(subscription, reads)
    except TimeoutError:
        pass
    if update is not None:
        await answer(send, HTTPStatus.OK, update.body)
    elif subscription.ended in REFUSALS:
        raise REFUSALS[subscription.ended]
    else:
        await answer(send, HTTPStatus.NO_CONTENT)


async def read_news(subscription: ThreadSubscription, reads: Reads) -> Update | None:
    """Return what there is to tell about a thread; None if nothing is."""
    update = None
    if subscription.newer:
        subscription.newer = False
        try:
            update = await reads.update(subscription.thread_id, subscription.cursor)
        except Gone:
            subscription.end(End.RESET)
    if update is None and subscription.typing is not None:
        key = (subscription.thread_id, subscription.cursor, subscription.typing)
        subscription.typing = None
        update = await reads.call(read_typing, key)
    return update


async def watch_leaving(receive: Receive, subscription: Subscription) -> None:
    """End the stream when the browser has left, or sends what no page of ours sends."""
    frames, minute = 0, 0
    while True:
        kind = (await receive())["type"]
        if kind in {"http.disconnect", "websocket.disconnect"}:
            subscription.end(End.GONE)
            return
        now = int(asyncio.get_running_loop().time() / 60)
        frames = frames + 1 if now == minute else 1
        minute = now
        if kind == "websocket.receive" and frames > FRAMES_A_MINUTE:
            subscription.end(End.REVOKED)
            return
