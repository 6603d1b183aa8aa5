"""Whatever comes in: the right 4xx with a code and a sentence, nothing written, never a 500."""

import json
import re
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

from django.core.cache import cache
from django.test import Client
from django.urls import reverse

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from accounts.models import User
from chat.models import (
    ChatAttachment,
    ChatConsent,
    ChatMessage,
    ChatRating,
    ChatThread,
    ChatWait,
)
from chat.services import threads
from tests.chat.calls import BARE, BODIES, METHODS, READS, patterns, question
from tests.factories.chat import Patient

pytestmark = pytest.mark.django_db

API = "/chat/api/"
JSON = "application/json"
HUGE = 10**400
NOT_TEXT = [None, True, 0, 1.5, HUGE, [], ["x"], {}, {"a": 1}]
UNREADABLE = ["a\x00b", "\ud800", "\x07", "\x1b[31m", "а\udfffб"]
LONG = "я" * 4001
NOT_NUMBER = [None, True, "1", "", 1.5, -1, 2**31, HUGE, [], [1], {}, "١"]
NOT_UUID = [*NOT_TEXT, "", "x", "\x00", "\ud800", str(uuid4()).replace("-", ""), f"{{{uuid4()}}}"]

# Field by field what is refused, and under which name.
REFUSED: dict[str, dict[str, list[Any]]] = {
    "messages/": {
        "client_id": NOT_UUID,
        "text": [*NOT_TEXT, *UNREADABLE, LONG, "", " \n\t "],
        "page": ["", "x", 0, True, [], ["x"], HUGE],
        "page.url": [*NOT_TEXT, *UNREADABLE, LONG, "https://evil.example/", "//evil.example", "x"],
        "page.title": [*NOT_TEXT, *UNREADABLE, LONG],
        "topic": [*NOT_TEXT, *UNREADABLE, LONG],
        "consent": NOT_TEXT,
        "attachments": [None, True, 0, "", "x", {}, HUGE, ["x"], [None], [1], [[]], [str(uuid4())]],
        "ticket": NOT_TEXT,
        "website": [*NOT_TEXT, "x", "\ud800", LONG],
    },
    "messages/{message}/edit/": {"text": [*NOT_TEXT, *UNREADABLE, LONG, "", " \n"]},
    "read/": {"upto": [*NOT_NUMBER, 999], "state": [*NOT_TEXT, *UNREADABLE, "x", "", LONG]},
    "contact/": {
        "name": [*NOT_TEXT, *UNREADABLE, LONG],
        "email": [*NOT_TEXT, *UNREADABLE, LONG, "x", "@", "a@b", "a b@example.org"],
    },
    "rating/": {
        "score": [*NOT_NUMBER, 0, 6],
        "comment": [*NOT_TEXT, *UNREADABLE, LONG],
    },
}
FIRST_ONLY = {"consent", "ticket"}


class Known(Patient):
    """A patient with a dialogue that was closed, so that every call of theirs is taken."""

    def __init__(self, operator: User) -> None:
        super().__init__()
        sent = self.send().json()
        self.number, self.message = sent["thread"]["number"], sent["message"]["id"]
        threads.close(operator, self.number)
        self.state()

    def path(self, path: str) -> str:
        """Fill the own numbers into a path."""
        return path.format(message=self.message, number=self.number)

    def raw(
        self, path: str, body: bytes | str, content_type: str = "application/json", **more
    ) -> Any:
        """Post a body as it is. Like the widget, it says that it takes JSON."""
        headers = {"X-CSRFToken": self.csrf, "Accept": "application/json"} | more
        return self.client.generic(
            "POST", API + self.path(path), body, content_type, headers=headers
        )


@pytest.fixture
def known(widget, operator: User) -> Known:
    """A patient who has a dialogue."""
    return Known(operator)


def stored() -> list[Any]:
    """Return all that the chat holds, but for when somebody was last seen."""
    return [
        list(model.objects.order_by("pk").values())
        for model in (ChatMessage, ChatConsent, ChatRating, ChatWait, ChatAttachment)
    ] + [
        [
            {name: value for name, value in row.items() if name != "visitor_seen_at"}
            for row in ChatThread.objects.order_by("pk").values()
        ]
    ]


def assert_refused(answer: Any, status: int, code: str, field: str | None = None) -> None:
    """Check that a refusal is one that a script and a person understand."""
    assert answer.status_code == status, (answer.status_code, answer.content[:300])
    said = answer.json()
    assert set(said) == {"code", "field", "detail"}
    assert said["code"] == code
    assert re.search("[а-я]{3}", said["detail"]), said
    if field:
        assert said["field"] == field


def with_field(body: dict[str, Any], field: str, value: Any) -> dict[str, Any]:
    """Return a body in which one field, or one within another, is different."""
    outer, dot, inner = field.partition(".")
    return body | {outer: body[outer] | {inner: value} if dot else value}


def cases() -> Iterator[tuple[str, str]]:
    """Yield each call with each of its fields."""
    for path, fields in REFUSED.items():
        for field in fields:
            yield path, field


def test_every_field_of_every_call_is_tried():
    for path, body in BODIES.items():
        assert {field.split(".")[0] for field in REFUSED[path]} == set(body)


def test_every_call_is_in_the_list():
    assert {pattern.name for _route, pattern in patterns("chat/api/") if pattern.name} | {
        "chat_stream"
    } == set(METHODS)


@pytest.mark.parametrize(("path", "field"), cases())
def test_field_of_the_wrong_kind_is_refused(known: Known, path: str, field: str):
    person: Any = known
    if field in FIRST_ONLY:
        person = Patient()
        person.state()
    before = stored()
    for value in REFUSED[path][field]:
        cache.clear()  # what is tried here is not how often
        fresh = {"client_id": str(uuid4())} if path == "messages/" else {}
        body = with_field(BODIES[path] | fresh, field, value)
        answer = person.client.generic(
            "POST",
            API + (person.path(path) if person is known else path),
            json.dumps(body),
            JSON,
            headers={"X-CSRFToken": person.csrf},
        )
        named = {"page.url": None, "page.title": None}.get(field, field)
        assert_refused(answer, 400, "invalid", named)
        assert stored() == before, value


NO_OBJECTS = {
    b"": 400,
    b"null": 400,
    b"[]": 400,
    b'"text"': 400,
    b"1": 400,
    b"NaN": 400,
    b"{": 400,
    b"{'text': 'x'}": 400,
    b'{"text": "\xff\xfe"}': 400,
    '{"text": "x"}'.encode("utf-16"): 400,
    b"\xef\xbb\xbf{}": 400,
    b"[" * 60_000: 400,
    b'{"a":' * 10_000: 400,
    b'{"score": ' + b"9" * 5000 + b"}": 400,
    b'{"text": "' + b"x" * 100_000 + b'"}': 413,
    b" " * 10_485_760: 413,
    b" " * 12_000_000: 413,
}


@pytest.mark.parametrize("path", BODIES)
def test_body_that_is_no_object_is_refused(known: Known, path: str):
    before = stored()
    for body, status in NO_OBJECTS.items():
        assert_refused(known.raw(path, body), status, {400: "invalid", 413: "too_large"}[status])
    for kind in ["text/plain", "application/x-www-form-urlencoded", "", "x"]:
        assert_refused(known.raw(path, json.dumps(BODIES[path]), kind), 400, "invalid")
    assert stored() == before


def test_visitor_is_a_visitor_whatever_they_say(known: Known, operator: User):
    other = Patient().send().json()["thread"]["number"]
    claimed = {
        "id": 1,
        "thread": other,
        "thread_id": other,
        "number": other,
        "seq": 1,
        "version": 99,
        "sender": "operator",
        "kind": "note",
        "author": operator.pk,
        "author_id": operator.pk,
        "event": "closed",
        "channel": "vk",
        "vk_message_id": "1",
        "delivery": "sent",
        "created_at": "2000-01-01T00:00:00Z",
        "is_common": True,
        "visitor_hash": "0" * 64,
        "user": operator.pk,
        "assignee": operator.pk,
        "status": "closed",
        "operator_read_seq": 99,
    }
    said = known.post("messages/", question(text="Я оператор", **claimed)).json()["message"]
    assert said["sender"] == "visitor"
    message = ChatMessage.objects.get(text="Я оператор")
    assert (message.thread_id, message.sender, message.kind, message.author) == (
        known.number,
        "visitor",
        "message",
        None,
    )
    assert (message.event, message.channel, message.vk_message_id, message.delivery) == (
        "",
        "site",
        None,
        "",
    )
    assert message.created_at.year > 2020
    edited = known.post(f"messages/{message.pk}/edit/", {"text": "Я всё ещё он", **claimed})
    assert edited.json()["message"]["sender"] == "visitor"
    known.post("contact/", {"name": "Анна", "email": "", **claimed})
    known.post("read/", {"upto": 1, **claimed})
    thread = ChatThread.objects.get(pk=known.number)
    assert (thread.assignee, thread.user, thread.is_common, thread.status) == (
        None,
        None,
        False,
        "open",
    )
    assert thread.operator_read_seq == 0
    assert ChatThread.objects.get(pk=other).messages.count() == 1


def test_marks_of_direction_are_kept_as_they_are(known: Known):
    text = "\u202eабв\u202c \u2066x\u2069 \u200f עברית"
    assert known.send(text).json()["message"]["text"] == text
    assert text in known.client.get(f"{API}transcript/").content.decode()


WRONG_CURSORS = [
    "thread={number}",
    "after=0",
    "thread=&after=",
    "thread=x&after=0",
    "thread={number}&after=-1",
    "thread={number}&after=1e3",
    "thread={number}&after=0x1",
    "thread={number}&after=%00",
    "thread={number}&after=%D9%A1",
    "thread={number}&after=99999999999999999999",
    "thread={number}&after[]=1",
    "thread=-{number}&after=0",
    "thread=2147483648&after=0",
]


def test_cursor_or_place_of_another_kind_is_refused(known: Known):
    for query in WRONG_CURSORS:
        answer = known.client.get(f"{API}events/?{known.path(query)}")
        assert answer.status_code == 400
        assert answer.json()["code"] in {"invalid_cursor", "invalid"}
    for before in ["", "x", "-1", "1.5", "%00", "9" * 400, "%F0%9F%98%80"]:
        assert_refused(known.client.get(f"{API}messages/?before={before}"), 400, "invalid")


@pytest.mark.parametrize(
    "path",
    [
        "messages/999999999999999999999/edit/",
        "messages/2147483648/edit/",
        "messages/9223372036854775808/delete/",
        "messages/-1/edit/",
        "messages/x/edit/",
        "messages/1/erase/",
        "attachments/x/",
        "attachments/00000000-0000-0000-0000-000000000000/",
        "../admin/",
        "nothing/",
    ],
)
def test_what_is_not_there_is_not_found(known: Known, path: str):
    before = stored()
    answer = known.post(path, {"text": "x"})
    if "attachments/0000" in path:
        answer = known.client.get(API + path)
    assert_refused(answer, 404, "not_found")
    assert stored() == before


def test_wrong_method_is_refused_with_the_right_ones(known: Known):
    arguments = {
        "chat_message_edit": [known.message],
        "chat_message_delete": [known.message],
        "chat_attachment": [uuid4()],
    }
    every = {"GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "BREW"}
    before = stored()
    for name, right in METHODS.items():
        address = reverse(name, args=arguments.get(name, []))
        for method in every - right:
            answer = known.client.generic(
                method, address, "{}", JSON, headers={"X-CSRFToken": known.csrf}
            )
            assert_refused(answer, 405, "method_not_allowed")
            assert set(answer.headers["Allow"].split(", ")) == right
    assert stored() == before


CROSS_SITE = [
    {"X-CSRFToken": ""},
    {"X-CSRFToken": "x" * 64},
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
    {"Origin": "http://testserver.evil.example"},
]


def test_post_from_another_site_is_refused(known: Known):
    before = stored()
    for path in [*BODIES, *BARE, "attachments/"]:
        for headers in CROSS_SITE:
            for kind in (JSON, "text/plain"):
                answer = known.raw(path, json.dumps(BODIES.get(path, {})), kind, **headers)
                assert_refused(answer, 403, "csrf")
    assert stored() == before


FORGED = [
    "",
    "x",
    "0" * 64,
    "z" * 64,
    "я" * 32,
    "0" * 10_000,
    "%00",
    "\x01",
    "../..",
    '"',
    "' OR 1",
]


def test_forged_cookie_is_no_cookie(known: Known):
    before = stored()
    for cookie in FORGED:
        sent = f"kdl_chat={cookie}".encode().decode("latin-1")
        stranger = Client(headers={"Cookie": sent})
        answer = stranger.get(f"{API}state/")
        assert answer.status_code == 200
        assert answer.json()["thread"] is None
        for path in READS[1:]:
            assert_refused(stranger.get(API + known.path(path)), 404, "not_found")
    assert stored() == before


def test_session_that_has_ended_or_was_forged_is_nobodys(known: Known):
    for session in ["x", "0" * 32, "\x00"]:
        answer = Client().get(
            f"{API}state/", headers={"Cookie": f"sessionid={session}; kdl_chat={'0' * 64}"}
        )
        assert answer.status_code == 200
        assert answer.json()["thread"] is None


def test_key_of_another_text_is_refused_in_every_way(known: Known, operator: User):
    key = str(uuid4())
    known.post("messages/", question(client_id=key, text="Раз"))
    before = stored()
    for spelling in (key, key.upper()):
        answer = known.post("messages/", question(client_id=spelling, text="Два"))
        assert_refused(answer, 409, "client_id_reused")
    assert stored() == before


# --- Whatever else there is ----------------------------------------------------------------------

words = st.one_of(
    st.text(max_size=50),
    st.sampled_from(
        ["", "1", "-1", "1.0", "\ud800:x:y", "a:b:\ud800", "\x00", "read", "a@b.ru", "/x", "//x"]
    ),
    st.uuids().map(str),
)
scalars = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.sampled_from([HUGE, -HUGE]), words
)
fields = st.sampled_from([*sorted({name for body in BODIES.values() for name in body}), "url"])
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(fields | words, inner, max_size=4),
    max_leaves=8,
)


@given(
    path=st.sampled_from([*BODIES, *BARE, "attachments/", "nothing/"]),
    changes=st.dictionaries(fields, values, max_size=5),
    whole=st.booleans(),
    is_new=st.booleans(),
)
@example("messages/", {"ticket": "chat:1:\ud800"}, True, True)
@example("messages/", {"ticket": "\ud800:1:x"}, True, True)
@example("contact/", {"email": "\ud800@example.org"}, True, False)
@example("contact/", {"email": "я@пример.рф"}, True, False)
@settings(
    max_examples=150,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_no_json_breaks_a_call(
    known: Known, path: str, changes: dict[str, Any], whole: bool, is_new: bool
):
    cache.clear()
    person: Patient = known
    if is_new:
        person = Patient()
        person.state()
    body = (BODIES.get(path, {}) | {"client_id": str(uuid4())} if whole else {}) | changes
    answer = person.client.generic(
        "POST",
        API + known.path(path),
        json.dumps(body),
        JSON,
        headers={"X-CSRFToken": person.csrf},
    )
    assert answer.status_code in {200, 201, 204, 400, 403, 404, 409, 413, 429}
    if answer.status_code >= 400:
        assert_refused(answer, answer.status_code, answer.json()["code"])
    if path == "forget/":
        ChatThread.objects.filter(pk=known.number).update(visitor_hash=None)


@given(
    path=st.sampled_from([*BODIES, *BARE, "attachments/"]),
    body=st.binary(max_size=300),
    kind=st.sampled_from(
        [JSON, "multipart/form-data; boundary=x", "application/x-www-form-urlencoded"]
    ),
)
@settings(
    max_examples=150,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_no_bytes_break_a_call(known: Known, path: str, body: bytes, kind: str):
    cache.clear()
    answer = known.raw(path, body, kind)
    assert answer.status_code in {204, 200, 400, 404, 413, 429}
