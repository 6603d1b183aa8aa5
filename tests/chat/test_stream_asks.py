"""Whom the stream believes: hosts, origins, proxies, cookies."""

from typing import Any

import pytest

from chat.errors import Forbidden, Invalid
from chat.permissions import hash_of
from chat.realtime.asks import Ask, Transport, read_ask
from chat.selectors.streams import Credentials

SECRET = "5" * 64


def ask(
    *headers: tuple[str, str],
    host: str = "kdl.example",
    accept: str = "text/event-stream",
    query: str = "thread=1&after=0",
    **scope: Any,
) -> Ask:
    """Return what the stream makes of a request."""
    listed = [("host", host), ("accept", accept), *headers]
    return read_ask(
        {
            "type": "http",
            "query_string": query.encode(),
            "headers": [(name.encode(), value.encode()) for name, value in listed],
            "client": ("127.0.0.1", 50000),
            **scope,
        }
    )


@pytest.fixture(autouse=True)
def hosts(settings: Any) -> None:
    """A server that knows its name."""
    settings.ALLOWED_HOSTS = ["kdl.example"]
    settings.CSRF_TRUSTED_ORIGINS = ["https://www.kdl.example"]


@pytest.mark.parametrize("host", ["evil.example", "", "kdl.example/", "kdl.example:x", "кдл"])
def test_a_host_that_is_not_ours_is_refused(host: str):
    with pytest.raises(Invalid):
        ask(host=host)


@pytest.mark.parametrize(
    "origin", ["https://kdl.example", "http://kdl.example", "https://www.kdl.example"]
)
def test_our_own_pages_may_open_it(origin: str):
    assert ask(("origin", origin)).thread == 1


@pytest.mark.parametrize(
    "origin",
    ["https://evil.example", "https://kdl.example.evil.example", "null", "", "https://[", "x"],
)
def test_other_pages_may_not(origin: str):
    with pytest.raises(Forbidden):
        ask(("origin", origin))


def test_the_network_is_what_our_own_proxies_say(settings: Any):
    forged = ("x-forwarded-for", "198.51.100.7, 203.0.113.9")
    assert ask(forged).network == "127.0.0.1"
    settings.TRUSTED_PROXY_COUNT = 1
    assert ask(forged).network == "203.0.113.9"
    assert ask(("x-forwarded-for", "2001:db8::1")).network == "2001:db8::/64"
    assert ask(("x-forwarded-for", "rubbish")).network == ""
    assert ask(client=None).network == ""


def test_cookies_are_read_from_all_headers_that_have_them():
    found = ask(("cookie", f"kdl_chat={SECRET}"), ("cookie", "sessionid=" + "a" * 32))
    assert found.credentials == Credentials("a" * 32, hash_of(SECRET))


@pytest.mark.parametrize("cookie", ["kdl_chat=short", "sessionid=%00", "sessionid=../x", ";;=;"])
def test_what_cannot_be_a_key_is_not_looked_up(cookie: str):
    assert ask(("cookie", cookie)).credentials == Credentials()


def test_the_transport_follows_from_the_request():
    assert ask().transport is Transport.SSE
    assert ask(query="thread=1&after=0&wait=25").transport is Transport.SSE
    assert ask(type="websocket").transport is Transport.WEBSOCKET
    polled = ask(accept="*/*", query="thread=1&after=7&wait=25")
    assert polled.transport is Transport.LONG_POLL
    assert (polled.after, polled.wait) == (7, 25)


def test_only_a_browser_that_comes_back_has_a_last_event():
    last = ("last-event-id", "9")
    assert ask(last, query="thread=1&after=7").after == 9
    assert ask(last, query="thread=1").after == 9
    assert ask(last, query="thread=1&after=7", type="websocket").after == 7
