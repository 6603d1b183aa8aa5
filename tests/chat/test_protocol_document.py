"""docs/chat-protocol.md is the contract of all parts: what is served stands there."""

import re

import pytest

from chat.api.http import STATUSES
from chat.realtime import refusals
from tests.chat.calls import INBOX_BODIES, patterns
from tests.e2e.site import ROOT

DOCUMENT = (ROOT / "docs" / "chat-protocol.md").read_text()
CODE = re.compile(r"^\| (\d{3}) \| ((?:`\w+`(?:, )?)+) \|", re.MULTILINE)
# What is refused before a call of the chat is reached, or by a server without streams.
ELSEWHERE = {"csrf": 403, "method_not_allowed": 405, "no_stream": 501, "unavailable": 503}


def test_every_code_stands_there_with_its_status():
    served = {code: int(status) for code, status in STATUSES.items()} | ELSEWHERE
    streams = {kind.code: int(status) for kind, status in refusals.STATUSES.items()}
    assert streams.items() <= served.items()
    told = {
        code: int(status)
        for status, codes in CODE.findall(DOCUMENT)
        for code in re.findall(r"\w+", codes)
    }
    assert told == served


@pytest.mark.parametrize("prefix", ["chat/api/", "admin/chat/api/"])
def test_every_call_stands_there(prefix: str):
    rows = set(re.findall(r"^\| `(?:GET|POST)(?:, POST)? /?([^`?]*)", DOCUMENT, re.MULTILINE))
    for route, pattern in patterns(prefix):
        if not pattern.name or pattern.name == "chat_inbox_calls":
            continue
        path = route.removeprefix("admin/chat/api/")
        written = re.sub(r"<\w+:(?:\w+_)?(\w+)>", r"<\1>", path)
        assert written in rows, route


@pytest.mark.parametrize("path", INBOX_BODIES)
def test_every_field_of_the_inbox_stands_beside_its_call(path: str):
    written = path.replace("{number}", "<number>").replace("{message}", "<id>")
    (row,) = re.findall(rf"^\| `POST {re.escape(written)}` `\{{(.*?)\}}`", DOCUMENT, re.MULTILINE)
    assert set(re.findall(r"\w+", row)) == set(INBOX_BODIES[path])
