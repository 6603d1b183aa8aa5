"""Sending, changing and taking back messages. Each may be called twice and happens once."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from chat.errors import (
    AnsweredMeanwhile,
    ClientIdReused,
    ConsentRequired,
    Forbidden,
    Invalid,
    NotFound,
    TooLate,
)
from chat.events import public_name
from chat.models import ChatConsent, ChatMessage, ChatThread, VkPeer
from chat.models.messages import LONGEST_TEXT
from chat.permissions import Visitor, hash_of, may_answer, new_secret
from chat.selectors import threads as selectors
from chat.selectors.widget import ConsentText
from chat.services import attachments, protection, vk_alerts, vk_answers, vk_outbox, waits
from chat.services.texts import LONGEST_FROM_VK, clean_line, clean_text, may_still_change
from chat.services.threads import join, merge
from chat.services.vk_order import came_before
from chat.services.writing import ThreadWriter, writing

Sender = ChatMessage.Sender
Kind = ChatMessage.Kind
Event = ChatMessage.Event
Channel = ChatMessage.Channel

# VK repeats what it could not deliver; whoever reads the answer should know what was said before.
LATE = timedelta(minutes=5)
# Among so many of the last messages it is looked for one that was written later.
MOST_OVERTAKEN = 50


@dataclass(frozen=True)
class Page:
    """The page a patient writes from, as far as they let us know."""

    url: str = ""
    title: str = ""


@dataclass(frozen=True)
class Question:
    """What a patient sends. `consent` is the version they agreed to, if they did just now.

    `website` is a field that only robots see and fill.
    """

    client_id: UUID
    text: str
    page: Page = Page()
    topic: str = ""
    consent: str = ""
    attachments: Sequence[UUID] = ()
    ticket: str = ""
    website: str = ""


@dataclass(frozen=True)
class Sent:
    """What became of a message. `created` is False if it was stored before.

    `secret` is the visitor's new secret, to be put into the cookie, or None.
    """

    message: ChatMessage
    created: bool
    secret: str | None = None


@transaction.atomic
def send_as_visitor(
    visitor: Visitor, question: Question, consent: ConsentText, channel: Channel = Channel.SITE
) -> Sent:
    """Store a patient's message, and with the first one their thread.

    `consent` is the text that is valid now. Raises Invalid, ConsentRequired, ClientIdReused,
    Blocked, TooMany, TooFast; nothing is written then.
    """
    protection.refuse_trap(question.website)
    text = clean_text(question.text)
    if not text and not question.attachments:
        raise Invalid(_("Write something first."), field="text")
    join(visitor)
    thread_id = _with_lost(visitor, question.client_id)
    secret = None
    if thread_id is None:
        protection.check_ticket(question.ticket)
        protection.admit_thread(visitor.network_hash)
        if visitor.user_id is None:
            secret = new_secret(question.client_id)
        thread_id = _thread_for(visitor, secret)
    with writing(thread_id) as writer:
        stored = _stored(writer.thread, question.client_id, Sender.VISITOR, text)
        if secret and writer.thread.visitor_seen_at:
            # The browser has had its cookie: who comes without it is somebody else.
            raise ClientIdReused
        if stored:
            return Sent(stored, created=False, secret=secret)
        # Files have limits of their own, and «Вот» may stand under each.
        said = "" if question.attachments else text
        protection.admit_message(writer.thread, said, visitor.network_hash)
        _require_consent(writer.thread, question.consent, consent)
        _reopen(writer)
        message = writer.add(
            Sender.VISITOR, text=text, client_id=question.client_id, channel=channel
        )
        attachments.claim(message, question.attachments, from_operator=False)
        _remember_context(writer.thread, question, visitor)
        waits.begin(writer, message)
        vk_alerts.alert_operators(message)
        return Sent(message, created=True, secret=secret)


@transaction.atomic
def send_from_vk(
    peer_id: int,
    *,
    vk_message_id: str,
    text: str,
    written_at: datetime | None = None,
    attachment_ids: Sequence[UUID] = (),
) -> Sent:
    """Store a message that a patient wrote to the community in VK, in the thread of that person.

    `text` is readable and not empty. What was stored before, in whatever thread, is not stored
    again. Before one that came late stands a line, for operators, that says when it was written.
    Raises Blocked if the person may not write now.
    """
    thread, _is_new = ChatThread.objects.get_or_create(vk_peer_id=peer_id)
    with writing(thread.pk) as writer:
        stored = ChatMessage.objects.filter(vk_message_id=vk_message_id).first()
        if stored:
            return Sent(stored, created=False)
        protection.refuse_blocked(writer.thread.pk, network_hash="")
        is_first = not writer.thread.messages.filter(sender=Sender.VISITOR).exists()
        _reopen(writer)
        came_late = written_at and writer.now - written_at > LATE
        both = [Sender.VISITOR, Sender.OPERATOR]
        if written_at and (came_late or _first_written_after(writer.thread, vk_message_id, both)):
            writer.add(Sender.SYSTEM, event=Event.LATE, kind=Kind.NOTE, text=written_at.isoformat())
        message = writer.add(
            Sender.VISITOR, text=text, channel=Channel.VK, vk_message_id=vk_message_id
        )
        attachments.claim(message, attachment_ids, from_operator=False)
        waits.begin(writer, message)
        vk_alerts.alert_operators(message)
        if is_first:
            vk_outbox.greet(peer_id)
        return Sent(message, created=True)


def _with_lost(visitor: Visitor, client_id: UUID) -> int | None:
    """Return the visitor's thread, and let it have the one that this very message began.

    There is such a thread if the message was the first one, its answer got lost, and before it was
    repeated the browser signed in or got a cookie from elsewhere.
    """
    thread_id = selectors.thread_id_of(visitor)
    if visitor.user_id is None and thread_id is None:
        return None
    lost_hash = hash_of(new_secret(client_id))
    lost = ChatThread.objects.filter(visitor_hash=lost_hash, visitor_seen_at__isnull=True).first()
    if lost is None or lost.pk == thread_id:
        return thread_id
    if thread_id is None:
        join(replace(visitor, secret_hash=lost_hash))
        return lost.pk
    merge(lost.pk, thread_id)
    return thread_id


def _thread_for(visitor: Visitor, secret: str | None) -> int:
    """Make the thread of a first message, once: the database knows if another was quicker."""
    identity = {"visitor_hash": hash_of(secret)} if secret else {"user_id": visitor.user_id}
    thread, _created = ChatThread.objects.get_or_create(**identity)
    return thread.pk


def _stored(thread: ChatThread, client_id: UUID, sender: str, text: str) -> ChatMessage | None:
    """Return the message that this key was used for, None if it is new."""
    found = ChatMessage.objects.filter(thread=thread, client_id=client_id).first()
    if found is None:
        return None
    changed = found.edited_at or found.deleted_at
    if found.sender != sender or (found.text != text and not changed):
        raise ClientIdReused
    return found


def _require_consent(thread: ChatThread, agreed: str, valid: ConsentText) -> None:
    if selectors.has_consented(thread.pk, valid.version, valid.sha256):
        return
    if agreed != valid.version:
        raise ConsentRequired(field="consent")
    ChatConsent.objects.create(thread=thread, version=valid.version, text_sha256=valid.sha256)


def _reopen(writer: ThreadWriter) -> None:
    if writer.thread.status == ChatThread.Status.CLOSED:
        writer.thread.status = ChatThread.Status.OPEN
        writer.thread.closed_at = None
        writer.add(Sender.SYSTEM, event=Event.REOPENED)


def _remember_context(thread: ChatThread, question: Question, visitor: Visitor) -> None:
    if question.page.url:
        thread.page_url = clean_line(question.page.url, field="page", longest=500)
        thread.page_title = clean_line(question.page.title, field="page", longest=200)
        # Browsers take a backslash for a slash: "/\\host" would lead to another site.
        if not re.fullmatch(r"/(?![/\\])[^\\]*", thread.page_url):
            raise Invalid(_("Not a page of this site."), field="page")
    if question.topic:
        thread.topic = clean_line(question.topic, field="topic", longest=60)
    thread.network_hash = visitor.network_hash


@dataclass(frozen=True)
class Answer:
    """What an operator sends.

    `seen_seq` is the last place they had seen of their colleagues as they began, `shown_seq` the
    last one before their eyes as they sent it; None: all that is there.
    """

    client_id: UUID
    text: str
    kind: Kind = Kind.MESSAGE
    attachments: Sequence[UUID] = ()
    seen_seq: int | None = None
    shown_seq: int | None = None
    anyway: bool = False


def send_as_operator(
    operator: User,
    thread_id: int,
    answer: Answer,
    channel: Channel = Channel.ADMIN,
    vk_message_id: str | None = None,
) -> Sent:
    """Store an operator's answer or note.

    The first answer takes an unassigned thread and ends the patient's wait; what the patient wrote
    after `shown_seq` stays unread and goes on waiting. Raises Forbidden, NotFound, Invalid,
    ClientIdReused, and AnsweredMeanwhile if a colleague answered after `seen_seq` (unless
    `anyway`).
    """
    if not may_answer(operator):
        raise Forbidden
    longest = LONGEST_FROM_VK if channel == Channel.VK else LONGEST_TEXT
    text = clean_text(answer.text, longest=longest)
    if not text and not answer.attachments:
        raise Invalid(_("Write something first."), field="text")
    with writing(thread_id) as writer:
        thread = writer.thread
        stored = _stored(thread, answer.client_id, Sender.OPERATOR, text)
        if stored:
            if stored.author_id != operator.pk or stored.kind != answer.kind:
                raise ClientIdReused
            return Sent(stored, created=False)
        is_reply = answer.kind == Kind.MESSAGE
        if is_reply and not answer.anyway:
            # Places of a thread that was merged into this one say nothing here.
            unknown = answer.seen_seq is None or thread.pk == thread_id
            _refuse_second_answer(thread, operator, answer.seen_seq if unknown else 0)
        if is_reply and not thread.is_common:
            _reopen(writer)
            if thread.assignee_id is None:
                thread.assignee = operator
                writer.add(Sender.SYSTEM, event=Event.JOINED, author=operator)
        shown_seq = answer.shown_seq if is_reply else None
        unseen = selectors.first_unseen(thread, thread_id, shown_seq)
        message = writer.add(
            Sender.OPERATOR,
            author=operator,
            kind=answer.kind,
            answers_upto=None if unseen is None else unseen - 1,
            text=text,
            client_id=answer.client_id,
            channel=channel,
            vk_message_id=vk_message_id,
            delivery=ChatMessage.Delivery.PENDING if is_reply and thread.vk_peer_id else "",
        )
        attachments.claim(message, answer.attachments, from_operator=True)
        if is_reply:
            vk_alerts.withdraw_alerts(thread.pk, message.answers_upto)
            vk_answers.answer_patient(message)
            waits.answer(writer, operator)
            _read(thread, message.answers_upto)
        return Sent(message, created=True)


def _refuse_second_answer(thread: ChatThread, operator: User, seen_seq: int | None) -> None:
    if seen_seq is None:
        return
    other = (
        ChatMessage.objects.filter(
            thread=thread,
            seq__gt=seen_seq,
            sender=Sender.OPERATOR,
            kind=Kind.MESSAGE,
            deleted_at__isnull=True,
        )
        .exclude(author=operator)
        .select_related("author")
        .first()
    )
    if other:
        name = public_name(other.author)
        raise AnsweredMeanwhile(
            _("%(name)s answered since you last looked. Send yours too?") % {"name": name}
        )


def _read(thread: ChatThread, upto: int | None = None) -> None:
    place = thread.last_seq if upto is None else upto
    thread.operator_read_seq = max(thread.operator_read_seq, place)
    thread.operator_delivered_seq = max(thread.operator_delivered_seq, place)


def _first_written_after(
    thread: ChatThread, vk_message_id: str, senders: Sequence[Sender]
) -> int | None:
    """Return the place of the first message from VK that is younger than one which comes now."""
    last = ChatMessage.objects.filter(
        thread=thread, sender__in=senders, vk_message_id__isnull=False
    ).order_by("-seq")[:MOST_OVERTAKEN]
    places = last.values_list("seq", "vk_message_id")
    return min((seq for seq, key in places if came_before(vk_message_id, [key])), default=None)


@transaction.atomic
def mirror_from_vk(
    peer_id: int,
    author: User | None,
    *,
    vk_message_id: str,
    text: str,
    written_at: datetime | None = None,
) -> Sent:
    """Store what somebody of the laboratory wrote to a patient in VK's own interface.

    Stored once; nothing goes back to VK. It answers what the patient had written by then: it may
    have come late, or before the patient's own first message.
    """
    # Before the dialogue, as where a patient's own message is read.
    VkPeer.objects.get_or_create(peer_id=peer_id)
    thread, _is_new = ChatThread.objects.get_or_create(vk_peer_id=peer_id)
    with writing(thread.pk) as writer:
        stored = ChatMessage.objects.filter(vk_message_id=vk_message_id).first()
        if stored:
            return Sent(stored, created=False)
        _reopen(writer)
        newer = _first_written_after(writer.thread, vk_message_id, [Sender.VISITOR])
        answers_upto = None if newer is None else newer - 1
        if written_at and newer is not None:
            writer.add(Sender.SYSTEM, event=Event.LATE, kind=Kind.NOTE, text=written_at.isoformat())
        message = writer.add(
            Sender.OPERATOR,
            author=author,
            answers_upto=answers_upto,
            text=text,
            channel=Channel.VK,
            vk_message_id=vk_message_id,
            delivery=ChatMessage.Delivery.SENT,
        )
        vk_alerts.withdraw_alerts(thread.pk, answers_upto)
        waits.answer(writer, author)
        _read(writer.thread, answers_upto)
        return Sent(message, created=True)


def follow_edit_in_vk(vk_message_id: str, text: str) -> bool:
    """Give a mirrored message the text it was changed to in VK; False if it is none of those."""
    found = ChatMessage.objects.filter(
        vk_message_id=vk_message_id, sender=Sender.OPERATOR, deleted_at__isnull=True
    ).first()
    if found is None or not text:
        return False
    with writing(found.thread_id) as writer:
        found.refresh_from_db()
        if found.text != text:
            writer.change(found, text=text, edited_at=writer.now)
    return True


def edit_as_visitor(visitor: Visitor, message_id: int, text: str) -> ChatMessage:
    """Change the text of a patient's own message; return it.

    Within 15 minutes, and not once it is answered.
    """
    protection.refuse_blocked(selectors.thread_id_of(visitor), visitor.network_hash)
    return _change(_own_of_visitor(visitor, message_id), text)


def delete_as_visitor(visitor: Visitor, message_id: int) -> ChatMessage:
    """Take back a patient's own message, within 15 minutes; return what is left of it."""
    return _change(_own_of_visitor(visitor, message_id), None)


def edit_as_operator(operator: User, message_id: int, text: str) -> ChatMessage:
    """Change an operator's own message or note, within 15 minutes; return it."""
    return _change(_own_of_operator(operator, message_id), text)


def delete_as_operator(operator: User, message_id: int) -> ChatMessage:
    """Take back an operator's own message or note, within 15 minutes; return what is left."""
    return _change(_own_of_operator(operator, message_id), None)


def _own_of_visitor(visitor: Visitor, message_id: int) -> ChatMessage:
    found = ChatMessage.objects.filter(
        pk=message_id,
        thread_id=selectors.require_thread_id(visitor),
        sender=Sender.VISITOR,
    ).first()
    if found is None:
        raise NotFound
    return found


def _own_of_operator(operator: User, message_id: int) -> ChatMessage:
    if not may_answer(operator):
        raise Forbidden
    found = ChatMessage.objects.filter(
        pk=message_id, author=operator, sender=Sender.OPERATOR
    ).first()
    if found is None:
        raise NotFound
    return found


def _change(message: ChatMessage, text: str | None) -> ChatMessage:
    """Give a message another text, or take it back (None). A repeated call changes nothing."""
    with writing(message.thread_id) as writer:
        # Read again: it may have changed, or moved to another thread, before the lock was ours.
        message = ChatMessage.objects.select_related("author").get(
            pk=message.pk, thread=writer.thread
        )
        if text is None:
            if not message.deleted_at:
                _require_young(message, writer)
                attachments.drop(message)
                vk_answers.withdraw(message)
                writer.change(message, text="", deleted_at=writer.now)
                waits.recount(writer)
            return message
        text = clean_text(text)
        if not text and not message.attachments.exists():
            raise Invalid(_("Write something first."), field="text")
        if message.deleted_at:
            raise NotFound
        if message.text != text:
            _require_young(message, writer)
            if message.sender == Sender.VISITOR:
                _change_question(message, text, writer)
                return message
            delivery = message.delivery
            if delivery:
                vk_answers.change(message, text)
                delivery = ChatMessage.Delivery.PENDING
            writer.change(message, text=text, edited_at=writer.now, delivery=delivery)
        return message


def _change_question(question: ChatMessage, text: str, writer: ThreadWriter) -> None:
    """Give a patient's message another text while it still waits for an answer.

    Behind an answer nobody would look for it, and the answer would be one to something else.
    """
    if waits.is_settled(question):
        raise TooLate(_("It has been answered already. Write a new message instead."))
    writer.change(question, text=text, edited_at=writer.now)
    vk_alerts.tell_of_change(question)


def _require_young(message: ChatMessage, writer: ThreadWriter) -> None:
    if not may_still_change(message.created_at, writer.now):
        raise TooLate
