"""The one wire format: messages, threads and updates as JSON (docs/chat-protocol.md)."""

from collections.abc import Iterable
from datetime import UTC, datetime
from enum import Enum
from typing import Any

from django.urls import reverse
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from accounts.models import User
from chat.models import ChatAttachment, ChatMessage, ChatRating, ChatThread, VkOutbox

Json = dict[str, Any]


class Audience(Enum):
    """Who reads: a patient is never shown notes, authors or delivery."""

    VISITOR = "visitor"
    OPERATOR = "operator"


def moment(at: datetime | None) -> str | None:
    """Return a moment as ISO 8601 in UTC with milliseconds, or None."""
    if at is None:
        return None
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def public_name(user: User | None) -> str:
    """Return how a patient sees an operator: by the first name alone."""
    return (user and user.first_name) or _("Operator")


def message_json(message: ChatMessage, audience: Audience) -> Json:
    """Return a message as its reader sees it. Needs `author` and `attachments` at hand."""
    inside = audience is Audience.OPERATOR
    own = message.sender == (ChatMessage.Sender.OPERATOR if inside else ChatMessage.Sender.VISITOR)
    answer: Json = {
        "id": message.pk,
        "seq": message.seq,
        "version": message.version,
        "client_id": str(message.client_id) if own else None,
        "sender": message.sender,
        "name": public_name(message.author) if message.sender == "operator" else "",
        "text": system_text(message) if message.event else message.text,
        "event": message.event,
        "at": moment(message.created_at),
        "edited": message.edited_at is not None,
        "deleted": message.deleted_at is not None,
        "attachments": [attachment_json(file, audience) for file in message.attachments.all()],
    }
    if inside:
        answer |= {
            "kind": message.kind,
            "author": message.author_id,
            "author_name": str(message.author) if message.author else "",
            "channel": message.channel,
            "delivery": message.delivery,
            "undelivered": undelivered(message),
        }
    return answer


def system_text(message: ChatMessage) -> str:
    """Return the words of a system line."""
    match message.event:
        case ChatMessage.Event.CLOSED:
            return _("The conversation is closed. Write if anything else comes up.")
        case ChatMessage.Event.REOPENED:
            return _("The conversation goes on.")
        case ChatMessage.Event.JOINED:
            return _("%(name)s answers you.") % {"name": public_name(message.author)}
        case ChatMessage.Event.ASSIGNED:
            return _("Handed over to: %(name)s") % {"name": message.text}
        case ChatMessage.Event.MERGED:
            return _("Earlier messages were added to this conversation.")
        case ChatMessage.Event.LATE:
            at = date_format(localtime(datetime.fromisoformat(message.text)), "d.m.Y H:i")
            return _("The next message was written in VK on %(at)s and came late.") % {"at": at}
    return ""


def undelivered(message: ChatMessage) -> str:
    """Return why an answer did not get to a patient in VK, nothing if it did or may still."""
    if message.delivery != ChatMessage.Delivery.FAILED:
        return ""
    failed = message.vk_outbox.filter(
        purpose=VkOutbox.Purpose.ANSWER, state=VkOutbox.State.FAILED
    ).first()
    return why_failed(failed) if failed else ""


def why_failed(row: VkOutbox) -> str:
    """Return why a message did not get to VK."""
    match row.error_code:
        case None:
            return row.error or _("VK did not answer.")
        case 900 | 901 | 902:
            return _("The person does not let the community write to them.")
        case 18 | 30 | 37:
            return _("The person's page is deleted, blocked or closed.")
        case 7 | 15 | 20 | 23 | 203:
            return _("The token lacks a right.")
        case 909 | 920:
            return _("VK does not let this message be changed any more.")
        case 914:
            return _("The message is too long for VK.")
        case 6 | 9 | 29 | 103:
            return _("VK let no more messages through for too long.")
        case _:
            return _("VK answers with error %(code)d.") % {"code": row.error_code}


def attachment_json(file: ChatAttachment, audience: Audience) -> Json:
    """Return a file as its reader sees it."""
    door = "chat_attachment" if audience is Audience.VISITOR else "chat_inbox_attachment"
    return {
        "id": str(file.pk),
        "name": file.name,
        "type": file.content_type,
        "size": file.size,
        "url": reverse(door, args=[file.pk]),
    }


def thread_json(thread: ChatThread, unread: int, rating: ChatRating | None) -> Json:
    """Return a thread as its patient sees it. Needs `assignee` at hand."""
    return {
        "number": thread.pk,
        "status": thread.status,
        "version": thread.last_version,
        "last_seq": thread.last_seq,
        "operator": public_name(thread.assignee) if thread.assignee else None,
        "read": {"visitor": thread.visitor_read_seq, "operator": thread.operator_read_seq},
        "delivered": {
            "visitor": thread.visitor_delivered_seq,
            "operator": thread.operator_delivered_seq,
        },
        "unread": unread,
        "contact": {"name": thread.name, "email": bool(thread.email)},
        "rating": {"score": rating.score, "comment": rating.comment} if rating else None,
    }


def update_json(
    thread: Json, messages: Iterable[ChatMessage], audience: Audience, *, cursor: int, more: bool
) -> Json:
    """Return an update: the one event of all transports."""
    ordered = sorted(messages, key=lambda message: message.seq)
    return {
        "thread": thread,
        "messages": [message_json(message, audience) for message in ordered],
        "cursor": cursor,
        "more": more,
        "typing": None,
    }
