"""Nobody stumbles over the chat: axe finds nothing in any state of it, in any colours."""

from collections.abc import Callable
from contextlib import contextmanager
from uuid import uuid4

from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

import pytest
from playwright.sync_api import expect

from chat.models import ChatSettings
from chat.services import attachments, messages
from tests.e2e.axe import Looks
from tests.e2e.chat.people import Tab, keep_no_cookie
from tests.e2e.places import send_message
from tests.factories.uploads import pdf

pytestmark = pytest.mark.e2e

SIZES = {"phone": (360, 740), "desk": (1440, 900)}
MESSAGES = "**/chat/api/messages/"
UPLOADS = "**/chat/api/attachments/"
STATE = "**/chat/api/state/"
REFUSAL = '{"code": "invalid", "field": "text", "detail": "Так нельзя."}'
REFERRAL = {"name": "Направление.pdf", "mimeType": "application/pdf", "buffer": pdf()}


@pytest.fixture(params=SIZES.values(), ids=SIZES)
def tab(request: pytest.FixtureRequest, patient: Callable[..., Tab], site) -> Tab:
    """A patient before a page of which one can ask, on a line that may break."""
    return patient(*request.param, path=site.addresses["test"], lossy=True)


@pytest.fixture
def looks(tab: Tab) -> Looks:
    """What axe finds in their tab."""
    return Looks(tab.page)


def test_first_question(tab, desk, looks):
    looks.at("launcher")
    tab.open()
    expect(tab.panel.locator(".topics")).to_be_visible()
    expect(tab.panel.locator(".about")).to_be_visible()
    looks.at("empty")
    tab.say("Мой СНИЛС 112-233-445 95")
    expect(tab.panel.locator(".problem")).to_be_visible()
    expect(tab.panel.locator(".warning")).to_be_visible()
    looks.at("consent missing, warned of a number")
    tab.agree()
    tab.text.press("Enter")
    tab.sent(1)
    desk.hear()
    tab.own.locator(".state.delivered").wait_for()
    looks.at("delivered")
    desk.look()
    tab.own.locator(".state.read").wait_for()
    desk.type()
    expect(tab.panel.locator(".dots")).to_be_visible()
    looks.at("read, the operator writes")
    desk.answer("Да.")
    expect(tab.theirs).to_have_count(1)
    looks.at("answered")
    assert looks.found == {}


def test_own_message_and_menu(tab, looks):
    tab.begin("Когда нотащак?")
    tab.panel.get_by_role("button", name="Действия с сообщением").click()
    looks.at("actions")
    tab.own.get_by_role("button", name="Изменить").click()
    looks.at("editing")
    tab.text.fill("Когда натощак?")
    tab.text.press("Enter")
    expect(tab.own.locator(".meta")).to_contain_text("изменено")
    looks.at("edited")
    tab.act(tab.own, "Удалить")
    tab.panel.get_by_text("Удалить это сообщение?").wait_for()
    looks.at("asked whether to remove")
    tab.own.get_by_role("button", name="Удалить").click()
    expect(tab.own).to_contain_text("Сообщение удалено")
    looks.at("removed")
    tab.panel.get_by_role("button", name="Ещё").click()
    looks.at("menu")
    tab.panel.locator(".menu").get_by_text("Имя и почта для ответа").click()
    dialog = tab.panel.get_by_role("dialog", name="Куда ответить?")
    dialog.get_by_label("Электронная почта").fill("не почта")
    dialog.get_by_role("button", name="Сохранить").click()
    expect(dialog.get_by_role("alert")).to_be_visible()
    looks.at("contact with a wrong address")
    dialog.get_by_role("button", name="Отменить").click()
    tab.choose("Забыть на этом устройстве")
    tab.panel.get_by_role("alertdialog").wait_for()
    looks.at("asked whether to forget")
    assert looks.found == {}


def test_unread_answers(tab, desk, looks):
    tab.begin()
    tab.page.keyboard.press("Escape")
    for number in range(60):
        desk.answer(f"Ответ {number}")
    # What is older than the newest fifty is known to be there only after a new page.
    tab.page.route("**/chat/api/messages/?before=*", lambda route: route.abort())
    tab.page.reload()
    expect(tab.launcher.locator(".badge")).to_have_text("60")
    looks.at("badge")
    tab.launcher.click()
    expect(tab.panel.locator(".new")).to_be_visible()
    expect(tab.panel.get_by_role("button", name="К новым сообщениям")).to_be_visible()
    tab.panel.get_by_role("button", name="Показать более ранние").wait_for()
    looks.at("unread line, older and newest to be had")
    assert looks.found == {}


def test_files(tab, desk, looks):
    tab.begin()
    row = tab.panel.locator(".files li")
    tab.page.route(UPLOADS, lambda route: None)
    choose_file(tab, REFERRAL)
    tab.say("Вот направление")
    expect(tab.panel.locator(".problem")).to_have_text("Файл ещё загружается.")
    looks.at("uploading")
    row.get_by_role("button", name="Отменить загрузку").click()
    tab.page.unroute(UPLOADS)
    tab.page.route(UPLOADS, lambda route: route.abort(), times=1)
    choose_file(tab, REFERRAL)
    expect(row).to_contain_text("Не загрузилось.")
    choose_file(tab, REFERRAL | {"name": "virus.exe"})
    expect(row).to_have_count(2)
    looks.at("one broken off, one refused")
    row.last.get_by_role("button", name="Убрать файл").click()
    row.get_by_role("button", name="Загрузить ещё раз").click()
    expect(row).not_to_contain_text("Не загрузилось.")
    looks.at("ready")
    tab.send_button.click()
    tab.sent(2)
    file = attachments.store(SimpleUploadedFile("Бланк.pdf", pdf()), uploader=desk.operator)
    answer = messages.Answer(uuid4(), "", attachments=[file.pk])
    messages.send_as_operator(desk.operator, desk.thread().pk, answer)
    expect(tab.theirs.get_by_role("link", name="Бланк")).to_be_visible()
    looks.at("sent and received")
    assert looks.found == {}


def choose_file(tab, file):
    """Choose a file as by the clip."""
    tab.panel.locator("input[type=file]").set_input_files([file])


def test_broken_line_and_refusal(tab, looks):
    tab.begin()
    tab.page.context.set_offline(True)
    tab.say("Ещё вопрос")
    expect(tab.own.locator(".state.waiting")).to_have_count(1)
    expect(tab.panel.locator(".bar")).not_to_be_empty()
    looks.at("offline")
    tab.page.context.set_offline(False)
    tab.sent(2)
    tab.page.route(MESSAGES, lambda route: route.fulfill(status=400, body=REFUSAL), times=1)
    tab.say("Не то")
    expect(tab.own.last).to_contain_text("Так нельзя.")
    expect(tab.panel.get_by_role("alert")).to_contain_text("Сообщение не отправлено")
    looks.at("failed")
    assert looks.found == {}


@pytest.fixture
def nobody_there(desk, widget):
    """A day on which no operator comes."""
    day = widget.exceptions.model.objects.filter(widget=widget, date=timezone.localdate())
    day.delete()
    day.create(widget=widget, date=timezone.localdate(), opens=None, closes=None)
    yield
    day.delete()


@pytest.mark.usefixtures("nobody_there")
def test_away_and_closed(tab, desk, looks):
    tab.begin()
    tab.panel.get_by_role("button", name="Оставить почту для ответа").click()
    dialog = tab.panel.get_by_role("dialog", name="Куда ответить?")
    dialog.get_by_label("Электронная почта").fill("anna@example.org")
    looks.at("contact")
    dialog.get_by_role("button", name="Отменить").click()
    looks.at("nobody there")
    tab.panel.get_by_role("button", name="Оставить почту для ответа").click()
    dialog.get_by_label("Электронная почта").fill("anna@example.org")
    dialog.get_by_role("button", name="Сохранить").click()
    expect(tab.panel.locator(".tail")).to_contain_text("уведомление")
    looks.at("reachable")
    desk.close()
    tab.panel.get_by_role("radio").first.wait_for()
    looks.at("closed")
    tab.panel.get_by_role("radio").last.check(force=True)
    expect(tab.panel.get_by_label("Что стоит знать нам?")).to_be_visible()
    looks.at("comment on the rating")
    tab.panel.get_by_role("button", name="Отправить оценку").click()
    expect(tab.panel.locator(".tail")).to_contain_text("из 5")
    looks.at("rated")
    assert looks.found == {}


@contextmanager
def switched_off():
    """Show no chat meanwhile."""
    settings = ChatSettings.objects.get()
    widget, settings.widget = settings.widget, None
    settings.save()
    try:
        yield
    finally:
        settings.widget = widget
        settings.save()


@pytest.mark.usefixtures("site_database")
def test_no_chat_to_be_had(tab, looks):
    phone = tab.panel.get_by_role("link", name="Позвоните")
    with switched_off():
        tab.launcher.click()
        expect(tab.panel.locator(".trouble")).to_contain_text("Чат сейчас выключен.")
        expect(phone).to_be_visible()
        looks.at("switched off")
    tab.page.route(STATE, lambda route: route.abort())
    tab.page.reload()
    tab.launcher.click()
    expect(tab.panel.locator(".trouble")).to_contain_text("Нет связи с лабораторией.")
    expect(phone).to_be_visible()
    looks.at("unreachable")
    tab.page.unroute(STATE)
    tab.panel.get_by_role("button", name="Попробовать ещё раз").click()
    tab.page.route(MESSAGES, keep_no_cookie)
    tab.agree()
    tab.say("Натощак?")
    expect(tab.panel.locator(".trouble")).to_contain_text("браузер не хранит cookie")
    expect(phone).to_be_visible()
    looks.at("no cookies")
    assert looks.found == {}


def shown(element):
    """Wait until a page with this element is there, and dressed."""
    element.wait_for(state="attached")
    element.page.wait_for_load_state()
    expect(element).to_be_visible()


@pytest.mark.parametrize("size", SIZES.values(), ids=SIZES)
def test_page_without_scripts(browser_of, desk, site, size):
    page = browser_of(*size).new_page()
    # With scripts switched off axe could not run either; here none of the site's comes.
    page.route("**/*.js", lambda route: route.fulfill(content_type="text/javascript", body=""))
    looks = Looks(page)
    page.goto(f"/chat/?page={site.addresses['test']}")
    shown(page.locator(".chat-context"))
    looks.at("empty")
    send_message(page)
    shown(page.locator(".error-summary"))
    looks.at("errors")
    page.get_by_role("textbox", name="Сообщение").fill("Натощак?")
    page.locator("main input[type=file]").set_input_files([REFERRAL])
    page.locator("main input[name=consent]").check()
    send_message(page)
    shown(page.locator(".chat-file"))
    desk.answer("Да.")
    page.get_by_role("link", name="Проверить, есть ли ответ").click()
    shown(page.locator(".chat-operator"))
    looks.at("conversation")
    page.locator("summary", has_text="Имя и почта").click()
    page.locator("main input[name=contact-email]").fill("не почта")
    page.locator("main button[value=contact]").click()
    shown(page.locator(".error-summary"))
    page.locator("summary", has_text="Забыть на этом устройстве").click()
    looks.at("wrong address, everything unfolded")
    desk.close()
    page.goto("/chat/")
    page.locator("main button[value=rate]").click()
    shown(page.locator(".error-summary"))
    looks.at("closed, rating without a mark")
    page.get_by_role("radio").first.check()
    page.locator("main button[value=rate]").click()
    shown(page.locator("main [role=status]"))
    looks.at("rated")
    assert looks.found == {}
