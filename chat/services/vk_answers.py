"""An operator's answers to patients who write from VK: sent, changed and taken back there."""

from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from chat.errors import Invalid
from chat.models import ChatAttachment, ChatMessage, VkOutbox
from chat.services.vk_order import came_before
from chat.services.vk_outbox import new_random_id, queue, resend
from chat.services.vk_texts import parts_of

Purpose = VkOutbox.Purpose
State = VkOutbox.State


def answer_patient(message: ChatMessage) -> None:
    """Queue an operator's answer for a patient who writes from VK."""
    peer_id = message.thread.vk_peer_id
    if peer_id is None:
        return
    files = message.attachments.values_list("pk", flat=True)
    queue(
        Purpose.ANSWER,
        peer_id,
        message.text,
        thread=message.thread,
        message=message,
        attachment_ids=list(files),
    )


def send_file(message: ChatMessage, file: ChatAttachment) -> None:
    """Queue a file that joined an operator's answer after its text had gone to a patient in VK."""
    texts = VkOutbox.objects.filter(message=message, purpose=Purpose.ANSWER).order_by("part")
    # Locked: what fails meanwhile fails the file too.
    said = list(texts.select_for_update())
    # Without one the answer went to the site alone, or was written in VK's own interface.
    if not said:
        return
    last = said[-1]
    failed = next((row for row in said if row.state == State.FAILED), None)
    VkOutbox.objects.create(
        purpose=Purpose.ANSWER,
        peer_id=last.peer_id,
        thread=message.thread,
        message=message,
        part=last.part + 1,
        attachment_ids=[str(file.pk)],
        random_id=new_random_id(),
        next_at=timezone.now(),
        # It follows its text or nobody reads it.
        state=State.FAILED if failed else State.WAITING,
        error_code=failed.error_code if failed else None,
        error=failed.error if failed else "",
    )


def resend_answer(message_id: int) -> None:
    """Let what failed of an answer be tried again."""
    resend(VkOutbox.objects.filter(message=message_id, purpose=Purpose.ANSWER))


def change(message: ChatMessage, text: str) -> None:
    """Give an answer to a patient in VK another text, wherever it is by now.

    Raises Invalid if VK would go on showing the old one: in other parts than the new one, or
    written in VK's own interface.
    """
    rows = VkOutbox.objects.filter(message=message, purpose=Purpose.ANSWER)
    said = list(rows.exclude(text="").select_for_update().order_by("part"))
    parts = parts_of(text)
    lost = [row for row in said if row.state == State.SENT and not row.conversation_message_id]
    if len(said) != len(parts) or not said or lost:
        raise Invalid(
            _("This answer cannot be changed in VK, so it stays as it is. Write another one."),
            field="text",
        )
    anew: dict[str, Any] = {"state": State.WAITING, "attempts": 0, "next_at": timezone.now()}
    for row, part in zip(said, parts, strict=True):
        if row.text != part:
            VkOutbox.objects.filter(pk=row.pk).update(text=part, **anew)
    # Parts that stay as they are, and files: they belong to what goes out anew.
    rows.filter(state=State.FAILED).update(**anew)


def withdraw(message: ChatMessage) -> None:
    """Take a message back that its author deleted, where it has not gone out to VK yet."""
    rows = VkOutbox.objects.filter(message=message)
    rows.filter(state__in=[State.WAITING, State.FAILED]).update(state=State.WITHDRAWN)
    # What has gone stays at VK, but no longer here.
    rows.update(text="", attachment="")


def seq_of_answer(peer_id: int, cmid: int, vk_message_id: int) -> int | None:
    """Return the place in its thread of the last answer up to a place in a patient's dialogue.

    VK names the place twice: by its number in the dialogue, and by the id of the message there.
    """
    own = VkOutbox.objects.filter(
        peer_id=peer_id, conversation_message_id__lte=cmid, purpose=Purpose.ANSWER
    ).order_by("-conversation_message_id")
    typed_in_vk = ChatMessage.objects.filter(
        thread__vk_peer_id=peer_id,
        sender=ChatMessage.Sender.OPERATOR,
        vk_message_id__isnull=False,
        vk_outbox__isnull=True,
    ).order_by("-seq")
    seqs = [
        own.values_list("message__seq", flat=True).first(),
        *(
            seq
            for seq, key in typed_in_vk.values_list("seq", "vk_message_id")
            if not came_before(str(vk_message_id), [key])
            and not came_before(f"{peer_id}:{cmid}", [key])
        ),
    ]
    return max((seq for seq in seqs if seq is not None), default=None)
