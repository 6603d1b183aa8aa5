"""How events go out: as SSE, as WebSocket frames, or one update as the answer to a long-poll."""

import asyncio
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Any, Protocol

from chat.realtime.hub import End, Subscription
from chat.realtime.reads import dumps

Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

RETRY_MILLISECONDS = 3000
GOING_AWAY, POLICY_VIOLATION = 1001, 1008

HEADERS = [
    (b"cache-control", b"no-store"),
    # Tells nginx to pass on every byte as it comes.
    (b"x-accel-buffering", b"no"),
    (b"x-content-type-options", b"nosniff"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"vary", b"Accept, Cookie"),
]


class Channel(Protocol):
    """A way to one browser that stays open."""

    async def open(self) -> None:
        """Begin; something reaches the browser at once."""

    async def event(self, name: str, data: str, event_id: int | None = None) -> None:
        """Send an event; `data` is JSON in one line."""

    async def beat(self) -> None:
        """Show the browser, and all between, that the line is alive."""

    async def finish(self, name: str, data: str) -> None:
        """Send a last event and end in order."""


class Writer:
    """Sends for a subscription, and notes since when a write has not ended."""

    def __init__(self, send: Send, subscription: Subscription) -> None:
        self._send = send
        self._subscription = subscription

    async def write(self, message: Message) -> None:
        """Send, waiting for a slow browser."""
        self._subscription.writing_since = asyncio.get_running_loop().time()
        await self._send(message)
        self._subscription.writing_since = None


class EventStream(Writer):
    """Server-sent events."""

    async def open(self) -> None:
        """Begin; the comment makes the server send the headers."""
        await self.write(
            {
                "type": "http.response.start",
                "status": HTTPStatus.OK,
                "headers": [(b"content-type", b"text/event-stream; charset=utf-8"), *HEADERS],
            }
        )
        await self._body(f"retry: {RETRY_MILLISECONDS}\n\n")

    async def event(self, name: str, data: str, event_id: int | None = None) -> None:
        """Send an event."""
        mark = "" if event_id is None else f"id: {event_id}\n"
        await self._body(f"event: {name}\n{mark}data: {data}\n\n")

    async def finish(self, name: str, data: str) -> None:
        """Send a last event and the end of the body, in one write: thousands may end at once."""
        await self._body(f"event: {name}\ndata: {data}\n\n", more=False)

    async def beat(self) -> None:
        """Send a comment."""
        await self._body(":\n\n")

    async def _body(self, text: str, *, more: bool = True) -> None:
        await self.write({"type": "http.response.body", "body": text.encode(), "more_body": more})


class WebSocket(Writer):
    """Text frames of a WebSocket."""

    async def open(self) -> None:
        """Accept."""
        await self.write({"type": "websocket.accept"})
        await self.beat()

    async def event(self, name: str, data: str, event_id: int | None = None) -> None:
        """Send an event."""
        mark = "null" if event_id is None else event_id
        text = f'{{"event":"{name}","id":{mark},"data":{data}}}'
        await self.write({"type": "websocket.send", "text": text})

    async def beat(self) -> None:
        """Send the event `beat`: scripts do not see pings."""
        await self.event("beat", "{}")

    async def finish(self, name: str, data: str) -> None:
        """Send a last event and the close frame, and wait for the browser's."""
        await self.event(name, data)
        await self.write({"type": "websocket.close", "code": GOING_AWAY})


async def answer(
    send: Send, status: HTTPStatus, body: str = "", *headers: tuple[bytes, bytes]
) -> None:
    """Answer a plain request, with JSON or with nothing."""
    raw = body.encode()
    kind = [(b"content-type", b"application/json; charset=utf-8")] if body else []
    length = [] if status == HTTPStatus.NO_CONTENT else [(b"content-length", b"%d" % len(raw))]
    await send(
        {
            "type": "http.response.start",
            "status": status,
            "headers": [*kind, *length, *HEADERS, *headers],
        }
    )
    await send({"type": "http.response.body", "body": raw})


async def tell_end(channel: Channel, reason: End) -> None:
    """Tell the browser why its stream ends, and end it."""
    if reason is End.GONE:
        return
    if reason is End.RESET:
        await channel.finish("reset", "{}")
    else:
        await channel.finish("end", dumps({"reason": reason}))
