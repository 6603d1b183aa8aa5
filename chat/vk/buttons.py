"""The buttons under what an operator gets in VK: take, close, canned replies, take back."""

from typing import Any

from chat.errors import ChatError, NotFound, TakenMeanwhile
from chat.events import public_name
from chat.models import ChatThread, VkOperator
from chat.selectors import inbox
from chat.services import threads, vk_replies, vk_texts
from chat.services.texts import addressed
from chat.services.vk_order import key_of_press
from chat.services.writing import locked
from chat.vk import words
from chat.vk.answering import hold, tell
from chat.vk.payload import whole

# VK takes so many rows of inline buttons; the last one leads on if there are more replies.
MOST_ROWS = 6


def press(operator: VkOperator, payload: dict[str, Any], cmid: int | None) -> str:
    """Do what a button says that stands at a place of the operator's dialogue with us.

    Returns what the operator is to read. The payload can be forged: rights are asked again.
    """
    try:
        return words.snackbar(_do(operator, payload, cmid))
    except TakenMeanwhile:
        return words.has_it(patients(whole(payload.get("t")) or 0).assignee)
    except ChatError:
        return words.snackbar(False)


def _do(operator: VkOperator, payload: dict[str, Any], cmid: int | None) -> bool:
    """Do it; False if it cannot be done (any more). Raises ChatError."""
    command = payload.get("cmd")
    number, shown_seq, chosen = (whole(payload.get(name)) for name in ("t", "s", "r"))
    if command == "undo" and chosen is not None:
        return vk_replies.withdraw(operator.user, chosen)
    if number is None:
        return False
    if command == "take":
        # A colleague's is taken over in the inbox alone, where one is asked first.
        threads.assign(operator.user, number, operator.user, only_free=True)
        return True
    if command == "close":
        threads.close(operator.user, number, shown_seq=shown_seq)
        return True
    if command == "replies":
        thread = patients(number)
        return offer(operator, thread, _shown(thread, payload), whole(payload.get("p")) or 0)
    if command == "reply" and chosen is not None and cmid is not None:
        key = key_of_press(chosen, operator.vk_id, cmid)
        thread = patients(number)
        return answer(operator, thread, chosen, key, _shown(thread, payload))
    return False


def _shown(thread: ChatThread, payload: dict[str, Any]) -> int:
    """Return the last place of a locked thread that the operator was told of, 0 if that is unknown.

    In a dialogue that was merged since, places are others. A forged place is not beyond the end.
    """
    place = whole(payload.get("s")) or 0
    return min(max(place, 0), thread.last_seq) if thread.pk == payload.get("t") else 0


def patients(number: int) -> ChatThread:
    """Return a patient's dialogue, locked. Raises NotFound for the common one too."""
    thread = locked(number)
    if thread.is_common:
        raise NotFound
    return thread


def offer(operator: VkOperator, thread: ChatThread, shown_seq: int, page: int) -> bool:
    """Show the canned replies of a page, a button each; False if there are none."""
    about: dict[str, Any] = {"t": thread.pk, "s": shown_seq}
    before = max(page, 0) * (MOST_ROWS - 1)
    found = list(inbox.usable_replies())[before:]
    shown = found if len(found) <= MOST_ROWS else found[: MOST_ROWS - 1]
    if not shown:
        return False
    # A button shows the beginning of a title, and two of them may begin alike.
    titles = [f"{place}. {reply.title}" for place, reply in enumerate(shown, start=before + 1)]
    rows: list[list[vk_texts.Button]] = [
        [(words.preview(title), {"cmd": "reply", "r": reply.pk, **about}, "secondary")]
        for title, reply in zip(titles, shown, strict=True)
    ]
    if len(found) > len(shown):
        more = {"cmd": "replies", "p": max(page, 0) + 1, **about}
        rows.append([(words.more_replies(), more, "primary")])
    text = "\n".join([words.choose_reply(thread), *titles])
    tell(operator, text, thread=thread, keyboard=vk_texts.keyboard(*rows))
    return True


def answer(operator: VkOperator, thread: ChatThread, chosen: int, key: str, shown_seq: int) -> bool:
    """Hold a canned reply for a patient; False if it may not be used, or was chosen here before.

    Who took it back may choose it again.

    The echo says which one it is and not the text, in which the patient's name may stand.
    """
    reply = inbox.usable_replies().filter(pk=chosen).first()
    if reply is None:
        return False
    text = addressed(reply.text, thread.name, public_name(operator.user))
    key = vk_replies.key_anew(key)
    held = hold(operator, thread, key=key, text=text, shown_seq=shown_seq, shown_as=reply.title)
    return held is not None
