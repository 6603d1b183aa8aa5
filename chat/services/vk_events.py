"""Keeping what VK sent, and what became of it."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.db.models import Q
from django.utils import timezone

from chat.models import VkEvent, VkState
from chat.services import vk_state

MOST_ATTEMPTS = 8


def keep(**fields: Any) -> bool:
    """Store an event unless it was stored before; False if another one has its id.

    50 copies at once make one row: the database decides (unique per community and event).
    """
    now = timezone.now()
    VkEvent.objects.bulk_create([VkEvent(next_at=now, **fields)], ignore_conflicts=True)
    VkState.objects.filter(pk=1).update(last_event_at=now)
    vk_state.note_community(fields["group_id"])
    stored = VkEvent.objects.filter(group_id=fields["group_id"], event_id=fields["event_id"])
    return stored.filter(_same(**fields)).exists()


def _same(body: dict[str, Any], **fields: Any) -> Q:
    """Return how a stored event of that id is known to be this one, in whatever envelope."""
    # Nothing is left of the body if the person was erased: it may have been this one.
    given = body.get("object")
    same = Q(body=body) | Q(body={}) | Q(body__object__in=[given, without_words(given)])
    place = {name: fields[name] for name in ("type", "peer_id", "conversation_message_id")}
    return same if None in place.values() else same | Q(**place)


def without_words(value: Any) -> Any:
    """Return the whole numbers of a value, at their names: ids, nothing that anybody wrote."""
    if not isinstance(value, dict):
        return {}
    return {
        name: without_words(one) if isinstance(one, dict) else one
        for name, one in value.items()
        if isinstance(one, dict | int)
    }


def set_aside(reason: str, **fields: Any) -> None:
    """Store an event, once, for somebody to look at and not for the worker."""
    now = timezone.now()
    event = VkEvent(
        state=VkEvent.State.QUARANTINED, reason=reason, next_at=now, processed_at=now, **fields
    )
    VkEvent.objects.bulk_create([event], ignore_conflicts=True)


def confirmation() -> str:
    """Return the confirmation string that was set in the admin, or an empty string."""
    return VkState.objects.values_list("confirmation", flat=True).first() or ""


def finish(event: VkEvent, state: VkEvent.State, reason: str = "") -> None:
    """Note what became of an event.

    What is done with keeps its ids alone: the words are where they belong and go with the
    dialogue. An operator's dialogue with us repeats in alerts and quotations what patients wrote.
    """
    event.state, event.reason = state, reason[:200]
    event.processed_at = timezone.now()
    if state != VkEvent.State.QUARANTINED:
        event.body = without_words(event.body)
    event.save(update_fields=["state", "reason", "processed_at", "body"])


def postpone(event: VkEvent, reason: str) -> None:
    """Try an event again later after a bug, at last put it where somebody looks at it."""
    event.attempts += 1
    event.reason = reason[:200]
    if event.attempts >= MOST_ATTEMPTS:
        event.state = VkEvent.State.QUARANTINED
        event.processed_at = timezone.now()
    event.next_at = timezone.now() + timedelta(seconds=2**event.attempts)
    # Another worker may have read it meanwhile.
    VkEvent.objects.filter(pk=event.pk, state=VkEvent.State.NEW).update(
        attempts=event.attempts,
        reason=event.reason,
        state=event.state,
        processed_at=event.processed_at,
        next_at=event.next_at,
    )


def process_again(ids: Sequence[int]) -> int:
    """Let quarantined events be read once more (an administrator asked for it); return how many."""
    return VkEvent.objects.filter(pk__in=ids, state=VkEvent.State.QUARANTINED).update(
        state=VkEvent.State.NEW, attempts=0, next_at=timezone.now(), processed_at=None
    )
