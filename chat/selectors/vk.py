"""How the connection to VK is doing, for the administrator."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Min, QuerySet

from chat.models import VkEvent, VkFile, VkOperator, VkOutbox, VkState

SHOWN = 50


@dataclass(frozen=True)
class Queue:
    """How much waits, and since when."""

    count: int
    since: datetime | None


def state() -> VkState:
    """Return the state of the connection."""
    return VkState.objects.filter(pk=1).first() or VkState()


def events_to_read() -> Queue:
    """Return how many events wait for the worker."""
    waiting = VkEvent.objects.filter(state=VkEvent.State.NEW)
    return Queue(waiting.count(), waiting.aggregate(since=Min("received_at"))["since"])


def messages_to_send() -> Queue:
    """Return how many messages wait to be sent."""
    waiting = VkOutbox.objects.filter(state=VkOutbox.State.WAITING)
    return Queue(waiting.count(), waiting.aggregate(since=Min("created_at"))["since"])


def files_to_fetch() -> Queue:
    """Return how many files wait to be fetched."""
    waiting = VkFile.objects.filter(state=VkFile.State.WAITING)
    return Queue(waiting.count(), waiting.aggregate(since=Min("created_at"))["since"])


def failed() -> QuerySet[VkOutbox]:
    """Return the messages that could not be sent, the last first."""
    return VkOutbox.objects.filter(state=VkOutbox.State.FAILED).order_by("-pk")


def failed_files() -> QuerySet[VkFile]:
    """Return the files that could not be taken over, the last first."""
    found = VkFile.objects.filter(state=VkFile.State.FAILED).order_by("-pk")
    return found.select_related("message", "reply")


def quarantined() -> QuerySet[VkEvent]:
    """Return the events that a person should look at, the last first."""
    return VkEvent.objects.filter(state=VkEvent.State.QUARANTINED).order_by("-pk")


def operators() -> QuerySet[VkOperator]:
    """Return whose accounts are bound, by name."""
    return VkOperator.objects.select_related("user").order_by(
        "user__last_name", "user__first_name", "pk"
    )
