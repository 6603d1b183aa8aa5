"""Real processes of the stream, and clients that speak its transports over plain sockets."""

import base64
import http.client
import json
import os
import signal
import socket
import struct
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from ipaddress import ip_address
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

from django.db import connection
from django.test import Client

from accounts.models import User
from chat.services.messages import Answer, send_as_operator
from tests.e2e.site import ROOT, newcomers_environment
from tests.factories.chat import Patient, make_operator

HOST = "127.0.0.1"
PATH = "/chat/stream/"
# Seconds for what a busy machine may be slow at; nothing waits longer than it must.
PATIENCE = 30
NETWORKS = count(1)


@dataclass
class Server:
    """A process that serves the stream."""

    port: int
    process: subprocess.Popen[bytes]
    log: Path

    @property
    def host(self) -> str:
        """What browsers call it."""
        return f"{HOST}:{self.port}"

    @property
    def complaints(self) -> list[str]:
        """What it had to say."""
        return self.log.read_text().splitlines()

    def terminate(self) -> None:
        """Ask it to stop, as a deployment does."""
        self.process.send_signal(signal.SIGTERM)


@contextmanager
def stream_server(
    database: str,
    log: Path,
    settings: str = "tests.chat.stream_settings",
    graceful_timeout: int = 3,
    workers: int = 1,
) -> Iterator[Server]:
    """Serve the whole site, and the stream in front of it, from this database."""
    environment = {
        **newcomers_environment(database),
        "DJANGO_SETTINGS_MODULE": settings,
    }
    with socket.create_server((HOST, 0), backlog=512) as listener:
        # Its connections inherit this: a browser that does not read is noticed soon.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 16)
        port = listener.getsockname()[1]
        with log.open("ab") as output:
            # The socket listens already: whoever comes before the server is ready waits.
            process = subprocess.Popen(
                [
                    *(sys.executable, "-m", "gunicorn", "site_config.asgi:application"),
                    *("--bind", f"fd://{listener.fileno()}"),
                    *("--worker-class", "asgi", "--no-control-socket"),
                    *("--workers", str(workers)),
                    *("--graceful-timeout", str(graceful_timeout)),
                ],
                cwd=ROOT,
                env=environment,
                pass_fds=[listener.fileno()],
                stdout=output,
                stderr=output,
            )
    try:
        yield Server(port, process, log)
    finally:
        stop(process)


def stop(process: subprocess.Popen[bytes]) -> None:
    """Stop a server; one that does not listen is stopped all the same."""
    process.terminate()
    try:
        process.wait(timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        # The second time means at once (gunicorn's own word for it).
        process.send_signal(signal.SIGQUIT)
        process.wait(timeout=PATIENCE)
        raise


@dataclass
class Event:
    """An event as a browser gets it."""

    name: str
    data: Any
    id: str | None = None


class EventSource:
    """Reads server-sent events."""

    def __init__(
        self, server: Server, cookie: str = "", headers: dict[str, str] | None = None, **query: Any
    ) -> None:
        self._connection = http.client.HTTPConnection(HOST, server.port, timeout=PATIENCE)
        self._connection.request(
            "GET",
            f"{PATH}?{urlencode(query)}",
            headers={"Accept": "text/event-stream", "Cookie": cookie, **(headers or {})},
        )
        self.response = self._connection.getresponse()
        self.status = self.response.status

    def __enter__(self) -> "EventSource":
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def __iter__(self) -> Iterator[Event]:
        """Yield events, heartbeats as `beat`, until the stream ends."""
        fields: dict[str, str] = {}
        while line := self.response.readline().decode():
            if line != "\n":
                name, _, value = line.rstrip("\n").partition(":")
                fields[name or "beat"] = value.removeprefix(" ")
                continue
            if "event" in fields:
                yield Event(fields["event"], json.loads(fields["data"]), fields.get("id"))
            elif "beat" in fields:
                yield Event("beat", {})
            fields = {}

    def next(self, name: str) -> Event:
        """Return the next event of a kind; AssertionError if the stream ends before."""
        for event in self:
            if event.name == name:
                return event
        raise AssertionError(f"the stream ended without {name}")

    def messages(self, count: int) -> list[Any]:
        """Return so many messages out of the updates that come."""
        found: list[Any] = []
        while len(found) < count:
            found += self.next("update").data["messages"]
        return found

    def close(self) -> None:
        """Leave."""
        self.response.close()
        self._connection.close()


class WebSocket:
    """Reads text frames, and writes what a test wants written."""

    def __init__(self, server: Server, cookie: str = "", origin: str = "", **query: Any) -> None:
        self.socket = socket.create_connection((HOST, server.port), timeout=PATIENCE)
        key = base64.b64encode(os.urandom(16)).decode()
        lines = [
            f"GET {PATH}?{urlencode(query)} HTTP/1.1",
            f"Host: {server.host}",
            f"Origin: {origin or 'http://' + server.host}",
            f"Cookie: {cookie}",
            "Connection: Upgrade",
            "Upgrade: websocket",
            "Sec-WebSocket-Version: 13",
            f"Sec-WebSocket-Key: {key}",
        ]
        self.socket.sendall("\r\n".join([*lines, "", ""]).encode())
        self._reader = self.socket.makefile("rb")
        self.status = int(self._reader.readline().split()[1])
        while self._reader.readline() not in {b"\r\n", b""}:
            pass

    def __enter__(self) -> "WebSocket":
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def __iter__(self) -> Iterator[Event]:
        """Yield events until the server closes, and answer its close frame."""
        while head := self._reader.read(2):
            length = head[1] & 0x7F
            if length == 126:
                length = struct.unpack("!H", self._reader.read(2))[0]
            elif length == 127:
                length = struct.unpack("!Q", self._reader.read(8))[0]
            payload = self._reader.read(length)
            if head[0] & 0x0F == 0x8:
                self.send(0x8, payload)
                return
            frame = json.loads(payload)
            yield Event(frame["event"], frame["data"], frame["id"])

    next = EventSource.next
    messages = EventSource.messages

    def send(self, opcode: int, payload: bytes) -> None:
        """Send a masked frame of up to 125 bytes."""
        mask = os.urandom(4)
        body = bytes(byte ^ mask[index % 4] for index, byte in enumerate(payload))
        self.socket.sendall(bytes([0x80 | opcode, 0x80 | len(payload)]) + mask + body)

    def close(self) -> None:
        """Leave."""
        self._reader.close()
        self.socket.close()


def ask(
    server: Server,
    cookie: str = "",
    method: str = "GET",
    headers: dict[str, str] | None = None,
    query: str = "",
    **fields: Any,
) -> tuple[int, Any]:
    """Ask once, as a long-poll does, and return status and JSON."""
    connection = http.client.HTTPConnection(HOST, server.port, timeout=PATIENCE)
    try:
        connection.request(
            method,
            f"{PATH}?{query or urlencode(fields)}",
            headers={"Cookie": cookie, **(headers or {})},
        )
        response = connection.getresponse()
        body = response.read()
        return response.status, json.loads(body) if body else None
    finally:
        connection.close()


class Dialogue:
    """A patient with a thread, and an operator who answers."""

    def __init__(self) -> None:
        self.patient = patient_elsewhere()
        self.operator = make_operator()
        self.thread: int = self.patient.send("Натощак?").json()["thread"]["number"]

    @property
    def cookie(self) -> str:
        """What the patient's browser sends along."""
        return cookie_of(self.patient.client)

    @property
    def cursor(self) -> int:
        """Where the thread is now."""
        version: int = self.patient.state()["cursor"]
        return version

    @property
    def here(self) -> dict[str, Any]:
        """What a browser that knows everything asks with."""
        return {"cookie": self.cookie, "thread": self.thread, "after": self.cursor}

    def answer(self, text: str) -> int:
        """Answer as the operator does; return the id of the message."""
        answer = Answer(uuid4(), text, anyway=True)
        return send_as_operator(self.operator, self.thread, answer).message.pk


def patient_elsewhere() -> Patient:
    """Return a patient in a network of their own: many from one would be kept out."""
    address = str(ip_address(int(ip_address("10.0.0.0")) + next(NETWORKS)))
    return Patient(Client(enforce_csrf_checks=True, REMOTE_ADDR=address))


def cookie_of(client: Client) -> str:
    """Return what a browser sends along."""
    return "; ".join(f"{name}={morsel.value}" for name, morsel in client.cookies.items())


def signed_in(user: User) -> Client:
    """Return a browser in which somebody is signed in."""
    client = Client()
    client.force_login(user)
    return client


def end_connections(where: str) -> int:
    """End the connections to the test's database that the condition names; return how many."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
            f"WHERE datname = current_database() AND pid <> pg_backend_pid() AND {where}"
        )
        return int(cursor.fetchone()[0])
