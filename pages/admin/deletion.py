"""The admin's word to whoever wants to delete what something leans on: what it is, what to do."""

from collections.abc import Sequence
from typing import Any

from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.text import Truncator, capfirst
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from wagtail.admin import messages
from wagtail.models import Orderable, Page

from pages.models import ServicePrice
from pages.services.deletion import protectors

# As many names as fit in a message; the rest is a number.
NAMED = 4


def refuse_page(request: HttpRequest, page: Page) -> HttpResponse | None:
    """Hook before_delete_page: send back who would delete a page in use."""
    if not _refused(request, [page]):
        return None
    return redirect("wagtailadmin_explore", page.get_parent().pk)


def refuse_bulk(
    request: HttpRequest, action_type: str, objects: Sequence[Any], action: Any
) -> HttpResponse | None:
    """Hook before_bulk_action: the same for many objects of any kind at once."""
    if action_type != "delete" or not _refused(request, objects):
        return None
    return redirect(action.next_url)


def refuse_snippets(request: HttpRequest, snippets: Sequence[Any]) -> HttpResponse | None:
    """Hook before_delete_snippet: the same for snippets, one or many."""
    if not _refused(request, snippets):
        return None
    return redirect(snippets[0].snippet_viewset.get_url_name("list"))


def _refused(request: HttpRequest, objects: Sequence[Any]) -> bool:
    """Say what forbids the deletion, if anything does."""
    found = protectors(objects)
    priced = names(item.service for item in found if isinstance(item, ServicePrice))
    users = names(_owner(item) for item in found if not isinstance(item, ServicePrice))
    if priced:
        buttons = []
        if len(objects) == 1 and isinstance(objects[0], Page) and objects[0].live:
            address = reverse("wagtailadmin_pages:unpublish", args=[objects[0].pk])
            buttons.append(messages.button(address, _("Unpublish")))
        text = ngettext(
            "There is a service with a price history, which is kept: %(names)s. It cannot be "
            "deleted. Unpublish it instead: visitors will no longer see it.",
            "There are services with a price history, which is kept: %(names)s. They cannot be "
            "deleted. Unpublish them instead: visitors will no longer see them.",
            len(priced),
        )
        messages.error(request, text % {"names": listed(priced)}, buttons=buttons)
    if users:
        text = _(
            "This cannot be deleted, because it is in use here: %(names)s. Free it there first."
        )
        messages.error(request, text % {"names": listed(users)})
    return bool(found)


def _owner(item: Model) -> Model:
    """What an editor knows a row by: the page that it is a part of, or itself."""
    owner: Model = item.page if isinstance(item, Orderable) else item  # type: ignore[attr-defined]
    return owner


def names(items: Any) -> list[str]:
    """The names of things, each once, in order."""
    return list(
        dict.fromkeys(
            f"{capfirst(item._meta.verbose_name)} «{Truncator(item).chars(80)}»" for item in items
        )
    )


def listed(names: list[str]) -> str:
    """Names in a line, the many counted."""
    line = ", ".join(names[:NAMED])
    rest = len(names) - NAMED
    if rest > 0:
        line += " " + ngettext("and %(n)d more", "and %(n)d more", rest) % {"n": rest}
    return line
