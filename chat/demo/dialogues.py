"""The conversations of dialogues.toml, for an inbox that nobody has written to yet.

Everything is said through the services, one line after the other; then the clock of what was just
written is set back to when the line was said.
"""

import random
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, time, timedelta
from pathlib import Path
from secrets import token_hex
from typing import Any
from uuid import uuid4

from django.db import transaction
from django.utils import timezone

from wagtail.models import Page as WagtailPage

from accounts import demo
from accounts.models import User
from chat.models import ChatConsent, ChatMessage, ChatRating, ChatThread, ChatWait
from chat.permissions import Visitor, hash_of
from chat.selectors.widget import ConsentText
from chat.services import messages, threads
from chat.services.messages import Answer, Kind, Page, Question

CONTENT = Path(__file__).with_name("dialogues.toml")
# The same conversations have the same pauses every time.
SEED = 50
TIMES = [
    (ChatMessage, "created_at"),
    (ChatWait, "ended_at"),
    (ChatRating, "created_at"),
    (ChatConsent, "given_at"),
]
THREAD_TIMES = ["created_at", "last_message_at", "waiting_since", "closed_at", "visitor_seen_at"]


@transaction.atomic
def add(consent: ConsentText) -> int:
    """Add the conversations; return how many. None is added if there are any, or no operators."""
    content = tomllib.loads(CONTENT.read_text(encoding="utf-8"))
    operators = [
        User.objects.filter(email=f"{login}@{demo.DOMAIN}").first()
        for login in content["operators"]
    ]
    if not all(operators) or ChatThread.objects.filter(is_common=False).exists():
        return 0
    pauses = random.Random(SEED)  # noqa: S311 - not a secret
    for number, row in enumerate(content["dialogues"]):
        Dialogue(row, operators, consent).perform(moments(row, number, pauses))
    row = {"lines": content["common"], "days": 1}
    common = Dialogue(row, operators, consent, ChatThread.objects.get(is_common=True))
    common.perform(moments(row, 0, pauses))
    return len(content["dialogues"])


def moments(row: dict[str, Any], number: int, pauses: random.Random) -> list[datetime]:
    """Return when each line is said."""
    at = timedelta()
    offsets: list[timedelta] = []
    answered = False
    for line in row["lines"]:
        is_first_answer = line[0].isdigit() and not answered
        if offsets:
            wait = row.get("first", 3) if is_first_answer else pauses.uniform(0.5, 2.5)
            at += timedelta(minutes=wait)
        answered = answered or is_first_answer
        offsets.append(at)
    if "ago" in row:
        begin = timezone.now() - timedelta(minutes=row["ago"]) - at
    else:
        day = timezone.localdate() - timedelta(days=row["days"])
        # Spread over the working hours, most in the morning.
        hour = time(8 + (number * 3) % 10, pauses.randrange(60))
        begin = timezone.make_aware(datetime.combine(day, hour))
    return [begin + offset for offset in offsets]


class Dialogue:
    """One conversation: who talks, and in which thread."""

    def __init__(
        self,
        row: dict[str, Any],
        operators: list[Any],
        consent: ConsentText,
        thread: ChatThread | None = None,
    ) -> None:
        self.row = row
        self.operators = operators
        self.consent = consent
        secret = hash_of(token_hex(32))
        self.visitor = Visitor(secret_hash=secret)
        # The thread of a first message is made here: the ticket it needs takes its time.
        self.thread = thread or ChatThread.objects.create(visitor_hash=secret)

    def perform(self, at: list[datetime]) -> None:
        """Say line after line."""
        ChatThread.objects.filter(pk=self.thread.pk, is_common=False).update(created_at=at[0])
        for place, (line, moment) in enumerate(zip(self.row["lines"], at, strict=True)):
            with set_back(self.thread.pk, moment):
                who, text = line.split(" ", 1) if " " in line else (line, "")
                if who == "п":
                    self.ask(text, is_first=place == 0)
                elif who.startswith("×"):
                    threads.close(self.operators[int(who[1])], self.thread.pk)
                else:
                    self.answer(who, text)
        if "rating" in self.row:
            with set_back(self.thread.pk, at[-1] + timedelta(minutes=2)):
                self.read()
                score, comment = self.row["rating"], self.row.get("comment", "")
                threads.rate(self.visitor, score=score, comment=comment)

    def ask(self, text: str, *, is_first: bool) -> None:
        """Let the patient ask; they have read what was said before."""
        self.read()
        question = Question(client_id=uuid4(), text=text, consent=self.consent.version)
        if is_first:
            question = replace(question, topic=self.row.get("topic", ""), page=self.page())
        messages.send_as_visitor(self.visitor, question, self.consent)
        if is_first and "name" in self.row:
            name, email = self.row["name"], self.row.get("email", "")
            threads.set_contact(self.visitor, name=name, email=email)

    def read(self) -> None:
        """Let the patient read all there is."""
        self.thread.refresh_from_db()
        threads.mark_visitor(self.visitor, self.thread.last_seq, read=True)
        threads.seen(self.thread.pk)

    def page(self) -> Page:
        """Return the page that the patient asks from, if the site has it."""
        found = WagtailPage.objects.live().filter(slug=self.row.get("page", "")).first()
        return Page(found.get_url_parts()[2], found.title) if found else Page()

    def answer(self, who: str, text: str) -> None:
        """Let an operator answer or make a note."""
        kind = Kind.NOTE if who.startswith("н") else Kind.MESSAGE
        said = Answer(client_id=uuid4(), text=text, kind=kind)
        messages.send_as_operator(self.operators[int(who[-1])], self.thread.pk, said)


@contextmanager
def set_back(thread_id: int, at: datetime) -> Iterator[None]:
    """Let whatever is written inside have been written at a moment."""
    since = timezone.now()
    yield
    for model, name in TIMES:
        rows = model._default_manager.filter(thread_id=thread_id, **{f"{name}__gte": since})
        rows.update(**{name: at})
    for name in THREAD_TIMES:
        threads_now = ChatThread.objects.filter(pk=thread_id, **{f"{name}__gte": since})
        threads_now.update(**{name: at})
