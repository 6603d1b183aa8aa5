"""Reading back what was said in a conversation in VK."""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

from chat.vk.payload import whole

PAGE = 200

Call = Callable[..., Any]


def since(call: Call, peer_id: int, moment: datetime, most: int) -> Iterator[dict[str, Any]]:
    """Yield the messages of a conversation since a moment, the newest first, `most` at the most.

    What is said meanwhile may bring one twice; none is passed over. Raises what `call` raises.
    """
    for offset in range(0, most, PAGE):
        answer = call("messages.getHistory", peer_id=peer_id, count=PAGE, offset=offset)
        found = items(answer)
        recent = [item for item in found if is_since(item, moment)]
        yield from recent
        if len(recent) < PAGE:
            return


def items(answer: Any) -> list[dict[str, Any]]:
    """Return what a list of VK's holds."""
    found = answer.get("items") if isinstance(answer, dict) else None
    return [one for one in (found if isinstance(found, list) else []) if isinstance(one, dict)]


def is_since(message: dict[str, Any], moment: datetime) -> bool:
    """Say whether a message was written at a moment or later."""
    date = whole(message.get("date"))
    return date is not None and date >= moment.timestamp()
