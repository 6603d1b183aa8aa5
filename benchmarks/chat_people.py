"""The people of the chat's benchmark: patients with dialogues, operators who answer, what they see.

Everything that touches Django is imported late: it needs the environment that the benchmark sets.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import quantiles
from typing import Any
from uuid import uuid4

from benchmarks.browsers import Browser

OPERATORS = 10
CONSENT = "1.0"


@dataclass(frozen=True)
class Dialogue:
    """A thread, the cookie of its patient's browser, and the cursor where that is."""

    thread: int
    cookie: str
    cursor: int = 0

    def browser(self, port: int) -> Browser:
        """Return the patient's browser, not yet open."""
        query = f"thread={self.thread}&after={self.cursor}"
        return Browser(port, f"/chat/stream/?{query}", self.cookie)


def make_dialogues(count: int) -> list[Dialogue]:
    """Make the dialogues of this run."""
    from chat.models import ChatThread  # noqa: PLC0415
    from chat.permissions import VISITOR_COOKIE, hash_of, new_secret  # noqa: PLC0415

    secrets = [new_secret(uuid4()) for _ in range(count)]
    threads = ChatThread.objects.bulk_create(
        ChatThread(visitor_hash=hash_of(secret)) for secret in secrets
    )
    return [
        Dialogue(thread.pk, f"{VISITOR_COOKIE}={secret}")
        for thread, secret in zip(threads, secrets, strict=True)
    ]


def refreshed(dialogues: Sequence[Dialogue]) -> list[Dialogue]:
    """Return the dialogues with the cursors of browsers that know everything."""
    from chat.models import ChatThread  # noqa: PLC0415

    pks = [each.thread for each in dialogues]
    versions = dict(ChatThread.objects.filter(pk__in=pks).values_list("pk", "last_version"))
    return [replace(each, cursor=versions[each.thread]) for each in dialogues]


@dataclass(frozen=True)
class Written:
    """An accepted message: when its sending began and when it was accepted."""

    id: int
    thread: int
    begun: float
    accepted: float


def ask_question(dialogue: Dialogue) -> Written:
    """Let the patient of a dialogue write."""
    from chat.permissions import Visitor, hash_of  # noqa: PLC0415
    from chat.selectors.widget import ConsentText  # noqa: PLC0415
    from chat.services.messages import Question, send_as_visitor  # noqa: PLC0415

    visitor = Visitor(secret_hash=hash_of(dialogue.cookie.partition("=")[2]))
    question = Question(uuid4(), f"Натощак? {uuid4()}", consent=CONSENT)
    begun = time.perf_counter()
    sent = send_as_visitor(visitor, question, ConsentText(CONSENT, "Согласие", ""))
    return Written(sent.message.pk, dialogue.thread, begun, time.perf_counter())


class Operators:
    """People who answer, each with an inbox open."""

    def __init__(self, users: Sequence[Any], cookies: Sequence[str]) -> None:
        self._users = users
        self.cookies = cookies

    def answer(self, thread: int) -> Written:
        """Answer in a thread."""
        from chat.services.messages import Answer, send_as_operator  # noqa: PLC0415

        answer = Answer(uuid4(), "Да, восемь часов натощак.", anyway=True)
        begun = time.perf_counter()
        sent = send_as_operator(self._users[thread % len(self._users)], thread, answer)
        return Written(sent.message.pk, thread, begun, time.perf_counter())


def make_operators() -> Operators:
    """Make operators who are signed in."""
    from django.conf import settings  # noqa: PLC0415
    from django.contrib.auth.models import Permission  # noqa: PLC0415
    from django.test import Client  # noqa: PLC0415

    from accounts.models import User  # noqa: PLC0415

    right = Permission.objects.get(codename="answer_chat")
    users, cookies = [], []
    for number in range(OPERATORS):
        user, _ = User.objects.get_or_create(
            email=f"operator{number}@bench.example.org", defaults={"first_name": "Светлана"}
        )
        user.user_permissions.add(right)
        client = Client()
        client.force_login(user)
        users.append(user)
        cookies.append(
            f"{settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}"
        )
    return Operators(users, cookies)


class Watcher:
    """Notes what browsers show, as the contract tells them to: by id, the newest version."""

    def __init__(self) -> None:
        self.shown: dict[int, float] = {}
        self.again = 0
        self.out_of_order = 0
        self.hinted: dict[int, float] = {}
        self._last_seq: dict[int, int] = {}

    def hear_patient(self, name: str, data: Any, at: float) -> None:
        """Take an update of a patient's stream."""
        if name != "update":
            return
        thread = data["thread"]["number"]
        for message in data["messages"]:
            if message["id"] in self.shown:
                self.again += 1
                continue
            self.shown[message["id"]] = at
            self.out_of_order += message["seq"] <= self._last_seq.get(thread, 0)
            self._last_seq[thread] = message["seq"]

    def delays(self, written: Sequence[Written], *, since_begun: bool = False) -> list[float]:
        """Return the milliseconds from acceptance (or from the sending) until each was shown."""
        return [
            max(0.0, self.shown[each.id] - (each.begun if since_begun else each.accepted)) * 1000
            for each in written
            if each.id in self.shown
        ]

    def hear_operator(self, name: str, data: Any, at: float) -> None:
        """Take a hint of an operator's stream."""
        for thread in data["ids"] if name == "threads" else ():
            self.hinted.setdefault(thread, at)


def percentile(values: Sequence[float], percent: int) -> float:
    """Return the value that so many percent of all are not above."""
    return quantiles(values, n=100, method="inclusive")[percent - 1]
