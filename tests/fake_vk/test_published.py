"""What drifts from the schema that VK published is told, if vkbottle-types is silent too.

The schema itself may not be copied. Where it is at hand it judges all that passes through the
stand-in in the whole suite; here something objects in its place.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fake_vk import checks, published
from tests.fake_vk.api import METHODS
from tests.fake_vk.conftest import OPERATOR, Call, Site
from tests.fake_vk.fake import GROUP_ID, FakeVK

# The tools beside the schema, as far as they are asked: they object to what is named here.
TOOLS = """
class VK:
    def validator(self, ref):
        return ref

    def request_errors(self, method, params):
        return [f"no {name}" for name in params if name == "colour"]

    def response_errors(self, method, body):
        if "error" in body:
            return ["a refusal"] if body["error"]["error_code"] == 5 else []
        return ["no list"] if body["response"] == "wrong" else None

    def event_errors(self, event):
        return ["no number"] if event["object"].get("user_id") == "five" else []
"""


@pytest.fixture
def vk(site: Site, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[FakeVK]:
    """A stand-in that vkbottle-types never objects to; what is told is left to the test."""
    for name in ("request_problems", "response_problems", "event_problems"):
        monkeypatch.setattr(checks, name, lambda *args: [])
    (tmp_path / f"{published.TOOLS}.py").write_text(TOOLS, "utf-8")
    schema = published.read(tmp_path)
    assert schema
    monkeypatch.setattr(published, "read", lambda: schema)
    vk = FakeVK(callback="http://site.test/", transport=site).start()
    yield vk
    vk.stop()


def happen_wrongly(vk: FakeVK) -> None:
    """Let an event happen that is not as VK has it."""
    with vk.world.lock:
        vk.world.emit(vk.group, "message_deny", {"user_id": "five"})


def test_an_unknown_parameter_is_told(vk: FakeVK, call: Call) -> None:
    vk.user_writes(OPERATOR, "а")
    call("messages.markAsRead", peer_id=OPERATOR)
    assert vk.violations == []
    call("messages.markAsRead", peer_id=OPERATOR, colour="red")
    assert vk.violations == ["request messages.markAsRead: no colour"]


def test_a_wrong_answer_is_told(vk: FakeVK, call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    call("users.get", user_ids=OPERATOR)
    assert vk.violations == []
    monkeypatch.setitem(METHODS, "users.get", lambda call: "wrong")
    call("users.get", user_ids=OPERATOR)
    assert vk.violations == ["response users.get: no list"]


def test_a_wrong_refusal_is_told(vk: FakeVK, call: Call) -> None:
    call("users.get", token="stolen")
    assert vk.violations == ["error users.get: a refusal"]


def test_a_wrong_event_is_told_on_each_way(vk: FakeVK, call: Call) -> None:
    call("groups.setLongPollSettings", group_id=GROUP_ID, enabled=1, message_deny=1)
    assert vk.violations == []
    happen_wrongly(vk)
    assert vk.violations == [
        "event message_deny: no number",
        "long poll message_deny: no number",
    ]


@pytest.mark.usefixtures("vk")
def test_who_does_not_want_the_schema_is_not_told(site: Site) -> None:
    with FakeVK(callback="http://site.test/", transport=site, with_schema=False) as vk:
        happen_wrongly(vk)


def test_without_schema_or_without_what_it_needs_nothing_is_asked(tmp_path: Path) -> None:
    assert published.read(tmp_path) is None
    tools = tmp_path / "needy" / f"{published.TOOLS}.py"
    tools.parent.mkdir()
    tools.write_text("import no_such_package_at_all", "utf-8")
    assert published.read(tools.parent) is None


def test_where_there_is_no_schema_the_stand_in_does_without(
    monkeypatch: pytest.MonkeyPatch, site: Site
) -> None:
    monkeypatch.setattr(published, "read", lambda: None)
    with FakeVK(callback="http://site.test/", transport=site) as plain:
        plain.user_writes(OPERATOR, "а")
        plain.deliver()
        assert plain.violations == []
