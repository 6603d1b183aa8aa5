"""Many browsers at once, as far as the stream is concerned: sockets that read."""

import asyncio
import json
import time
from collections.abc import Callable, Sequence
from typing import Any

from benchmarks.processes import HOST

AT_ONCE = 50
PATIENCE = 120


class Browser:
    """One open stream. What comes after the first line is told to `hear`, with the time."""

    def __init__(self, port: int, path: str, cookie: str = "") -> None:
        self._request = (
            f"GET {path} HTTP/1.1\r\nHost: {HOST}:{port}\r\nAccept: text/event-stream\r\n"
            f"Cookie: {cookie}\r\n\r\n"
        ).encode()
        self._port = port

    async def open(self) -> None:
        """Connect and wait until the stream has begun. Raises RuntimeError if it is refused."""
        self._reader, self._writer = await asyncio.open_connection(HOST, self._port)
        self._writer.write(self._request)
        status = await self._reader.readline()
        if b" 200 " not in status:
            raise RuntimeError(f"answered {status.decode().strip()}")
        await self._reader.readuntil(b"retry: 3000\n\n")

    async def listen(self, hear: Callable[[str, Any, float], None]) -> None:
        """Read events until cancelled."""
        name = ""
        while line := await self._reader.readline():
            if line.startswith(b"event: "):
                name = line[7:-1].decode()
            elif line.startswith(b"data: "):
                hear(name, json.loads(line[6:]), time.perf_counter())

    async def drain(self) -> None:
        """Read until the server ends the stream."""
        while await self._reader.read(1 << 16):
            pass

    def close(self) -> None:
        """Leave."""
        self._writer.close()


async def open_all(browsers: Sequence[Browser]) -> None:
    """Open them, some at once."""
    gate = asyncio.Semaphore(AT_ONCE)

    async def open_one(browser: Browser) -> None:
        async with gate, asyncio.timeout(PATIENCE):
            await browser.open()

    await asyncio.gather(*map(open_one, browsers))


async def ask(port: int, path: str, cookie: str) -> tuple[int, bytes]:
    """Ask once, over a connection of its own, and return status and body."""
    reader, writer = await asyncio.open_connection(HOST, port)
    writer.write(
        f"GET {path} HTTP/1.1\r\nHost: {HOST}:{port}\r\nCookie: {cookie}\r\n"
        "Connection: close\r\n\r\n".encode()
    )
    head, _, body = (await reader.read()).partition(b"\r\n\r\n")
    writer.close()
    return int(head.split(b" ", 2)[1]), body
