"""What puts the chat on a page."""

from typing import Any
from urllib.parse import urlencode

from django import template
from django.template import Context
from django.urls import reverse

from wagtail.models import Page

from chat.api.state import blank_state
from chat.models import ChatWidget
from chat.selectors.widget import Launcher, launcher, launcher_of

register = template.Library()


@register.inclusion_tag("chat/launcher.html", takes_context=True)
def chat_widget(context: Context) -> dict[str, Any]:
    """Show the site's widget, if it has one and this page is one of its pages.

    It is the same for every visitor. Without scripts it is a link to the chat as a page.
    """
    page = _page(context)
    return {"launcher": _launcher_on(page), "page_title": page.title if page else ""}


@register.inclusion_tag("chat/launcher.html")
def chat_widget_preview(widget: ChatWidget, is_away: bool) -> dict[str, Any]:
    """Show a draft of a widget to an editor, opened, with what it would begin with."""
    state = blank_state(widget)
    if state["hours"]["open"] is is_away:
        state["hours"] = {"open": not is_away, "text": "", "reply": ""}
    return {"launcher": launcher_of(widget), "page_title": "", "preview": state}


@register.simple_tag(takes_context=True)
def chat_address(context: Context) -> str:
    """Return where a link «ask about this page» leads, empty if this page has no chat."""
    page = _page(context)
    if _launcher_on(page) is None:
        return ""
    query = {"page": context["request"].path} if page else {}
    return reverse("chat") + ("?" + urlencode(query) if query else "")


def _page(context: Context) -> Page | None:
    page = context.get("page")
    return page if isinstance(page, Page) else None


def _launcher_on(page: Page | None) -> Launcher | None:
    found = launcher()
    return found if found and found.is_on(page) else None
