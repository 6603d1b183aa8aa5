"""The audit log: what operators did with a dialogue. Numbers and names, never what was said.

Blocking and erasing are written by their services (chat.services.audit).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from wagtail.admin.admin_url_finder import register_admin_url_finder
from wagtail.log_actions import LogActionRegistry, LogFormatter, log
from wagtail.models import ModelLogEntry

from accounts.models import User
from chat.models import ChatThread
from chat.services.threads import lock_in_order
from chat.services.writing import locked

ACTIONS = {
    "chat.open": gettext_lazy("Open a dialogue"),
    "chat.reply": gettext_lazy("Answer a patient"),
    "chat.note": gettext_lazy("Write a note"),
    "chat.edit": gettext_lazy("Change a message"),
    "chat.delete": gettext_lazy("Take back a message"),
    "chat.assign": gettext_lazy("Assign a dialogue"),
    "chat.close": gettext_lazy("Close a dialogue"),
    "chat.reopen": gettext_lazy("Reopen a dialogue"),
    "chat.merge": gettext_lazy("Merge dialogues"),
    "chat.download": gettext_lazy("Download a file"),
}


def write(user: User, thread: ChatThread, action: str, **data: Any) -> None:
    """Write an action into the log."""
    log(thread, action, user=user, data=data)


@contextmanager
def logged(
    user: User, number: int, action: str, *, together_with: int | None = None, **data: Any
) -> Iterator[None]:
    """Write an action into the log if it changes the dialogue, in one transaction with it.

    `together_with`: the other dialogue that the action locks.
    """
    with transaction.atomic():
        lock_in_order(number, together_with or number)
        before = locked(number)
        yield
        after = ChatThread.objects.get(pk=before.pk)
        if after.last_version != before.last_version:
            write(user, after, action, **data)


def write_opening(user: User, number: int) -> None:
    """Note that an operator has read a dialogue: once a day is enough."""
    thread = ChatThread(pk=number)
    today = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    entries = ModelLogEntry.objects.for_instance(thread)
    if not entries.filter(action="chat.open", user=user, timestamp__gte=today).exists():
        write(user, thread, "chat.open")


class ChatFormatter(LogFormatter):
    """Tells what was done, with the name or number that belongs to it."""

    def format_message(self, log_entry: Any) -> str:
        """Return the action and its details in words."""
        words = str(self.label)
        data = log_entry.data
        if log_entry.action == "chat.assign":
            words = _("Assigned to: %(name)s") % {"name": data.get("to") or _("nobody")}
        elif log_entry.action == "chat.merge":
            words = _("Merged into #%(number)s") % {"number": data.get("into")}
        return words


class ThreadUrlFinder:
    """Leads from the log to a dialogue."""

    def __init__(self, user: Any = None) -> None:
        self.user = user

    def get_edit_url(self, instance: ChatThread) -> str | None:
        """Return the address of the dialogue, for who may answer."""
        if self.user and not self.user.has_perm("chat.answer_chat"):
            return None
        return f"{reverse('chat_inbox')}?thread={instance.pk}"


def register(actions: LogActionRegistry) -> None:
    """Hook register_log_actions."""
    for name, label in ACTIONS.items():
        formatter = type("Formatter", (ChatFormatter,), {"label": label})
        actions.register_action(name)(formatter)
    register_admin_url_finder(ChatThread, ThreadUrlFinder)
