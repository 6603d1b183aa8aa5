"""An operator's answer from VK is held, and they are told at once what became of it."""

from typing import Any

from django.conf import settings

from chat.models import ChatThread, VkOperator, VkOutbox, VkReply
from chat.services import vk_outbox, vk_replies, vk_texts
from chat.vk import words


def tell(
    operator: VkOperator,
    text: str,
    *,
    thread: ChatThread | None = None,
    keyboard: dict[str, Any] | None = None,
) -> VkOutbox:
    """Answer an operator in VK; return what was queued."""
    purpose = VkOutbox.Purpose.ECHO if thread else VkOutbox.Purpose.NOTICE
    return vk_outbox.queue(purpose, operator.vk_id, text, thread=thread, keyboard=keyboard)


def hold(
    operator: VkOperator,
    thread: ChatThread,
    *,
    key: str,
    text: str,
    shown_seq: int,
    shown_as: str = "",
) -> VkReply | None:
    """Hold an answer for a locked thread and echo it; None if there is one with that key.

    `shown_as` stands in the echo in place of the text, if that is no news to the operator.
    """
    reply, is_new = vk_replies.hold(
        operator.user, thread, vk_message_id=key, text=text, shown_seq=shown_seq
    )
    if not is_new:
        return None
    undo = (words.undo(), {"cmd": "undo", "r": reply.pk}, "negative")
    echo = words.echo(thread, shown_as or words.preview(text), settings.VK_UNDO_SECONDS)
    if vk_replies.is_overtaken(reply):
        echo = f"{echo}\n{words.overtaken()}"
    reply.echo = tell(operator, echo, thread=thread, keyboard=vk_texts.keyboard([undo]))
    reply.save(update_fields=["echo"])
    return reply
