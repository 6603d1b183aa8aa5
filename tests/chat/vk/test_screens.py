"""The screens of VK in the admin: who may see them, what they say, what they do."""

from typing import Any

from django.contrib.auth.models import Permission
from django.test import Client
from django.utils import timezone

from wagtail.models import ModelLogEntry

import pytest

from accounts.models import User
from chat.models import ChatMessage, VkBindingCode, VkEvent, VkOperator, VkOutbox, VkState
from chat.services import vk_outbox, vk_sending
from chat.vk import config, setup, work
from tests.factories.chat import make_operator
from tests.factories.vk import event, make_vk_operator, message_new, post

pytestmark = pytest.mark.django_db

PATIENT, OPERATOR = 701, 900
HEALTH, SETUP = "/admin/chat/vk/", "/admin/chat/vk/setup/"
OPERATORS, MINE = "/admin/chat/vk/operators/", "/admin/chat/vk/mine/"
ALL = [HEALTH, SETUP, OPERATORS, MINE]


def signed_in(user: User) -> Client:
    """Return the browser of somebody who is signed in."""
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def manager(db: None) -> User:
    """Somebody who manages the chat."""
    user = make_operator("Мадина")
    user.user_permissions.add(Permission.objects.get(codename="manage_chat"))
    return user


@pytest.fixture
def admin(manager: User) -> Client:
    """Their browser."""
    return signed_in(manager)


def failed_row(**fields: Any) -> VkOutbox:
    """Make a message that VK refused."""
    vk_outbox.queue(VkOutbox.Purpose.NOTICE, PATIENT, "Тайное слово")
    VkOutbox.objects.update(state="failed", error_code=901, **fields)
    return VkOutbox.objects.get()


@pytest.mark.parametrize("url", ALL)
def test_screens_open_under_the_strict_policy_without_secrets(admin: Client, url: str):
    response = admin.get(url)
    assert response.status_code == 200
    assert "unsafe-inline" not in response.headers["Content-Security-Policy"]
    page = response.content.decode()
    for secret in ("test-token", "test-secret", "former-secret"):
        assert secret not in page
    assert " style=" not in page.partition("<main")[2]


@pytest.mark.parametrize("url", [HEALTH, SETUP, OPERATORS])
def test_operators_see_their_own_screen_alone(url: str):
    client = signed_in(make_operator())
    assert client.get(url).status_code == 403
    assert client.post(url, {"do": "check"}).status_code == 403
    assert client.get(MINE).status_code == 200


@pytest.mark.parametrize("url", ALL)
def test_strangers_are_led_to_the_door(client: Client, url: str):
    assert client.get(url).status_code == 302
    assert client.post(url, {"do": "check"}).status_code == 302


@pytest.mark.parametrize("url", ALL)
@pytest.mark.parametrize("do", ["", "post", "get_context_data", "__init__", "x" * 5000])
def test_unknown_action_is_refused(admin: Client, url: str, do: str):
    assert admin.post(url, {"do": do}).status_code == 400


@pytest.mark.parametrize("number", ["x", "-1", "1.0", "٥", "²", "", "1 OR 1=1"])
@pytest.mark.parametrize(
    ("url", "do"), [(HEALTH, "resend"), (HEALTH, "again"), (OPERATORS, "unbind")]
)
def test_rubbish_for_a_number_is_refused(admin: Client, url: str, do: str, number: str):
    assert admin.post(url, {"do": do, "id": number}).status_code == 400


@pytest.mark.parametrize("number", ["999999", "9" * 19, "9" * 5000])
def test_number_that_is_not_there_changes_nothing(admin: Client, number: str):
    assert admin.post(HEALTH, {"do": "resend", "id": number}).status_code == 302
    assert admin.post(HEALTH, {"do": "again", "id": number}).status_code == 302
    assert admin.post(OPERATORS, {"do": "unbind", "id": number}).status_code in {400, 404}


def test_health_says_why_a_message_failed_and_sends_it_again(admin: Client):
    row = failed_row(attempts=3)
    page = admin.get(HEALTH).content.decode()
    assert "не разрешил сообществу" in page
    assert "Тайное слово" not in page
    admin.post(HEALTH, {"do": "resend", "id": row.pk})
    row.refresh_from_db()
    assert (row.state, row.attempts) == ("waiting", 0)
    assert ModelLogEntry.objects.filter(action="chat.vk_resend").exists()


def test_quarantined_event_is_shown_with_its_reason_and_read_again(admin: Client):
    post(event("message_new", {"message": None}))
    broken = VkEvent.objects.get()
    assert "no message in it" in admin.get(HEALTH).content.decode()
    VkEvent.objects.update(body=message_new(PATIENT, "Раз"))
    admin.post(HEALTH, {"do": "again", "id": broken.pk})
    work.run_once()
    assert ChatMessage.objects.get().text == "Раз"
    assert VkEvent.objects.get().state == "done"


def test_event_that_was_read_is_not_read_again(admin: Client):
    post(message_new(PATIENT, "Раз"))
    admin.post(HEALTH, {"do": "again", "id": VkEvent.objects.get().pk})
    assert VkEvent.objects.get().state == "done"


def test_stopped_sending_is_shown_and_resumed(admin: Client):
    vk_sending.halt("VK error 5", config.current().token_hash)
    assert "Отправка остановлена" in admin.get(HEALTH).content.decode()
    admin.post(HEALTH, {"do": "resume"})
    assert not vk_sending.is_halted(config.current().token_hash)
    assert "Отправка остановлена" not in admin.get(HEALTH).content.decode()


def test_what_waits_and_since_when_is_shown(admin: Client):
    VkEvent.objects.create(group_id=1, event_id="1", type="x", body={}, next_at=timezone.now())
    page = admin.get(HEALTH).content.decode()
    assert "Событий ждут обработки" in page
    assert "самое давнее ждёт" in page


def test_check_says_that_vk_does_not_answer(admin: Client):
    response = admin.post(HEALTH, {"do": "check"}, follow=True)
    assert "ВК не отвечает" in response.content.decode()
    assert VkState.objects.get().checked_at


def test_failed_registration_says_why(admin: Client):
    page = admin.post(SETUP, {"do": "register"}, follow=True).content.decode()
    assert "ВК не отвечает" in page


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (None, "ВК не ответил"),
        (901, "не разрешил"),
        (18, "удалена"),
        (15, "нет нужного права"),
        (909, "больше не даёт изменить"),
        (914, "слишком длинное"),
        (9, "слишком долго"),
        (100, "100"),
    ],
)
def test_reason_of_a_failure_is_said_in_words(admin: Client, code: int | None, words: str):
    failed_row()
    VkOutbox.objects.update(error_code=code, error="")
    assert words in admin.get(HEALTH).content.decode()


def test_setup_that_works_says_so(admin: Client, monkeypatch: pytest.MonkeyPatch):
    well = [setup.Finding(setup.OK, "ВК отвечает.")]
    monkeypatch.setattr(setup, "check", lambda: well)
    monkeypatch.setattr(setup, "register", lambda: well)
    for url, do in ((HEALTH, "check"), (SETUP, "register")):
        page = admin.post(url, {"do": do}, follow=True)
        assert [message.level_tag for message in page.context["messages"]] == ["success"]


def test_setup_shows_marks_and_a_fresh_secret_each_time(admin: Client):
    pages = [admin.get(SETUP) for _ in range(2)]
    assert pages[0].context["new_secret"] != pages[1].context["new_secret"]
    assert config.mark("test-secret") in pages[0].content.decode()
    assert config.mark("former-secret") in pages[0].content.decode()


def test_operator_gets_a_code_once_and_binds_with_it():
    anna = make_operator("Анна")
    client = signed_in(anna)
    response = client.post(MINE, {"do": "code"})
    code = response.context["code"]
    assert code in response.content.decode()
    assert "no-store" in response.headers["Cache-Control"]
    assert code not in client.get(MINE).content.decode()
    assert code not in str(list(VkBindingCode.objects.values()))
    post(message_new(OPERATOR, code))
    assert VkOperator.objects.get().user == anna
    assert str(OPERATOR) in client.get(MINE).content.decode()


def test_operator_changes_only_their_own_account():
    make_vk_operator(OPERATOR)
    client = signed_in(make_vk_operator(OPERATOR + 1, "Анна"))
    client.post(MINE, {"do": "duty"})
    assert list(VkOperator.objects.order_by("pk").values_list("on_duty", flat=True)) == [
        True,
        False,
    ]
    client.post(MINE, {"do": "unbind"})
    assert VkOperator.objects.get().vk_id == OPERATOR
    assert client.post(MINE, {"do": "unbind"}).status_code == 302


def test_manager_unbinds_and_the_account_is_a_patients_at_once(admin: Client, manager: User):
    make_vk_operator(OPERATOR)
    account = VkOperator.objects.get()
    admin.post(OPERATORS, {"do": "duty", "id": account.pk})
    account.refresh_from_db()
    assert not account.on_duty
    admin.post(OPERATORS, {"do": "unbind", "id": account.pk})
    post(message_new(OPERATOR, "#1 Привет"))
    assert ChatMessage.objects.get().thread.vk_peer_id == OPERATOR
    done = ModelLogEntry.objects.filter(user=manager, action__startswith="chat.vk_")
    assert set(done.values_list("action", flat=True)) == {"chat.vk_duty_off", "chat.vk_unbind"}


def test_menu_leads_there(admin: Client):
    page = admin.get(HEALTH).content.decode()
    assert MINE in page.partition("<main")[0]
