"""Storing an event, whichever way it came: by callback, by Long Poll, found in the history."""

import logging
from typing import Any

from chat.services import vk_events
from chat.vk import payload

logger = logging.getLogger(__name__)

LONGEST_TYPE = 40


def keep(data: dict[str, Any], group_id: int, retry_counter: int = 0) -> None:
    """Store an event of our community once, without its secret, for the worker.

    VK tells events apart by their ids. If it gives one id to two, the first is the event; the
    other is kept where somebody looks at it.
    """
    body = payload.storable({name: value for name, value in data.items() if name != "secret"})
    message = payload.message_of(body)
    kind = body.get("type")
    fields = {
        "group_id": group_id,
        "type": kind[:LONGEST_TYPE] if isinstance(kind, str) else "",
        "body": body,
        "peer_id": message.peer_id if message else None,
        "conversation_message_id": message.conversation_message_id if message else None,
        "retry_counter": retry_counter,
    }
    if not vk_events.keep(event_id=payload.event_key(body), **fields):
        logger.error("VK gave the id of another event to one of type %s", fields["type"])
        vk_events.set_aside("the id of another event", event_id=payload.body_key(body), **fields)
