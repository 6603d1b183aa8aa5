"""How a thread is written: under its row's lock, with the next `seq` and `version`."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

from django.db import connection, transaction
from django.utils import timezone

from chat.errors import NotFound
from chat.models import ChatMessage, ChatThread

CHANNEL = "chat"


class ThreadWriter:
    """A locked thread. Change its fields, add and change messages; `writing` saves at the end."""

    def __init__(self, thread: ChatThread) -> None:
        self.thread = thread
        self.now = timezone.now()
        self._before = self._state()

    def add(self, sender: str, **fields: Any) -> ChatMessage:
        """Add a message at the next place."""
        self.thread.last_seq += 1
        self.thread.last_message_at = self.now
        return ChatMessage.objects.create(
            thread=self.thread,
            seq=self.thread.last_seq,
            version=self._next_version(),
            sender=sender,
            **fields,
        )

    def change(self, message: ChatMessage, **fields: Any) -> None:
        """Change a message of this thread; it takes a new version."""
        for name, value in fields.items():
            setattr(message, name, value)
        message.version = self._next_version()
        message.save(update_fields=[*fields, "version"])

    def take_over(self, message: ChatMessage) -> int:
        """Move a message of another thread to the end of this one; return its new place."""
        self.thread.last_seq += 1
        if ChatMessage.objects.filter(thread=self.thread, client_id=message.client_id).exists():
            # The same key in both: the one here keeps it.
            message.client_id = uuid4()
        message.thread, message.seq = self.thread, self.thread.last_seq
        message.version = self._next_version()
        message.save(update_fields=["thread", "seq", "version", "client_id"])
        return message.seq

    def bump(self) -> None:
        """Take a new version for a change beside the thread's own row."""
        self._next_version()

    def finish(self) -> None:
        """Save what has changed of the thread and tell the readers, as the transaction commits."""
        changed = [name for name, value in self._state().items() if value != self._before[name]]
        if not changed:
            return
        if "last_version" not in changed:
            self._next_version()
            changed.append("last_version")
        self.thread.save(update_fields=changed)
        notify(f"m {self.thread.pk} {self.thread.last_version}")

    def _next_version(self) -> int:
        self.thread.last_version += 1
        return self.thread.last_version

    def _state(self) -> dict[str, Any]:
        return {
            field.attname: getattr(self.thread, field.attname)
            for field in self.thread._meta.concrete_fields
        }


@contextmanager
def writing(thread_id: int) -> Iterator[ThreadWriter]:
    """Lock a thread for the length of a transaction; a merged one leads on to its heir.

    Raises NotFound for a number that does not exist.
    """
    with transaction.atomic():
        writer = ThreadWriter(locked(thread_id))
        yield writer
        writer.finish()


def locked(thread_id: int) -> ChatThread:
    """Return the thread, or the heir of a merged one, with its row locked."""
    # NO KEY: rows that refer to the thread may be written meanwhile. A merged row is not locked on
    # the way to its heir, which may be held by somebody who waits for it: a deadlock.
    living = ChatThread.objects.filter(merged_into__isnull=True).select_for_update(no_key=True)
    number: int | None = thread_id
    while number is not None:
        found = living.filter(pk=number).first()
        if found:
            return found
        heirs = ChatThread.objects.filter(pk=number).values_list("merged_into_id", flat=True)
        number = heirs.first()
    raise NotFound


def notify(hint: str) -> None:
    """Give all processes a hint, when the transaction commits (docs/chat-protocol.md, Stream)."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify(%s, %s)", [CHANNEL, hint])
