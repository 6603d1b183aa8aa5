"""What of the chat goes into Wagtail's audit log: who did what to which number, never a text."""

from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from wagtail.log_actions import log

from accounts.models import User
from chat.models import ChatThread

ACTIONS: dict[str, tuple[Promise, Promise]] = {
    "chat.block": (_("Block"), _("Blocked")),
    "chat.unblock": (_("Unblock"), _("Unblocked")),
    "chat.erase": (_("Erase a dialogue"), _("Erased the dialogue")),
}


def record(user: User | None, thread: ChatThread, action: str, **data: str) -> None:
    """Write an action of ACTIONS into the audit log (None: the clock did it)."""
    log(thread, action, user=user, data=data, title=str(thread))


def register(actions: Any) -> None:
    """Tell Wagtail's audit log the names of our actions."""
    for action, (label, message) in ACTIONS.items():
        actions.register_action(action, label, message)
