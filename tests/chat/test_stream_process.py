"""The process itself: it stops when told, holds nothing, and survives whoever knocks."""

import asyncio
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from django.db import connection

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chat.models import ChatThread
from chat.realtime import bus
from chat.realtime.heart import TURNS, Heart
from chat.realtime.hub import Caps, End, Hub, InboxSubscription, ThreadSubscription
from chat.realtime.process import Realtime
from chat.selectors.streams import Caller, Credentials
from site_config.settings import base
from tests.chat.streams import (
    HOST,
    PATIENCE,
    Dialogue,
    EventSource,
    Server,
    WebSocket,
    ask,
    cookie_of,
    signed_in,
    stream_server,
)

# Nothing of a test of the whole server is made anew for each example.
FUZZ = settings(
    max_examples=80,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
HEADER_VALUE = st.binary(max_size=80).filter(lambda value: not set(value) & set(b"\r\n\0"))


@contextmanager
def connected(server: Server) -> Iterator[socket.socket]:
    """Open a connection that says nothing yet."""
    with socket.create_connection((HOST, server.port), timeout=PATIENCE) as client:
        yield client


def status_of(client: socket.socket) -> int | None:
    """Return the status of the answer, None if the server hung up without one."""
    with client.makefile("rb") as reader:
        line = reader.readline()
    return int(line.split()[1]) if line else None


def assert_alive(server: Server, dialogue: Dialogue) -> None:
    """The next patient is served as if nothing had happened."""
    with EventSource(server, **dialogue.here) as browser:
        sent = dialogue.answer("Да.")
        assert sent in {each["id"] for each in browser.next("update").data["messages"]}
    assert not [line for line in server.complaints if "Traceback" in line]


def test_told_to_stop_it_ends_all_streams_and_leaves(
    committed: str, dialogue: Dialogue, tmp_path: Any, background: Any
):
    # Were one stream left open, the server would wait for it longer than the test does.
    with (
        stream_server(committed, tmp_path / "log", graceful_timeout=10 * PATIENCE) as server,
        ExitStack() as open_streams,
    ):
        inbox = EventSource(server, cookie_of(signed_in(dialogue.operator)), inbox=1)
        streams = [inbox, EventSource(server, **dialogue.here), WebSocket(server, **dialogue.here)]
        for stream in streams:
            open_streams.enter_context(stream)
            stream.next("beat")
        poll = background(ask, server, wait=25, **dialogue.here)
        server.terminate()
        for stream in streams:
            assert stream.next("end").data == {"reason": "shutdown"}
            assert list(stream) == []
        assert poll.result(PATIENCE)[0] in {204, 503}
        assert server.process.wait(timeout=PATIENCE) == 0


# --- In time (what goes by the clock is counted, not measured: machines are busy at times) --------


@pytest.fixture
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """What was slept, in seconds that take no time."""
    seconds: list[float] = []
    really = asyncio.sleep

    async def sleep(delay: float) -> None:
        seconds.append(delay)
        await really(0)

    monkeypatch.setattr(asyncio, "sleep", sleep)
    return seconds


async def forever(*args: object) -> None:
    """Do nothing, and do not end."""
    await asyncio.Event().wait()


def test_who_does_not_read_is_cut_within_two_seconds_of_sigterm(
    slept: list[float], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(bus, "listen", forever)
    monkeypatch.setattr(Heart, "run", forever)

    async def told_to_stop() -> None:
        realtime = Realtime()
        hanging = asyncio.create_task(forever())
        stream = ThreadSubscription(Credentials(), "", None, 1, 0)
        stream.task = hanging
        realtime.hub.add(stream)
        await realtime.stop()
        await asyncio.wait([hanging], timeout=PATIENCE)
        assert hanging.cancelled()
        realtime.close()

    asyncio.run(told_to_stop())
    # One of the two seconds is for a busy machine to say goodbye to thousands.
    assert sum(slept) <= 1


@pytest.mark.parametrize("lost", ["patient", "operator"])
def test_who_may_no_longer_read_is_found_out_within_a_minute(slept: list[float], lost: str):
    class Nobody:
        """The database, to which nobody is known any more."""

        async def callers(self, asked: list[Credentials]) -> dict[Credentials, Caller]:
            return dict.fromkeys(asked, Caller())

        async def call(self, *args: object) -> set[int]:
            return set()

    async def beat() -> None:
        hub = Hub(Caps(**base.CHAT_STREAM["CAPS"]), slots=TURNS)
        stream = (
            ThreadSubscription(Credentials(), "", 1, 1, 0)
            if lost == "patient"
            else InboxSubscription(Credentials(), "", 1, hub.caps)
        )
        hub.add(stream)
        heart = Heart(
            hub,
            Nobody(),
            beat=base.CHAT_STREAM["BEAT_SECONDS"],
            write_timeout=base.CHAT_STREAM["WRITE_SECONDS"],
            seen=base.CHAT_STREAM["SEEN_SECONDS"],
        )
        beating = asyncio.create_task(heart.run())
        while stream.ended is None:
            await asyncio.sleep(0)
        beating.cancel()
        assert stream.ended is End.REVOKED

    asyncio.run(beat())
    # Twice: one round finds nothing out where the database is away for a moment.
    assert 2 * sum(slept) <= 60


def test_streams_hold_no_connection_to_the_database(own_stream: Server, committed: str):
    def connections() -> int:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
                " AND pid <> pg_backend_pid()"
            )
            return int(cursor.fetchone()[0])

    dialogues = [Dialogue() for _ in range(4)]
    with ExitStack() as open_streams:
        first = open_streams.enter_context(EventSource(own_stream, **dialogues[0].here))
        first.next("beat")
        before = connections()
        streams = [EventSource(own_stream, **each.here) for each in dialogues for _ in range(2)]
        for stream in streams:
            open_streams.enter_context(stream)
            stream.next("beat")
        # The bus has one; reads share a few, however many streams there are.
        assert connections() <= before + 2


def test_an_open_stream_says_that_the_patient_is_there(stream: Server, dialogue: Dialogue):
    threads = ChatThread.objects.filter(pk=dialogue.thread)
    here = dialogue.here
    threads.update(visitor_seen_at=None)
    with EventSource(stream, **here) as browser:
        while threads.get().visitor_seen_at is None:
            browser.next("beat")
    assert threads.get().last_version == here["after"]


def test_requests_that_never_end_keep_nobody_waiting(own_stream: Server, dialogue: Dialogue):
    with ExitStack() as stack:
        for length in range(1, 60):
            client = stack.enter_context(connected(own_stream))
            request = f"GET /chat/stream/?thread=1&after=0 HTTP/1.1\r\nHost: {own_stream.host}\r\n"
            client.sendall(request.encode()[:length])
        assert_alive(own_stream, dialogue)


def test_a_body_that_never_ends_keeps_nobody_waiting(own_stream: Server, dialogue: Dialogue):
    with connected(own_stream) as client:
        lines = [
            f"GET /chat/stream/?thread={dialogue.thread}&after=0 HTTP/1.1",
            f"Host: {own_stream.host}",
            "Accept: text/event-stream",
            f"Cookie: {dialogue.cookie}",
            "Content-Length: 1000000",
        ]
        client.sendall("\r\n".join([*lines, "", "part of it"]).encode())
        assert status_of(client) == 200
        assert_alive(own_stream, dialogue)


def test_who_floods_a_websocket_loses_it(stream: Server, dialogue: Dialogue):
    with WebSocket(stream, **dialogue.here) as browser:
        for _ in range(30):
            browser.send(0x1, b"hello")
        assert browser.next("end").data == {"reason": "revoked"}


def test_a_few_frames_are_passed_over(stream: Server, dialogue: Dialogue):
    with WebSocket(stream, **dialogue.here) as browser:
        for opcode, payload in [(0x1, b"{}"), (0x2, b"\x00\xff"), (0xA, b"")]:
            browser.send(opcode, payload)
        sent = dialogue.answer("Да.")
        assert sent in {each["id"] for each in browser.messages(2)}


@pytest.mark.parametrize("path", ["/", "/chat/", "/chat/api/events/", "/chat/stream/x"])
def test_no_other_address_speaks_websocket(
    stream: Server, monkeypatch: pytest.MonkeyPatch, path: str
):
    monkeypatch.setattr("tests.chat.streams.PATH", path)
    assert WebSocket(stream, thread=1, after=0).status == 403


def test_no_parameter_breaks_it(stream: Server, dialogue: Dialogue):
    cookie = dialogue.cookie.encode()

    @FUZZ
    @given(
        query=st.one_of(
            HEADER_VALUE.filter(lambda value: b" " not in value),
            st.from_regex(
                rb"\A(thread|wait|inbox)=[^ \r\n\x00]{0,12}(&(after|wait)=\w{0,9}){0,2}\Z"
            ),
        ),
        accept=st.sampled_from([b"text/event-stream", b"*/*"]) | HEADER_VALUE,
        headers=st.dictionaries(
            st.sampled_from(
                [
                    b"Cookie", b"Last-Event-ID", b"Origin", b"X-Forwarded-For", b"Upgrade",
                    b"Connection", b"Accept-Language", b"Sec-WebSocket-Key",
                ]
            ),
            HEADER_VALUE,
            max_size=4,
        ),
    )  # fmt: skip
    def knock(query: bytes, accept: bytes, headers: dict[bytes, bytes]) -> None:
        fields = {b"Accept": accept, b"Cookie": cookie, **headers}
        lines = [b"%s: %s\r\n" % field for field in fields.items()]
        with connected(stream) as client:
            client.sendall(
                b"GET /chat/stream/?%s HTTP/1.1\r\nHost: %s\r\n%s\r\n"
                % (query, stream.host.encode(), b"".join(lines))
            )
            status = status_of(client)
        assert status is not None
        assert status < 500

    knock()
    assert_alive(stream, dialogue)


def test_no_frame_breaks_it(stream: Server, dialogue: Dialogue):
    here = dialogue.here

    @FUZZ
    @given(st.binary(min_size=1, max_size=300))
    def knock(rubbish: bytes) -> None:
        with WebSocket(stream, **here) as browser:
            assert browser.status == 101
            browser.socket.sendall(rubbish)

    knock()
    assert_alive(stream, dialogue)


def test_no_request_at_all_breaks_it(stream: Server, dialogue: Dialogue):
    @FUZZ
    @given(st.binary(min_size=1, max_size=300))
    def knock(rubbish: bytes) -> None:
        with connected(stream) as client:
            client.sendall(rubbish)

    knock()
    assert_alive(stream, dialogue)
