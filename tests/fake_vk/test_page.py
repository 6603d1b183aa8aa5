"""A newcomer plays operator and patient on one page, also on a phone."""

import json

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect

from tests.e2e.axe import stumbling_blocks
from tests.e2e.watch import Watch
from tests.fake_vk.conftest import OPERATOR, PATIENT, Call
from tests.fake_vk.fake import FakeVK

pytestmark = pytest.mark.e2e


def write(screen: Locator, text: str) -> None:
    screen.get_by_label("Сообщение", exact=True).fill(text)
    screen.get_by_role("button", name="Отправить").click()


def test_both_sides_are_played_on_one_page(
    vk: FakeVK, call: Call, context: BrowserContext, page: Page
) -> None:
    watch = Watch(context, vk.url)
    vk.add_user(OPERATOR, "Мария", "Операторова")
    vk.add_user(PATIENT, "Анна", "Пациентова")
    page.set_viewport_size({"width": 1440, "height": 900})
    page.goto(vk.url)
    operator, patient = page.locator("#operator"), page.locator("#patient")

    write(operator, "Код 1234")
    write(patient, "Сколько стоит ОАК?")
    expect(patient.get_by_role("listitem").filter(has_text="ОАК")).to_be_visible()
    button = {"action": {"type": "callback", "label": "Взять", "payload": {"t": 50}}}
    call(
        "messages.send",
        peer_ids=OPERATOR,
        random_id=1,
        message="#50 · Анна",
        keyboard=json.dumps({"inline": True, "buttons": [[button]]}),
    )
    alert = operator.get_by_role("listitem").filter(has_text="#50 · Анна")
    alert.get_by_role("button", name="Ответить").click()
    write(operator, "450 рублей")
    expect(operator.get_by_role("listitem").filter(has_text="450 рублей")).to_contain_text("#50")
    alert.get_by_role("button", name="Взять").click()
    with vk.world.changed:
        assert vk.world.changed.wait_for(lambda: vk.group.presses, timeout=10)
    (event_id,) = vk.group.presses
    data = json.dumps({"type": "show_snackbar", "text": "Диалог ваш"})
    call(
        "messages.sendMessageEventAnswer",
        event_id=event_id,
        user_id=OPERATOR,
        peer_id=OPERATOR,
        event_data=data,
    )
    expect(operator.get_by_role("status")).to_have_text("Диалог ваш")

    assert vk.history(OPERATOR)[-1].reply == vk.received(OPERATOR)[0]
    assert vk.texts(PATIENT) == []
    assert stumbling_blocks(page) == []
    for width in (360, 768):
        page.set_viewport_size({"width": width, "height": 740})
        assert page.evaluate("document.documentElement.scrollWidth") == width
    page.set_viewport_size({"width": 360, "height": 740})
    expect(patient).to_be_hidden()
    page.get_by_role("button", name="ВК пациента").click()
    expect(patient).to_be_visible()
    assert stumbling_blocks(page) == []
    assert watch.complaints == []


def test_a_new_person_joins(vk: FakeVK, page: Page) -> None:
    vk.add_user(OPERATOR, "Мария", "Операторова")
    page.goto(vk.url)
    page.set_viewport_size({"width": 1440, "height": 900})
    patient = page.locator("#patient")
    patient.get_by_role("button", name="Добавить человека").click()
    patient.get_by_label("Имя и фамилия").fill("Алан Дзагуров")
    patient.get_by_label("Номер ВК").fill("42")
    patient.get_by_role("button", name="Добавить", exact=True).click()
    write(patient, "Здравствуйте")
    expect(patient.get_by_role("listitem")).to_contain_text("Здравствуйте")
    assert [message.text for message in vk.history(42)] == ["Здравствуйте"]
    assert vk.world.users[42].last_name == "Дзагуров"
