"""Every event that VK is known to send gets `ok` and lands where it should."""

import json
import os
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection

import pytest

from chat.models import ChatMessage, VkEvent
from chat.vk import inbound
from tests.factories.vk import receive

pytestmark = pytest.mark.django_db

OWN = sorted((Path(__file__).parent / "events").glob("*.json"))
# Samples that may not be copied, where they are at hand: files with the event under "event".
BESIDE = Path(settings.BASE_DIR).parent / "shared/data/vk-events"
FOREIGN = sorted(Path(os.environ.get("VK_SAMPLES", BESIDE)).glob("*.json"))


def load(path: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the event of a file, as one of our community, and what is expected of it."""
    sample = json.loads(path.read_text("utf-8"))
    ours = {"group_id": settings.VK_GROUP_ID, "secret": settings.VK_CALLBACK_SECRET[0]}
    return sample["event"] | ours, sample.get("expected", {})


@pytest.mark.parametrize("path", OWN, ids=lambda path: path.stem)
def test_event_lands_where_it_should(path: Path):
    data, expected = load(path)
    assert receive(data).content == b"ok"
    inbound.process_due(lambda pressed: None)
    kept = VkEvent.objects.get()
    assert (kept.state, kept.reason) == (expected["state"], expected["reason"])
    texts = ChatMessage.objects.filter(sender="visitor").values_list("text", flat=True)
    assert list(texts) == ([expected["text"]] if "text" in expected else [])
    with connection.cursor() as cursor:
        cursor.execute("SELECT body::text FROM chat_vkevent")
        assert data["secret"] not in cursor.fetchone()[0]


@pytest.mark.parametrize("path", FOREIGN, ids=lambda path: path.stem)
def test_event_seen_elsewhere_is_understood_or_kept_for_a_person(path: Path):
    data, _expected = load(path)
    answer = receive(data)
    if data["type"] == "confirmation":
        assert answer.content == settings.VK_CALLBACK_CONFIRMATION.encode()
        return
    assert answer.content == b"ok"
    inbound.process_due(lambda pressed: None)
    kept = VkEvent.objects.get()
    assert kept.attempts == 0
    # Only what VK itself says is wrong.
    assert (kept.state == VkEvent.State.QUARANTINED) == ("warning" in data["object"])
    assert kept.state != VkEvent.State.NEW
