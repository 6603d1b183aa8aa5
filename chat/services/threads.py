"""What happens to a thread as a whole: reading, joining, forgetting, taking, closing."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from chat.errors import Forbidden, Invalid, TakenMeanwhile, WrittenMeanwhile
from chat.models import (
    ChatConsent,
    ChatMessage,
    ChatRating,
    ChatThread,
    ChatWait,
)
from chat.permissions import Visitor, may_answer
from chat.selectors import threads as selectors
from chat.services import blocks, drafts, protection, waits
from chat.services.texts import clean_line, clean_text
from chat.services.writing import ThreadWriter, locked, notify, writing

SEEN_EVERY = timedelta(minutes=1)

Event = ChatMessage.Event
Sender = ChatMessage.Sender


# --- The patient ---------------------------------------------------------------------------------


@transaction.atomic
def join(visitor: Visitor) -> None:
    """Give a signed-in visitor's account the thread that their browser brought along.

    From then on the cookie opens nothing: signing out leaves the browser without the dialogue.
    If the account has a thread already, the browser's is merged into it.
    """
    if visitor.user_id is None or visitor.secret_hash is None:
        return
    brought = ChatThread.objects.filter(visitor_hash=visitor.secret_hash).first()
    if brought is None:
        return
    own = ChatThread.objects.filter(user_id=visitor.user_id).first()
    if own:
        merge(brought.pk, own.pk)
        return
    with writing(brought.pk) as writer:
        if writer.thread.visitor_hash == visitor.secret_hash:
            writer.thread.visitor_hash = None
            writer.thread.user_id = visitor.user_id


@transaction.atomic
def merge(thread_id: int, heir_id: int) -> None:
    """Move all of a thread to its heir, whose messages it follows; its number leads there.

    The heir also gets the patient's browser, account or VK dialogue where it has none of its own,
    so that whoever wrote to the old thread still finds the answers. Raises NotFound, and Invalid
    for a thread and itself or the common dialogue.
    """
    lock_in_order(thread_id, heir_id)
    # The old one is saved first: what it gives up is unique.
    with writing(heir_id) as heir, writing(thread_id) as old:
        if old.thread.pk == heir.thread.pk:
            return
        if old.thread.is_common or heir.thread.is_common:
            raise Invalid(_("The common dialogue is nobody's."))
        moved = list(ChatMessage.objects.filter(thread=old.thread).order_by("seq"))
        if moved:
            heir.add(Sender.SYSTEM, event=Event.MERGED)
        places = {message.seq: heir.take_over(message) for message in moved}
        for message in moved:
            if message.answers_upto is not None:
                last_seen = places.get(message.answers_upto, 0)
                ChatMessage.objects.filter(pk=message.pk).update(answers_upto=last_seen)
        ChatWait.objects.filter(thread=old.thread).update(thread=heir.thread)
        for rating in ChatRating.objects.filter(thread=old.thread):
            rating.thread, rating.closed_seq = heir.thread, places[rating.closed_seq]
            rating.save()
        agreed = ChatConsent.objects.filter(thread=heir.thread).values("version", "text_sha256")
        for consent in ChatConsent.objects.filter(thread=old.thread):
            if {"version": consent.version, "text_sha256": consent.text_sha256} not in agreed:
                ChatConsent.objects.filter(pk=consent.pk).update(thread=heir.thread)
        blocks.hand_on(old.thread.pk, heir.thread.pk)
        drafts.hand_on(old.thread, heir.thread)
        _hand_on_state(old.thread, heir.thread)
        _hand_on_identity(old.thread, heir.thread)
        old.thread.merged_into = heir.thread
        old.thread.status = ChatThread.Status.CLOSED
        old.thread.closed_at = old.now
        old.thread.waiting_since = None


def _hand_on_state(old: ChatThread, heir: ChatThread) -> None:
    if old.waiting_since:
        heir.waiting_since = min(old.waiting_since, heir.waiting_since or old.waiting_since)
        heir.status, heir.closed_at = ChatThread.Status.OPEN, None
    for name in ("name", "email", "topic", "page_url", "page_title"):
        if not getattr(heir, name):
            setattr(heir, name, getattr(old, name))


def _hand_on_identity(old: ChatThread, heir: ChatThread) -> None:
    if heir.vk_peer_id is None:
        heir.vk_peer_id = old.vk_peer_id
    else:
        old.former_vk_peer_id = old.vk_peer_id
    if heir.user_id is None and heir.visitor_hash is None:
        heir.user_id, heir.visitor_hash = old.user_id, old.visitor_hash
        heir.visitor_seen_at = old.visitor_seen_at
    old.visitor_hash = old.user_id = old.vk_peer_id = None


def lock_in_order(*numbers: int) -> None:
    """Lock several threads in the one order that everybody keeps: by number."""
    for number in sorted(set(numbers)):
        locked(number)


def forget(visitor: Visitor) -> None:
    """Part a browser from its thread; the dialogue stays with the laboratory."""
    if visitor.secret_hash is None:
        return
    found = ChatThread.objects.filter(visitor_hash=visitor.secret_hash).first()
    if found:
        with writing(found.pk) as writer:
            writer.thread.visitor_hash = None


def seen(*thread_ids: int) -> None:
    """Note that the patients of these threads are there, once a minute. Changes no version."""
    now = timezone.now()
    ChatThread.objects.filter(
        Q(visitor_seen_at__isnull=True) | Q(visitor_seen_at__lt=now - SEEN_EVERY),
        pk__in=thread_ids,
    ).update(visitor_seen_at=now)


@transaction.atomic
def seen_together(thread_ids: Iterable[int]) -> None:
    """Note that the patients of many threads are there, as `seen` does for few.

    Rows that somebody writes now are left for the next time: nobody waits for a sign of life, and
    processes that see the same patients do not wait for each other.
    """
    rows = ChatThread.objects.filter(pk__in=set(thread_ids))
    seen(*rows.select_for_update(skip_locked=True, no_key=True).values_list("pk", flat=True))


def mark_visitor(visitor: Visitor, upto: int, *, read: bool) -> ChatThread:
    """Note how far a patient has got (`read`: has read). Marks never go back.

    Raises NotFound, and Invalid for a place beyond the last message.
    """
    with writing(selectors.require_thread_id(visitor)) as writer:
        _mark(writer.thread, "visitor", upto, read=read)
        return writer.thread


def mark_vk_reader(peer_id: int, upto: int) -> None:
    """Note how far a patient in VK has read."""
    found = ChatThread.objects.filter(vk_peer_id=peer_id).first()
    if found:
        with writing(found.pk) as writer:
            _mark(writer.thread, "visitor", min(upto, writer.thread.last_seq), read=True)


def _mark(thread: ChatThread, side: str, upto: int, *, read: bool) -> None:
    if not 0 <= upto <= thread.last_seq:
        raise Invalid(_("There is no such message."), field="upto")
    for mark in [f"{side}_delivered_seq", *([f"{side}_read_seq"] if read else [])]:
        setattr(thread, mark, max(upto, getattr(thread, mark)))


def set_contact(visitor: Visitor, *, name: str, email: str | None) -> ChatThread:
    """Note how to call a patient and where to answer when they are away (each may be empty).

    `email` None: it stays as it is.
    """
    name = clean_line(name, field="name", longest=80)
    with writing(selectors.require_thread_id(visitor)) as writer:
        protection.refuse_blocked(writer.thread.pk, visitor.network_hash)
        writer.thread.name = name
        if email is not None:
            writer.thread.email = email
        return writer.thread


def rate(visitor: Visitor, *, score: int, comment: str) -> ChatThread:
    """Note what a patient thinks of the dialogue that was closed last; may be changed.

    Raises Invalid for a score outside 1 to 5 and for a dialogue that is open.
    """
    comment = clean_text(comment, field="comment", longest=1000)
    if not 1 <= score <= 5:
        raise Invalid(_("From 1 to 5."), field="score")
    with writing(selectors.require_thread_id(visitor)) as writer:
        thread = writer.thread
        protection.refuse_blocked(thread.pk, visitor.network_hash)
        if thread.status != ChatThread.Status.CLOSED:
            raise Invalid(_("The conversation is not closed yet."), field="score")
        closed = ChatMessage.objects.get(thread=thread, seq=selectors.closing_seq(thread.pk))
        ChatRating.objects.update_or_create(
            thread=thread,
            closed_seq=closed.seq,
            defaults={"operator": closed.author, "score": score, "comment": comment},
        )
        writer.bump()
        return thread


# --- Operators -----------------------------------------------------------------------------------


def mark_operator(operator: User, thread_id: int, upto: int, *, read: bool) -> ChatThread:
    """Note how far the laboratory has got in a thread. Raises Forbidden, NotFound, Invalid."""
    _require_operator(operator)
    with writing(thread_id) as writer:
        _mark(writer.thread, "operator", upto, read=read)
        return writer.thread


def assign(
    operator: User, thread_id: int, assignee: User | None, *, only_free: bool = False
) -> ChatThread:
    """Give a thread to an operator, to oneself (a take-over), or to nobody.

    Raises Forbidden, NotFound, Invalid if the assignee may not answer, and TakenMeanwhile if
    somebody else has it though it was meant to be free (`only_free`).
    """
    _require_operator(operator)
    if assignee and not may_answer(assignee):
        raise Invalid(_("This person does not answer in the chat."), field="assignee")
    with writing(thread_id) as writer:
        thread = writer.thread
        if thread.is_common:
            raise Invalid(_("The common dialogue is nobody's."))
        if thread.assignee_id != (assignee and assignee.pk):
            if only_free and thread.assignee:
                raise TakenMeanwhile(
                    _("%(name)s has taken it already.") % {"name": thread.assignee}
                )
            thread.assignee = assignee
            writer.add(
                Sender.SYSTEM,
                event=Event.ASSIGNED,
                kind=ChatMessage.Kind.NOTE,
                author=operator,
                text=str(assignee or ""),
            )
        return thread


def close(operator: User, thread_id: int, *, shown_seq: int | None = None) -> ChatThread:
    """Close a dialogue. A second call changes nothing.

    Raises Forbidden, NotFound, Invalid, and WrittenMeanwhile if the patient wrote after
    `shown_seq`, the last place that the operator saw (None: all).
    """
    _require_operator(operator)
    with writing(thread_id) as writer:
        thread = writer.thread
        if thread.is_common:
            raise Invalid(_("The common dialogue stays open."))
        if thread.status == ChatThread.Status.OPEN:
            if selectors.first_unseen(thread, thread_id, shown_seq):
                raise WrittenMeanwhile
            _close(writer, operator)
        return thread


def silent(before: datetime) -> QuerySet[ChatThread]:
    """Return the open dialogues that were answered and in which nothing was said since."""
    return ChatThread.objects.filter(
        status=ChatThread.Status.OPEN,
        is_common=False,
        waiting_since__isnull=True,
        last_message_at__lt=before,
    )


def close_silent(before: datetime) -> int:
    """Close the dialogues in which nothing was said since a moment; return how many."""
    closed = 0
    for number in list(silent(before).values_list("pk", flat=True)):
        with writing(number) as writer:
            # Somebody may have written before the lock was ours.
            if silent(before).filter(pk=writer.thread.pk).exists():
                _close(writer, None)
                closed += 1
    return closed


def _close(writer: ThreadWriter, operator: User | None) -> None:
    thread = writer.thread
    # Whoever had the thread answers for it in the rating, whoever closes it.
    writer.add(Sender.SYSTEM, event=Event.CLOSED, author=thread.assignee or operator)
    waits.end(writer, None, answered=False)
    thread.status = ChatThread.Status.CLOSED
    thread.closed_at = writer.now
    thread.assignee = None


def reopen(operator: User, thread_id: int) -> ChatThread:
    """Open a closed dialogue again, for the operator. A second call changes nothing."""
    _require_operator(operator)
    with writing(thread_id) as writer:
        thread = writer.thread
        if thread.status == ChatThread.Status.CLOSED:
            thread.status = ChatThread.Status.OPEN
            thread.closed_at = None
            thread.assignee = operator
            writer.add(Sender.SYSTEM, event=Event.REOPENED, author=operator)
        return thread


def rights_changed(user_id: int) -> None:
    """Let the streams ask again what a person may read."""
    notify(f"r {user_id}")


def typing(thread_id: int, side: str, user_id: int = 0) -> None:
    """Let the other side know that somebody types. Nothing is stored, no text is sent."""
    notify(f"t {thread_id} {side} {user_id}")


def looking(thread_id: int, user_id: int) -> None:
    """Let operators know that one of them has a thread open. Nothing is stored."""
    notify(f"p {thread_id} {user_id}")


def _require_operator(operator: User) -> None:
    if not may_answer(operator):
        raise Forbidden
