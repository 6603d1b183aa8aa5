"""How the widget's calls come in and go out."""

from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from chat.errors import ChatError
from chat.permissions import VISITOR_COOKIE, Visitor, hash_of, hash_of_network, is_secret
from site_config.common.client_ip import client_network
from site_config.common.errors import json_error

COOKIE_PATH = "/chat/"
COOKIE_AGE = 365 * 24 * 3600  # the year that the cookie document names

STATUSES = {
    "invalid": HTTPStatus.BAD_REQUEST,
    "invalid_cursor": HTTPStatus.BAD_REQUEST,
    "consent_required": HTTPStatus.BAD_REQUEST,
    "too_late": HTTPStatus.BAD_REQUEST,
    "signed_out": HTTPStatus.UNAUTHORIZED,
    "forbidden": HTTPStatus.FORBIDDEN,
    "blocked": HTTPStatus.FORBIDDEN,
    "not_found": HTTPStatus.NOT_FOUND,
    "client_id_reused": HTTPStatus.CONFLICT,
    "thread_changed": HTTPStatus.CONFLICT,
    "answered_meanwhile": HTTPStatus.CONFLICT,
    "written_meanwhile": HTTPStatus.CONFLICT,
    "taken_meanwhile": HTTPStatus.CONFLICT,
    "too_large": HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    "unsupported_type": HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    "too_many": HTTPStatus.TOO_MANY_REQUESTS,
    "too_fast": HTTPStatus.TOO_MANY_REQUESTS,
    "chat_off": HTTPStatus.SERVICE_UNAVAILABLE,
}

View = Callable[..., HttpResponseBase]


def answer_error(error: ChatError) -> JsonResponse:
    """Return a refusal as docs/chat-protocol.md says."""
    response = json_error(STATUSES[error.code], error.code, error.detail, error.field)
    if error.retry_after:
        response.headers["Retry-After"] = str(error.retry_after)
    return response


def endpoint(*methods: str) -> Callable[[View], View]:
    """Make a call of a view: only these methods, refusals as JSON, never kept by a cache."""

    def decorate(view: View) -> View:
        @never_cache
        @wraps(view)
        def call(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if request.method not in methods:
                detail = _("This address does not take such requests.")
                refusal = json_error(HTTPStatus.METHOD_NOT_ALLOWED, "method_not_allowed", detail)
                refusal.headers["Allow"] = ", ".join(methods)
                return refusal
            try:
                return view(request, *args, **kwargs)
            except ChatError as error:
                return answer_error(error)

        return call

    return decorate


def visitor_of(request: HttpRequest) -> Visitor:
    """Return who is asking: by the cookie, the session, or both."""
    secret = request.COOKIES.get(VISITOR_COOKIE, "")
    return Visitor(
        secret_hash=hash_of(secret) if is_secret(secret) else None,
        user_id=request.user.pk if request.user.is_authenticated else None,
        network_hash=hash_of_network(client_network(request)),
    )


def set_secret(response: HttpResponse, secret: str) -> None:
    """Give the browser its secret; scripts cannot read it, other pages do not get it."""
    response.set_cookie(
        VISITOR_COOKIE,
        secret,
        max_age=COOKIE_AGE,
        path=COOKIE_PATH,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def drop_secret(response: HttpResponse) -> None:
    """Take the secret away from the browser."""
    response.delete_cookie(VISITOR_COOKIE, path=COOKIE_PATH, samesite="Lax")
