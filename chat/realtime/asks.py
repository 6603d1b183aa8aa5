"""What a browser asks of the stream, read from the ASGI scope; rubbish is refused here."""

import re
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from django.conf import settings
from django.http import parse_cookie
from django.http.request import split_domain_port, validate_host
from django.utils.translation import gettext_lazy as _

from chat.errors import ChatError, Forbidden, Invalid, InvalidCursor
from chat.permissions import VISITOR_COOKIE, hash_of, is_secret
from chat.selectors.streams import Credentials
from site_config.common.client_ip import believed_address, network_of

LONGEST_WAIT = 25
# More than a cursor or a number of a thread can have.
NUMBER = re.compile(r"[0-9]{1,18}", re.ASCII)
SESSION_KEY = re.compile(r"[0-9a-z]{8,64}", re.ASCII)

Scope = dict[str, Any]


class Transport(Enum):
    """How the answer goes out."""

    SSE = "sse"
    WEBSOCKET = "websocket"
    LONG_POLL = "long-poll"


@dataclass(frozen=True, slots=True)
class Ask:
    """What is asked for: the operators' stream (`inbox`), or `thread` from the cursor `after`."""

    transport: Transport
    credentials: Credentials
    network: str
    inbox: bool = False
    thread: int = 0
    after: int = 0
    wait: int = 0


def read_ask(scope: Scope) -> Ask:
    """Return what is asked for. Raises Invalid, InvalidCursor, Forbidden."""
    headers = read_headers(scope)
    check_origin(headers)
    query = read_query(scope)
    transport = choose_transport(scope, headers, query)
    ask = Ask(transport, read_credentials(headers.get("cookie", "")), read_network(scope, headers))
    if "inbox" in query:
        if query["inbox"] != "1" or transport is Transport.LONG_POLL:
            raise Invalid(field="inbox")
        return replace(ask, inbox=True)
    after = query.get("after", "")
    if transport is Transport.SSE:
        after = headers.get("last-event-id", after)
    return replace(
        ask,
        thread=read_number(query.get("thread", ""), Invalid(field="thread")),
        after=read_number(after, InvalidCursor(field="after")),
        wait=int(query["wait"]) if transport is Transport.LONG_POLL else 0,
    )


def read_number(text: str, refusal: ChatError) -> int:
    """Return a whole number; raise the refusal for anything else."""
    if not NUMBER.fullmatch(text):
        raise refusal
    return int(text)


def read_headers(scope: Scope) -> dict[str, str]:
    """Return the headers by their lower-case names; one that comes twice is joined."""
    headers: dict[str, str] = {}
    for raw_name, raw_value in scope["headers"]:
        name, value = raw_name.decode("latin-1"), raw_value.decode("latin-1")
        glue = "; " if name == "cookie" else ","
        headers[name] = f"{headers[name]}{glue}{value}" if name in headers else value
    return headers


def read_query(scope: Scope) -> dict[str, str]:
    """Return the parameters; Invalid for those that come twice or are no text."""
    try:
        pairs = parse_qsl(
            scope["query_string"].decode("ascii"),
            keep_blank_values=True,
            errors="strict",
            max_num_fields=10,
        )
    except ValueError as error:
        raise Invalid from error
    query = dict(pairs)
    if len(query) != len(pairs):
        raise Invalid
    return query


def choose_transport(scope: Scope, headers: dict[str, str], query: dict[str, str]) -> Transport:
    """Return the transport that follows from the request; Invalid if none does."""
    if scope["type"] == "websocket":
        return Transport.WEBSOCKET
    if "text/event-stream" in headers.get("accept", "").lower():
        return Transport.SSE
    wait = query.get("wait", "")
    if not NUMBER.fullmatch(wait) or not 1 <= int(wait) <= LONGEST_WAIT:
        raise Invalid(field="wait")
    return Transport.LONG_POLL


def check_origin(headers: dict[str, str]) -> None:
    """Let nobody but our own pages in: cookies alone do not say which page opened a WebSocket.

    Browsers name the origin of every WebSocket and of every request to another site; who names
    none is no browser, and has no cookies of others.
    """
    host = headers.get("host", "")
    domain, _port = split_domain_port(host)
    if not domain or not validate_host(domain, settings.ALLOWED_HOSTS):
        raise Invalid
    origin = headers.get("origin")
    if origin is None or origin in settings.CSRF_TRUSTED_ORIGINS:
        return
    try:
        same = urlsplit(origin).netloc == host.lower()
    except ValueError:
        same = False
    if not same:
        raise Forbidden(_("The chat can only be opened from our own site."))


def read_credentials(cookie_header: str) -> Credentials:
    """Return what the browser shows; what cannot be a key or a secret is as good as nothing."""
    cookies = parse_cookie(cookie_header)
    session_key = cookies.get(settings.SESSION_COOKIE_NAME, "")
    secret = cookies.get(VISITOR_COOKIE, "")
    return Credentials(
        session_key=session_key if SESSION_KEY.fullmatch(session_key) else "",
        secret_hash=hash_of(secret) if is_secret(secret) else "",
    )


def read_network(scope: Scope, headers: dict[str, str]) -> str:
    """Return what limits count by; "" if it is not known."""
    client = scope.get("client")
    remote = client[0] if client else ""
    return network_of(believed_address(headers.get("x-forwarded-for", ""), remote))
