"""What goes out to VK: written in the transaction that is the reason for it."""

import secrets
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from chat.errors import NotFound
from chat.models import ChatMessage, ChatThread, VkEvent, VkOutbox, VkPeer
from chat.selectors.widget import current_settings
from chat.services import threads, vk_operators
from chat.services.vk_texts import parts_of
from chat.services.writing import locked, writing

# Longer than bringing five files to VK may take.
UPLOAD_LEASE = timedelta(minutes=4)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
# The person's blacklist, no permission, privacy.
NOT_ALLOWED = (900, 901, 902)
LARGEST_RANDOM_ID = 2**31 - 1

Purpose = VkOutbox.Purpose
State = VkOutbox.State

FOR_OPERATORS = (Purpose.ALERT, Purpose.REPEAT, Purpose.ECHO)


def queue(
    purpose: Purpose,
    peer_id: int,
    text: str,
    *,
    thread: ChatThread | None = None,
    message: ChatMessage | None = None,
    keyboard: dict[str, Any] | None = None,
    attachment_ids: Sequence[UUID] = (),
) -> VkOutbox:
    """Queue a text for a person in VK, in parts if it is long; buttons and files go last.

    Returns the last part.
    """
    parts = parts_of(text) or [""]
    now = timezone.now()
    for number, part in enumerate(parts, start=1):
        is_last = number == len(parts)
        row = VkOutbox.objects.create(
            purpose=purpose,
            peer_id=peer_id,
            thread=thread,
            message=message,
            part=number,
            text=part,
            keyboard=keyboard if is_last else None,
            attachment_ids=[str(one) for one in attachment_ids] if is_last else [],
            random_id=new_random_id(),
            next_at=now,
        )
    return row


def new_random_id() -> int:
    """Return a number by which VK knows a message that it gets twice."""
    return secrets.randbelow(LARGEST_RANDOM_ID) + 1


def greet(peer_id: int) -> None:
    """Queue the first answer to a patient who writes in VK: how personal data are handled."""
    found = current_settings()
    if found and found.vk_greeting:
        remark(peer_id, found.vk_greeting)


def remark(peer_id: int, text: str) -> None:
    """Queue a notice for somebody who may go on writing: the same one once an hour."""
    recent = VkOutbox.objects.filter(
        peer_id=peer_id, purpose=Purpose.NOTICE, text=text, created_at__gt=timezone.now() - HOUR
    )
    if not recent.exists():
        queue(Purpose.NOTICE, peer_id, text)


def settle(
    row: VkOutbox, *, vk_message_id: int | None, cmid: int | None, when_unknown: bool = False
) -> None:
    """Note that VK has a message; an answer is delivered once all of its parts are.

    Not if its text was changed on the way: then it is to be changed at its place. `when_unknown`:
    any attempt so far may have brought it there.
    """
    with _answer_held(row):
        _settle(row, vk_message_id, cmid, when_unknown=when_unknown)


def _settle(
    row: VkOutbox, vk_message_id: int | None, cmid: int | None, *, when_unknown: bool
) -> None:
    now = timezone.now()
    taken = VkOutbox.objects.filter(pk=row.pk)
    taken.update(
        vk_message_id=vk_message_id, conversation_message_id=cmid, error_code=None, error=""
    )
    taken = taken.exclude(state=State.WITHDRAWN)
    as_sent = taken.filter(text=row.text)
    if when_unknown and row.first_tried_at:
        as_sent = as_sent.exclude(message__edited_at__gt=row.first_tried_at)
    if not as_sent.update(state=State.SENT, sent_at=now):
        taken.update(state=State.WAITING, attempts=0, next_at=now)
        return
    if row.purpose == Purpose.ANSWER and row.message_id:
        parts = VkOutbox.objects.filter(message=row.message_id, purpose=Purpose.ANSWER)
        if not parts.filter(state=State.WAITING).exists():
            has_failed = parts.filter(state=State.FAILED).exists()
            outcome = ChatMessage.Delivery.FAILED if has_failed else ChatMessage.Delivery.SENT
            _set_delivery(row.message_id, outcome)
        _read_already(row, cmid)


def _read_already(row: VkOutbox, cmid: int | None) -> None:
    """Note that an answer is read whose reading VK told before it told us where the answer is."""
    # Asked for anew: the dialogue may have been erased since the row was read.
    seq = ChatMessage.objects.values_list("seq", flat=True).filter(pk=row.message_id).first()
    if cmid is None or seq is None:
        return
    read = VkEvent.objects.filter(
        type="message_read",
        # By time there is an index; nobody reads what was not sent.
        received_at__gte=row.first_tried_at or row.created_at,
        body__object__peer_id=row.peer_id,
        body__object__conversation_message_id__gte=cmid,
    )
    if read.exists():
        threads.mark_vk_reader(row.peer_id, seq)


def link(random_id: int, *, peer_id: int, vk_message_id: int | None, cmid: int | None) -> bool:
    """Note that a message which VK reports is ours; it may report before it answers.

    False if the message is none of ours.
    """
    row = VkOutbox.objects.filter(random_id=random_id, peer_id=peer_id).first()
    if row is None:
        return False
    if row.state != State.SENT:
        settle(row, vk_message_id=vk_message_id, cmid=cmid, when_unknown=True)
    return True


def may_go(row: VkOutbox) -> bool:
    """Say whether a message may be sent still.

    What is for an operator is taken back if that account is no operator's any more: a patient's
    words are not for whoever has it now.
    """
    if row.purpose not in FOR_OPERATORS or vk_operators.active_operator(row.peer_id):
        return True
    VkOutbox.objects.filter(pk=row.pk, state=State.WAITING).update(state=State.WITHDRAWN)
    return False


def fail(row: VkOutbox, code: int | None, reason: str) -> bool:
    """Note that a message cannot be sent, nor what follows it of an answer; the inbox shows it.

    False if it was taken back, changed, erased or found sent meanwhile: then nothing is noted.
    """
    with _answer_held(row):
        return _fail(row, code, reason)


def _fail(row: VkOutbox, code: int | None, reason: str) -> bool:
    failed = VkOutbox.objects.filter(pk=row.pk, state=State.WAITING, text=row.text).update(
        state=State.FAILED, error_code=code, error=reason[:200]
    )
    if failed and row.purpose == Purpose.ANSWER and row.message_id:
        # Nobody is to read the end of an answer without its beginning.
        VkOutbox.objects.filter(
            message=row.message_id,
            purpose=Purpose.ANSWER,
            part__gt=row.part,
            state=State.WAITING,
            first_tried_at=None,
        ).update(state=State.FAILED, error_code=code, error=reason[:200])
        _set_delivery(row.message_id, ChatMessage.Delivery.FAILED)
    return bool(failed)


@transaction.atomic
def refused(row: VkOutbox, code: int) -> None:
    """Note that a person does not let the community write to them, if the message still waits."""
    # Of somebody who has been erased meanwhile nothing is noted.
    if fail(row, code, ""):
        may_write(row.peer_id, False)


def forget_attempt(row: VkOutbox) -> None:
    """Note that VK refused a message outright: nothing of this attempt can have arrived."""
    # An earlier one may have. Under another lease another worker is at it, or was.
    VkOutbox.objects.filter(pk=row.pk, next_at=row.next_at).update(
        first_tried_at=row.first_tried_at
    )


def postpone(row: VkOutbox, seconds: float, code: int | None, reason: str) -> None:
    """Try a message again later, with the same random_id."""
    VkOutbox.objects.filter(pk=row.pk).update(
        next_at=timezone.now() + timedelta(seconds=seconds), error_code=code, error=reason[:200]
    )


def claim_upload() -> VkOutbox | None:
    """Take a message whose files do not lie at VK yet, for this worker alone."""
    now = timezone.now()
    with transaction.atomic():
        row = (
            VkOutbox.objects.select_for_update(skip_locked=True)
            .filter(state=State.WAITING, attachment="", next_at__lte=now)
            .exclude(attachment_ids=[])
            .order_by("pk")
            .first()
        )
        if row is None:
            return None
        row.attempts += 1
        row.next_at = now + UPLOAD_LEASE
        row.save(update_fields=["attempts", "next_at"])
        return row


def uploaded(row: VkOutbox, attachment: str) -> None:
    """Note what VK calls the files of a message: from now on it can be sent."""
    VkOutbox.objects.filter(pk=row.pk).update(
        attachment=attachment, attempts=0, next_at=timezone.now(), error_code=None, error=""
    )


def drop_keyboard(row: VkOutbox) -> None:
    """Send a message again without its buttons: the community has them switched off."""
    VkOutbox.objects.filter(pk=row.pk).update(keyboard=None, next_at=timezone.now())


def resend(rows: Iterable[VkOutbox]) -> None:
    """Let failed messages be tried again: somebody asked for it, or what failed them is over.

    All that failed of an answer at once: nobody is to read its end without its beginning.
    """
    for row in rows:
        is_answer = row.purpose == Purpose.ANSWER and row.message_id is not None
        same = Q(message=row.message_id, purpose=row.purpose) if is_answer else Q(pk=row.pk)
        with _answer_held(row):
            changed = VkOutbox.objects.filter(same, state=State.FAILED).update(
                state=State.WAITING, attempts=0, next_at=timezone.now()
            )
            if changed and is_answer and row.message_id:
                _set_delivery(row.message_id, ChatMessage.Delivery.PENDING)


def may_write(peer_id: int, allowed: bool) -> None:
    """Note whether a person lets the community write to them.

    VK alone knows for sure, so it is asked each time. What is noted here tells when a refusal is
    over: then answers of the last day that met it go out.
    """
    VkPeer.objects.get_or_create(peer_id=peer_id)
    changed = VkPeer.objects.filter(peer_id=peer_id, may_be_written_to=not allowed).update(
        may_be_written_to=allowed
    )
    if changed and allowed:
        resend(
            VkOutbox.objects.filter(
                peer_id=peer_id,
                purpose=Purpose.ANSWER,
                state=State.FAILED,
                error_code__in=NOT_ALLOWED,
                created_at__gt=timezone.now() - DAY,
            )
        )


@contextmanager
def _answer_held(row: VkOutbox) -> Iterator[None]:
    """Change an answer's row and its message together or not at all.

    The dialogue is locked before the row, as those do who change or delete it.
    """
    with transaction.atomic():
        message = ChatMessage.objects.filter(pk=row.message_id).first()
        if message and row.purpose == Purpose.ANSWER:
            # The dialogue may be erased at any moment.
            with suppress(NotFound):
                locked(message.thread_id)
        yield


def _set_delivery(message_id: int, delivery: ChatMessage.Delivery) -> None:
    thread_id = (
        ChatMessage.objects.values_list("thread_id", flat=True).filter(pk=message_id).first()
    )
    # The dialogue may be erased at any moment.
    with suppress(NotFound, ChatMessage.DoesNotExist), writing(thread_id or 0) as writer:
        message = ChatMessage.objects.get(pk=message_id)
        if message.delivery != delivery:
            writer.change(message, delivery=delivery)
