"""What every template may use."""

from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from wagtail.models import Site

from pages import selectors


def chrome(request: HttpRequest) -> dict[str, Any]:
    """Add `chrome`, the frame of the page (see selectors.Chrome), made when it is first used."""
    return {"chrome": SimpleLazyObject(lambda: chrome_of(request))}


def chrome_of(request: HttpRequest) -> selectors.Chrome:
    """Return the frame of the page that a request asks for, looked up once for the request."""
    if not hasattr(request, "_chrome"):
        request._chrome = selectors.chrome(Site.find_for_request(request))  # type: ignore[attr-defined]
    return request._chrome  # type: ignore[attr-defined,no-any-return]
