"""The one row that says how the connection to VK is."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import DateTimeField, Exists, Q, Value
from django.db.models.functions import Least
from django.utils import timezone

from chat.models import ChatThread, VkOutbox, VkState

# Something is stored whose place in VK is looked up by number.
_HAS_PLACES = Q(
    Exists(ChatThread.objects.filter(vk_peer_id__isnull=False))
    | Exists(VkOutbox.objects.filter(conversation_message_id__isnull=False))
)


def get() -> VkState:
    """Return the state."""
    return VkState.objects.get_or_create(pk=1)[0]


def note_community(group_id: int) -> None:
    """Note whose ids are stored here, unless another community's are."""
    VkState.objects.filter(Q(group_id=None) | ~Q(group_id=group_id), pk=1).exclude(
        Q(group_id__isnull=False) & _HAS_PLACES
    ).update(group_id=group_id)


def community() -> int | None:
    """Return whose ids are stored here, None if they are nobody's or may be anybody's."""
    stored = VkState.objects.filter(_HAS_PLACES, pk=1)
    return stored.values_list("group_id", flat=True).first()


def set_confirmation(code: str) -> None:
    """Keep what VK wants to hear before it takes our address for ours."""
    VkState.objects.update_or_create(pk=1, defaults={"confirmation": code})


def set_findings(findings: list[dict[str, Any]]) -> None:
    """Keep what a check of the connection found."""
    VkState.objects.update_or_create(
        pk=1, defaults={"findings": findings, "checked_at": timezone.now()}
    )


def note_gap(since: datetime) -> None:
    """Note that events from this moment on may be missing; the earliest such moment counts.

    The moment moves in any case: a search that is under way closes the gap that it began with, not
    this one, of which it may have passed the place.
    """
    get()
    earliest = Least("gap_since", Value(since, DateTimeField()))
    VkState.objects.filter(pk=1).update(gap_since=earliest - timedelta(microseconds=1))


def close_gap(since: datetime) -> None:
    """Note that what was missing since this moment is here, unless more has been missed."""
    VkState.objects.filter(pk=1, gap_since=since).update(gap_since=None)


@contextmanager
def only_one(job: str) -> Iterator[bool]:
    """Say whether this process may do a job that one at a time is enough for.

    A process that dies lets go of it.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(hashtext(%s))", [job])
        (is_ours,) = cursor.fetchone()
    try:
        yield is_ours
    finally:
        if is_ours:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(hashtext(%s))", [job])


def take_long_poll(owner: str, lease: timedelta) -> bool:
    """Say whether this process is the one that polls, for the length of the lease."""
    get()
    now = timezone.now()
    free = Q(long_poll_owner=owner) | Q(long_poll_until=None) | Q(long_poll_until__lt=now)
    taken = VkState.objects.filter(free, pk=1)
    return bool(taken.update(long_poll_owner=owner, long_poll_until=now + lease))


def release_long_poll(owner: str) -> None:
    """Let another process poll at once."""
    VkState.objects.filter(pk=1, long_poll_owner=owner).update(
        long_poll_owner="", long_poll_until=None
    )


def set_long_poll_ts(ts: str) -> None:
    """Keep how far the events of Long Poll are stored."""
    VkState.objects.filter(pk=1).update(long_poll_ts=ts[:40])
