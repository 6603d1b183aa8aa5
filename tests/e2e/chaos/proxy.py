"""What lies between browsers and the site: a proxy that spoils lines as it is told.

It is to the site what nginx is there, with faults: by chance (seeded), or one after the other.
"""

import asyncio
import json
import random
import threading
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from http import HTTPStatus
from pathlib import Path
from typing import Any

API = "/chat/api/"
STREAM = "/chat/stream/"
MESSAGES = ("/chat/api/messages/", "/messages/")
CHUNK = 65536
LONGEST_HEAD = 65536


class Fault(Enum):
    """What may happen to one call."""

    LOSE_REQUEST = "the line breaks before the request is through"
    LOSE_ANSWER = "the line breaks after the site has done its part"
    CUT_ANSWER = "the line breaks in the middle of the answer"
    ERROR = "a server in between is in trouble"
    LATE_ERROR = "a server in between is in trouble after the site has done its part"
    SWALLOW = "the request is taken and nothing comes back"
    MUTE = "the site does its part and nothing comes back"


ERRORS = (500, 502, 503)


@dataclass
class Line:
    """The line of one browser: how it is, and what went over it."""

    chance: random.Random
    # How likely a call meets a fault, and how a stream is cut at each piece that comes.
    odds: dict[Fault, float] = field(default_factory=dict)
    cuts: float = 0.0
    # What the next messages meet, whatever the odds.
    script: deque[Fault] = field(default_factory=deque)
    # At most so many seconds, each way.
    latency: float = 0.0
    # Ways that do not work: events are held back until their stream ends, WebSockets are refused,
    # there is no realtime process at all.
    holds_events: bool = False
    refuses_websockets: bool = False
    has_no_stream: bool = False
    # What went over it.
    attempts: Counter[str] = field(default_factory=Counter)
    met: Counter[Fault] = field(default_factory=Counter)
    brought: Counter[str] = field(default_factory=Counter)
    streams: "set[Stream]" = field(default_factory=set)

    @property
    def repeats(self) -> int:
        """How often a message was sent again."""
        return self.attempts.total() - len(self.attempts)

    def calm(self) -> None:
        """Let everything through from now on."""
        self.odds, self.cuts, self.latency = {}, 0.0, 0.0
        self.script.clear()
        self.holds_events = self.refuses_websockets = self.has_no_stream = False

    def stall(self) -> None:
        """Let the streams that are open look alive and bring nothing more."""
        for stream in list(self.streams):
            stream.stalled = True

    def fault(self, request: "Request") -> Fault | None:
        """Return what a call meets."""
        if not request.is_call:
            return None
        fault = None
        if request.is_message and self.script:
            fault = self.script.popleft()
        else:
            faults = [*self.odds, None]
            weights = [*self.odds.values(), max(0.0, 1 - sum(self.odds.values()))]
            [fault] = self.chance.choices(faults, weights)
        if fault:
            self.met[fault] += 1
        return fault


@dataclass(eq=False)
class Stream:
    """An answer that stays open."""

    way: str
    stalled: bool = False


@dataclass
class Request:
    """A request, read to its end."""

    method: str
    path: str
    headers: dict[str, str]
    head: bytes
    body: bytes

    @property
    def is_call(self) -> bool:
        """Whether it is one of the chat's calls, the stream aside."""
        return API in self.path

    @property
    def is_message(self) -> bool:
        """Whether it sends a message."""
        return self.method == "POST" and self.path.endswith(MESSAGES)

    @property
    def is_websocket(self) -> bool:
        """Whether it opens a WebSocket."""
        return self.headers.get("upgrade", "").lower() == "websocket"

    @property
    def way(self) -> str:
        """How news come by it, "" if none do."""
        if self.path.startswith(STREAM):
            if self.is_websocket:
                return "ws"
            return "sse" if "event-stream" in self.headers.get("accept", "") else "wait"
        return "poll" if self.path.startswith("/chat/api/events/") else ""


async def read_request(reader: asyncio.StreamReader) -> Request:
    """Read a request, and write its head anew: one request for each connection."""
    raw = await reader.readuntil(b"\r\n\r\n")
    first, *lines = raw.decode("latin-1").rstrip("\r\n").split("\r\n")
    method, path, _version = first.split(" ")
    headers = {
        name.lower(): value.strip() for name, _, value in (li.partition(":") for li in lines)
    }
    if headers.get("upgrade", "").lower() != "websocket":
        headers["connection"] = "close"
    head = "\r\n".join([first, *(f"{name}: {value}" for name, value in headers.items()), "", ""])
    body = await reader.readexactly(int(headers.get("content-length", 0)))
    return Request(method, path, headers, head.encode("latin-1"), body)


class Proxy:
    """The proxy, in a thread of its own. Lines are told apart by the address of the browser."""

    def __init__(self, web: Path, realtime: Path, seed: str) -> None:
        """Prepare a proxy to the sockets of the site's processes."""
        self._web = web
        self._realtime = realtime
        self._seed = seed
        self.lines: dict[str, Line] = {}
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="chaos proxy")
        self.port = 0

    def start(self) -> None:
        """Listen."""
        self._thread.start()
        listening = asyncio.start_server(self._serve, "127.0.0.1", 0, limit=LONGEST_HEAD)
        server = asyncio.run_coroutine_threadsafe(listening, self._loop).result()
        self.port = server.sockets[0].getsockname()[1]

    @property
    def url(self) -> str:
        """What browsers call the site."""
        return f"http://127.0.0.1:{self.port}"

    def line(self, address: str) -> Line:
        """Return the line of a browser."""
        if address not in self.lines:
            self.lines[address] = Line(random.Random(f"{self._seed} {address}"))
        return self.lines[address]

    def close(self) -> None:
        """Cut what is open and end."""
        asyncio.run_coroutine_threadsafe(self._cut_all(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _cut_all(self) -> None:
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            request = await read_request(reader)
            line = self.line(request.headers.get("x-forwarded-for", ""))
            await Passage(request, line, reader, writer).go(self._upstream(request, line))
        except (OSError, asyncio.IncompleteReadError, ValueError):
            # Whoever hangs up in the middle of a word.
            pass
        except asyncio.CancelledError:
            # The proxy closes. Streams of asyncio would complain of a task that was cancelled.
            pass
        finally:
            writer.close()

    def _upstream(self, request: Request, line: Line) -> Path:
        to_stream = request.path.startswith(STREAM) and not line.has_no_stream
        return self._realtime if to_stream else self._web


class Passage:
    """One request on its way to the site and back."""

    def __init__(
        self,
        request: Request,
        line: Line,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> None:
        self._request = request
        self._line = line
        self._reader = reader
        self._writer = writer

    async def go(self, upstream: Path) -> None:
        """Pass it on, as far as the line lets it through."""
        request, line = self._request, self._line
        if request.is_message:
            line.attempts[json.loads(request.body)["client_id"]] += 1
        fault = line.fault(request)
        await self._lag()
        match fault:
            case Fault.LOSE_REQUEST:
                self._writer.transport.abort()
                return
            case Fault.ERROR:
                await self._answer(line.chance.choice(ERRORS))
                return
            case Fault.SWALLOW:
                await self._reader.read()
                return
        if request.is_websocket and line.refuses_websockets:
            await self._answer(HTTPStatus.BAD_REQUEST)
            return
        try:
            up_reader, up_writer = await asyncio.open_unix_connection(str(upstream))
        except OSError:
            await self._answer(HTTPStatus.BAD_GATEWAY)
            return
        try:
            up_writer.write(request.head + request.body)
            if fault is None:
                await self._both_ways(up_reader, up_writer)
            else:
                await self._spoil(await up_reader.read(), fault)
        finally:
            up_writer.close()

    async def _spoil(self, answer: bytes, fault: Fault) -> None:
        """The site has answered; the browser gets something else."""
        match fault:
            case Fault.LATE_ERROR:
                await self._answer(HTTPStatus.GATEWAY_TIMEOUT)
            case Fault.MUTE:
                await self._reader.read()
            case Fault.CUT_ANSWER:
                self._writer.write(answer[: len(answer) // 2])
                await self._writer.drain()
                self._writer.close()
                await self._writer.wait_closed()
            case _:
                self._writer.transport.abort()

    async def _both_ways(
        self, up_reader: asyncio.StreamReader, up_writer: asyncio.StreamWriter
    ) -> None:
        """Pass bytes on until one side ends."""
        ways = [
            asyncio.create_task(self._down(up_reader)),
            asyncio.create_task(self._up(up_writer)),
        ]
        try:
            done, _left = await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            for task in ways:
                task.cancel()
            await asyncio.gather(*ways, return_exceptions=True)

    async def _up(self, writer: asyncio.StreamWriter) -> None:
        while chunk := await self._reader.read(CHUNK):
            writer.write(chunk)
            await writer.drain()

    async def _down(self, reader: asyncio.StreamReader) -> None:
        line, way = self._line, self._request.way
        stream = Stream(way)
        if way in {"sse", "ws"}:
            line.streams.add(stream)
        try:
            while chunk := await reader.read(CHUNK):
                if stream.stalled or (way == "sse" and line.holds_events):
                    continue
                if stream in line.streams and line.chance.random() < line.cuts:
                    self._writer.transport.abort()
                    return
                await self._lag()
                if has_news(way, chunk):
                    line.brought[way] += 1
                self._writer.write(chunk)
                await self._writer.drain()
            if stream.stalled:
                await self._reader.read()
        finally:
            line.streams.discard(stream)

    async def _lag(self) -> None:
        if self._line.latency:
            await asyncio.sleep(self._line.chance.uniform(0, self._line.latency))

    async def _answer(self, status: int) -> None:
        page = "<h1>nginx</h1>"
        head = f"HTTP/1.1 {status} Trouble\r\nContent-Type: text/html\r\nConnection: close\r\n"
        self._writer.write(f"{head}Content-Length: {len(page)}\r\n\r\n{page}".encode())
        await self._writer.drain()


NEWS: dict[str, Callable[[bytes], Any]] = {
    "sse": lambda chunk: b"event: update" in chunk,
    "ws": lambda chunk: b'"event":"update"' in chunk,
    "wait": lambda chunk: b" 200 " in chunk[:16],
    "poll": lambda chunk: b" 200 " in chunk[:16],
}


def has_news(way: str, chunk: bytes) -> bool:
    """Say whether a piece of an answer brings something new."""
    return bool(way and NEWS[way](chunk))
