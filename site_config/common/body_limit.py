"""How much a request may bring along: refused by what it announces, before a byte is read."""

from collections.abc import Callable
from http import HTTPStatus

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase

from site_config.common import errors


class BodyLimitMiddleware:
    """Answers 413 to a body larger than BODY_LIMITS, pairs of (prefix of the path, bytes), allow.

    The first prefix that fits counts. A body of unannounced length is none to Django.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        limits = (most for prefix, most in settings.BODY_LIMITS if request.path.startswith(prefix))
        announced = request.META.get("CONTENT_LENGTH") or "0"
        is_number = announced.isascii() and announced.isdigit()
        # Python refuses to read a number of thousands of digits.
        if is_number and (len(announced) > 15 or int(announced) > next(limits)):
            return errors.render_error(request, HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        return self.get_response(request)
