"""What operators read: the list of dialogues, one of them, and what is found in them.

Written for hundreds of thousands of dialogues: lists go along an index from a place (keyset), never
from a number of rows to skip, and what a row needs beside its thread is read for all rows at once.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import Any

from django.contrib.auth.models import Permission
from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone

from accounts.models import User
from chat.errors import InvalidCursor, NotFound
from chat.events import Audience, Json, moment, public_name, update_json
from chat.models import (
    ChatAttachment,
    ChatBlock,
    ChatConsent,
    ChatDraft,
    ChatMessage,
    ChatRating,
    ChatReply,
    ChatThread,
    ChatTopic,
    ChatWait,
    VkPeer,
)
from chat.permissions import ANSWER
from chat.selectors import threads

PAGE = 50
# Nobody needs to know whether 5,000 or 6,000 wait.
COUNTED = 100
PREVIEW = 160
EARLIER_WAITS = 10
# Whoever waits this long for one operator is told of to all.
ORPHAN_AFTER = timedelta(minutes=10)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
LONGEST_CURSOR = 40

Sender = ChatMessage.Sender


class Queue(Enum):
    """Which dialogues are listed; those that wait stand with the longest wait first."""

    WAITING = "waiting"
    MINE = "mine"
    UNASSIGNED = "unassigned"
    OPEN = "open"
    CLOSED = "closed"


@dataclass(frozen=True)
class Filters:
    """What a list is narrowed to; empty means everything."""

    operator: int | None = None
    topic: str = ""
    page: str = ""


@dataclass(frozen=True)
class Place:
    """Where a list goes on: after the row with this moment and number."""

    at: datetime
    number: int

    @classmethod
    def parse(cls, text: str) -> "Place":
        """Return the place that a list gave out. Raises InvalidCursor."""
        parts = text.split("-")
        if len(text) > LONGEST_CURSOR or len(parts) != 2 or not all(map(_is_number, parts)):
            raise InvalidCursor
        try:
            return cls(EPOCH + timedelta(microseconds=int(parts[0])), int(parts[1]))
        except OverflowError as error:
            raise InvalidCursor from error

    def __str__(self) -> str:
        return f"{(self.at - EPOCH) // timedelta(microseconds=1)}-{self.number}"


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 18


# --- The list ------------------------------------------------------------------------------------


def queue_rows(
    operator: User, queue: Queue, filters: Filters, after: Place | None = None
) -> tuple[list[Json], str | None]:
    """Return (rows of a queue from a place on, the place where it goes on or None)."""
    found = _in_queue(operator, queue, filters)
    if queue is Queue.WAITING:
        found = found.order_by("waiting_since", "id")
        if after:
            later = Q(waiting_since__gt=after.at) | Q(id__gt=after.number)
            found = found.filter(later, waiting_since__gte=after.at)
    else:
        found = found.order_by("-last_message_at", "-id")
        if after:
            earlier = Q(last_message_at__lt=after.at) | Q(id__lt=after.number)
            found = found.filter(earlier, last_message_at__lte=after.at)
    listed = list(with_preview(found)[: PAGE + 1])
    more = len(listed) > PAGE
    listed = listed[:PAGE]
    last = listed[-1] if more else None
    at = last and (last.waiting_since if queue is Queue.WAITING else last.last_message_at)
    return rows(listed, operator), str(Place(at, last.pk)) if last and at else None


def rows_by_number(
    operator: User, numbers: Sequence[int], queue: Queue, filters: Filters
) -> tuple[list[Json], list[int]]:
    """Return (the rows of dialogues in no order, the numbers of those that are in a queue)."""
    found = with_preview(ChatThread.objects.filter(pk__in=numbers))
    inside = _in_queue(operator, queue, filters).filter(pk__in=numbers)
    return rows(list(found), operator), list(inside.values_list("pk", flat=True))


def common_row(operator: User) -> Json:
    """Return the row of the common dialogue."""
    return rows(list(with_preview(ChatThread.objects.filter(is_common=True))), operator)[0]


def counts(operator: User) -> Json:
    """Return how many dialogues are in the queues, at most COUNTED; `badge` is for the menu."""
    everything = Filters()
    answer = {
        queue.value: _in_queue(operator, queue, everything).order_by()[:COUNTED].count()
        for queue in (Queue.WAITING, Queue.MINE, Queue.UNASSIGNED)
    }
    return answer | {"badge": badge(operator)}


def badge(operator: User) -> int:
    """Return how many patients wait for this operator or for anybody, at most COUNTED."""
    waiting = ChatThread.objects.filter(
        Q(assignee__isnull=True) | Q(assignee=operator) | _orphans(), waiting_since__isnull=False
    )
    return waiting.order_by()[:COUNTED].count()


def _orphans() -> Q:
    """Waiting threads whose operator has left, or has not come for long: they are everybody's."""
    return Q(assignee__is_active=False) | Q(waiting_since__lt=timezone.now() - ORPHAN_AFTER)


def is_orphan(thread: ChatThread) -> bool:
    """Say whether a thread waits for an operator who has left or has not come for long."""
    if thread.waiting_since is None or thread.assignee is None:
        return False
    return not thread.assignee.is_active or timezone.now() - thread.waiting_since > ORPHAN_AFTER


def _in_queue(operator: User, queue: Queue, filters: Filters) -> QuerySet[ChatThread]:
    found = ChatThread.objects.filter(is_common=False)
    match queue:
        case Queue.WAITING:
            found = found.filter(waiting_since__isnull=False)
        case Queue.MINE:
            found = found.filter(status=ChatThread.Status.OPEN, assignee=operator)
        case Queue.UNASSIGNED:
            found = found.filter(status=ChatThread.Status.OPEN, assignee__isnull=True)
        case Queue.OPEN:
            found = found.filter(status=ChatThread.Status.OPEN)
        case Queue.CLOSED:
            found = found.filter(status=ChatThread.Status.CLOSED, merged_into__isnull=True)
    if queue is not Queue.WAITING:
        found = found.filter(last_message_at__isnull=False)
    if filters.operator is not None and queue is Queue.CLOSED:
        # Closing frees the operator; what is left are the waits that they ended.
        answered = ChatWait.objects.filter(operator=filters.operator, thread=OuterRef("pk"))
        found = found.filter(Exists(answered))
    elif filters.operator is not None:
        found = found.filter(assignee=filters.operator)
    if filters.topic:
        found = found.filter(topic=filters.topic)
    if filters.page:
        found = found.filter(page_url=filters.page)
    return found


def with_preview(found: QuerySet[ChatThread]) -> QuerySet[Any]:
    """Return threads with what their rows need.

    What is counted for each row is counted after the rows were chosen; a join with the messages
    would let the database walk through all dialogues.
    """
    messages = ChatMessage.objects.filter(thread=OuterRef("pk"))
    last = messages.exclude(sender=Sender.SYSTEM).order_by("-seq").values("pk")[:1]
    unread = (
        _unread(messages, OuterRef("operator_read_seq"))
        .order_by()
        .values("thread")
        .annotate(count=Count("pk"))
    )
    return found.select_related("assignee").annotate(
        preview_id=Subquery(last), unread_count=Coalesce(Subquery(unread.values("count")), 0)
    )


def _unread(messages: QuerySet[ChatMessage], read_seq: Any) -> QuerySet[ChatMessage]:
    return messages.filter(seq__gt=read_seq, sender=Sender.VISITOR, deleted_at__isnull=True)


def rows(listed: Sequence[Any], operator: User) -> list[Json]:
    """Return threads of `with_preview` as rows, in three queries whatever their number."""
    numbers = [thread.pk for thread in listed]
    shown = {
        message.pk: message
        for message in ChatMessage.objects.filter(pk__in=[thread.preview_id for thread in listed])
        .select_related("author")
        .prefetch_related("attachments")
    }
    drafts = set(
        ChatDraft.objects.filter(thread__in=numbers, author=operator).values_list(
            "thread_id", flat=True
        )
    )
    return [
        _row(thread)
        | {
            "unread": thread.unread_count,
            "preview": _preview(shown.get(thread.preview_id)),
            "draft": thread.pk in drafts,
        }
        for thread in listed
    ]


def _row(thread: ChatThread) -> Json:
    """Return what operators see of a thread; needs `assignee` at hand."""
    return {
        "number": thread.pk,
        "status": thread.status,
        "version": thread.last_version,
        "last_seq": thread.last_seq,
        "common": thread.is_common,
        "merged_into": thread.merged_into_id,
        "channel": "vk" if thread.vk_peer_id else "site",
        "name": thread.name,
        "topic": thread.topic,
        "page": {"url": thread.page_url, "title": thread.page_title} if thread.page_url else None,
        "assignee": _person(thread.assignee),
        "waiting_since": moment(thread.waiting_since),
        "orphan": is_orphan(thread),
        "last_message_at": moment(thread.last_message_at),
        "read": {"visitor": thread.visitor_read_seq, "operator": thread.operator_read_seq},
        "delivered": {
            "visitor": thread.visitor_delivered_seq,
            "operator": thread.operator_delivered_seq,
        },
    }


def _preview(message: ChatMessage | None) -> Json | None:
    if message is None:
        return None
    files = [file.name for file in message.attachments.all()]
    return {
        "sender": message.sender,
        "kind": message.kind,
        "name": public_name(message.author) if message.sender == Sender.OPERATOR else "",
        "author": message.author_id,
        "text": message.text[:PREVIEW] or ", ".join(files)[:PREVIEW],
        "deleted": message.deleted_at is not None,
    }


def _person(user: User | None) -> Json | None:
    return {"id": user.pk, "name": str(user)} if user else None


# --- One dialogue --------------------------------------------------------------------------------


def thread_of(number: int) -> ChatThread:
    """Return a thread, or the heir of a merged one. Raises NotFound."""
    found = threads.thread(number)
    while found.merged_into_id:
        found = threads.thread(found.merged_into_id)
    return found


def message(message_id: int) -> ChatMessage:
    """Return a message with all that the wire format needs. Raises NotFound."""
    found = threads.messages_where(Q(pk=message_id), Audience.OPERATOR).first()
    if found is None:
        raise NotFound
    return found


def details(thread: ChatThread) -> Json:
    """Return all that operators see of a thread beside its messages."""
    ratings = ChatRating.objects.filter(thread=thread).select_related("operator")
    waits = ChatWait.objects.filter(thread=thread).select_related("operator")
    consents = ChatConsent.objects.filter(thread=thread).order_by("-given_at")
    unread = _unread(ChatMessage.objects.filter(thread=thread), thread.operator_read_seq)
    account = User.objects.filter(pk=thread.user_id).first() if thread.user_id else None
    merged = ChatThread.objects.filter(merged_into=thread).order_by("pk")
    return _row(thread) | {
        "unread": unread.count(),
        "begun": moment(thread.created_at),
        "closed": moment(thread.closed_at),
        "seen": moment(thread.visitor_seen_at),
        "email": thread.email,
        "account": {"name": str(account), "email": account.email} if account else None,
        "merged_from": list(merged.values_list("pk", flat=True)),
        "consents": [
            {"version": consent.version, "at": moment(consent.given_at)} for consent in consents
        ],
        "ratings": [
            {
                "score": rating.score,
                "comment": rating.comment,
                "at": moment(rating.created_at),
                "operator": str(rating.operator or ""),
            }
            for rating in ratings.order_by("-created_at")
        ],
        "waits": [
            {
                "from": moment(wait.started_at),
                "to": moment(wait.ended_at),
                "answered": wait.answered,
                "operator": str(wait.operator or ""),
            }
            for wait in waits.order_by("-started_at")[:EARLIER_WAITS]
        ],
        "block": _block(thread),
        "picture": _pictures(thread).exists(),
    }


def _pictures(thread: ChatThread) -> QuerySet[VkPeer]:
    found = VkPeer.objects.filter(peer_id=thread.vk_peer_id, picture__isnull=False)
    return found.exclude(picture=b"")


def picture(number: int) -> bytes:
    """Return what a patient who writes from VK looks like, as JPEG or PNG. Raises NotFound."""
    found = _pictures(thread_of(number)).first()
    if found is None:
        raise NotFound
    return bytes(found.picture or b"")


def blocks_of(thread: ChatThread) -> QuerySet[ChatBlock]:
    """Return the blocks of a thread and of the network it was last written from."""
    return ChatBlock.objects.filter(
        Q(kind=ChatBlock.Kind.THREAD, value=str(thread.pk))
        | Q(kind=ChatBlock.Kind.NETWORK, value=thread.network_hash or "-")
    )


def _block(thread: ChatThread) -> Json | None:
    found = (
        blocks_of(thread)
        .filter(until__gt=timezone.now())
        .select_related("author")
        .order_by("-until")
        .first()
    )
    if found is None:
        return None
    return {
        "id": found.pk,
        "kind": found.kind,
        "until": moment(found.until),
        "reason": found.reason,
        "by": str(found.author or ""),
    }


def opened(operator: User, number: int) -> Json:
    """Return a dialogue with its last messages and the operator's drafts. Raises NotFound."""
    thread = thread_of(number)
    newest, more = threads.older_messages(thread.pk, thread.last_seq + 1, Audience.OPERATOR)
    drafts = ChatDraft.objects.filter(thread=thread, author=operator)
    answer = update_json(
        details(thread), newest, Audience.OPERATOR, cursor=thread.last_version, more=more
    )
    return answer | {"drafts": {draft.kind: draft.text for draft in drafts}}


def changes(number: int, after: int) -> Json | None:
    """Return what has changed in a dialogue since a cursor as an update, None if nothing has.

    Raises NotFound, InvalidCursor.
    """
    thread = threads.thread(number)
    changed, cursor, more = threads.changes(thread, after, Audience.OPERATOR)
    if cursor == after:
        return None
    return update_json(details(thread), changed, Audience.OPERATOR, cursor=cursor, more=more)


def attachment(operator: User, attachment_id: object) -> ChatAttachment:
    """Return a file that an operator may read: of any message that stands, or their own upload."""
    found = (
        ChatAttachment.objects.filter(
            Q(message__isnull=False, message__deleted_at__isnull=True)
            | Q(message__isnull=True, uploader=operator),
            pk=attachment_id,
        )
        .select_related("message")
        .first()
    )
    if found is None:
        raise NotFound
    return found


# --- What operators have at hand -----------------------------------------------------------------


def operators() -> list[Json]:
    """Return everybody who may answer, by name."""
    app, codename = ANSWER.split(".")
    right = Permission.objects.filter(content_type__app_label=app, codename=codename)
    having = Q(is_superuser=True) | Q(user_permissions__in=right) | Q(groups__permissions__in=right)
    found = User.objects.filter(having, is_active=True).distinct()
    return [_person(user) or {} for user in sorted(found, key=str)]


def operator(user_id: int) -> User:
    """Return an active user. Raises NotFound."""
    found = User.objects.filter(pk=user_id, is_active=True).first()
    if found is None:
        raise NotFound
    return found


def topics() -> list[str]:
    """Return the topics that widgets offer."""
    return sorted(set(ChatTopic.objects.values_list("title", flat=True)))


def usable_replies() -> QuerySet[ChatReply]:
    """Return the canned replies that may be used today: published, and not due to be read again."""
    today = timezone.localdate()
    found = ChatReply.objects.filter(Q(review_by__isnull=True) | Q(review_by__gt=today), live=True)
    return found.order_by("title", "pk")


def replies() -> list[Json]:
    """Return the canned replies that may be used today, for the inbox."""
    return [
        {"title": reply.title, "shortcut": reply.shortcut, "text": reply.text}
        for reply in usable_replies()
    ]
