"""Text that cannot be text: refused at the door, before a query or a template meets it.

PostgreSQL stores neither NUL nor lone surrogates, so a field with one of them would end as a 500
somewhere deep.
"""

import json
import re
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import unquote_to_bytes

from django.http import HttpRequest, HttpResponse, HttpResponseBase, UnreadablePostError
from django.utils.datastructures import MultiValueDictKeyError

from site_config.common import errors

# Django writes bytes of a path that are not UTF-8 as %80 … %FF.
BROKEN_PATH = re.compile(r"%[89A-Fa-f][0-9A-Fa-f]|[\x00\ufffd\ud800-\udfff]")
UNSTORABLE = re.compile(r"[\x00\ud800-\udfff]")
# A JSON text may carry them as escapes.
JSON_ESCAPE = re.compile(r"\\u(?:0000|[dD][89a-fA-F])")


def query_is_broken(query: str) -> bool:
    """Say whether a query string decodes to what is not text."""
    try:
        text = unquote_to_bytes(query.encode("latin-1")).decode("utf-8")
    except UnicodeError:
        return True
    return "\x00" in text


def value_is_broken(value: str) -> bool:
    """Say whether a form's field holds, or its JSON would unpack to, what is not text."""
    if UNSTORABLE.search(value):
        return True
    if not JSON_ESCAPE.search(value):
        return False
    try:
        return any(UNSTORABLE.search(text) for text in strings(json.loads(value)))
    except (ValueError, RecursionError):
        return False


def strings(unpacked: Any) -> Iterator[str]:
    """Yield every string in unpacked JSON, the names of its fields too."""
    if isinstance(unpacked, str):
        yield unpacked
    elif isinstance(unpacked, dict):
        for name, value in unpacked.items():
            yield name
            yield from strings(value)
    elif isinstance(unpacked, list):
        for value in unpacked:
            yield from strings(value)


def is_malformed(request: HttpRequest) -> bool:
    """Say whether path, query or form of a request hold what is not text.

    Raises what reading a form may raise: SuspiciousOperation, MultiPartParserError.
    """
    if BROKEN_PATH.search(request.path_info) or query_is_broken(
        request.META.get("QUERY_STRING", "")
    ):
        return True
    if request.method != "POST":
        return False
    try:
        fields = request.POST.lists()
    except UnreadablePostError:
        return True
    return any(
        value_is_broken(text) for name, values in fields for text in (name, *map(str, values))
    )


class MalformedTextMiddleware:
    """Answers 400 to malformed requests; drops malformed cookies, which a visitor cannot mend."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        for name in [name for name, text in request.COOKIES.items() if UNSTORABLE.search(text)]:
            del request.COOKIES[name]
        if is_malformed(request):
            return errors.bad_request(request)
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Answer a form that lacks a field which every such form has: no browser sends it."""
        if isinstance(exception, MultiValueDictKeyError):
            return errors.bad_request(request)
        return None
