"""Whatever comes in at the operators' door: as at the patients', and from a manager at that."""

import json
from datetime import timedelta
from typing import Any
from uuid import uuid4

from django.contrib.auth.models import Group
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from wagtail.models import ModelLogEntry

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import User
from chat.models import ChatBlock, ChatDraft, ChatMessage, ChatThread
from chat.services import messages
from chat.services.messages import Answer
from tests.chat.calls import INBOX_BARE, INBOX_BODIES, INBOX_READS, patterns
from tests.chat.test_bad_input import (
    CROSS_SITE,
    HUGE,
    JSON,
    LONG,
    NO_OBJECTS,
    NOT_NUMBER,
    NOT_TEXT,
    NOT_UUID,
    UNREADABLE,
    assert_refused,
    values,
    with_field,
)
from tests.chat.test_bad_input import stored as stored_of_patients
from tests.factories.chat import Patient

pytestmark = pytest.mark.django_db

API = "/admin/chat/api/"
NOT_FLAG = [None, 0, 1, 1.5, "", "true", [], [True], {}, HUGE]
NOT_KIND = [*NOT_TEXT, *UNREADABLE, "", "x", "system", "Message", LONG]
NOT_ID = [value for value in NOT_NUMBER if value is not None]

# Field by field what is refused, and under which name.
REFUSED: dict[str, dict[str, list[Any]]] = {
    "threads/{number}/messages/": {
        "client_id": NOT_UUID,
        "text": [*NOT_TEXT, *UNREADABLE, LONG, "", " \n\t "],
        "kind": NOT_KIND,
        "attachments": [None, True, 0, "", "x", {}, HUGE, ["x"], [None], [1], [[]], [str(uuid4())]],
        "seen_seq": NOT_NUMBER,
        "shown_seq": NOT_NUMBER,
        "anyway": NOT_FLAG,
    },
    "threads/{number}/read/": {
        "upto": [*NOT_NUMBER, 999],
        "state": [*NOT_TEXT, *UNREADABLE, "x", "", LONG],
    },
    "threads/{number}/draft/": {"kind": NOT_KIND, "text": [*NOT_TEXT, *UNREADABLE, LONG]},
    "threads/{number}/assign/": {"operator": NOT_ID, "only_free": NOT_FLAG},
    "threads/{number}/close/": {"shown_seq": NOT_NUMBER},
    "threads/{number}/merge/": {"into": [*NOT_NUMBER, "{number}", "{common}"]},
    "threads/{number}/block/": {
        "kind": [*NOT_TEXT, *UNREADABLE, "x", "", "message", LONG],
        "hours": [*NOT_NUMBER, 0, 24 * 365 + 1],
        "reason": [*NOT_TEXT, *UNREADABLE, LONG, "я" * 201],
    },
    "threads/{number}/unblock/": {"block": NOT_NUMBER},
    "messages/{message}/edit/": {"text": [*NOT_TEXT, *UNREADABLE, LONG, "", " \n"]},
}
NOT_IN_AN_ADDRESS = ["x", "-1", "1.5", "1e3", "0x1", "\x00", "\x07", "١", "9" * 400, "😀"]
NOT_A_PLACE = [*NOT_IN_AN_ADDRESS, "1", "1-", "-", "1-2-3", "1--2", f"{10**17}-1{'0' * 30}"]
# What is refused in an address, by the code.
REFUSED_READS: dict[str, dict[str, tuple[str, list[str]]]] = {
    "threads/": {
        "queue": ("invalid", [*NOT_IN_AN_ADDRESS, "", "WAITING"]),
        "operator": ("invalid", NOT_IN_AN_ADDRESS),
        "topic": ("invalid", ["\x00", "\x07", "я" * 201]),
        "page": ("invalid", ["\x00", "\x07", "я" * 501]),
        "after": ("invalid_cursor", NOT_A_PLACE),
        "numbers": ("invalid", [*NOT_IN_AN_ADDRESS, "", "1,", ",", "1,x", "1," * 100 + "1"]),
    },
    "search/": {
        "q": ("invalid", ["", " ", "\x00", "\x07", "я" * 201]),
        "after": ("invalid_cursor", NOT_A_PLACE),
    },
    "content/": {"q": ("invalid", ["\x00", "\x07", "я" * 201])},
    "threads/{number}/changes/": {
        "after": ("invalid_cursor", [*NOT_IN_AN_ADDRESS, "", "999", str(2**31)])
    },
    "threads/{number}/messages/": {"before": ("invalid", [*NOT_IN_AN_ADDRESS, "", str(2**31)])},
}


class Desk:
    """Somebody who manages the chat, before a dialogue in which they have answered."""

    def __init__(self) -> None:
        self.user = User.objects.create_user("head@example.org", first_name="Фатима")
        self.user.groups.add(Group.objects.get(name="Заведующие"))
        self.client = Client(enforce_csrf_checks=True)
        self.client.force_login(self.user)
        self.csrf = self.client.get(f"{API}state/").json()["csrf"]
        number = Patient().send().json()["thread"]["number"]
        answer = Answer(client_id=uuid4(), text="Да.")
        self.numbers = {
            "number": number,
            "message": messages.send_as_operator(self.user, number, answer).message.pk,
            "other": Patient().send().json()["thread"]["number"],
            "block": ChatBlock.objects.create(
                kind="thread", value=str(number), until=timezone.now() + timedelta(days=1)
            ).pk,
            "me": self.user.pk,
            "common": ChatThread.objects.get(is_common=True).pk,
        }

    def filled(self, value: Any) -> Any:
        """Fill numbers in where their names stand."""
        if isinstance(value, dict):
            return {key: self.filled(each) for key, each in value.items()}
        if isinstance(value, str) and value.strip("{}") in self.numbers and value.startswith("{"):
            return self.numbers[value.strip("{}")]
        return value

    def post(self, path: str, body: Any, **headers: str) -> Any:
        """Post a body as JSON."""
        return self.raw(path, json.dumps(self.filled(body)), **headers)

    def raw(self, path: str, body: bytes | str, kind: str = JSON, **headers: str) -> Any:
        """Post a body as it is."""
        return self.client.generic(
            "POST",
            API + path.format(**self.numbers),
            body,
            kind,
            headers={"X-CSRFToken": self.csrf} | headers,
        )

    def get(self, path: str, **query: str) -> Any:
        """Read."""
        return self.client.get(API + path.format(**self.numbers), query)

    def upload(self, **fields: Any) -> Any:
        """Send up a file, or what is none."""
        return self.client.post(f"{API}attachments/", fields, headers={"X-CSRFToken": self.csrf})


@pytest.fixture
def desk(widget) -> Desk:
    """Фатима at her desk."""
    return Desk()


def stored() -> list[Any]:
    """Return all that the chat holds, and what was written down about it."""
    return [
        *stored_of_patients(),
        *(list(model.objects.order_by("pk").values()) for model in (ChatDraft, ChatBlock)),
        ModelLogEntry.objects.count(),
    ]


def test_every_call_is_in_the_list():
    routes = {route for route, pattern in patterns("admin/chat/api/") if pattern.name}
    here = {
        f"admin/chat/api/{path}"
        for path in [*INBOX_BODIES, *INBOX_BARE, *INBOX_READS, "", "attachments/"]
    }
    spelled = {
        "{number}": "<int:number>",
        "{message}": "<int:message_id>",
        "5c0e6d1c-0000-4000-8000-000000000000": "<uuid:attachment_id>",
    }
    for ours, djangos in spelled.items():
        here = {path.replace(ours, djangos) for path in here}
    assert here == routes


def test_every_field_of_every_call_is_tried():
    assert {path: set(body) for path, body in INBOX_BODIES.items()} == {
        path: set(tried) for path, tried in REFUSED.items()
    }
    assert {path: set(query) for path, query in INBOX_READS.items() if query} == {
        path: set(tried) for path, tried in REFUSED_READS.items()
    }


@pytest.mark.parametrize("path", INBOX_BODIES)
def test_what_is_tried_is_wrong_in_one_field_only(desk: Desk, path: str):
    assert desk.post(path, INBOX_BODIES[path]).status_code in {200, 201, 204}


@pytest.mark.parametrize("path", REFUSED_READS)
def test_what_is_tried_is_wrong_in_one_parameter_only(desk: Desk, path: str):
    assert desk.get(path, **desk.filled(INBOX_READS[path])).status_code == 200


@pytest.mark.parametrize(
    ("path", "field"), [(path, field) for path, tried in REFUSED.items() for field in tried]
)
def test_field_of_the_wrong_kind_is_refused(desk: Desk, path: str, field: str):
    before = stored()
    for value in REFUSED[path][field]:
        refused = desk.post(path, with_field(INBOX_BODIES[path], field, value))
        assert_refused(refused, 400, "invalid", None if value == "{common}" else field)
        assert stored() == before, value


@pytest.mark.parametrize(
    ("path", "field"), [(path, field) for path, tried in REFUSED_READS.items() for field in tried]
)
def test_parameter_of_the_wrong_kind_is_refused(desk: Desk, path: str, field: str):
    code, tried = REFUSED_READS[path][field]
    before = stored()
    for value in tried:
        others = {"q": "ттг"} if path == "search/" else {}
        refused = desk.get(path, **(others | {field: value}))
        # NUL is refused at the door, for all addresses alike.
        assert_refused(refused, 400, "invalid" if "\x00" in value else code)
        assert stored() == before, value


@pytest.mark.parametrize("path", INBOX_BODIES)
def test_body_that_is_no_object_is_refused(desk: Desk, path: str):
    before = stored()
    for body, status in NO_OBJECTS.items():
        assert_refused(desk.raw(path, body), status, {400: "invalid", 413: "too_large"}[status])
    for kind in ["text/plain", "application/x-www-form-urlencoded", "", "x"]:
        refused = desk.raw(path, json.dumps(desk.filled(INBOX_BODIES[path])), kind)
        assert_refused(refused, 400, "invalid")
    assert stored() == before


@pytest.mark.parametrize("path", [*INBOX_BODIES, *INBOX_BARE])
def test_what_is_not_there_is_not_found(desk: Desk, path: str):
    before = stored()
    body = INBOX_BODIES.get(path, {})
    there = desk.numbers
    for name in [name for name in there if f"{{{name}}}" in path + json.dumps(body)]:
        desk.numbers = there | {name: 999_999}
        assert_refused(desk.post(path, body), 404, "not_found")
    desk.numbers = there
    for beyond in ["-1", "x", "2147483648", str(2**63), "9" * 40]:
        address = path.replace("{number}", beyond).replace("{message}", beyond)
        assert_refused(desk.post(address, body), 404, "not_found")
    assert stored() == before


def test_post_from_another_site_is_refused(desk: Desk):
    before = stored()
    for path in [*INBOX_BODIES, *INBOX_BARE, "attachments/"]:
        for headers in CROSS_SITE:
            assert_refused(desk.post(path, INBOX_BODIES.get(path, {}), **headers), 403, "csrf")
    assert stored() == before


@pytest.mark.parametrize(
    ("fields", "status", "code"),
    [
        ({}, 400, "invalid"),
        ({"file": "no file"}, 400, "invalid"),
        ({"other": SimpleUploadedFile("x.jpg", b"x")}, 400, "invalid"),
        ({"file": SimpleUploadedFile("x.jpg", b"no picture")}, 415, "unsupported_type"),
        ({"file": SimpleUploadedFile("x.pdf", b"%PDF-1.7\n<script>")}, 415, "unsupported_type"),
        ({"file": SimpleUploadedFile("x.jpg", b"PK\x05\x06" + bytes(18))}, 415, "unsupported_type"),
        ({"file": SimpleUploadedFile("x.jpg", bytes(10 * 1024**2 + 1))}, 413, "too_large"),
        ({"file": SimpleUploadedFile("x.jpg", bytes(12 * 1024**2))}, 413, "too_large"),
    ],
    ids=["nothing", "text", "other-field", "lie", "script", "archive", "large", "larger"],
)
def test_file_that_is_none_is_refused(desk: Desk, fields: dict, status: int, code: str):
    before = stored()
    assert_refused(desk.upload(**fields), status, code)
    assert stored() == before


def test_marks_of_direction_are_kept_as_they_are(desk: Desk):
    text = "\u202eабв\u202c \u2066x\u2069 \u200f עברית"
    path = "threads/{number}/messages/"
    body = INBOX_BODIES[path] | {"client_id": str(uuid4()), "text": text}
    assert desk.post(path, body).json()["message"]["text"] == text


def test_nobody_becomes_somebody_else_by_saying_so(desk: Desk):
    claimed = {"sender": "visitor", "author": 1, "event": "closed", "seq": 1, "channel": "vk"}
    path = "threads/{number}/messages/"
    body = INBOX_BODIES[path] | {"client_id": str(uuid4())} | claimed
    said = ChatMessage.objects.get(pk=desk.post(path, body).json()["message"]["id"])
    assert (said.sender, said.author, said.event, said.channel) == (
        "operator",
        desk.user,
        "",
        "admin",
    )
    assert said.seq > 2


def test_wrong_method_is_refused(desk: Desk):
    before = stored()
    arguments = {"number": desk.numbers["number"], "message_id": desk.numbers["message"]}
    for _route, pattern in patterns("admin/chat/api/"):
        if not pattern.name or pattern.name == "chat_inbox_calls":
            continue
        names = pattern.pattern.converters
        address = reverse(
            pattern.name, kwargs={name: arguments.get(name, uuid4()) for name in names}
        )
        for method in ("PUT", "PATCH", "DELETE", "OPTIONS", "BREW"):
            answer = desk.client.generic(
                method, address, "{}", JSON, headers={"X-CSRFToken": desk.csrf}
            )
            assert_refused(answer, 405, "method_not_allowed")
            assert set(answer.headers["Allow"].split(", ")) <= {"GET", "POST"}
    assert stored() == before


names = st.sampled_from(sorted({name for body in INBOX_BODIES.values() for name in body}))


@given(
    path=st.sampled_from([*INBOX_BODIES, *INBOX_BARE, "attachments/", "nothing/"]),
    changes=st.dictionaries(names, values, max_size=4),
    whole=st.booleans(),
)
@settings(
    max_examples=150,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_no_json_breaks_a_call(desk: Desk, path: str, changes: dict[str, Any], whole: bool):
    body = (INBOX_BODIES.get(path, {}) | {"client_id": str(uuid4())} if whole else {}) | changes
    answer = desk.post(path, body)
    assert answer.status_code in {200, 201, 204, 400, 404, 409}
    if answer.status_code >= 400:
        assert_refused(answer, answer.status_code, answer.json()["code"])
