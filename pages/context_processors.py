"""What every template may use."""

from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from wagtail.models import Site

from pages import selectors


def chrome(request: HttpRequest) -> dict[str, Any]:
    """Add `chrome`, the frame of the page (see selectors.Chrome), made when it is first used."""
    return {"chrome": SimpleLazyObject(lambda: selectors.chrome(Site.find_for_request(request)))}
