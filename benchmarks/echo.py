"""The least an ASGI application can do with a stream: begin it, wait until the browser goes."""

from typing import Any


async def application(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """Open an event stream, send one line, hold it."""
    if scope["type"] != "http":
        return
    headers = [(b"content-type", b"text/event-stream"), (b"cache-control", b"no-store")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b"retry: 3000\n\n", "more_body": True})
    while (await receive())["type"] != "http.disconnect":
        pass
    await send({"type": "http.response.body"})
