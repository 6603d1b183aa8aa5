"""What drifts from the schema that VK published is found out, if vkbottle-types is silent too."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fake_vk import checks, published
from tests.fake_vk.api import METHODS
from tests.fake_vk.conftest import OPERATOR, Call, Site
from tests.fake_vk.fake import GROUP_ID, FakeVK

needs_schema = pytest.mark.skipif(
    published.read() is None, reason=f"VK's published schema is not in {published.FOLDER}"
)


@pytest.fixture
def vk(site: Site, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeVK]:
    """A stand-in that vkbottle-types never objects to; what is told is left to the test."""
    for name in ("request_problems", "response_problems", "event_problems"):
        monkeypatch.setattr(checks, name, lambda *args: [])
    vk = FakeVK(callback="http://site.test/", transport=site).start()
    yield vk
    vk.stop()


def happen_wrongly(vk: FakeVK) -> None:
    """Let an event happen that is not as VK has it."""
    with vk.world.lock:
        vk.world.emit(vk.group, "message_deny", {"user_id": "five"})


@needs_schema
def test_an_unknown_parameter_and_a_wrong_one_are_told(vk: FakeVK, call: Call) -> None:
    vk.user_writes(OPERATOR, "а")
    call("messages.markAsRead", peer_id=OPERATOR, colour="red", mark_conversation_as_read="yes")
    assert vk.violations == [
        "request messages.markAsRead: unknown parameter colour",
        "request messages.markAsRead: mark_conversation_as_read: not a flag",
    ]


@needs_schema
def test_a_wrong_answer_is_told(vk: FakeVK, call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(METHODS, "users.get", lambda call: [{"id": "five"}])
    call("users.get", user_ids=OPERATOR)
    assert vk.violations == ["response users.get: 'five' is not of type 'integer'"]


@needs_schema
def test_a_wrong_refusal_is_told(vk: FakeVK, call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.fake_vk.api.error_json", lambda *args: {"error_code": "five"})
    call("users.get", token="stolen")
    assert vk.violations == ["error users.get: 'five' is not of type 'integer'"]


@needs_schema
def test_a_wrong_event_is_told_on_each_way(vk: FakeVK, call: Call) -> None:
    call("groups.setLongPollSettings", group_id=GROUP_ID, enabled=1, message_deny=1)
    assert vk.violations == []
    happen_wrongly(vk)
    problem = "message_deny: object: $.user_id 'five' is not of type 'integer'"
    assert vk.violations == [f"event {problem}", f"long poll {problem}"]


@needs_schema
@pytest.mark.usefixtures("vk")
def test_who_does_not_want_the_schema_is_not_told(site: Site) -> None:
    with FakeVK(callback="http://site.test/", transport=site, with_schema=False) as vk:
        happen_wrongly(vk)


def test_without_schema_or_without_what_it_needs_nothing_is_asked(tmp_path: Path) -> None:
    assert published.read(tmp_path) is None
    tools = tmp_path / "needy" / "vk_schema_tools.py"
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
