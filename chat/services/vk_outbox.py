"""What goes out to VK: written in the transaction that is the reason for it."""

import secrets
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Max, Q
from django.utils import timezone
from django.utils.translation import gettext as _

import regex

from chat.errors import Invalid, NotFound
from chat.models import (
    ChatAttachment,
    ChatMessage,
    ChatSettings,
    ChatThread,
    ChatTopic,
    VkEvent,
    VkOperator,
    VkOutbox,
    VkPeer,
)
from chat.permissions import may_answer
from chat.selectors.widget import current_settings
from chat.services import threads, vk_operators
from chat.services.vk_order import came_before
from chat.services.writing import locked, writing

# VK's documentation says 9,000, others had 4,096 refused: this passes everywhere.
LONGEST_PART = 4000
# A part ends at a space if there is one this near to its end.
NEAR = 300
# Longer than bringing five files to VK may take.
UPLOAD_LEASE = timedelta(minutes=4)
MARKUP = regex.compile(r"\[(?=[^\[\]|]+\|)|(?<!\w)[@*](?=[A-Za-z])")
# Takes no room and is no letter.
WORD_JOINER = "\u2060"
HOUR = timedelta(hours=1)
# In an hour, of messages in one dialogue that nobody has read.
MOST_ALERTS = 20
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


def parts_of(text: str) -> list[str]:
    """Return the messages that a text takes in VK, numbered if there is more than one."""
    parts = list(split(text))
    if len(parts) == 1:
        return parts
    return [f"{part}\n({number}/{len(parts)})" for number, part in enumerate(parts, start=1)]


def new_random_id() -> int:
    """Return a number by which VK knows a message that it gets twice."""
    return secrets.randbelow(LARGEST_RANDOM_ID) + 1


def split(text: str, longest: int = LONGEST_PART) -> Iterator[str]:
    """Yield a text in parts of at most `longest` UTF-16 units, whichever unit VK may count in.

    A part ends at white space if some is near its end; what is seen as one sign is never cut.
    """
    part: list[str] = []
    size = 0
    for sign in _signs(text, longest):
        if size + _units(sign) > longest:
            end = _near_space(part)
            yield "".join(part[:end]).rstrip()
            part = part[end:]
            size = sum(map(_units, part))
        part.append(sign)
        size += _units(sign)
    if rest := "".join(part).strip():
        yield rest


def _signs(text: str, longest: int) -> Iterator[str]:
    for sign in regex.findall(r"\X", text):
        # A pile of accents longer than a whole part has to be cut somewhere.
        yield from [sign] if _units(sign) <= longest else sign


def _units(sign: str) -> int:
    return len(sign.encode("utf-16-le")) // 2


def _near_space(part: list[str]) -> int:
    for index in range(len(part) - 1, max(len(part) - NEAR, 0), -1):
        if part[index].isspace():
            return index + 1
    return len(part)


def on_duty() -> list[VkOperator]:
    """Return the accounts of those who are to be told: bound, on duty, with the right to answer."""
    accounts = VkOperator.objects.filter(on_duty=True).select_related("user").order_by("pk")
    return [account for account in accounts if may_answer(account.user)]


def alert_operators(message: ChatMessage) -> None:
    """Tell the operators on duty of a patient's message: the assignee alone if they are there.

    What is told is decided by the site (ChatSettings.vk_alert): that a person turned to a
    laboratory is a secret by law (323-ФЗ art. 13), VK is not the laboratory's system. Of a flood
    that nobody has looked at, the inbox shows all and VK the beginning.
    """
    thread = message.thread
    if _told_often(thread):
        return
    everybody = on_duty()
    own = [account for account in everybody if account.user_id == thread.assignee_id]
    for account in own or everybody:
        queue(
            Purpose.ALERT,
            account.vk_id,
            alert_text(message),
            thread=thread,
            message=message,
            keyboard=alert_keyboard(thread, message.seq),
        )


def _told_often(thread: ChatThread) -> bool:
    unread = VkOutbox.objects.filter(
        thread=thread,
        purpose=Purpose.ALERT,
        created_at__gt=timezone.now() - HOUR,
        message__seq__gt=thread.operator_read_seq,
    )
    return unread.values("message").distinct().count() >= MOST_ALERTS


def alert_text(message: ChatMessage) -> str:
    """Return what an operator reads in VK of a patient's message."""
    thread = message.thread
    found = current_settings()
    if found is None or found.vk_alert == ChatSettings.Alert.BRIEF:
        link = f"{settings.WAGTAILADMIN_BASE_URL}/admin/chat/?thread={thread.pk}"
        return _brief(thread) + "\n" + _("A new message. Read it here: %(url)s") % {"url": link}
    parts = (f"#{thread.pk}", thread.name, thread.topic, thread.page_title)
    head = [part for part in parts if part]
    files = [f"[{file.name}]" for file in message.attachments.all()]
    return literal("\n".join([" · ".join(head), message.text, *files]).strip())


def _brief(thread: ChatThread) -> str:
    """Return a thread's number and topic, if it is one that the laboratory offers."""
    is_offered = ChatTopic.objects.filter(title=thread.topic).exists()
    return literal(" · ".join([f"#{thread.pk}", *([thread.topic] if is_offered else [])]))


def literal(text: str) -> str:
    """Return a text of which VK makes no links: what a patient names would look like our word.

    VK reads `[id1|Anna]`, `@id1` and `*id1` as links to whom or whatever they name.
    """
    return MARKUP.sub(lambda found: found[0] + WORD_JOINER, text)


def alert_keyboard(thread: ChatThread, shown_seq: int) -> dict[str, Any]:
    """Return the buttons under an alert that tells of a thread up to a place.

    Who presses one is asked for their rights again, and nobody closes what they were not told of.
    """
    return keyboard(
        (_("Take #%(number)d") % {"number": thread.pk}, {"cmd": "take", "t": thread.pk}, "primary"),
        (_("Close"), {"cmd": "close", "t": thread.pk, "s": shown_seq}, "secondary"),
    )


def keyboard(*buttons: tuple[str, dict[str, Any], str]) -> dict[str, Any]:
    """Return VK's inline keyboard of callback buttons (label, payload, colour) in one row."""
    row = [
        {"action": {"type": "callback", "label": label[:40], "payload": payload}, "color": color}
        for label, payload, color in buttons
    ]
    return {"inline": True, "buttons": [row]}


def answer_patient(message: ChatMessage) -> None:
    """Queue an operator's answer for a patient who writes from VK."""
    peer_id = message.thread.vk_peer_id
    if peer_id is None:
        return
    files = message.attachments.values_list("pk", flat=True)
    queue(
        Purpose.ANSWER,
        peer_id,
        message.text,
        thread=message.thread,
        message=message,
        attachment_ids=list(files),
    )


def send_file(message: ChatMessage, file: ChatAttachment) -> None:
    """Queue a file that joined an operator's answer after its text had gone to a patient in VK."""
    texts = VkOutbox.objects.filter(message=message, purpose=Purpose.ANSWER).order_by("-part")
    last = texts.first()
    # Without one the answer went to the site alone, or was written in VK's own interface.
    if last is None:
        return
    VkOutbox.objects.create(
        purpose=Purpose.ANSWER,
        peer_id=last.peer_id,
        thread=message.thread,
        message=message,
        part=last.part + 1,
        attachment_ids=[str(file.pk)],
        random_id=new_random_id(),
        next_at=timezone.now(),
    )


def repeat_alert(thread: ChatThread, minutes: int) -> int:
    """Tell everybody on duty, once in a wait, that a patient waits; return how many were told."""
    since = thread.waiting_since
    if (
        since is None
        or VkOutbox.objects.filter(
            thread=thread, purpose=Purpose.REPEAT, created_at__gte=since
        ).exists()
    ):
        return 0
    told = _("%(head)s: nobody has answered for %(minutes)d min.") % {
        "head": _brief(thread),
        "minutes": minutes,
    }
    operators = on_duty()
    for account in operators:
        queue(
            Purpose.REPEAT,
            account.vk_id,
            told,
            thread=thread,
            keyboard=alert_keyboard(thread, thread.last_seq),
        )
    return len(operators)


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
        with _answer_held(row):
            settle(row, vk_message_id=vk_message_id, cmid=cmid, when_unknown=True)
    return True


def thread_of_alert(peer_id: int, cmid: int) -> int | None:
    """Return the thread of the message at this place of an operator's dialogue with us."""
    return (
        VkOutbox.objects.filter(peer_id=peer_id, conversation_message_id=cmid, thread__isnull=False)
        .values_list("thread_id", flat=True)
        .first()
    )


def last_told(peer_id: int, thread: ChatThread, cmid: int | None) -> int:
    """Return the last place of a thread that an operator was told of before a place in VK, else 0.

    `cmid` None: there is no place, all that VK has counts.
    """
    told = VkOutbox.objects.filter(
        peer_id=peer_id, message__thread=thread, purpose=Purpose.ALERT, state=State.SENT
    )
    if cmid is not None:
        told = told.filter(conversation_message_id__lt=cmid)
    return told.aggregate(last=Max("message__seq"))["last"] or 0


def seq_of_answer(peer_id: int, cmid: int, vk_message_id: int) -> int | None:
    """Return the place in its thread of the last answer up to a place in a patient's dialogue.

    VK names the place twice: by its number in the dialogue, and by the id of the message there.
    """
    own = VkOutbox.objects.filter(
        peer_id=peer_id, conversation_message_id__lte=cmid, purpose=Purpose.ANSWER
    ).order_by("-conversation_message_id")
    typed_in_vk = ChatMessage.objects.filter(
        thread__vk_peer_id=peer_id,
        sender=ChatMessage.Sender.OPERATOR,
        vk_message_id__isnull=False,
        vk_outbox__isnull=True,
    ).order_by("-seq")
    seqs = [
        own.values_list("message__seq", flat=True).first(),
        *(
            seq
            for seq, key in typed_in_vk.values_list("seq", "vk_message_id")
            if not came_before(str(vk_message_id), [key])
            and not came_before(f"{peer_id}:{cmid}", [key])
        ),
    ]
    return max((seq for seq in seqs if seq is not None), default=None)


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
    """Note that a message cannot be sent; the inbox shows it at the answer.

    False if it was taken back, changed, erased or found sent meanwhile: then nothing is noted.
    """
    failed = VkOutbox.objects.filter(pk=row.pk, state=State.WAITING, text=row.text).update(
        state=State.FAILED, error_code=code, error=reason[:200]
    )
    if failed and row.purpose == Purpose.ANSWER and row.message_id:
        _set_delivery(row.message_id, ChatMessage.Delivery.FAILED)
    return bool(failed)


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
    """Let failed messages be tried again: somebody asked for it, or what failed them is over."""
    for row in rows:
        with _answer_held(row):
            changed = VkOutbox.objects.filter(pk=row.pk, state=State.FAILED).update(
                state=State.WAITING, attempts=0, next_at=timezone.now()
            )
            if changed and row.purpose == Purpose.ANSWER and row.message_id:
                _set_delivery(row.message_id, ChatMessage.Delivery.PENDING)


def resend_answer(message_id: int) -> None:
    """Let what failed of an answer be tried again."""
    resend(VkOutbox.objects.filter(message=message_id, purpose=Purpose.ANSWER))


def change(message: ChatMessage, text: str) -> None:
    """Give an answer to a patient in VK another text, wherever it is by now.

    Raises Invalid if VK would go on showing the old one: in other parts than the new one, or
    written in VK's own interface.
    """
    rows = VkOutbox.objects.filter(message=message, purpose=Purpose.ANSWER).exclude(text="")
    said = list(rows.select_for_update().order_by("part"))
    parts = parts_of(text)
    lost = [row for row in said if row.state == State.SENT and not row.conversation_message_id]
    if len(said) != len(parts) or not said or lost:
        raise Invalid(
            _("This answer cannot be changed in VK, so it stays as it is. Write another one."),
            field="text",
        )
    for row, part in zip(said, parts, strict=True):
        if row.text != part:
            VkOutbox.objects.filter(pk=row.pk).update(
                text=part, state=State.WAITING, attempts=0, next_at=timezone.now()
            )


def withdraw_alerts(thread_id: int, upto: int | None = None) -> None:
    """Take alerts of a thread (up to a place) back that were not sent yet: somebody answered."""
    of_answered = Q() if upto is None else Q(message=None) | Q(message__seq__lte=upto)
    VkOutbox.objects.filter(
        of_answered,
        thread_id=thread_id,
        purpose__in=[Purpose.ALERT, Purpose.REPEAT],
        state=State.WAITING,
        first_tried_at__isnull=True,
    ).update(state=State.WITHDRAWN)


def withdraw(message: ChatMessage) -> None:
    """Take a message back that its author deleted, where it has not gone out to VK yet."""
    rows = VkOutbox.objects.filter(message=message)
    rows.filter(state__in=[State.WAITING, State.FAILED]).update(state=State.WITHDRAWN)
    # What has gone stays at VK, but no longer here.
    rows.update(text="", attachment="")


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
    """Lock the dialogue of an answer before its row, as those do who change or delete it."""
    with transaction.atomic():
        message = ChatMessage.objects.filter(pk=row.message_id).first()
        if message and row.purpose == Purpose.ANSWER:
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
