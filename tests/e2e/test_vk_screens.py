"""The screens of VK in a real browser: on a phone and at a desk, by keyboard and screen reader."""

from collections.abc import Iterator

from django.utils import timezone

import pytest
from playwright.sync_api import expect

from chat.models import VkEvent, VkOutbox, VkState
from chat.services import vk_outbox, vk_state
from chat.vk.setup import ERROR, OK, WARNING
from tests.e2e.axe import Looks
from tests.e2e.staff import sign_in
from tests.factories.vk import make_vk_operator

pytestmark = [pytest.mark.e2e, pytest.mark.usefixtures("site_database")]

SCREENS = ("/admin/chat/vk/", "/admin/chat/vk/setup/", "/admin/chat/vk/operators/")
MINE = "/admin/chat/vk/mine/"


@pytest.fixture
def troubles(site_database: None) -> Iterator[None]:
    """A connection of which there is something to say of every kind."""
    operator = make_vk_operator(900)
    vk_outbox.queue(VkOutbox.Purpose.NOTICE, 701, "Привет")
    row = VkOutbox.objects.get(peer_id=701)
    VkOutbox.objects.filter(pk=row.pk).update(state="failed", error_code=901)
    event = VkEvent.objects.create(
        group_id=1, event_id="1", type="message_new", body={}, next_at=timezone.now()
    )
    VkEvent.objects.filter(pk=event.pk).update(state="quarantined", reason="no message in it")
    levels = (OK, WARNING, ERROR)
    vk_state.set_findings([{"level": level, "text": f"Находка {level}"} for level in levels])
    VkState.objects.update(halted_reason="VK error 5", gap_since=timezone.now())
    yield
    VkState.objects.update(halted_reason="", gap_since=None, findings=[])
    row.delete()
    event.delete()
    operator.delete()


@pytest.mark.parametrize("width", [360, 1440])
def test_nobody_stumbles_over_the_screens_of_vk(visitor, troubles, width: int):
    page = sign_in(visitor(width, reduced_motion="reduce"), "head")
    looks = Looks(page)
    for address in (*SCREENS, MINE):
        assert page.goto(address).status == 200
        expect(page.get_by_role("heading", level=1).first).to_be_visible()
        looks.at(address)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.get_by_role("button", name="Получить код").click()
    expect(page.locator(".kdl-code-shown")).to_contain_text("KDL-")
    looks.at("code")
    assert looks.found == {}


def test_stopped_sending_is_resumed_by_the_button(visitor, troubles):
    page = sign_in(visitor(), "head")
    page.goto("/admin/chat/vk/")
    page.get_by_role("button", name="Продолжить отправку").click()
    expect(page.get_by_text("Отправка продолжается.")).to_be_visible()
    assert VkState.objects.get().halted_reason == ""
