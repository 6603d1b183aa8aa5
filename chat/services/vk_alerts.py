"""What operators are told in VK of patients' messages."""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db.models import Max, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from chat.models import ChatMessage, ChatSettings, ChatThread, ChatTopic, VkOperator, VkOutbox
from chat.permissions import may_answer
from chat.selectors import inbox
from chat.selectors.widget import current_settings
from chat.services.vk_outbox import queue
from chat.services.vk_texts import Button, keyboard, literal

HOUR = timedelta(hours=1)
# In an hour, of messages in one dialogue that nobody has read.
MOST_ALERTS = 20

Purpose = VkOutbox.Purpose
State = VkOutbox.State


def on_duty() -> list[VkOperator]:
    """Return the accounts of those who are to be told: bound, on duty, with the right to answer."""
    accounts = VkOperator.objects.filter(on_duty=True).select_related("user").order_by("pk")
    return [account for account in accounts if may_answer(account.user)]


def alert_operators(message: ChatMessage) -> None:
    """Tell the operators on duty of a patient's message: the assignee alone if they are there.

    What is told is decided by the site (ChatSettings.vk_alert): that a person turned to a
    laboratory is a secret by law (323-ФЗ art. 13), VK is not the laboratory's system. Of a flood
    that nobody has looked at, the inbox shows all and VK the beginning.
    """
    thread = message.thread
    if _told_often(thread):
        return
    everybody = on_duty()
    own = [account for account in everybody if account.user_id == thread.assignee_id]
    for account in own or everybody:
        _tell(Purpose.ALERT, account.vk_id, message, alert_text(message))


def _tell(purpose: Purpose, peer_id: int, message: ChatMessage, text: str) -> None:
    thread = message.thread
    queue(
        purpose,
        peer_id,
        text,
        thread=thread,
        message=message,
        keyboard=alert_keyboard(thread, message.seq),
    )


def tell_of_change(message: ChatMessage) -> None:
    """Tell whoever is alerted of a patient's message that it says something else now.

    Where the site lets VK have no words, nothing that VK shows has changed.
    """
    if _is_brief():
        return
    alerts = VkOutbox.objects.filter(message=message, purpose=Purpose.ALERT)
    for peer_id in sorted(set(alerts.values_list("peer_id", flat=True))):
        own = alerts.filter(peer_id=peer_id)
        own.filter(state=State.WAITING, first_tried_at=None).delete()
        if own.exists():
            text = _("Changed by the patient: %(message)s") % {"message": alert_text(message)}
            _tell(Purpose.ECHO, peer_id, message, text)
        else:
            _tell(Purpose.ALERT, peer_id, message, alert_text(message))


def repeat_alert(thread: ChatThread, minutes: int) -> int:
    """Tell everybody on duty, once in a wait, that a patient waits; return how many were told."""
    since = thread.waiting_since
    if (
        since is None
        or VkOutbox.objects.filter(
            thread=thread, purpose=Purpose.REPEAT, created_at__gte=since
        ).exists()
    ):
        return 0
    told = _("%(head)s: nobody has answered for %(minutes)d min.") % {
        "head": _brief(thread),
        "minutes": minutes,
    }
    operators = on_duty()
    for account in operators:
        queue(
            Purpose.REPEAT,
            account.vk_id,
            told,
            thread=thread,
            keyboard=alert_keyboard(thread, thread.last_seq),
        )
    return len(operators)


def _told_often(thread: ChatThread) -> bool:
    unread = VkOutbox.objects.filter(
        thread=thread,
        purpose=Purpose.ALERT,
        created_at__gt=timezone.now() - HOUR,
        message__seq__gt=thread.operator_read_seq,
    )
    return unread.values("message").distinct().count() >= MOST_ALERTS


def alert_text(message: ChatMessage) -> str:
    """Return what an operator reads in VK of a patient's message."""
    thread = message.thread
    if _is_brief():
        link = f"{settings.WAGTAILADMIN_BASE_URL}/admin/chat/?thread={thread.pk}"
        return _brief(thread) + "\n" + _("A new message. Read it here: %(url)s") % {"url": link}
    parts = (f"#{thread.pk}", thread.name, thread.topic, thread.page_title)
    head = [part for part in parts if part]
    files = [f"[{file.name}]" for file in message.attachments.all()]
    return literal("\n".join([" · ".join(head), message.text, *files]).strip())


def _is_brief() -> bool:
    found = current_settings()
    return found is None or found.vk_alert == ChatSettings.Alert.BRIEF


def _brief(thread: ChatThread) -> str:
    """Return a thread's number and topic, if it is one that the laboratory offers."""
    is_offered = ChatTopic.objects.filter(title=thread.topic).exists()
    return literal(" · ".join([f"#{thread.pk}", *([thread.topic] if is_offered else [])]))


def alert_keyboard(thread: ChatThread, shown_seq: int) -> dict[str, Any]:
    """Return the buttons under an alert that tells of a thread up to a place.

    Who presses one is asked for their rights again, and nobody closes what they were not told of.
    """
    number = {"number": thread.pk}
    told: dict[str, Any] = {"t": thread.pk, "s": shown_seq}
    row: list[Button] = [
        (_("Take #%(number)d") % number, {"cmd": "take", "t": thread.pk}, "primary"),
        (_("Close"), {"cmd": "close", **told}, "secondary"),
    ]
    if not inbox.usable_replies().exists():
        return keyboard(row)
    return keyboard(row, [(_("Canned reply"), {"cmd": "replies", **told}, "secondary")])


def thread_of_alert(peer_id: int, cmid: int) -> int | None:
    """Return the thread of the message at this place of an operator's dialogue with us."""
    return (
        VkOutbox.objects.filter(peer_id=peer_id, conversation_message_id=cmid, thread__isnull=False)
        .values_list("thread_id", flat=True)
        .first()
    )


def last_told(peer_id: int, thread: ChatThread, cmid: int | None) -> int:
    """Return the last place of a thread that an operator was told of before a place in VK, else 0.

    `cmid` None: there is no place, all that VK has counts.
    """
    told = VkOutbox.objects.filter(
        peer_id=peer_id, message__thread=thread, purpose=Purpose.ALERT, state=State.SENT
    )
    if cmid is not None:
        told = told.filter(conversation_message_id__lt=cmid)
    return told.aggregate(last=Max("message__seq"))["last"] or 0


def withdraw_alerts(thread_id: int, upto: int | None = None) -> None:
    """Take alerts of a thread (up to a place) back that were not sent yet: somebody answered."""
    of_answered = Q() if upto is None else Q(message=None) | Q(message__seq__lte=upto)
    VkOutbox.objects.filter(
        of_answered,
        thread_id=thread_id,
        purpose__in=[Purpose.ALERT, Purpose.REPEAT],
        state=State.WAITING,
        first_tried_at__isnull=True,
    ).update(state=State.WITHDRAWN)
