"""The audit log of VK: who bound whom, who changed or restarted what. Numbers, never secrets."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from wagtail.log_actions import LogActionRegistry, log

from accounts.models import User
from chat.services import vk_state

ACTIONS = {
    "chat.vk_bind": (_("Bind a VK account"), _("bound to a VK account")),
    "chat.vk_unbind": (_("Unbind a VK account"), _("parted from a VK account")),
    "chat.vk_code": (_("Give a binding code for VK"), _("got a code to bind a VK account")),
    "chat.vk_duty_on": (_("Go on duty in VK"), _("on duty in VK")),
    "chat.vk_duty_off": (_("Go off duty in VK"), _("off duty in VK")),
    "chat.vk_register": (_("Register the site at VK"), _("registered the site at VK")),
    "chat.vk_resume": (_("Resume sending to VK"), _("resumed sending to VK")),
    "chat.vk_resend": (_("Send to VK again"), _("sent to VK again")),
    "chat.vk_again": (_("Process VK events again"), _("processed VK events again")),
}


def register(actions: LogActionRegistry) -> None:
    """Hook register_log_actions."""
    for name, (label, message) in ACTIONS.items():
        actions.register_action(name, label, message)


def write(user: User, action: str, **data: Any) -> None:
    """Write something that was done to the connection as a whole."""
    log(vk_state.get(), action, user=user, data=data)
