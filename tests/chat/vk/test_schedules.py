"""Random schedules with faults on both sides: nothing lost, doubled or misdirected.

The invariants I1 to I9 of a bridge between a site and VK, each asserted after the dust has settled.
"""

import logging
import os
import random
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from io import StringIO
from itertools import pairwise
from typing import Any
from unittest.mock import patch
from uuid import uuid4

from django.apps import apps
from django.core.serializers import serialize
from django.db import connection, transaction

import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from chat.models import ChatMessage, ChatSettings, ChatThread, VkEvent, VkOutbox, VkReply
from chat.selectors.threads import common_thread_id
from chat.services import messages
from chat.services.messages import Answer
from chat.vk import work
from chat.vk.client import VkClient
from tests.chat.vk.conftest import Loop, site_and_vk
from tests.factories.chat import Patient, make_widget
from tests.factories.vk import make_vk_operator

OPERATORS = (900, 901)
PATIENTS = (701, 702, 703)
STEPS = 25
# EXAMPLES=500 tries as many schedules that nobody has seen before.
EXAMPLES = int(os.environ.get("EXAMPLES", "0"))
API_FAULTS = [
    ("refused", {}),
    ("timeout", {}),
    ("timeout_after", {}),
    ("http", {"code": 502}),
    ("http_after", {"code": 504}),
    ("html", {}),
    ("empty", {}),
    ("truncated", {}),
    *(("error", {"code": code}) for code in (1, 6, 9, 10)),
]
# After these VK is not asked again: whoever wrote sees in the inbox that it did not arrive.
FORBIDDEN, TOO_LONG = 901, 914
FINAL = (FORBIDDEN, TOO_LONG)
METHODS = ("messages.send", "messages.send", "messages.getHistory")
EVENT_FAULTS = [
    ("duplicate", {"copies": 2}),
    ("duplicate", {"copies": 1, "seconds": 900}),
    ("reorder", {"window": 3}),
    ("drop_first", {}),
    ("second_server", {}),
    ("numeric_event_id", {}),
    ("no_event_id", {}),
    ("old_shape", {}),
]


class WorkerDied(BaseException):
    """The worker was killed here."""


class Story:
    """What people did, and what must have become of it."""

    def __init__(self, loop: Loop, chance: random.Random, settings: Any) -> None:
        self.loop = loop
        self.chance = chance
        self.settings = settings
        self.secrets = [settings.VK_GROUP_TOKEN, *settings.VK_CALLBACK_SECRET]
        self.site = [Patient() for _ in range(2)]
        # text -> the thread it belongs to; None: it must have reached nobody.
        self.expected: dict[str, int | None] = {}
        self.from_patients: dict[str, int] = {}
        self.forbade: set[int] = set()

    def text(self, who: str) -> str:
        """Return a text that is like no other."""
        return f"{who} {uuid4().hex}"

    def patient_writes_on_the_site(self) -> None:
        """Somebody asks in the widget."""
        text = self.text("сайт")
        number = self.chance.choice(self.site).send(text).json()["thread"]["number"]
        self.expected[text] = self.from_patients[text] = number

    def patient_overtakes_himself(self) -> None:
        """The first of two messages is lost on its way and comes when VK tries again."""
        peer = self.chance.choice(PATIENTS)
        self.loop.vk.disturb("message_new", "drop_first")
        self.patient_writes_in_vk(peer)
        self.loop.settle()
        self.patient_writes_in_vk(peer)
        self.loop.settle()

    def patient_writes_in_vk(self, peer: int = 0) -> None:
        """Somebody asks in VK, maybe with somebody else's number in front."""
        peer = peer or self.chance.choice(PATIENTS)
        text = self.text("вк")
        if self.chance.random() < 0.3 and self.threads():
            text = f"#{self.chance.choice(self.threads())} {text}"
        self.loop.vk.user_writes(peer, text)
        self.expected[text] = self.from_patients[text] = -peer

    def operator_answers_by_number(self) -> None:
        """An operator names the thread."""
        if not self.threads():
            return
        number = self.chance.choice(self.threads())
        text = self.text("номер")
        self.loop.vk.user_writes(self.chance.choice(OPERATORS), f"#{number} {text}")
        self.expected[text] = number

    def operator_replies(self) -> None:
        """An operator uses VK's own reply to something that we sent about a thread."""
        vk_id = self.chance.choice(OPERATORS)
        known = {
            row.random_id: row.thread_id
            for row in VkOutbox.objects.filter(peer_id=vk_id, state="sent", thread__isnull=False)
        }
        about = [one for one in self.loop.vk.received(vk_id) if one.random_id in known]
        if not about:
            return
        replied = self.chance.choice(about)
        text = self.text("реплай")
        self.loop.vk.user_writes(vk_id, text, reply_to=replied)
        self.expected[text] = known[replied.random_id]

    def operator_forgets_the_number(self) -> None:
        """An operator writes to nobody in particular."""
        text = self.text("общий")
        self.loop.vk.user_writes(self.chance.choice(OPERATORS), text)
        self.expected[text] = common_thread_id()

    def operator_mistypes_the_number(self) -> None:
        """An operator names what cannot be a thread."""
        text = self.text("мимо")
        number = self.chance.choice(["#0", "#999999", "#50.5", "#٥٠"])
        self.loop.vk.user_writes(self.chance.choice(OPERATORS), f"{number} {text}")
        self.expected[text] = None

    def operator_answers_in_the_inbox(self) -> None:
        """An operator answers at a desk."""
        if not self.threads():
            return
        number = self.chance.choice(self.threads())
        text = self.text("стол")
        user = self.operator
        answer = Answer(client_id=uuid4(), text=text, anyway=True)
        messages.send_as_operator(user, number, answer)
        self.expected[text] = number

    def time_passes(self) -> None:
        """Somebody has lunch."""
        self.loop.after(self.chance.choice([1, 12, 70, 700]))

    def vk_is_in_trouble(self) -> None:
        """A call goes wrong, or an event."""
        if self.chance.random() < 0.5:
            kind, how = self.chance.choice(API_FAULTS)
            method = self.chance.choice(METHODS)
            self.loop.vk.fail(method, kind, times=self.chance.randint(1, 3), **how)
        else:
            kind, how = self.chance.choice(EVENT_FAULTS)
            self.loop.vk.disturb("message_new", kind, times=self.chance.randint(1, 2), **how)

    def vk_does_not_want_a_message(self) -> None:
        """Somebody has forbidden the community to write, or a text is refused."""
        peer, code = self.chance.choice([*PATIENTS, *OPERATORS]), self.chance.choice(FINAL)
        self.loop.vk.fail("messages.send", "partial", peers=[peer], code=code)
        if code == FORBIDDEN:
            self.forbade.add(peer)

    def token_is_revoked_or_replaced(self) -> None:
        """An administrator makes a new token; until the site has it, VK refuses the old one."""
        if self.settings.VK_GROUP_TOKEN in self.loop.vk.group.tokens:
            self.loop.vk.revoke_token(self.settings.VK_GROUP_TOKEN)
            return
        token = f"vk1.a.{uuid4().hex}"
        self.loop.vk.add_token(token)
        self.settings.VK_GROUP_TOKEN = token
        self.secrets.append(token)

    def worker_is_killed(self) -> None:
        """The worker dies at some call to VK or to the database, before or after it was made."""
        left = self.chance.randint(1, 60)

        def die_in_time(call: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
            nonlocal left
            left -= 1
            # Once dead, all that still comes is the database's rollback.
            if left != 0:
                return call(*arguments, **named)
            if self.chance.random() < 0.5:
                call(*arguments, **named)
            raise WorkerDied

        whole = VkClient.call

        def deadly(client: VkClient, method: str, **params: Any) -> Any:
            return die_in_time(partial(whole, client), method, **params)

        self.loop.deliver()
        with (
            suppress(WorkerDied),
            connection.execute_wrapper(die_in_time),
            patch.object(VkClient, "call", deadly),
        ):
            work.run_once(self.loop.sleep)

    def threads(self) -> list[int]:
        """Return the threads of patients."""
        found = ChatThread.objects.filter(is_common=False).order_by("pk")
        return list(found.values_list("pk", flat=True))

    def tell(self) -> None:
        """Let it happen, then let everybody come to rest."""
        deeds = [
            self.patient_writes_on_the_site,
            self.patient_writes_in_vk,
            self.patient_writes_in_vk,
            self.patient_overtakes_himself,
            self.operator_answers_by_number,
            self.operator_answers_by_number,
            self.operator_replies,
            self.operator_forgets_the_number,
            self.operator_mistypes_the_number,
            self.operator_answers_in_the_inbox,
            self.time_passes,
            self.time_passes,
            self.vk_is_in_trouble,
            self.vk_is_in_trouble,
            self.vk_does_not_want_a_message,
            self.token_is_revoked_or_replaced,
            self.worker_is_killed,
            self.worker_is_killed,
        ]
        for _ in range(STEPS):
            self.chance.choice(deeds)()
            if self.chance.random() < 0.7:
                self.loop.settle()
        self.loop.vk.heal()
        if self.settings.VK_GROUP_TOKEN not in self.loop.vk.group.tokens:
            self.token_is_revoked_or_replaced()
        for _ in range(8):
            self.loop.after(2000)


def check(story: Story) -> None:
    """Assert the invariants."""
    vk = story.loop.vk
    thread_of_peer = dict(
        ChatThread.objects.filter(vk_peer_id__isnull=False).values_list("vk_peer_id", "pk")
    )
    stored = list(ChatMessage.objects.exclude(sender="system").order_by("thread", "seq"))
    where = {message.text: message.thread_id for message in stored}
    # I1: each message once; I3: in the thread that is named; I4: a stranger's in his own.
    assert Counter(message.text for message in stored).most_common(1)[0][1] == 1
    for text, expected in story.expected.items():
        number = thread_of_peer[-expected] if expected is not None and expected < 0 else expected
        assert where.get(text) == number, text
    assert set(where) <= set(story.expected)
    assert not VkReply.objects.filter(state="held").exists()
    # I2: each question reaches an operator once at most, and somebody unless it was answered first.
    for vk_id in OPERATORS:
        read = "\n".join(vk.texts(vk_id))
        for text in story.from_patients:
            row = VkOutbox.objects.filter(
                purpose="alert", peer_id=vk_id, message__text=text
            ).first()
            alerts = [one for one in vk.received(vk_id) if row and one.random_id == row.random_id]
            assert len(alerts) == (1 if row and row.state == "sent" else 0), (text, read)
            assert row is None or row.state in {"sent", "withdrawn", "failed"}
    for message in stored:
        if message.text in story.from_patients:
            told = VkOutbox.objects.filter(purpose="alert", message=message)
            states = set(told.values_list("state", flat=True))
            answered = any(
                one.sender == "operator" and one.seq > message.seq
                for one in stored
                if one.thread_id == message.thread_id
            )
            assert states & {"sent", "failed"} or (states == {"withdrawn"} and answered)
    # The answers of patients in VK: each once, in the order of the thread, or marked in the inbox.
    for peer, number in thread_of_peer.items():
        said = [m for m in stored if m.thread_id == number and m.sender == "operator"]
        arrived = [m.text for m in said if m.delivery == "sent"]
        read = [text for text in vk.texts(peer) if text in {m.text for m in said}]
        assert {m.delivery for m in said} <= {"sent", "failed"}
        if peer in story.forbade:
            # What was refused goes out later, once they allow it.
            read, arrived = sorted(read), sorted(arrived)
        assert read == arrived
    # I5: whatever is authentic was answered with ok (and by the loop: without a call to VK).
    assert {(one.status, one.answer) for one in vk.attempts if one.status} == {(200, "ok")}
    assert not VkEvent.objects.filter(state__in=["new", "quarantined"]).exists()
    # I6: in the order in which each patient wrote, or with a line that says when it was written.
    for number in thread_of_peer.values():
        said = list(ChatMessage.objects.filter(thread=number).order_by("seq"))
        keys: list[int] = []
        for before, message in pairwise(said):
            if message.sender == "visitor":
                key = int(message.vk_message_id)
                assert before.event == "late" or not keys or key > max(keys), message.text
                keys.append(key)
    # I7: never more than VK allows, and nothing is given up for it.
    assert not [one for one in vk.requests if one.error_code == 6 and not one.fault]
    failed = VkOutbox.objects.filter(state="failed").values_list("error_code", flat=True)
    assert set(failed) <= set(FINAL)
    # I8: nobody who reads the database finds what opens the door.
    rows = "".join(
        serialize("json", model.objects.all()) for model in apps.get_app_config("chat").get_models()
    )
    assert not [secret for secret in story.secrets if secret in rows]
    # Numbers in each thread without gaps.
    for thread in ChatThread.objects.all():
        seqs = list(thread.messages.order_by("seq").values_list("seq", flat=True))
        assert seqs == list(range(1, thread.last_seq + 1))


@contextmanager
def listening() -> Iterator[StringIO]:
    """Write down whatever anybody logs, be it of the lowest level."""
    lines = StringIO()
    handler, root = logging.StreamHandler(lines), logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    try:
        yield lines
    finally:
        root.setLevel(level)
        root.removeHandler(handler)


@pytest.mark.django_db
@given(seed=st.integers(0, 2**32 - 1))
@example(seed=1)
@settings(
    max_examples=EXAMPLES or 10,
    deadline=None,
    derandomize=not EXAMPLES,
    # A smaller seed is no simpler schedule.
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_whatever_happens_nothing_is_lost_doubled_or_misdirected(
    settings: Any, monkeypatch: pytest.MonkeyPatch, seed: int
):
    monkeypatch.setattr("chat.vk.client.READ_SECONDS", 0.3)
    monkeypatch.setattr("chat.services.protection.MESSAGES_A_MINUTE", 1000)
    with transaction.atomic(), site_and_vk(settings, seed) as loop:
        make_widget()
        ChatSettings.objects.update(vk_alert=ChatSettings.Alert.FULL)
        users = [make_vk_operator(vk_id, f"Оператор{vk_id}") for vk_id in OPERATORS]
        for vk_id in OPERATORS:
            # Whoever has not written to the community cannot be written to.
            loop.vk.allow(vk_id)
            loop.vk.user_writes(vk_id, "смена")
        loop.settle()
        story = Story(loop, random.Random(seed), settings)
        story.operator = users[0]
        with listening() as lines:
            story.tell()
        check(story)
        assert not [secret for secret in story.secrets if secret in lines.getvalue()]
        assert not [text for text in story.expected if text in lines.getvalue()]
        transaction.set_rollback(True)
