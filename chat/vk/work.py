"""One round of the VK worker. Any number of them may run, each may die at any point."""

import time
from collections.abc import Callable

from chat.services import vk_replies
from chat.vk import inbound, outbox


def run_once(sleep: Callable[[float], None] = time.sleep) -> int:
    """Read what came, deliver what is due, send what waits; return how much there was to do."""
    pressed: list[inbound.Pressed] = []
    done = inbound.process_due(pressed.append) + vk_replies.deliver_due()
    # Calls VK, which may hang: nobody's answer waits for that.
    outbox.answer_buttons(pressed, sleep)
    return done + outbox.drain(sleep)
