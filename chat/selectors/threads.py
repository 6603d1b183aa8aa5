"""What a patient reads: their thread, a snapshot of it, and what has changed since.

A thread's row is always read before its messages. Writers change both under the row's lock, so a
reader that saw version V finds every message up to V; one changed in between comes with the next
update.
"""

from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from chat.errors import InvalidCursor, NotFound
from chat.events import (
    Audience,
    Json,
    public_name,
    system_text,
    thread_json,
    update_json,
)
from chat.models import ChatAttachment, ChatConsent, ChatMessage, ChatRating, ChatThread
from chat.permissions import Visitor

SNAPSHOT = 50
PORTION = 200
# What a patient waits for.
ANSWER = Q(
    sender=ChatMessage.Sender.OPERATOR,
    kind=ChatMessage.Kind.MESSAGE,
    deleted_at__isnull=True,
)


def thread_id_of(visitor: Visitor) -> int | None:
    """Return the number of a visitor's thread, or None. The account's goes before the cookie's."""
    if visitor.user_id is not None:
        found = (
            ChatThread.objects.filter(user_id=visitor.user_id).values_list("pk", flat=True).first()
        )
        if found is not None:
            return found
    if visitor.secret_hash is None:
        return None
    return (
        ChatThread.objects.filter(visitor_hash=visitor.secret_hash)
        .values_list("pk", flat=True)
        .first()
    )


def require_thread_id(visitor: Visitor) -> int:
    """Return the number of a visitor's thread; NotFound if there is none."""
    found = thread_id_of(visitor)
    if found is None:
        raise NotFound
    return found


def common_thread_id() -> int:
    """Return the number of the common dialogue, which a migration made."""
    return ChatThread.objects.values_list("pk", flat=True).get(is_common=True)


def thread(thread_id: int) -> ChatThread:
    """Return a thread with its assignee; NotFound if there is none."""
    found = ChatThread.objects.select_related("assignee").filter(pk=thread_id).first()
    if found is None:
        raise NotFound
    return found


def numbers_of(thread_id: int) -> list[int]:
    """Return a dialogue's number and those that lead to it, each behind what it leads to."""
    numbers = [thread_id]
    for number in numbers:
        merged = ChatThread.objects.filter(merged_into=number).order_by("pk")
        numbers.extend(merged.values_list("pk", flat=True))
    return numbers


def messages(thread_id: int, audience: Audience) -> QuerySet[ChatMessage]:
    """Return what a reader may see of a thread, with all that the wire format needs."""
    return messages_where(Q(thread_id=thread_id), audience)


def messages_where(condition: Q, audience: Audience) -> QuerySet[ChatMessage]:
    """Return what a reader may see of all that meets a condition."""
    found = ChatMessage.objects.filter(condition)
    if audience is Audience.VISITOR:
        found = found.filter(kind=ChatMessage.Kind.MESSAGE)
    # What the database keeps for searching is longer than the text.
    return found.defer("search").select_related("author").prefetch_related("attachments")


def unread_count(thread: ChatThread) -> int:
    """Return how many answers the patient has not seen."""
    if thread.visitor_read_seq >= thread.last_seq:
        return 0
    return ChatMessage.objects.filter(
        ANSWER, thread_id=thread.pk, seq__gt=thread.visitor_read_seq
    ).count()


def rating(thread: ChatThread) -> ChatRating | None:
    """Return the rating of a closed thread's last conversation."""
    if thread.status == ChatThread.Status.OPEN:
        return None
    return ChatRating.objects.filter(thread_id=thread.pk, closed_seq=closing_seq(thread.pk)).first()


def first_unseen(thread: ChatThread, number: int, shown_seq: int | None) -> int | None:
    """Return the place of the first message of the patient behind one that an operator saw.

    None if there is none, or if they saw all (`shown_seq` is None). `number` is that of the thread
    they looked at: if it was merged into this one, its places say nothing here.
    """
    if shown_seq is None:
        return None
    shown_seq = shown_seq if thread.pk == number else 0
    written = ChatMessage.objects.filter(
        thread=thread,
        sender=ChatMessage.Sender.VISITOR,
        seq__gt=shown_seq,
        deleted_at__isnull=True,
    )
    return written.order_by("seq").values_list("seq", flat=True).first()


def closing_seq(thread_id: int) -> int:
    """Return the place of the line that last closed a thread, 0 if none did."""
    found = (
        ChatMessage.objects.filter(thread_id=thread_id, event=ChatMessage.Event.CLOSED)
        .order_by("-seq")
        .values_list("seq", flat=True)
        .first()
    )
    return found or 0


def visitor_thread_json(thread: ChatThread) -> Json:
    """Return a thread as its patient sees it."""
    return thread_json(thread, unread_count(thread), rating(thread))


def snapshot(thread_id: int) -> Json:
    """Return the last messages of a patient's thread as an update; `more`: there are older ones."""
    found = thread(thread_id)
    newest = list(messages(thread_id, Audience.VISITOR).order_by("-seq")[: SNAPSHOT + 1])
    return update_json(
        visitor_thread_json(found),
        newest[:SNAPSHOT],
        Audience.VISITOR,
        cursor=found.last_version,
        more=len(newest) > SNAPSHOT,
    )


def older_messages(
    thread_id: int, before: int, audience: Audience
) -> tuple[list[ChatMessage], bool]:
    """Return the messages before a place, oldest first, and whether there are older ones still."""
    found = list(
        messages(thread_id, audience).filter(seq__lt=before).order_by("-seq")[: SNAPSHOT + 1]
    )
    return found[:SNAPSHOT][::-1], len(found) > SNAPSHOT


def changes(
    thread: ChatThread, after: int, audience: Audience, limit: int = PORTION
) -> tuple[list[ChatMessage], int, bool]:
    """Return (messages changed since a cursor, the new cursor, whether there are more).

    Raises InvalidCursor for a cursor that the thread never gave.
    """
    if not 0 <= after <= thread.last_version:
        raise InvalidCursor
    if after == thread.last_version:
        return [], after, False
    found = list(
        messages(thread.pk, audience)
        .filter(version__gt=after, version__lte=thread.last_version)
        .order_by("version")[: limit + 1]
    )
    if len(found) > limit:
        return found[:limit], found[limit - 1].version, True
    return found, thread.last_version, False


def update_for_visitor(thread_id: int, after: int) -> Json | None:
    """Return what a patient has not got since a cursor as an update; None if there is nothing.

    Raises NotFound, InvalidCursor.
    """
    found = thread(thread_id)
    changed, cursor, more = changes(found, after, Audience.VISITOR)
    if cursor == after:
        return None
    return update_json(
        visitor_thread_json(found), changed, Audience.VISITOR, cursor=cursor, more=more
    )


def has_consented(thread_id: int | None, version: str, text_sha256: str) -> bool:
    """Say whether a thread's patient agreed to this version of this text."""
    return ChatConsent.objects.filter(
        thread_id=thread_id, version=version, text_sha256=text_sha256
    ).exists()


def attachment_for_visitor(visitor: Visitor, attachment_id: UUID) -> ChatAttachment:
    """Return a file of a visitor's own thread; NotFound for all others."""
    found = (
        ChatAttachment.objects.filter(
            Q(message__kind=ChatMessage.Kind.MESSAGE),
            pk=attachment_id,
            message__thread_id=require_thread_id(visitor),
            message__deleted_at__isnull=True,
        )
        .select_related("message")
        .first()
    )
    if found is None:
        raise NotFound
    return found


def transcript(thread_id: int) -> str:
    """Return a patient's conversation as plain text, times by the laboratory's clock."""
    lines = [_("Conversation #%(number)d") % {"number": thread_id}]
    said = messages(thread_id, Audience.VISITOR).filter(deleted_at__isnull=True).order_by("seq")
    for message in said:
        who = {
            ChatMessage.Sender.VISITOR: _("You"),
            ChatMessage.Sender.OPERATOR: public_name(message.author),
        }.get(ChatMessage.Sender(message.sender), "—")
        at = timezone.localtime(message.created_at)
        text = system_text(message) if message.event else message.text
        files = [f"[{file.name}]" for file in message.attachments.all()]
        lines.append(f"{at:%d.%m.%Y %H:%M} {who}: " + " ".join([text, *files]).strip())
    return "\r\n".join(lines) + "\r\n"
