"""VK's JSON, read with distrust: each value of its kind, or none."""

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

LARGEST_ID = 2**63 - 1
LONGEST_EVENT_ID = 80
CHAT_PEERS_FROM = 2_000_000_000
# Forwarded messages may be nested 45 times, in an object and a list each.
DEEPEST = 200


class Unreadable(ValueError):
    """The body is no JSON object."""


def load(raw: bytes) -> dict[str, Any]:
    """Return the JSON object of a body (UTF-8, a BOM is forgiven). Raises Unreadable."""
    try:
        data = json.loads(raw.decode("utf-8-sig"), parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise Unreadable from error
    if not isinstance(data, dict):
        raise Unreadable
    return data


def _refuse_constant(name: str) -> None:
    raise ValueError(name)


def storable(value: Any, depth: int = 0) -> Any:
    """Return a value without what cannot be stored: NUL, lone surrogates, infinity, an abyss."""
    if depth > DEEPEST:
        return None
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode().replace("\x00", "\ufffd")
    if isinstance(value, list):
        return [storable(one, depth + 1) for one in value]
    if isinstance(value, dict):
        return {storable(name): storable(one, depth + 1) for name, one in value.items()}
    if isinstance(value, float):
        return None if value != value or value in {float("inf"), float("-inf")} else value
    return value


def whole(value: Any) -> int | None:
    """Return an id: a whole number that fits a column; not true, 1.0, "7"."""
    if isinstance(value, bool) or not isinstance(value, int) or abs(value) > LARGEST_ID:
        return None
    return value


def event_key(data: dict[str, Any]) -> str:
    """Return what tells a storable event from all others: VK's id, or without one its body."""
    given = data.get("event_id")
    if isinstance(given, str) and given:
        return given if len(given) <= LONGEST_EVENT_ID else _hash(given)
    if whole(given) is not None:
        return str(given)
    return body_key(data)


def body_key(data: dict[str, Any]) -> str:
    """Return what tells an event from all others that say something else."""
    return "body:" + _hash(json.dumps(data, sort_keys=True))


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True)
class VkMessage:
    """A message of VK's, of all shapes it has had (5.199, 5.80–5.102, older)."""

    id: int
    peer_id: int
    from_id: int
    conversation_message_id: int | None
    out: bool
    text: str
    date: int | None
    random_id: int
    admin_author_id: int | None
    reply_cmid: int | None
    is_action: bool
    is_cropped: bool
    raw: dict[str, Any]

    @property
    def key(self) -> str | None:
        """`vk_message_id`: the id where VK gives one, else peer and place; None without either."""
        if self.id > 0:
            return str(self.id)
        if self.conversation_message_id:
            return f"{self.peer_id}:{self.conversation_message_id}"
        return None

    @property
    def is_start(self) -> bool:
        """Whether it is the press of the button «Начать», with which VK lets dialogues begin."""
        payload = self.raw.get("payload")
        try:
            return isinstance(payload, str) and json.loads(payload) == {"command": "start"}
        except (ValueError, RecursionError):
            return False

    @property
    def written_at(self) -> datetime | None:
        """When it was written, as VK says."""
        if self.date is None or self.date <= 0:
            return None
        try:
            return datetime.fromtimestamp(self.date, UTC)
        except (ValueError, OverflowError, OSError):
            return None

    @property
    def is_direct(self) -> bool:
        """Whether it was written to the community alone, not in a chat."""
        return 0 < self.peer_id < CHAT_PEERS_FROM


def message_of(data: dict[str, Any]) -> VkMessage | None:
    """Return the message of an event, None if its object is none."""
    body = data.get("object")
    if not isinstance(body, dict):
        return None
    inner = body.get("message")
    raw: dict[str, Any] = inner if isinstance(inner, dict) else body
    from_id = whole(raw.get("from_id", raw.get("user_id")))
    peer_id = whole(raw.get("peer_id", from_id))
    if from_id is None or peer_id is None or "warning" in raw:
        return None
    text = raw.get("text", raw.get("body"))
    reply = raw.get("reply_message")
    return VkMessage(
        id=whole(raw.get("id")) or 0,
        peer_id=peer_id,
        from_id=from_id,
        conversation_message_id=whole(raw.get("conversation_message_id")),
        out=raw.get("out") == 1,
        text=text if isinstance(text, str) else "",
        date=whole(raw.get("date")),
        random_id=whole(raw.get("random_id")) or 0,
        admin_author_id=whole(raw.get("admin_author_id")),
        reply_cmid=(
            whole(reply.get("conversation_message_id")) if isinstance(reply, dict) else None
        ),
        is_action=isinstance(raw.get("action"), dict),
        is_cropped=raw.get("is_cropped") is True,
        raw=raw,
    )
