"""The pages that say what went wrong: each looks like the site and says what to do next.

A view raises Gone for what was there once; `too_many_requests` answers who asks too often. Where
the site's own template cannot be rendered, because the database is away, a bare page stands in.
"""

import logging
import sys
from http import HTTPStatus

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

logger = logging.getLogger(__name__)

RETRY_AFTER_SECONDS = 30

TEXTS: dict[int, tuple[Promise, Promise]] = {
    400: (
        _("The request could not be understood"),
        _("The address or the form holds characters that cannot be read. Go back and try again."),
    ),
    403: (
        _("No access"),
        _("This page is not open to you. If you think it should be, ask the laboratory."),
    ),
    404: (
        _("There is no such page"),
        _("It may have moved, or the address has a slip. Try the search or the list of tests."),
    ),
    410: (
        _("This page is no longer here"),
        _("It was taken down and will not come back. Try the search or the list of tests."),
    ),
    413: (
        _("This is too large"),
        _("What you sent is larger than can be taken in one piece."),
    ),
    429: (
        _("Too many attempts"),
        _("Wait a few minutes and try again."),
    ),
    500: (
        _("Something broke on our side"),
        _("We know about it already. Try again in a few minutes or call the laboratory."),
    ),
    503: (
        _("The site is resting for a moment"),
        _("We are on it. Try again in a minute or call the laboratory."),
    ),
}
# What a script acts on.
CODES = {
    400: "invalid",
    403: "forbidden",
    404: "not_found",
    410: "gone",
    413: "too_large",
    429: "too_many",
    500: "error",
    503: "unavailable",
}
CSRF_TEXT = _(
    "The form was open for too long, or the browser keeps no cookies. "
    "Go back, reload the page and send the form again."
)


class Gone(Http404):
    """What the address named was here once and was taken away for good: answered with 410."""


def render_error(
    request: HttpRequest,
    status: int,
    *,
    text: Promise | None = None,
    bare: bool = False,
    retry_after: int | None = None,
) -> HttpResponse:
    """Return the page for `status`; the bare one if told so or if the site's cannot be rendered.

    A script that asked for JSON gets the same as JSON.
    """
    title, usual_text = TEXTS[status]
    text = text or usual_text
    context = {"status": status, "title": title, "text": text}
    response: HttpResponse
    if wants_json(request):
        response = json_error(status, CODES[status], text)
    else:
        html = ""
        if not bare:
            try:
                html = render_to_string("errors/error.html", context, request)
            except Exception:
                logger.warning("error page fell back to the bare one", exc_info=True)
        html = html or render_to_string("errors/bare.html", context)
        response = HttpResponse(html, status=status)
    response.headers["Cache-Control"] = "no-store"
    if retry_after:
        response.headers["Retry-After"] = str(retry_after)
    return response


def wants_json(request: HttpRequest) -> bool:
    """Say whether a script asks, which can make nothing of a page."""
    if request.path.startswith(settings.JSON_PREFIXES):
        return True
    accepted = request.headers.get("Accept", "")
    return "application/json" in accepted and "text/html" not in accepted


def json_error(
    status: int, code: str, detail: str | Promise, field: str | None = None
) -> JsonResponse:
    """Return an error as scripts of the site read it."""
    return JsonResponse({"code": code, "field": field, "detail": str(detail)}, status=status)


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Answer a request that makes no sense, or whose form is larger than Django reads."""
    if isinstance(exception, RequestDataTooBig):
        return render_error(request, HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    return render_error(request, HTTPStatus.BAD_REQUEST)


def permission_denied(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Answer who may not come in."""
    return render_error(request, HTTPStatus.FORBIDDEN)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Answer a form without a valid token."""
    if wants_json(request):
        return json_error(HTTPStatus.FORBIDDEN, "csrf", CSRF_TEXT)
    return render_error(request, HTTPStatus.FORBIDDEN, text=CSRF_TEXT)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Answer an address that leads nowhere, or nowhere any more."""
    status = HTTPStatus.GONE if isinstance(exception, Gone) else HTTPStatus.NOT_FOUND
    return render_error(request, status)


def too_many_requests(request: HttpRequest, retry_after: int) -> HttpResponse:
    """Answer who asks too often; they may come again in `retry_after` seconds."""
    return render_error(request, HTTPStatus.TOO_MANY_REQUESTS, retry_after=retry_after)


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer after an exception nobody caught: 503 if the database is away, else 500."""
    if isinstance(sys.exc_info()[1], (OperationalError, InterfaceError)):
        return render_error(
            request, HTTPStatus.SERVICE_UNAVAILABLE, bare=True, retry_after=RETRY_AFTER_SECONDS
        )
    return render_error(request, HTTPStatus.INTERNAL_SERVER_ERROR)
