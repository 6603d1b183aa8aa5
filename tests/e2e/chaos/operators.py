"""Operators who answer through the inbox's own calls, and hear every message once."""

import http.client
import json
import threading
from collections import defaultdict
from collections.abc import Callable
from http import HTTPStatus
from typing import Any
from uuid import uuid4

from tests.e2e.chaos.proxy import Proxy

CALLS = "/admin/chat/api/"
TIMEOUT = 5
# An operator looks up so often, in seconds, and for new dialogues at each fifth time.
PAUSE = 0.1
FOR_NEW_ONES = 5

Json = dict[str, Any]
# What an operator makes of a patient's message: (kind, text), or None.
React = Callable[[Json], tuple[str, str] | None]


class Trouble(Exception):
    """A call did not come through, or was refused: it is made again."""


def answer(message: Json) -> tuple[str, str]:
    """Answer everything."""
    return "message", answer_to(message["text"])


def answer_to(text: str) -> str:
    """Return what a text is answered."""
    return f"Ответ на {text}"


def note(message: Json) -> tuple[str, str] | None:
    """Leave a note for the colleagues at every fifth message."""
    if message["seq"] % 5:
        return None
    return "note", f"Заметка к {message['text']}"


class Operator(threading.Thread):
    """Somebody at the inbox. `books` has every dialogue as its changes brought it, by id."""

    def __init__(self, proxy: Proxy, cookie: str, address: str, react: React) -> None:
        """Prepare an operator who is signed in with this cookie; nothing is asked yet."""
        super().__init__(name=f"operator {address}", daemon=True)
        self._port = proxy.port
        self._headers = {"Cookie": cookie, "X-Forwarded-For": address}
        self._react = react
        self._stopped = threading.Event()
        self._cursors: dict[int, int] = {}
        # What is to be said to which message; it keeps its key until it is confirmed.
        self._planned: dict[int, Json] = {}
        self.line = proxy.line(address)
        self.books: dict[int, dict[int, Json]] = defaultdict(dict)
        self._looks = 0
        # The messages of patients that need nothing more.
        self.done: set[int] = set()
        self.broken: Exception | None = None
        self.trouble: Exception | None = None

    def run(self) -> None:
        """Look up, read, answer, until told to stop."""
        try:
            while not self._stopped.wait(PAUSE):
                try:
                    self._look()
                except (Trouble, OSError, http.client.HTTPException) as trouble:
                    self.trouble = trouble
        except Exception as error:  # noqa: BLE001 - whoever waits for this operator must know
            self.broken = error

    def stop(self) -> None:
        """Go home."""
        self._stopped.set()
        self.join()

    def _look(self) -> None:
        if "X-CSRFToken" not in self._headers:
            token = self._call("GET", "state/")["csrf"]
            self._headers["X-CSRFToken"] = token
        if self._looks % FOR_NEW_ONES == 0:
            for row in self._call("GET", "threads/")["threads"]:
                self._cursors.setdefault(row["number"], 0)
        self._looks += 1
        for number in list(self._cursors):
            self._catch_up(number)

    def attend(self, *numbers: int) -> None:
        """Follow these dialogues, besides those that wait."""
        for number in numbers:
            self._cursors.setdefault(number, 0)

    def _catch_up(self, number: int) -> None:
        more = True
        while more:
            update = self._call("GET", f"threads/{number}/changes/?after={self._cursors[number]}")
            if not update:
                break
            book = self.books[number]
            for message in update["messages"]:
                known = book.get(message["id"])
                if known is None or known["version"] < message["version"]:
                    book[message["id"]] = message
            self._cursors[number] = max(self._cursors[number], update["cursor"])
            more = update["more"]
        for message in self.heard(number):
            if message["sender"] == "visitor" and message["id"] not in self.done:
                self._answer(number, message)

    def _answer(self, number: int, message: Json) -> None:
        planned = self._planned.get(message["id"])
        if planned is None:
            reaction = self._react(message)
            if reaction is not None:
                kind, text = reaction
                planned = {"client_id": str(uuid4()), "kind": kind, "text": text, "anyway": True}
                self._planned[message["id"]] = planned
        if planned:
            self._call("POST", f"threads/{number}/messages/", planned)
        self.done.add(message["id"])

    def heard(self, number: int) -> list[Json]:
        """Return a dialogue as this operator has it, in order."""
        return sorted(self.books[number].values(), key=lambda message: message["seq"])

    def whole(self, number: int) -> list[Json]:
        """Return a dialogue as the calls give it to who opens it now."""
        opened = self._call("GET", f"threads/{number}/")
        messages, more = opened["messages"], opened["more"]
        while more:
            first = min(message["seq"] for message in messages)
            portion = self._call("GET", f"threads/{number}/messages/?before={first}")
            messages, more = [*portion["messages"], *messages], portion["more"]
        return messages

    def _call(self, method: str, path: str, body: Json | None = None) -> Any:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=TIMEOUT)
        headers = self._headers | {"Accept": "application/json", "Content-Type": "application/json"}
        try:
            raw = None if body is None else json.dumps(body).encode()
            connection.request(method, CALLS + path, raw, headers)
            response = connection.getresponse()
            text = response.read()
            self._keep_cookie(response.headers.get_all("Set-Cookie") or [])
        finally:
            connection.close()
        if response.status == HTTPStatus.NOT_MODIFIED:
            return None
        if response.status not in {HTTPStatus.OK, HTTPStatus.CREATED}:
            raise Trouble(f"{response.status} {text[:200]!r}")
        try:
            return json.loads(text)
        except ValueError as error:
            raise Trouble("half an answer") from error

    def _keep_cookie(self, headers: list[str]) -> None:
        for header in headers:
            cookie = header.split(";", 1)[0]
            if cookie.startswith("csrftoken="):
                self._headers["Cookie"] += f"; {cookie}"
