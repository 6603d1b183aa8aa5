"""Files from VK: a message is stored at once with a line that stands for each, the file follows.

So a file server that hangs delays no text, order is that of the texts, and a crash at any point
leaves either the line or the file. A file is added as a change of its message with a new version;
to a patient in VK an operator's file goes as a message of its own.
"""

from collections.abc import Iterable
from datetime import timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from chat.errors import NotFound
from chat.models import ChatAttachment, ChatMessage, VkFile, VkOperator, VkOutbox, VkReply
from chat.services import vk_answers, vk_outbox
from chat.services.writing import ThreadWriter, writing

# After the last of these a link takes the place of the file.
DELAYS = (10, 60, 600)
# Longer than fetching and writing anew may take.
LEASE = timedelta(seconds=120)
REPLY_PAUSE = timedelta(seconds=2)

State = VkFile.State


def expect(
    files: Iterable[tuple[str, str, str]],
    *,
    message: ChatMessage | None = None,
    reply: VkReply | None = None,
) -> None:
    """Note the files (address, name, line of the text) of a message or of a held answer."""
    due = reply.deliver_at if reply else timezone.now()
    VkFile.objects.bulk_create(
        VkFile(message=message, reply=reply, url=url, name=name, line=line, next_at=due)
        for url, name, line in files
    )


@transaction.atomic
def claim() -> VkFile | None:
    """Take a file that is due, for this worker alone; None if there is none."""
    now = timezone.now()
    found = (
        VkFile.objects.select_for_update(skip_locked=True)
        .filter(state=State.WAITING, next_at__lte=now)
        .order_by("next_at", "pk")
        .first()
    )
    if found is None:
        return None
    found.attempts += 1
    found.next_at = now + LEASE
    found.save(update_fields=["attempts", "next_at"])
    return found


def message_of(file: VkFile) -> ChatMessage | None:
    """Return the message that a file belongs to; None while an answer waits its ten seconds.

    Raises NotFound if there will be none: it was taken back, refused or deleted.
    """
    messages = ChatMessage.objects.select_related("author")
    if file.message_id:
        message = messages.filter(pk=file.message_id).first()
    else:
        reply = VkReply.objects.get(pk=file.reply_id)
        if reply.state == VkReply.State.HELD:
            VkFile.objects.filter(pk=file.pk).update(
                attempts=file.attempts - 1, next_at=timezone.now() + REPLY_PAUSE
            )
            return None
        message = messages.filter(vk_message_id=reply.vk_message_id).first()
    if message is None or message.deleted_at:
        raise NotFound
    return message


def uploader_of(message: ChatMessage) -> User | None:
    """Return whose upload a file of this message is: an operator's, or (None) a patient's."""
    return message.author if message.sender == ChatMessage.Sender.OPERATOR else None


def attach(file: VkFile, message: ChatMessage, stored: ChatAttachment) -> None:
    """Give the fetched file to its message, once; its line leaves the text.

    If the message is gone by now, the file is nobody's and the nightly round throws it away.
    """
    with writing(message.thread_id) as writer:
        held = VkFile.objects.select_for_update().get(pk=file.pk)
        # Read again: it may have changed, or moved to another thread, before the lock was ours.
        current = ChatMessage.objects.filter(pk=message.pk, thread=writer.thread).first()
        if held.state != State.WAITING or current is None or current.deleted_at:
            _finish(held, State.FAILED, "message gone")
            return
        ChatAttachment.objects.filter(pk=stored.pk).update(
            message=current, from_operator=current.sender == ChatMessage.Sender.OPERATOR
        )
        _change_line(writer, current, held.line, "")
        vk_answers.send_file(current, stored)
        _finish(held, State.DONE)


def postpone(file: VkFile, reason: str) -> bool:
    """Try a file again later; False if it was tried often enough."""
    if file.attempts > len(DELAYS):
        return False
    pause = timedelta(seconds=DELAYS[file.attempts - 1])
    VkFile.objects.filter(pk=file.pk).update(next_at=timezone.now() + pause, reason=reason[:200])
    return True


def give_up(file: VkFile, reason: str, link_line: str) -> None:
    """Let a line with a link stand for a file that cannot be taken over."""
    message = file.message or (
        ChatMessage.objects.filter(vk_message_id=file.reply.vk_message_id).first()
        if file.reply
        else None
    )
    if message is None:
        _finish(file, State.FAILED, reason)
        return
    with writing(message.thread_id) as writer:
        current = ChatMessage.objects.filter(pk=message.pk, thread=writer.thread).first()
        if current and not current.deleted_at:
            _change_line(writer, current, file.line, link_line)
            _tell_author(current)
        _finish(file, State.FAILED, reason)


def _tell_author(message: ChatMessage) -> None:
    """Tell an operator in VK that a file of theirs goes no further."""
    account = VkOperator.objects.filter(user=message.author_id).first()
    if account and message.sender == ChatMessage.Sender.OPERATOR:
        text = _("#%(number)d: your file could not be passed on. Send it from the inbox.")
        vk_outbox.queue(
            VkOutbox.Purpose.NOTICE, account.vk_id, text % {"number": message.thread_id}
        )


def _change_line(writer: ThreadWriter, message: ChatMessage, old: str, new: str) -> None:
    """Put another line, or none, where the last such line of a text is; or leave the text."""
    lines = message.text.split("\n")
    for index in reversed(range(len(lines))):
        if lines[index] == old:
            lines[index : index + 1] = [new] if new else []
            break
    # A new version in any case: the files are part of what readers are shown.
    writer.change(message, text="\n".join(lines).strip())


def _finish(file: VkFile, state: VkFile.State, reason: str = "") -> None:
    VkFile.objects.filter(pk=file.pk).update(state=state, reason=reason[:200], url="")
