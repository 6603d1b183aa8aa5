"""Random schedules with faults on both sides: nothing lost, doubled or misdirected."""

import logging
import os
import random
from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO
from typing import Any

from django.db import transaction

import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from chat.models import ChatReply, ChatSettings
from tests.chat.vk.conftest import Loop, site_and_vk
from tests.chat.vk.schedules.invariants import check
from tests.chat.vk.schedules.people import OPERATORS, People
from tests.chat.vk.schedules.trouble import Trouble
from tests.factories.chat import make_widget
from tests.factories.vk import make_vk_operator

STEPS = 60
# EXAMPLES=500 tries as many schedules that nobody has seen before.
EXAMPLES = int(os.environ.get("EXAMPLES", "0"))


def begin(loop: Loop) -> Any:
    """Open the chat with two operators on duty; return the one who also sits at a desk."""
    make_widget()
    ChatSettings.objects.update(vk_alert=ChatSettings.Alert.FULL)
    for number in (1, 2):
        ChatReply.objects.create(
            title=f"Ответ {number}", text=f"Готово {number}", shortcut=f"r{number}", live=True
        )
    users = [make_vk_operator(vk_id, f"Оператор{vk_id}") for vk_id in OPERATORS]
    for vk_id in OPERATORS:
        # Whoever has not written to the community cannot be written to.
        loop.vk.allow(vk_id)
        loop.vk.user_writes(vk_id, "смена")
    loop.settle()
    return users[0]


def tell(people: People, trouble: Trouble, chance: random.Random) -> None:
    """Let it happen, then let everybody come to rest."""
    deeds = people.deeds + trouble.deeds
    for _ in range(STEPS):
        chance.choice(deeds)()
        if chance.random() < 0.6:
            trouble.settle()
    people.loop.vk.heal()
    if not trouble.has_token():
        trouble.token_is_revoked_or_replaced()
    for _ in range(8):
        people.loop.after(2000)
        trouble.settle()


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
        chance = random.Random(seed)
        people = People(loop, chance, begin(loop))
        trouble = Trouble(loop, chance, people, settings)
        with listening() as lines:
            tell(people, trouble, chance)
        check(people, trouble)
        assert not [secret for secret in trouble.secrets if secret in lines.getvalue()]
        assert not [word for word in people.said if word in lines.getvalue()]
        transaction.set_rollback(True)
