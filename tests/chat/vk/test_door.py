"""Nothing that a site is given besides stands between VK and its door: VK follows no redirect."""

from typing import Any

from django.db import connection

import pytest

from chat.models import ChatMessage, VkEvent
from tests.factories.vk import message_new, post, receive

pytestmark = pytest.mark.django_db

PATIENT = 701
PATHS = ["/chat/vk/callback/", "/chat/vk/callback"]


@pytest.mark.parametrize("path", PATHS)
def test_site_that_is_closed_to_strangers_still_lets_vk_in(settings: Any, path: str):
    settings.MIDDLEWARE = [
        *settings.MIDDLEWARE,
        "django.contrib.auth.middleware.LoginRequiredMiddleware",
    ]
    response = post(message_new(PATIENT, "Раз"), path)
    assert (response.status_code, response.content) == (200, b"ok")
    assert ChatMessage.objects.get().text == "Раз"
    assert receive({"type": "confirmation", "group_id": settings.VK_GROUP_ID}).content == b"c0nf1rm"


@pytest.mark.parametrize("path", PATHS)
def test_language_of_the_request_leads_vk_nowhere_else(settings: Any, path: str):
    sessions = settings.MIDDLEWARE.index("django.contrib.sessions.middleware.SessionMiddleware")
    settings.MIDDLEWARE = [
        *settings.MIDDLEWARE[: sessions + 1],
        "django.middleware.locale.LocaleMiddleware",
        *settings.MIDDLEWARE[sessions + 1 :],
    ]
    response = post(message_new(PATIENT, "Раз"), path, **{"Accept-Language": "en"})
    assert (response.status_code, response.content) == (200, b"ok")
    assert ChatMessage.objects.get().text == "Раз"


def test_burst_of_events_from_one_address_is_taken_whole(time_machine: Any):
    time_machine.move_to("2026-11-30T09:00:00Z", tick=False)
    answers = [receive(message_new(PATIENT, f"Вопрос {number}")) for number in range(300)]
    assert {(one.status_code, one.content) for one in answers} == {(200, b"ok")}
    assert VkEvent.objects.count() == 300


def test_event_is_kept_on_its_own_on_a_site_whose_requests_are_transactions(
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setitem(connection.settings_dict, "ATOMIC_REQUESTS", True)
    data = message_new(PATIENT, "Раз")
    assert [post(data).content for _ in range(2)] == [b"ok"] * 2
    assert ChatMessage.objects.get().text == "Раз"
