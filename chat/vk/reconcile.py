"""Finding what VK did not deliver: asked of VK's history, fed in like events.

VK repeats an event for 1 h 43 min and then forgets it; Long Poll forgets sooner. Conversations are
walked from the last changed back to a moment, their messages compared with the events that came. A
message that comes both ways is stored once (chat.services.messages: vk_message_id).
"""

import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from chat.models import VkEvent
from chat.services import vk_sending, vk_state
from chat.vk import arrival, config, history
from chat.vk.client import VkClient
from chat.vk.history import PAGE, Call
from chat.vk.payload import whole

# Of one conversation; a person does not write more in an outage.
MOST_MESSAGES = 1000
BEFORE_START = timedelta(hours=2)
LONGEST = timedelta(days=7)


def note_start() -> None:
    """Let the worker look back when it begins: nobody knows how long all of us were away."""
    last = vk_state.get().last_event_at
    if last:
        vk_state.note_gap(last - BEFORE_START)


def fill_gap(sleep: Callable[[float], None] = time.sleep) -> int:
    """Find what may be missing since the noted moment, if one is; return how much was found.

    One process does it: all calls to VK share one rate, and texts must not wait for several walks.
    Raises VkError, UnknownOutcome; the gap stays noted then.
    """
    if vk_state.get().gap_since is None or not _may_ask():
        return 0
    with vk_state.only_one("chat.vk.reconcile") as is_ours:
        # Another one may just have been at the end of it.
        since = vk_state.get().gap_since
        if not is_ours or since is None:
            return 0
        found = reconcile(since, sleep)
        vk_state.close_gap(since)
        return found


def reconcile(since: datetime, sleep: Callable[[float], None] = time.sleep) -> int:
    """Feed in the messages since a moment that never came as events; return how many.

    Not from longer ago than a week: what is kept of older events, and of whom was erased, is gone,
    and they would come back. Raises VkError, UnknownOutcome.
    """
    if not _may_ask():
        return 0
    since = max(since, timezone.now() - LONGEST)
    vk = config.current()
    client = VkClient(vk)

    def call(method: str, **params: Any) -> Any:
        sleep(vk_sending.take_slot())
        return client.call(method, **params)

    try:
        return sum(
            _catch_up(call, vk.group_id, peer_id, since)
            for peer_id in list(_changed_since(call, since))
        )
    finally:
        client.close()


def _may_ask() -> bool:
    vk = config.current()
    return vk.can_send and not vk_sending.is_halted(vk.token_hash)


def _changed_since(call: Call, since: datetime) -> Iterator[int]:
    """Yield the conversations in which something was said since a moment."""
    for offset in range(0, 100 * PAGE, PAGE):
        answer = call("messages.getConversations", filter="all", count=PAGE, offset=offset)
        items = history.items(answer)
        recent = 0
        for item in items:
            last, conversation = item.get("last_message"), item.get("conversation")
            peer = conversation.get("peer") if isinstance(conversation, dict) else None
            peer_id = whole(peer.get("id")) if isinstance(peer, dict) else None
            if peer_id and isinstance(last, dict) and history.is_since(last, since):
                recent += 1
                yield peer_id
        # Conversations that are pinned come first, however old they are.
        if len(items) < PAGE or not recent:
            return


def _catch_up(call: Call, group_id: int, peer_id: int, since: datetime) -> int:
    recent = list(history.since(call, peer_id, since, MOST_MESSAGES))
    missing = _unknown(peer_id, recent)
    for item in reversed(missing):
        arrival.keep(as_event(group_id, peer_id, item), group_id)
    return len(missing)


def _unknown(peer_id: int, items: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the messages that came as no event, without those that we sent."""
    places = [whole(item.get("conversation_message_id")) for item in items]
    known = set(
        VkEvent.objects.filter(
            peer_id=peer_id,
            conversation_message_id__in=[place for place in places if place],
            type__in=["message_new", "message_reply"],
        ).values_list("conversation_message_id", flat=True)
    )
    return [
        item
        for item, place in zip(items, places, strict=True)
        if place and place not in known and (not item.get("out") or item.get("admin_author_id"))
    ]


def as_event(group_id: int, peer_id: int, item: dict[str, Any]) -> dict[str, Any]:
    """Return the event that a message of the history should have been."""
    number = item["conversation_message_id"]
    data = {"group_id": group_id, "event_id": f"history:{peer_id}:{number}"}
    if item.get("out"):
        return data | {"type": "message_reply", "object": item}
    return data | {"type": "message_new", "object": {"message": item}}
