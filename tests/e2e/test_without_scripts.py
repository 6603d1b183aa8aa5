"""A browser without scripts: a patient still finds, reads, calls and writes."""

import re
from uuid import uuid4

import pytest
from playwright.sync_api import expect

from accounts.models import User
from chat.models import ChatThread
from chat.services.messages import Answer, send_as_operator
from tests.e2e.places import fill_letter, send_letter, send_message

pytestmark = pytest.mark.e2e


@pytest.fixture
def plain(visitor):
    """Make tabs where scripts are off."""
    return lambda width=1440: visitor(width, java_script_enabled=False)


def test_menu_of_a_desk_opens_by_mouse_and_by_keyboard(plain):
    page = plain()
    page.goto("/")
    item = page.locator(".nav-item.has-mega").first
    inner = item.locator(".mega a").nth(1)
    expect(inner).not_to_be_visible()
    item.hover()
    expect(inner).to_be_visible()
    page.mouse.move(700, 880)
    expect(inner).not_to_be_visible()
    item.locator(".nav-link").focus()
    expect(inner).to_be_visible()
    address = inner.get_attribute("href")
    inner.click()
    expect(page).to_have_url(re.compile(f"{address}$"))


def test_menu_of_a_phone(plain):
    page = plain(360)
    page.goto("/")
    page.locator(".sheet > summary").click()
    section = page.locator(".sheet-list details").first
    section.locator("summary").click()
    link = section.get_by_role("link").nth(1)
    address = link.get_attribute("href")
    link.click()
    expect(page).to_have_url(re.compile(f"{address}$"))


def test_search(plain):
    page = plain()
    page.goto("/")
    page.locator(".header-search input").fill("глюкоза")
    page.locator(".header-search input").press("Enter")
    expect(page.locator(".results")).to_contain_text("Глюкоза")


def test_filters_of_the_price_list(plain):
    page = plain()
    page.goto("/ceny/")
    everything = page.locator(".price-count").inner_text()
    page.get_by_role("link", name="Биохимия крови").last.click()
    expect(page.locator(".price-group")).to_have_count(1)
    expect(page.locator(".price-group-title")).to_contain_text("Биохимия")
    group = page.locator(".price-count").inner_text()
    assert group != everything
    page.locator("main .search input[type=search]").fill("глюкоза")
    page.locator("main .search button").click()
    assert page.locator(".price-count").inner_text() not in {everything, group}
    for name in page.locator(".service-name").all_inner_texts():
        assert "глюкоз" in name.lower()


@pytest.mark.parametrize("width", [360, 1440])
def test_phone_number(plain, width):
    page = plain(width)
    page.goto("/")
    call = page.locator("header a[href^='tel:']:visible").first
    assert re.fullmatch(r"tel:\+7\d{10}", call.get_attribute("href"))
    assert call.inner_text()


def test_answers_open(plain, site):
    page = plain()
    page.goto(site.addresses["FaqPage"])
    answer = page.locator(".accordion-body").first
    expect(answer).not_to_be_visible()
    page.locator(".accordion summary").first.click()
    expect(answer).to_be_visible()


def test_letter(plain, site):
    page = plain(360)
    page.goto(site.addresses["ContactPage"])
    send_letter(page)
    expect(page.locator(".error-summary")).to_contain_text("Форма не отправлена")
    fill_letter(page)
    send_letter(page)
    expect(page.locator("h1")).to_have_text("Сообщение отправлено")


@pytest.mark.usefixtures("site_database")
def test_chat(plain, site):
    page = plain(360)
    page.goto(site.addresses["test"])
    title = page.locator("h1").inner_text()
    page.get_by_role("link", name="Спросить оператора").click()
    expect(page.locator(".chat-context")).to_contain_text("Вы спрашиваете со страницы")
    page.get_by_role("textbox", name="Сообщение").fill("Нужно ли приходить натощак?")
    send_message(page)
    expect(page.locator(".error-summary")).to_contain_text("Без вашего согласия")
    page.locator("main input[name=consent]").check()
    send_message(page)
    expect(page.locator(".chat-visitor")).to_contain_text("Нужно ли приходить натощак?")
    page.reload()
    page.get_by_role("textbox", name="Сообщение").fill("И пить воду?")
    send_message(page)
    expect(page.locator(".chat-visitor")).to_have_count(2)

    thread = ChatThread.objects.latest("created_at")
    assert thread.page_title == title
    operator = User.objects.get(email__startswith="operator@")
    send_as_operator(operator, thread.pk, Answer(uuid4(), "Да, восемь часов. Воду можно."))
    page.get_by_role("link", name="Проверить, есть ли ответ").click()
    expect(page.locator(".chat-operator")).to_contain_text("Воду можно.")
    expect(page.locator(".chat-visitor").last).to_contain_text("прочитано")

    page.locator("summary", has_text="Забыть на этом устройстве").click()
    page.get_by_role("button", name="Забыть").click()
    expect(page.locator(".chat-visitor")).to_have_count(0)


def test_button_of_the_chat_is_a_link(plain):
    page = plain(360)
    page.goto("/")
    page.locator("kdl-chat").get_by_role("link", name="Спросить").click()
    expect(page.locator("h1")).to_have_text("Спросите лабораторию")
    expect(page.locator("kdl-chat")).not_to_be_visible()


def test_nothing_is_offered_that_needs_a_script(plain, site):
    page = plain()
    for address in ("/", "/ceny/", site.addresses["test"]):
        page.goto(address)
        expect(page.locator("h1")).to_be_visible()
        assert page.locator("[data-view-panel]:visible, [data-print]:visible").count() == 0
