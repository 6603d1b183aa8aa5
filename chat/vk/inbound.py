"""What VK's events mean, read from the store by the worker. Each may be read twice."""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db import InterfaceError, OperationalError, transaction
from django.db.models import QuerySet
from django.utils import timezone

from chat.errors import Blocked, ChatError
from chat.models import ChatThread, VkEvent, VkOperator, VkOutbox
from chat.selectors.threads import common_thread_id
from chat.services import (
    messages,
    threads,
    vk_alerts,
    vk_answers,
    vk_events,
    vk_files,
    vk_operators,
    vk_outbox,
    vk_replies,
    vk_retention,
)
from chat.services.messages import Answer
from chat.services.texts import LONGEST_FROM_VK, readable_text
from chat.services.writing import locked
from chat.vk import answering, buttons, enclosures, routing, words
from chat.vk.answering import tell
from chat.vk.payload import VkMessage, message_of, whole

logger = logging.getLogger(__name__)

State = VkEvent.State
Purpose = VkOutbox.Purpose

# Then what has been said meanwhile goes out.
LONGEST_SECONDS = 2.0

DUTY_WORDS = {"duty on": True, "duty off": False, "смена": True, "не на смене": False}
# Why an event was kept that changed an operator's duty.
OF_DUTY = "a word of duty"
# Their places are the order of a dialogue; a button that is pressed may stand far above.
OF_A_PLACE = ("message_new", "message_reply")
# As much of it is kept.
LONGEST_REASON = 200
# What a button does, where VK shows none.
UNDO_WORDS = {"undo", "отмена"}


@dataclass(frozen=True)
class Pressed:
    """A button that was pressed and what the person is to read; VK waits a minute for it."""

    event_id: str
    user_id: int
    peer_id: int
    text: str


@dataclass(frozen=True)
class Outcome:
    """What became of an event, and why."""

    state: VkEvent.State
    reason: str = ""
    pressed: Pressed | None = None


DONE = Outcome(State.DONE)


def ignored(reason: str) -> Outcome:
    """Return that there was nothing to do."""
    return Outcome(State.IGNORED, reason)


def quarantined(reason: str) -> Outcome:
    """Return that a person should look at it."""
    return Outcome(State.QUARANTINED, reason)


def process_due(on_pressed: Callable[[Pressed], None]) -> int:
    """Read the events that wait, for a moment; return how many.

    Who has waited longest comes first, and what one person sent goes in the order of its places.
    `on_pressed` hears of buttons, once their event is done for good.
    """
    count = 0
    end = time.monotonic() + LONGEST_SECONDS
    # One is read in any case.
    while (not count or time.monotonic() < end) and (event := _next()) is not None:
        pressed = _process(event)
        if pressed:
            on_pressed(pressed)
        count += 1
    return count


def _next() -> VkEvent | None:
    due = VkEvent.objects.filter(state=State.NEW, next_at__lte=timezone.now())
    oldest = due.order_by("received_at", "id").first()
    if oldest is None or oldest.type not in OF_A_PLACE:
        return oldest
    said = due.filter(peer_id=oldest.peer_id, type__in=OF_A_PLACE)
    return said.order_by("conversation_message_id", "id").first()


def _process(event: VkEvent) -> Pressed | None:
    """Read one event in one transaction; after a bug it is tried again, then quarantined."""
    try:
        with transaction.atomic():
            # One worker at a time; whoever comes second finds it done.
            held = VkEvent.objects.select_for_update().get(pk=event.pk)
            if held.state != State.NEW:
                return None
            outcome = _outcome(held)
            vk_events.finish(held, outcome.state, outcome.reason)
        return outcome.pressed
    except (OperationalError, InterfaceError):
        # The database is away: nothing is wrong with the event.
        raise
    except Exception as error:  # noqa: BLE001 - a bug must lose no event
        # The type alone: what an exception says may repeat what a patient wrote.
        logger.error("VK event %s could not be read: %s", event.pk, type(error).__name__)
        vk_events.postpone(event, type(error).__name__)
        return None


def _outcome(event: VkEvent) -> Outcome:
    if _is_warning(event.body.get("object")):
        logger.error("VK warns of its API's version, in an event of type %s", event.type)
        return quarantined("VK's warning in place of what happened")
    handler = HANDLERS.get(event.type)
    if handler is None:
        return ignored("a type that we do not use")
    return handler(event)


def _is_warning(body: Any) -> bool:
    return isinstance(body, dict) and "message" not in body and "warning" in body


# --- message_new ----------------------------------------------------------------------------------


def message_new(event: VkEvent) -> Outcome:
    """Somebody wrote to the community."""
    message = message_of(event.body)
    if message is None:
        return quarantined("no message in it")
    if message.key is None:
        return quarantined("the message has no id")
    if message.out or message.from_id <= 0:
        return ignored("not from a person")
    if message.is_action:
        return ignored("a service message")
    if vk_replies.is_known(str(message.key)):
        return ignored("known already")
    operator = vk_operators.active_operator(message.from_id)
    if message.is_direct:
        if message.peer_id != message.from_id:
            return ignored("sender and dialogue differ")
        vk_outbox.may_write(message.peer_id, True)
        is_code = vk_operators.looks_like_code(message.text)
        if (is_code or operator) and was_read(message):
            return ignored("known already")
        if is_code:
            return bind(message)
        if operator and command_of(message):
            return obey(operator, message)
        if message.is_start:
            return start(message, is_operator=operator is not None)
        if operator:
            return from_operator(operator, message, event.group_id)
        return from_patient(message)
    if operator:
        return from_operator_in_chat(operator, message, event.group_id)
    return ignored("talk in a chat")


def was_read(message: VkMessage) -> bool:
    """Say whether a direct message was read before, in whatever envelope: at its place."""
    place = message.conversation_message_id
    return bool(place) and _read_of(message.peer_id).filter(conversation_message_id=place).exists()


def _read_of(peer_id: int) -> QuerySet[VkEvent]:
    return VkEvent.objects.filter(peer_id=peer_id, type="message_new", state=State.DONE)


def start(message: VkMessage, *, is_operator: bool) -> Outcome:
    """Somebody opened a dialogue and has asked nothing yet: a patient is greeted."""
    if not is_operator and not ChatThread.objects.filter(vk_peer_id=message.peer_id).exists():
        vk_outbox.greet(message.peer_id)
    return ignored("the button that begins a dialogue")


def bind(message: VkMessage) -> Outcome:
    """Take a one-time code, whoever sends it: nobody else is to read it."""
    bound = vk_operators.bind(message.from_id, message.text)
    text = words.bound(bound.user.first_name) if bound else words.code_not_good()
    vk_outbox.queue(Purpose.NOTICE, message.peer_id, text)
    return DONE


def command_of(message: VkMessage) -> str:
    """Return the word by which an operator tells us to do something, or an empty string.

    In a reply to a patient's question the same word is an answer.
    """
    said = message.text.strip().casefold()
    if message.reply_cmid is None:
        return said if said in DUTY_WORDS or said in UNDO_WORDS else ""
    is_echo = vk_replies.of_echo(message.peer_id, message.reply_cmid) is not None
    return said if said in UNDO_WORDS and is_echo else ""


def obey(operator: VkOperator, message: VkMessage) -> Outcome:
    """Do what an operator's word says, unless a later word of that kind has been obeyed already."""
    said = command_of(message)
    place = message.conversation_message_id
    if said in DUTY_WORDS:
        later = _read_of(message.peer_id).filter(conversation_message_id__gt=place, reason=OF_DUTY)
        if place and later.exists():
            return ignored("a later word counts")
        vk_operators.set_duty(operator, DUTY_WORDS[said], operator.user)
        tell(operator, words.duty(DUTY_WORDS[said]))
        return Outcome(State.DONE, OF_DUTY)
    if message.reply_cmid is None:
        reply = vk_replies.withdraw_last(operator.user, str(message.key))
    else:
        reply = vk_replies.of_echo(message.peer_id, message.reply_cmid)
        if reply and not vk_replies.withdraw(operator.user, reply.pk):
            reply = None
    tell(operator, words.taken_back(reply))
    return DONE


def from_patient(message: VkMessage) -> Outcome:
    """Anyone who is no operator is a patient, whatever the message begins with."""
    whole_text = text_of(message, with_forwarded=True)
    if not whole_text:
        return ignored("nothing in it")
    if vk_retention.is_erased(message.peer_id, message.conversation_message_id):
        return ignored("erased")
    text = words.cropped(whole_text) if message.is_cropped else words.shortened(whole_text)
    try:
        sent = messages.send_from_vk(
            message.peer_id,
            vk_message_id=str(message.key),
            text=text,
            written_at=message.written_at,
        )
    except Blocked as refusal:
        vk_outbox.remark(message.peer_id, str(refusal.detail))
        return ignored("blocked")
    if not sent.created:
        return ignored("known already")
    vk_files.expect(files_of(message), message=sent.message)
    if len(whole_text) > LONGEST_FROM_VK:
        vk_outbox.remark(message.peer_id, words.was_shortened())
    return DONE


def from_operator(operator: VkOperator, message: VkMessage, group_id: int) -> Outcome:
    """An operator wrote: to the thread that is named, that is replied to, or to colleagues."""
    address = routing.parse(message.text, group_id)
    if address.kind is routing.Kind.REFUSED:
        tell(operator, words.not_readable())
        return DONE
    if address.kind is routing.Kind.THREAD:
        return to_thread(operator, message, address.number or 0, address.text)
    if message.reply_cmid is not None:
        number = vk_alerts.thread_of_alert(message.peer_id, message.reply_cmid)
        if number is not None:
            return to_thread(operator, message, number, address.text)
    return to_common(operator, message, address.text)


def from_operator_in_chat(operator: VkOperator, message: VkMessage, group_id: int) -> Outcome:
    """In a chat of several people only an explicit address counts."""
    address = routing.parse(message.text, group_id)
    if address.kind is routing.Kind.REFUSED:
        tell(operator, words.not_readable())
        return DONE
    if address.kind is routing.Kind.THREAD:
        return to_thread(operator, message, address.number or 0, address.text)
    return ignored("talk in a chat")


def to_thread(operator: VkOperator, message: VkMessage, number: int, said: str) -> Outcome:
    """Hold an answer for a thread and echo it; refuse what cannot be delivered."""
    text = text_of(message, said)
    if not text:
        tell(operator, words.nothing_said(number))
        return DONE
    if message.is_cropped or len(text) > LONGEST_FROM_VK:
        tell(operator, words.too_long())
        return DONE
    try:
        thread = locked(number)
    except ChatError:
        tell(operator, words.no_such_thread())
        return DONE
    if thread.is_common:
        return to_common(operator, message, said)
    # A place in a chat of several says nothing of what came before it in the operator's dialogue.
    place = message.conversation_message_id if message.is_direct else None
    told = vk_alerts.last_told(operator.vk_id, thread, place)
    reply = answering.hold(operator, thread, key=str(message.key), text=text, shown_seq=told)
    if reply is None:
        return ignored("known already")
    vk_files.expect(files_of(message), reply=reply)
    return DONE


def to_common(operator: VkOperator, message: VkMessage, said: str) -> Outcome:
    """Keep a message without an address where only operators see it, and say so."""
    text = text_of(message, said, with_forwarded=True)
    if not text:
        return ignored("nothing in it")
    if len(text) > LONGEST_FROM_VK:
        tell(operator, words.too_long())
        return DONE
    answer = Answer(client_id=vk_replies.key_of(str(message.key)), text=text)
    sent = messages.send_as_operator(
        operator.user,
        common_thread_id(),
        answer,
        channel=messages.Channel.VK,
        vk_message_id=str(message.key),
    )
    if sent.created:
        vk_files.expect(files_of(message), message=sent.message)
        tell(operator, words.went_to_common())
    return DONE


def text_of(message: VkMessage, said: str | None = None, *, with_forwarded: bool = False) -> str:
    """Return what is kept of a message: its text, and a line for each thing that is not text.

    An answer is without what was forwarded: that may be what another patient wrote.
    """
    text = readable_text(message.text if said is None else said)
    lines = [one.line for one in enclosures.of(message.raw)]
    forwarded = readable_text(enclosures.quoted(message.raw)) if with_forwarded else ""
    return "\n".join(part for part in (text, *lines, forwarded) if part)


def files_of(message: VkMessage) -> list[tuple[str, str, str]]:
    """Return the files that are to be fetched once the text is stored."""
    return enclosures.files(enclosures.of(message.raw))


# --- other events ---------------------------------------------------------------------------------


def message_reply(event: VkEvent) -> Outcome:
    """The community wrote: we did, or somebody in VK's own interface."""
    message = message_of(event.body)
    if message is None or message.key is None:
        return quarantined("no message in it")
    if message.random_id and vk_outbox.link(
        message.random_id,
        peer_id=message.peer_id,
        vk_message_id=message.id or None,
        cmid=message.conversation_message_id,
    ):
        return DONE
    if message.admin_author_id is None:
        return ignored("sent by another program")
    if not message.is_direct or vk_operators.active_operator(message.peer_id):
        return ignored("not a patient's dialogue")
    text = words.shortened(text_of(message))
    if not text:
        return ignored("nothing in it")
    if vk_retention.is_erased(message.peer_id, message.conversation_message_id):
        return ignored("erased")
    author = vk_operators.active_operator(message.admin_author_id)
    mirrored = messages.mirror_from_vk(
        message.peer_id,
        author.user if author else None,
        vk_message_id=str(message.key),
        text=text,
        written_at=message.written_at,
    )
    if mirrored.created:
        vk_files.expect(files_of(message), message=mirrored.message)
    return DONE


def message_edit(event: VkEvent) -> Outcome:
    """A message of the community was changed in VK: the mirrored copy follows."""
    message = message_of(event.body)
    if message is None or message.key is None:
        return quarantined("no message in it")
    if not message.out or message.from_id != -event.group_id:
        # An operator's own "#50 …" has gone without its address, and could be taken back.
        return ignored("not a message of the community")
    # What was fetched stands for itself by now.
    kept = [one.line for one in enclosures.of(message.raw) if one.url is None]
    text = "\n".join(part for part in (readable_text(message.text), *kept) if part)
    changed = messages.follow_edit_in_vk(str(message.key), words.shortened(text))
    return DONE if changed else ignored("not a message that we mirror")


def message_allow(event: VkEvent) -> Outcome:
    """A person lets the community write."""
    return _permission(event, allowed=True)


def message_deny(event: VkEvent) -> Outcome:
    """A person forbids the community to write."""
    return _permission(event, allowed=False)


def _permission(event: VkEvent, *, allowed: bool) -> Outcome:
    body = event.body.get("object")
    user_id = whole(body.get("user_id")) if isinstance(body, dict) else None
    if user_id is None or user_id <= 0:
        return quarantined("no person in it")
    vk_outbox.may_write(user_id, allowed)
    return DONE


def message_read(event: VkEvent) -> Outcome:
    """A patient in VK has read what the community wrote."""
    body = event.body.get("object")
    peer_id = whole(body.get("peer_id", body.get("from_id"))) if isinstance(body, dict) else None
    cmid = whole(body.get("conversation_message_id")) if isinstance(body, dict) else None
    message_id = whole(body.get("read_message_id")) if isinstance(body, dict) else None
    if peer_id is None or cmid is None:
        return ignored("no place in it")
    seq = vk_answers.seq_of_answer(peer_id, cmid, message_id or 0)
    if seq is None:
        return ignored("not an answer of ours")
    threads.mark_vk_reader(peer_id, seq)
    return DONE


def message_event(event: VkEvent) -> Outcome:
    """Somebody pressed a button of ours. Its payload can be forged: rights are asked again."""
    body = event.body.get("object")
    if not isinstance(body, dict):
        return quarantined("no button in it")
    user_id, payload = whole(body.get("user_id")), body.get("payload")
    operator = vk_operators.active_operator(user_id) if user_id else None
    if operator is None or not isinstance(payload, dict):
        return ignored("not an operator's button")
    key, peer_id = body.get("event_id"), whole(body.get("peer_id"))
    if not isinstance(key, str) or peer_id is None:
        buttons.press(operator, payload, whole(body.get("conversation_message_id")))
        return DONE
    # What was chosen, taken back and comes in a second envelope is not chosen anew.
    as_pressed = f"press {key}"[:LONGEST_REASON]
    if was_pressed(as_pressed):
        return ignored("known already")
    said = buttons.press(operator, payload, whole(body.get("conversation_message_id")))
    return Outcome(State.DONE, as_pressed, Pressed(key, operator.vk_id, peer_id, said))


def was_pressed(as_pressed: str) -> bool:
    """Say whether a press of a button was read before, in whatever envelope."""
    # By time there is an index.
    since = timezone.now() - vk_retention.EVENTS_KEPT
    done = VkEvent.objects.filter(type="message_event", state=State.DONE, received_at__gte=since)
    return done.filter(reason=as_pressed).exists()


HANDLERS: dict[str, Callable[[VkEvent], Outcome]] = {
    "message_new": message_new,
    "message_reply": message_reply,
    "message_edit": message_edit,
    "message_allow": message_allow,
    "message_deny": message_deny,
    "message_read": message_read,
    "message_event": message_event,
}
