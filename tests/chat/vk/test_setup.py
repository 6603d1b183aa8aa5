"""Setting VK up, and being told what is wrong in words that help."""

import json
from collections.abc import Iterator
from datetime import timedelta
from io import StringIO
from typing import Any

from django.core.management import CommandError, call_command
from django.utils import timezone

import pytest

from chat.checks import vk_is_safe
from chat.models import ChatMessage, VkState
from chat.services import vk_state
from chat.vk import config, setup
from chat.vk.longpoll import LEASE
from tests.chat.vk.conftest import Loop
from tests.factories.vk import event, message, message_new, post, receive
from tests.fake_vk.fake import CONFIRMATION, FakeVK
from tests.fake_vk.state import Rules
from tests.fake_vk.transports import Reply

pytestmark = pytest.mark.django_db

ADDRESS = "https://kdl.example.org/chat/vk/callback/"


@pytest.fixture
def asked() -> list[dict[str, Any]]:
    """What VK asked the site."""
    return []


@pytest.fixture
def vk(settings: Any, asked: list[dict[str, Any]]) -> Iterator[FakeVK]:
    """The stand-in with a community that nobody has set up."""

    def site(url: str, body: bytes, headers: dict[str, str], timeout: float) -> Reply:
        asked.append(json.loads(body))
        return Reply(200, CONFIRMATION.encode())

    # Its clock stands still, so its seconds do not pass.
    rules = Rules(requests_per_second=None)
    with FakeVK(transport=site, token=settings.VK_GROUP_TOKEN, rules=rules) as fake:
        settings.VK_API_BASE_URL = fake.api_url
        settings.WAGTAILADMIN_BASE_URL = "https://kdl.example.org"
        yield fake


def bad(findings: list[setup.Finding]) -> str:
    """Return all that is not as it should be."""
    return "\n".join(finding.text for finding in findings if finding.level != setup.OK)


def test_setup_registers_the_address_with_the_first_secret(vk: FakeVK, asked: list[Any]):
    assert bad(setup.register()) == ""
    server = next(iter(vk.group.servers.values()))
    assert (server.url, server.secret, server.status) == (ADDRESS, "test-secret", "ok")
    assert server.events >= set(setup.EVENTS)
    assert server.api_version == "5.199"
    assert asked[0]["type"] == "confirmation"
    assert VkState.objects.get().confirmation == CONFIRMATION
    assert {"type": "confirmation", "group_id": 224584658}.items() <= asked[0].items()


def test_site_answers_with_the_string_that_setup_was_given():
    vk_state.set_confirmation("fresh")
    response = receive({"type": "confirmation", "group_id": 224584658})
    assert response.content == b"fresh"


def test_setup_again_revives_a_dead_server_and_adds_none(vk: FakeVK):
    setup.register()
    server = next(iter(vk.group.servers.values()))
    server.status = "failed"
    assert "прекратил" in bad(setup.check())
    assert bad(setup.register()) == ""
    assert len(vk.group.servers) == 1
    assert server.status == "ok"


def test_what_vk_could_not_deliver_before_the_setup_is_asked_for(vk: FakeVK):
    VkState.objects.update(last_event_at=timezone.now() - timedelta(days=1), gap_since=None)
    setup.register()
    gap = VkState.objects.get().gap_since
    assert gap
    assert gap < VkState.objects.get().last_event_at


def test_setup_that_vk_refuses_asks_for_nothing(vk: FakeVK, settings: Any):
    settings.VK_GROUP_TOKEN = "revoked"
    setup.register()
    assert vk_state.get().gap_since is None


def test_new_secret_is_passed_on(vk: FakeVK, settings: Any):
    setup.register()
    settings.VK_CALLBACK_SECRET = ["newer", "test-secret"]
    assert "прежний секрет" in bad(setup.check())
    assert bad(setup.register()) == ""
    assert next(iter(vk.group.servers.values())).secret == "newer"
    settings.VK_CALLBACK_SECRET = ["unknown"]
    assert "не принимает" in bad(setup.check())


def test_servers_of_others_are_left_alone(vk: FakeVK):
    other = vk.add_server("https://other.example.org/")
    setup.register()
    assert other in vk.group.servers.values()
    assert len(vk.group.servers) == 2


@pytest.mark.parametrize(
    ("rights", "words"),
    [
        ({"manage", "photos", "docs"}, "messages"),
        ({"messages", "photos", "docs"}, "manage"),
        ({"messages", "manage", "docs"}, "photos"),
        ({"messages", "manage", "photos"}, "docs"),
    ],
)
def test_missing_right_is_named(vk: FakeVK, settings: Any, rights: set[str], words: str):
    setup.register()
    vk.add_token("weak", rights=rights)
    settings.VK_GROUP_TOKEN = "weak"
    findings = setup.check()
    assert f"«{words}»" in bad(findings)
    assert setup.is_well(findings) == (words != "messages")


def test_what_vk_was_not_asked_to_tell_is_named(vk: FakeVK):
    setup.register()
    server = next(iter(vk.group.servers.values()))
    server.events.discard("message_edit")
    server.api_version = "5.92"
    words = bad(setup.check())
    assert "message_edit" in words
    assert "версии 5.92" in words
    assert bad(setup.register()) == ""


def test_address_that_vk_has_yet_to_confirm_is_no_failure(vk: FakeVK):
    setup.register()
    next(iter(vk.group.servers.values())).status = "wait"
    findings = setup.check()
    assert "не подтвердил" in bad(findings)
    assert setup.is_well(findings)


def test_site_that_fetches_its_events_needs_no_address_at_vk(vk: FakeVK):
    assert "не зарегистрирован" in bad(setup.check())
    vk_state.take_long_poll("process", LEASE)
    assert bad(setup.check()) == ""


def test_list_of_servers_that_is_full_is_named(vk: FakeVK):
    for number in range(10):
        vk.add_server(f"https://{number}.example.org/")
    assert "десять серверов" in bad(setup.register())


@pytest.mark.parametrize("answer", [None, [], {}, {"code": 5}, {"permissions": {}, "items": 1}])
def test_answers_that_vk_does_not_give_are_no_success(
    vk: FakeVK, monkeypatch: pytest.MonkeyPatch, answer: Any
):
    monkeypatch.setattr("chat.vk.setup.VkClient.call", lambda *args, **params: answer)
    assert not setup.is_well(setup.register())
    assert not setup.is_well(setup.check())


def test_error_that_has_no_words_is_named_by_its_number(vk: FakeVK):
    vk.fail("groups.getTokenPermissions", "error", code=100)
    assert "100" in bad(setup.check())


def test_dead_token_is_named(vk: FakeVK, settings: Any):
    settings.VK_GROUP_TOKEN = "revoked"
    for findings in (setup.check(), setup.register()):
        assert "не принимает ключ" in bad(findings)
        assert "revoked" not in bad(findings)


def test_token_of_another_community_is_named(vk: FakeVK, settings: Any):
    vk.add_group(5, "others")
    settings.VK_GROUP_TOKEN = "others"
    assert "VK_GROUP_ID" in bad(setup.check())


def test_vk_that_does_not_answer_is_named(settings: Any):
    assert "не отвечает" in bad(setup.check())
    assert "не отвечает" in bad(setup.register())


@pytest.mark.parametrize("name", ["VK_GROUP_ID", "VK_GROUP_TOKEN", "VK_CALLBACK_SECRET"])
def test_missing_setting_is_named(settings: Any, name: str):
    setattr(settings, name, type(getattr(settings, name))())
    assert name in bad(setup.check())
    assert name in bad(setup.register())


@pytest.mark.parametrize("secret", ["с буквами", "a b", "x" * 51])
def test_secret_that_vk_would_not_take_is_named(settings: Any, secret: str):
    settings.VK_CALLBACK_SECRET = [secret]
    assert "VK_CALLBACK_SECRET" in bad(setup.check())


@pytest.mark.parametrize(
    ("url", "is_public"),
    [
        ("https://kdl.example.org/x/", True),
        ("http://kdl.example.org/x/", False),
        ("https://localhost/x/", False),
        ("https://127.0.0.1/x/", False),
        ("https://192.168.0.5/x/", False),
        ("https://kdl.local/x/", False),
    ],
)
def test_address_that_vk_cannot_reach_is_known(url: str, is_public: bool):
    assert setup.is_public_address(url) == is_public


def test_dead_server_makes_the_worker_ask_for_what_is_missing(vk: FakeVK):
    setup.register()
    VkState.objects.update(gap_since=None)
    setup.watch()
    assert VkState.objects.get().gap_since is None
    next(iter(vk.group.servers.values())).status = "failed"
    setup.watch()
    assert VkState.objects.get().gap_since
    assert VkState.objects.get().findings


def test_shell_says_the_same(vk: FakeVK):
    with pytest.raises(CommandError):
        call_command("vk_check", stdout=StringIO())
    out = StringIO()
    call_command("vk_setup", stdout=out)
    call_command("vk_check", stdout=out)
    assert "test-secret" not in out.getvalue()
    assert "test-token" not in out.getvalue()
    assert "ВК" in out.getvalue()


@pytest.mark.parametrize(
    ("values", "errors"),
    [
        ({"VK_GROUP_ID": 0, "VK_CALLBACK_SECRET": []}, []),
        ({"VK_CALLBACK_SECRET": []}, ["chat.E001"]),
        ({"VK_CALLBACK_SECRET": ["x" * 20]}, []),
        ({"VK_CALLBACK_SECRET": ["short"]}, ["chat.W001"]),
        ({"VK_CALLBACK_SECRET": ["x" * 20], "VK_FILE_HOSTS": ["http://a:1"]}, ["chat.E002"]),
        (
            {"VK_CALLBACK_SECRET": ["x" * 20], "VK_API_BASE_URL": "http://vk/method"},
            ["chat.E003"],
        ),
    ],
)
def test_unsafe_settings_do_not_pass_the_deploy_check(
    settings: Any, values: dict[str, Any], errors: list[str]
):
    settings.VK_API_BASE_URL = "https://api.vk.ru/method"
    settings.VK_FILE_HOSTS = ["vk.com"]
    for name, value in values.items():
        setattr(settings, name, value)
    assert [error.id for error in vk_is_safe(None)] == errors


def test_secret_is_changed_while_an_event_is_on_its_way_and_none_is_lost(loop: Loop, settings: Any):
    settings.WAGTAILADMIN_BASE_URL = "https://site.test.example"
    deliver = loop.vk.emitter.transport

    def site(url: str, body: bytes, headers: dict[str, str], timeout: float) -> Reply:
        # VK asks for this while it answers, on a thread that does not see the test's transaction.
        if json.loads(body)["type"] == "confirmation":
            return Reply(200, CONFIRMATION.encode())
        return deliver(url, body, headers, timeout)

    loop.vk.emitter.transport = site
    server = next(iter(loop.vk.group.servers.values()))
    server.url = config.current().callback_url
    loop.vk.disturb("message_new", "drop_first")
    loop.vk.user_writes(701, "Со старым секретом")
    loop.settle()
    settings.VK_CALLBACK_SECRET = ["newer", "test-secret"]
    loop.vk.rules.requests_per_second = None
    assert bad(setup.register()) == ""
    assert server.secret == "newer"
    loop.vk.user_writes(701, "С новым секретом")
    loop.settle()
    for _ in range(4):
        loop.after(600)
    stored = ChatMessage.objects.filter(sender="visitor").values_list("text", flat=True)
    assert set(stored) == {"Со старым секретом", "С новым секретом"}
    assert {attempt.status for attempt in loop.vk.attempts if attempt.status} == {200}


def test_another_community_is_refused_while_messages_of_the_first_are_stored(settings: Any):
    first = settings.VK_GROUP_ID
    post(message_new(701, "Вы работаете?"))
    assert str(first) not in bad(setup.of_environment(config.current()))
    settings.VK_GROUP_ID = first + 1
    post(message_new(702, "А вы?"))
    assert str(first) in bad(setup.register())
    settings.VK_GROUP_ID = first
    assert str(first) not in bad(setup.of_environment(config.current()))


def test_another_community_may_come_before_anything_is_stored(settings: Any):
    post(event("message_new", {"message": message(701, "", action={"type": "x"})}))
    settings.VK_GROUP_ID += 1
    assert "другое сообщество" not in bad(setup.of_environment(config.current()))
    post(message_new(701, "Вы работаете?"))
    assert "другое сообщество" not in bad(setup.of_environment(config.current()))
