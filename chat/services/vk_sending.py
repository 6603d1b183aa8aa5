"""The order of sending: who sends which row, how fast, and when sending stops altogether."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from chat.models import VkOutbox, VkState

# VK allows 20 a second for a token; two workers' clocks may differ a little.
A_SECOND = 15
# A worker that died with a row in its hands holds it no longer than this.
LEASE = timedelta(seconds=90)


def claim() -> VkOutbox | None:
    """Take the oldest row that is due, for this worker alone; None if there is none.

    Rows to one person go in their order: the parts of a text, an answer and the next. The row says
    when it was tried before: its `first_tried_at` is None if it never was.
    """
    now = timezone.now()
    earlier = VkOutbox.objects.filter(
        peer_id=OuterRef("peer_id"), state=VkOutbox.State.WAITING, pk__lt=OuterRef("pk")
    )
    with transaction.atomic():
        row = (
            VkOutbox.objects.select_for_update(skip_locked=True)
            .filter(~Exists(earlier), state=VkOutbox.State.WAITING, next_at__lte=now)
            # Files are brought to VK first (chat.vk.uploads), beside the sending.
            .exclude(~Q(attachment_ids=[]), attachment="")
            .order_by("pk")
            .first()
        )
        if row is None:
            return None
        row.attempts += 1
        row.next_at = now + LEASE
        VkOutbox.objects.filter(pk=row.pk).update(
            attempts=row.attempts, first_tried_at=row.first_tried_at or now, next_at=row.next_at
        )
        return row


def take_slot() -> float:
    """Return how many seconds to wait before the next call; one bucket for all workers."""
    with transaction.atomic():
        state = _locked_state()
        now = timezone.now()
        slot = max(now, state.next_slot_at or now)
        state.next_slot_at = slot + timedelta(seconds=1 / A_SECOND)
        state.save(update_fields=["next_slot_at"])
        return (slot - now).total_seconds()


def slow_down(seconds: float) -> None:
    """Let nobody call VK for a while: it said that we are too fast."""
    with transaction.atomic():
        state = _locked_state()
        pause = timezone.now() + timedelta(seconds=seconds)
        state.next_slot_at = max(pause, state.next_slot_at or pause)
        state.save(update_fields=["next_slot_at"])


def halt(reason: str, token_hash: str) -> None:
    """Stop sending: VK refuses the token. The queue is kept."""
    VkState.objects.update_or_create(
        pk=1, defaults={"halted_reason": reason[:200], "halted_token_hash": token_hash}
    )


def is_halted(token_hash: str) -> bool:
    """Say whether sending is stopped; another token than the refused one sets it going again."""
    state = VkState.objects.filter(pk=1).first()
    if state is None or not state.halted_reason:
        return False
    if state.halted_token_hash == token_hash:
        return True
    resume()
    return False


def resume() -> None:
    """Set sending going again."""
    VkState.objects.filter(pk=1).update(halted_reason="", halted_token_hash="")


def note_sent(at: datetime) -> None:
    """Note when VK last took a message."""
    VkState.objects.update_or_create(pk=1, defaults={"last_sent_at": at})


def _locked_state() -> VkState:
    VkState.objects.get_or_create(pk=1)
    return VkState.objects.select_for_update().get(pk=1)
