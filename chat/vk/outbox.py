"""Sending what waits. Any number of workers may do it, each may die at any point."""

import logging
import time
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import DatabaseError, InterfaceError
from django.utils import timezone

from chat.models import VkOutbox
from chat.services import vk_outbox, vk_sending
from chat.vk import config, history, treatment
from chat.vk.client import UnknownOutcome, VkClient, VkError
from chat.vk.inbound import Pressed
from chat.vk.treatment import Kind

logger = logging.getLogger(__name__)

# How far back an earlier attempt is looked for. A message that so many newer ones follow is given
# up rather than sent twice.
MOST_LOOKED_THROUGH = 4000
# VK's clock and ours may differ.
CLOCKS_DIFFER = timedelta(minutes=10)
# Then what has come meanwhile is read.
LONGEST_SECONDS = 2.0


class Buried(Exception):
    """Nobody can say any more whether an earlier attempt has arrived."""


def drain(sleep: Callable[[float], None] = time.sleep) -> int:
    """Send what is due, for a moment, and return how many messages VK took.

    Stops when VK refuses the token or does not answer: what came from VK meanwhile is not to wait.
    """
    vk = config.current()
    if not vk.can_send:
        return 0
    client = VkClient(vk)
    sent = 0
    end = time.monotonic() + LONGEST_SECONDS
    try:
        while time.monotonic() < end and not vk_sending.is_halted(vk.token_hash):
            row = vk_sending.claim()
            if row is None:
                break
            try:
                sent += send(client, row, vk, sleep)
            except UnknownOutcome as error:
                give_up_or_postpone(row, treatment.SOON, None, str(error))
                break
            except (DatabaseError, InterfaceError):
                raise
            except Exception as error:  # noqa: BLE001 - a bug at one message must not stop the others
                # The type alone: what an exception says may repeat what a patient wrote.
                logger.error("message %s could not be sent: %s", row.pk, type(error).__name__)
                give_up_or_postpone(row, treatment.UNEXPECTED, None, type(error).__name__)
    finally:
        client.close()
    return sent


def answer_buttons(pressed: Sequence[Pressed], sleep: Callable[[float], None]) -> None:
    """Let people read what their buttons did. If VK is away they see what happened all the same."""
    vk = config.current()
    if not pressed or not vk.can_send or vk_sending.is_halted(vk.token_hash):
        return
    client = VkClient(vk)
    end = time.monotonic() + LONGEST_SECONDS
    try:
        for one in pressed:
            if time.monotonic() >= end:
                return
            sleep(vk_sending.take_slot())
            client.call(
                "messages.sendMessageEventAnswer",
                event_id=one.event_id,
                user_id=one.user_id,
                peer_id=one.peer_id,
                event_data={"type": "show_snackbar", "text": one.text},
            )
    except (VkError, UnknownOutcome) as error:
        logger.info("a button could not be answered: %s", error)
    finally:
        client.close()


def send(
    client: VkClient, row: VkOutbox, vk: config.Config, sleep: Callable[[float], None]
) -> bool:
    """Send one row and note the outcome; return whether VK took it. Raises UnknownOutcome."""
    if not vk_outbox.may_go(row):
        return False
    try:
        if row.conversation_message_id:
            sleep(vk_sending.take_slot())
            client.call("messages.edit", **changed(row))
            vk_outbox.settle(row, vk_message_id=row.vk_message_id, cmid=row.conversation_message_id)
            return True
        if row.first_tried_at and (found := in_history(client, row, row.first_tried_at, sleep)):
            settle(row, found, when_unknown=True)
            return True
        sleep(vk_sending.take_slot())
        answer = client.call("messages.send", **parameters(row))
    except VkError as error:
        treat(row, error.code, vk)
        return False
    except Buried as error:
        vk_outbox.fail(row, None, str(error))
        return False
    item = answer[0] if isinstance(answer, list) and answer else {}
    if not isinstance(item, dict) or not ({"message_id", "error"} & item.keys()):
        give_up_or_postpone(row, treatment.UNEXPECTED, None, "an answer that VK does not give")
        return False
    if isinstance(item.get("error"), dict):
        code = item["error"].get("code")
        treat(row, code if isinstance(code, int) else 0, vk)
        return False
    # After an earlier attempt VK may name the message of that one, with the text of then.
    settle(row, item, when_unknown=row.first_tried_at is not None)
    return True


def settle(row: VkOutbox, item: dict[str, Any], *, when_unknown: bool = False) -> None:
    """Note VK's ids of a message that it took."""
    vk_outbox.settle(
        row,
        vk_message_id=item.get("message_id") or item.get("id"),
        cmid=item.get("conversation_message_id"),
        when_unknown=when_unknown,
    )
    vk_sending.note_sent(timezone.now())


def parameters(row: VkOutbox) -> dict[str, Any]:
    """Return what messages.send gets. `peer_ids` even for one: only so VK names the place."""
    return {
        "peer_ids": str(row.peer_id),
        "random_id": row.random_id,
        "message": row.text,
        "attachment": row.attachment or None,
        "keyboard": row.keyboard,
        "dont_parse_links": 1,
        "disable_mentions": 1,
    }


def changed(row: VkOutbox) -> dict[str, Any]:
    """Return what messages.edit gets: a row that has its place in VK is changed there."""
    return {
        "peer_id": row.peer_id,
        "cmid": row.conversation_message_id,
        "message": row.text,
        "attachment": row.attachment or None,
        "keyboard": row.keyboard,
        "dont_parse_links": 1,
        "disable_mentions": 1,
    }


def in_history(
    client: VkClient, row: VkOutbox, tried_at: datetime, sleep: Callable[[float], None]
) -> dict[str, Any] | None:
    """Return our message in the person's history, None if no earlier attempt arrived.

    VK itself knows a `random_id` again for an hour and among the last hundred messages only, and
    nobody here can know how many there were since. Raises VkError, UnknownOutcome, Buried.
    """

    def call(method: str, **params: Any) -> Any:
        sleep(vk_sending.take_slot())
        return client.call(method, **params)

    seen = 0
    begin = tried_at - CLOCKS_DIFFER
    for item in history.since(call, row.peer_id, begin, MOST_LOOKED_THROUGH):
        if item.get("random_id") == row.random_id:
            return item
        seen += 1
    if seen >= MOST_LOOKED_THROUGH:
        raise Buried("too much was said since the first attempt")
    return None


def treat(row: VkOutbox, code: int, vk: config.Config) -> None:
    """Do about an error of VK's what its class asks for."""
    what = treatment.of(code)
    logger.warning("VK refused a message with error %s (%s)", code, what.kind.value)
    if what.kind not in (Kind.RETRY, Kind.UNKNOWN):
        vk_outbox.forget_attempt(row)
    match what.kind:
        case Kind.RETRY:
            if what is treatment.TOO_FAST:
                vk_sending.slow_down(1)
            give_up_or_postpone(row, what, code, "")
        case Kind.HALT:
            vk_sending.halt(f"VK error {code}", vk.token_hash)
            vk_outbox.postpone(row, 0, code, "")
        case Kind.WITHOUT_BUTTONS if row.keyboard:
            vk_outbox.drop_keyboard(row)
        case Kind.RECIPIENT:
            vk_outbox.refused(row, code)
        case _:
            vk_outbox.fail(row, code, "")


def give_up_or_postpone(
    row: VkOutbox, what: treatment.Treatment, code: int | None, reason: str
) -> None:
    """Try again after the pause that is due, or give up where an administrator sees it."""
    pause = what.delay(row.attempts, timezone.now() - row.created_at)
    if pause is None:
        vk_outbox.fail(row, code, reason)
    else:
        vk_outbox.postpone(row, pause, code, reason)
