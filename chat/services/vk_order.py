"""In which order VK got its messages, by the ids it gives them."""

from collections.abc import Iterable


def came_before(key: str, others: Iterable[str | None]) -> bool:
    """Say whether VK had a message before some of the others (each a `vk_message_id`).

    A community's ids grow, and so do the places in one dialogue (`peer:place`).
    """
    kind, _colon, place = key.rpartition(":")
    return any(
        int(place) < int(other_place)
        for other_kind, _colon, other_place in (other.rpartition(":") for other in others if other)
        if other_kind == kind
    )


def key_of_press(choice: int, peer_id: int, cmid: int) -> str:
    """Return the key of an answer that was chosen at a button: VK gives a press no id.

    One choice at one place of a dialogue is one answer, however often it is pressed.
    """
    return f"{choice}@{peer_id}:{cmid}"
