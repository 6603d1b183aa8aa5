"""The page cache: whole public pages, exact to every change of content.

A kept page belongs to the content version it was made from, which every change raises in its own
transaction, and lives no longer than the next moment at which a page changes by itself (an office
closes, a price comes into force). So nothing stale is served, and nobody has to list what a change
touches. Only pages that say so (`mark_cacheable`) are kept, and only from requests without a
session: they hold no byte of one visitor.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import wraps
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.core.cache import caches
from django.http import HttpRequest, HttpResponse, HttpResponseNotModified
from django.middleware.gzip import re_accepts_gzip
from django.utils import timezone
from django.views.decorators.http import require_safe

from pages import selectors

# The parameters by which kept pages differ; which values they have, each page knows. Any other
# makes the request pass the cache by: what people type is endless and would push pages out.
PARAMETERS = frozenset({"category", "letter", "page"})


@dataclass(frozen=True)
class KeptPage:
    """A response as it went out."""

    status: int
    headers: dict[str, str]
    content: bytes
    etag: str
    expires_at: float


def mark_cacheable(response: HttpResponse) -> HttpResponse:
    """Say that a response is the same for everybody, and return it."""
    response.is_public_page = True  # type: ignore[attr-defined]
    return response


def public_view(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Make a view answer reading requests only, and the same for everybody."""

    @require_safe
    @wraps(view)
    def marked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response = view(request, *args, **kwargs)
        return response if request.GET else mark_cacheable(response)

    return marked


class PageCacheMiddleware:
    """Answers from the cache what it can, keeps what it may."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self.cache = caches["pages"]

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Return the kept page, or the answer of the site, which is kept if it may be."""
        if not is_of_a_stranger(request):
            return self.get_response(request)
        with selectors.one_version() as version:
            # Where Wagtail looks first: a site in hand saves it three queries.
            request._wagtail_site = selectors.site_of(request)  # type: ignore[attr-defined]
            address = page_address(request)
            if address is None:
                return self.get_response(request)
            return self._answer(request, f"{version}:{address}")

    def _answer(self, request: HttpRequest, key: str) -> HttpResponse:
        """Return the page kept under a key, or the answer of the site."""
        now = timezone.now()
        kept = self.cache.get(key)
        if kept is None or kept.expires_at <= now.timestamp():
            response = self.get_response(request)
            kept = self._keep(key, response, now)
            if kept is None:
                return response
        return answer(request, kept)

    def _keep(self, key: str, response: HttpResponse, asked_at: datetime) -> KeptPage | None:
        """Store a finished response if it may be, and return what is stored.

        It is right until the first boundary after it was asked for: a page that took its time over
        such a moment is not kept beyond it.
        """
        if (
            not getattr(response, "is_public_page", False)
            or response.status_code != 200
            or response.streaming
            or response.cookies
        ):
            return None
        expires = selectors.next_boundary(asked_at)
        headers = {name: value for name, value in response.headers.items() if name != "Vary"}
        kept = KeptPage(
            response.status_code,
            headers,
            response.content,
            f'"{hashlib.sha256(response.content).hexdigest()[:32]}"',
            expires.timestamp(),
        )
        self.cache.set(key, kept, timeout=max(1, (expires - asked_at).total_seconds()))
        return kept


def is_of_a_stranger(request: HttpRequest) -> bool:
    """Say whether a request only reads and comes without a session."""
    return request.method in {"GET", "HEAD"} and settings.SESSION_COOKIE_NAME not in request.COOKIES


def page_address(request: HttpRequest) -> str | None:
    """Return what names the page that a request asks for, or None if it must not be cached."""
    if not PARAMETERS.issuperset(request.GET):
        return None
    query = urlencode(sorted(request.GET.items()))
    gzip = bool(re_accepts_gzip.search(request.headers.get("Accept-Encoding", "")))
    parts = (request.scheme, request.get_host(), request.path, query, gzip)
    return hashlib.sha256(repr(parts).encode()).hexdigest()


def answer(request: HttpRequest, kept: KeptPage) -> HttpResponse:
    """Return a kept page, or 304 to whoever has it already."""
    if kept.etag in request.headers.get("If-None-Match", ""):
        response: HttpResponse = HttpResponseNotModified()
    else:
        response = HttpResponse(kept.content, status=kept.status)
    for name, value in kept.headers.items():
        response[name] = value
    if response.status_code == 304:
        del response["Content-Length"]
    response["ETag"] = kept.etag
    response["Cache-Control"] = "no-cache"
    response["Vary"] = "Accept-Encoding"
    return response
