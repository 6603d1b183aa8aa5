"""Where the chat stands in the admin's menu, and the number beside it."""

from typing import Any

from django.core.cache import cache
from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from chat.permissions import ANSWER, MANAGE
from chat.selectors import inbox
from site_config.common.admin import RightMenuItem

BADGE_SECONDS = 10


class ChatMenuItem(RightMenuItem):
    """«Чат» with how many patients wait; static/js/chat_inbox/badge.js keeps the number fresh."""

    def render_component(self, request: HttpRequest) -> Any:
        """Return the item with the number of this person."""
        component = super().render_component(request)
        # The item is shared by all requests of the process: its own attributes are not touched.
        component.attrs = {
            **component.attrs,
            "data-controller": "chat-badge",
            "data-chat-badge-url-value": reverse("chat_inbox_badge"),
            "data-chat-waiting": kept_badge(request.user),
        }
        return component


def kept_badge(user: Any) -> str:
    """Return the number as text, "" for zero; every screen draws it, so it is kept a while."""
    key = f"chat:badge:{user.pk}"
    number = cache.get(key)
    if number is None:
        number = inbox.badge(user)
        cache.set(key, number, BADGE_SECONDS)
    return str(number or "")


def item() -> ChatMenuItem:
    """Hook register_admin_menu_item."""
    return ChatMenuItem(
        _("Chat"), reverse("chat_inbox"), name="chat", icon_name="comment", order=50, right=ANSWER
    )


def report_item() -> RightMenuItem:
    """Hook register_reports_menu_item."""
    return RightMenuItem(
        _("Chat"),
        reverse("chat_reports"),
        name="chat-reports",
        icon_name="comment",
        order=710,
        right=MANAGE,
    )


def script() -> SafeString:
    """Hook insert_global_admin_js: what keeps the number fresh."""
    return format_html('<script src="{}"></script>', static("js/chat_inbox/badge.js"))


def css() -> SafeString:
    """Hook insert_global_admin_css: how the number looks."""
    return format_html('<link rel="stylesheet" href="{}">', static("css/chat_badge.css"))
