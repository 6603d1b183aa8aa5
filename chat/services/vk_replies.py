"""Operators' answers from VK: held for ten seconds, then delivered or taken back."""

import logging
from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID, uuid5

from django.conf import settings
from django.db import InterfaceError, OperationalError, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from chat.errors import ChatError, NotFound
from chat.models import ChatMessage, ChatThread, VkEvent, VkOperator, VkOutbox, VkReply
from chat.services import vk_outbox
from chat.services.messages import Answer, send_as_operator
from chat.services.vk_order import came_before
from chat.services.writing import locked

logger = logging.getLogger(__name__)

# The ten seconds begin when the button to take the answer back is there. VK may be away.
LONGEST_HELD = timedelta(seconds=60)

# Among so many of the last answers it is looked for one that was written later.
MOST_OVERTAKEN = 50

# Makes an idempotency key of VK's id: a reply that is delivered twice is one message.
KEYS = UUID("6f0a5f6e-51c5-4f0c-9d0a-0b1a3c7e2d11")

State = VkReply.State


def key_of(vk_message_id: str) -> UUID:
    """Return the idempotency key of a message from VK."""
    return uuid5(KEYS, vk_message_id)


def hold(
    operator: User,
    thread: ChatThread,
    *,
    vk_message_id: str,
    text: str,
    shown_seq: int,
    attachment_ids: Sequence[UUID] = (),
) -> tuple[VkReply, bool]:
    """Keep an answer until it may go; return it and whether it is new.

    `shown_seq` is the last place of the thread that the operator had been shown in VK; what was
    read in the inbox counts as well.
    """
    return VkReply.objects.get_or_create(
        vk_message_id=vk_message_id,
        defaults={
            "operator": operator,
            "thread": thread,
            "text": text,
            "shown_seq": max(shown_seq, thread.operator_read_seq),
            "attachment_ids": [str(one) for one in attachment_ids],
            "deliver_at": timezone.now() + timedelta(seconds=settings.VK_UNDO_SECONDS),
        },
    )


def is_known(vk_message_id: str) -> bool:
    """Say whether a message of VK's was stored before: as an answer that is held, or in a thread.

    It may come in two envelopes, and what it is addressed to may have changed between them.
    """
    return (
        VkReply.objects.filter(vk_message_id=vk_message_id).exists()
        or ChatMessage.objects.filter(vk_message_id=vk_message_id).exists()
    )


def key_anew(key: str) -> str:
    """Return the key of an answer chosen at a button: another one once it was taken back."""
    same = Q(vk_message_id=key) | Q(vk_message_id__startswith=f"{key}:")
    count = VkReply.objects.filter(same, state=State.WITHDRAWN).count()
    return f"{key}:{count}" if count else key


def is_overtaken(reply: VkReply) -> bool:
    """Say whether something that the operator wrote after it to the same thread came before it."""
    others = VkReply.objects.filter(operator=reply.operator, thread=reply.thread, pk__lt=reply.pk)
    last = others.order_by("-pk")[:MOST_OVERTAKEN]
    return came_before(reply.vk_message_id, last.values_list("vk_message_id", flat=True))


def withdraw(operator: User, reply_id: int) -> bool:
    """Take an answer of one's own back; False if it has gone (or is somebody else's)."""
    return bool(
        VkReply.objects.filter(pk=reply_id, operator=operator, state=State.HELD).update(
            state=State.WITHDRAWN
        )
    )


def withdraw_last(operator: User, vk_message_id: str) -> VkReply | None:
    """Take the last answer of one's own back that is held and not newer than the word that asks.

    What was written in a chat or chosen at a button has no place among the words of the operator's
    dialogue with us: there the order counts in which it came here. Returns None if all have gone.
    """
    held = VkReply.objects.filter(operator=operator, state=State.HELD).select_related("thread")
    for reply in held.order_by("-pk"):
        if not came_before(vk_message_id, [reply.vk_message_id]):
            return reply if withdraw(operator, reply.pk) else None
    return None


def of_echo(peer_id: int, cmid: int) -> VkReply | None:
    """Return the answer whose echo stands at this place of an operator's dialogue with us."""
    return (
        VkReply.objects.filter(echo__peer_id=peer_id, echo__conversation_message_id=cmid)
        .select_related("thread")
        .first()
    )


def deliver_due() -> int:
    """Deliver the answers whose time has come; an operator is told why one is refused.

    Returns how many were delivered or refused.
    """
    count = 0
    due = VkReply.objects.filter(state=State.HELD, deliver_at__lte=timezone.now())
    for reply_id, thread_id in due.order_by("deliver_at", "pk").values_list("pk", "thread_id"):
        try:
            count += _deliver(reply_id, thread_id)
        except (OperationalError, InterfaceError):
            # The database is away: nothing is wrong with the answer.
            raise
        except Exception as error:  # noqa: BLE001 - one answer must not stop the others
            logger.error("answer %s could not be delivered: %s", reply_id, type(error).__name__)
            count += _refuse(reply_id)
    return count


def refuse_held(thread_ids: Sequence[int]) -> None:
    """Tell operators that their answers will not be delivered: the dialogues are being erased."""
    held = VkReply.objects.filter(thread_id__in=thread_ids, state=State.HELD).order_by("pk")
    for number, vk_id in held.values_list("thread_id", "operator__vk_account__vk_id"):
        if vk_id is not None:
            text = _("Not delivered to #%(number)d: the dialogue has been erased.")
            vk_outbox.queue(VkOutbox.Purpose.NOTICE, vk_id, text % {"number": number})


@transaction.atomic
def _refuse(reply_id: int) -> int:
    reply = VkReply.objects.select_for_update().filter(pk=reply_id, state=State.HELD).first()
    if reply is None:
        return 0
    _note_refusal(reply, _("The site could not store it. Look at the dialogue in the inbox."))
    return 1


def _note_refusal(reply: VkReply, why: str) -> None:
    reply.state = State.REFUSED
    reply.save(update_fields=["state"])
    account = VkOperator.objects.filter(user=reply.operator_id).first()
    if account:
        text = _("Not delivered to #%(number)d: %(why)s") % {"number": reply.thread_id, "why": why}
        vk_outbox.queue(VkOutbox.Purpose.NOTICE, account.vk_id, text, thread=reply.thread)


def _may_still_be_withdrawn(reply: VkReply) -> bool:
    """Say whether an undo may be unread, or its button is not there long enough.

    The oldest is read first of what came from VK: a backlog may outlast the ten seconds.
    """
    account = VkOperator.objects.filter(user=reply.operator_id).first()
    unread = VkEvent.objects.filter(state=VkEvent.State.NEW)
    if account:
        # Anybody may forge a press: only the operator's own counts.
        pressed = Q(type="message_event", body__object__payload__r=reply.pk)
        pressed &= Q(body__object__user_id=account.vk_id)
        # It may be the word for it. One that could not be read holds nothing up.
        written = Q(type="message_new", peer_id=account.vk_id, attempts=0)
        if unread.filter(pressed | written).exists():
            return True
    now = timezone.now()
    if now >= reply.created_at + LONGEST_HELD:
        return False
    echo = VkOutbox.objects.filter(pk=reply.echo_id)
    shown_since = now - timedelta(seconds=settings.VK_UNDO_SECONDS)
    return echo.filter(Q(state=VkOutbox.State.WAITING) | Q(sent_at__gt=shown_since)).exists()


@transaction.atomic
def _deliver(reply_id: int, thread_id: int) -> int:
    try:
        # Before the answer's own row, in the order in which a dialogue is erased.
        locked(thread_id)
    except NotFound:
        return 0
    reply = (
        VkReply.objects.select_for_update(skip_locked=True)
        .filter(pk=reply_id, state=State.HELD)
        .first()
    )
    if reply is None or _may_still_be_withdrawn(reply):
        return 0
    try:
        with transaction.atomic():
            send_as_operator(
                reply.operator,
                reply.thread_id,
                Answer(
                    client_id=key_of(reply.vk_message_id),
                    text=reply.text,
                    attachments=[UUID(one) for one in reply.attachment_ids],
                    shown_seq=reply.shown_seq,
                    anyway=True,
                ),
                channel=ChatMessage.Channel.VK,
                vk_message_id=reply.vk_message_id,
            )
        reply.state = State.DELIVERED
        reply.save(update_fields=["state"])
    except ChatError as error:
        _note_refusal(reply, str(error.detail))
    return 1
