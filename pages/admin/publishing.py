"""The admin's word to whoever publishes many pages at once: which of them are not ready."""

from collections.abc import Iterator, Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from wagtail.admin import messages
from wagtail.models import Page

from pages.admin.deletion import listed, names


def refuse_bulk(
    request: HttpRequest, action_type: str, objects: Sequence[Any], action: Any
) -> HttpResponse | None:
    """Hook before_bulk_action: publish all or none; a draft may lack what its form would
    ask for.
    """
    if action_type != "publish" or not all(isinstance(item, Page) for item in objects):
        return None
    whole = "include_descendants" in request.POST
    unready = names(page for page in _drafts(objects, whole) if not _is_ready(page))
    if not unready:
        return None
    text = _("Nothing was published. Open these pages and see what they lack: %(names)s.")
    messages.error(request, text % {"names": listed(unready)})
    return redirect(action.next_url)


def _drafts(pages: Sequence[Page], whole: bool) -> Iterator[Any]:
    """The pages as they would be published; `whole` takes the drafts below them too."""
    for page in pages:
        yield page.get_latest_revision_as_object()
        if whole:
            for below in page.get_descendants().not_live():
                yield below.get_latest_revision_as_object()


def _is_ready(page: Any) -> bool:
    try:
        page.full_clean()
    except ValidationError:
        return False
    return True
