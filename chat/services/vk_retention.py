"""How long is kept what came from VK and went there; and nothing of a person who is erased."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef, Q, QuerySet

from chat.models import VkBindingCode, VkEvent, VkOutbox, VkPeer

# VK repeats an event for two hours; the history is searched for what is a week old.
EVENTS_KEPT = timedelta(days=14)
QUARANTINE_KEPT = timedelta(days=90)
# Of messages that belong to no dialogue: notices to operators.
NOTICES_KEPT = timedelta(days=30)
CODES_KEPT = timedelta(days=1)
# Why nothing is left of an event.
ERASED = "erased"


def hold_unread(peer_ids: Sequence[int]) -> int:
    """Lock what people sent from VK and nobody has read yet; return how much that is.

    To be called before their dialogue is locked: the worker takes the two in this order.
    """
    events = VkEvent.objects.filter(peer_id__in=peer_ids, state=VkEvent.State.NEW)
    return len(events.select_for_update().order_by("pk"))


def forget(peer_ids: Sequence[int], thread_ids: Sequence[int]) -> None:
    """Do away with people, and with the words of their dialogues in VK's events.

    That something came stays on record: without it VK's next repeat, or a search for missing
    messages, would bring it back. `peer_ids` is empty for whom VK does not know.
    """
    # In the order of vk_outbox.refused.
    VkOutbox.objects.filter(peer_id__in=peer_ids, thread=None).delete()
    VkPeer.objects.filter(pk__in=peer_ids).delete()
    _blank(VkEvent.objects.filter(peer_id__in=peer_ids))
    # An alert that VK reports holds what the patient wrote, as long as it could not be read.
    told = VkOutbox.objects.filter(
        thread_id__in=thread_ids,
        peer_id=OuterRef("peer_id"),
        conversation_message_id=OuterRef("conversation_message_id"),
    )
    _blank(VkEvent.objects.filter(Exists(told), state=VkEvent.State.QUARANTINED))


def _blank(events: QuerySet[VkEvent]) -> None:
    events.update(body={}, reason=ERASED, state=VkEvent.State.IGNORED)


def is_erased(peer_id: int, place: int | None) -> bool:
    """Say whether what was said at a place went with its dialogue: it may come once more."""
    erased = VkEvent.objects.filter(peer_id=peer_id, reason=ERASED)
    return place is not None and erased.filter(conversation_message_id=place).exists()


def _old(now: datetime) -> list[QuerySet]:
    read = Q(state__in=[VkEvent.State.DONE, VkEvent.State.IGNORED])
    unread = Q(state=VkEvent.State.QUARANTINED)
    return [
        VkEvent.objects.filter(
            read & Q(received_at__lt=now - EVENTS_KEPT)
            | unread & Q(received_at__lt=now - QUARANTINE_KEPT)
        ),
        VkOutbox.objects.filter(thread=None, created_at__lt=now - NOTICES_KEPT).exclude(
            state=VkOutbox.State.WAITING
        ),
        VkBindingCode.objects.filter(expires_at__lt=now - CODES_KEPT),
    ]


def count_old(now: datetime) -> int:
    """Return how many rows a night would do away with."""
    return sum(rows.count() for rows in _old(now))


def sweep(now: datetime) -> int:
    """Do away with all whose time is over; return how many rows that was."""
    return sum(rows.delete()[0] for rows in _old(now))
