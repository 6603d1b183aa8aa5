"""Nobody stumbles over the inbox: axe finds nothing in any state of it, in any colours."""

from collections.abc import Callable
from datetime import timedelta

from django.utils import timezone

import pytest
from playwright.sync_api import Locator, expect

from chat.models import ChatBlock, ChatMessage, ChatRating, ChatReply, ChatThread, VkOutbox
from chat.services import blocks, threads
from tests.e2e.axe import Looks
from tests.e2e.chat.office import Office, answer, ask, attach, person, write
from tests.factories.uploads import pdf

pytestmark = [pytest.mark.e2e, pytest.mark.usefixtures("site_database")]

UPLOADS = "**/admin/chat/api/attachments/"
REFERRAL = {"name": "Бланк.pdf", "mimeType": "application/pdf", "buffer": pdf()}

Make = Callable[..., Office]


def look_at_dialog(desk: Office, looks: Looks, opener: Locator, state: str = "") -> None:
    """Open a dialog by a button, look at it and leave it."""
    opener.click()
    expect(desk.dialog).to_be_visible()
    looks.at(state or opener.inner_text())
    desk.page.keyboard.press("Escape")
    expect(desk.dialog).to_have_count(0)


def test_list(office: Make):
    ChatThread.objects.filter(assignee=person("head")).update(assignee=None)
    number = ask("Вопрос", name="Анна", topic="Цена")
    desk = office("head")
    looks = Looks(desk.page)
    expect(desk.row(number)).to_be_visible()
    looks.at("list")
    for name in ("Клавиши", "Уведомления"):
        look_at_dialog(desk, looks, desk.room.get_by_role("button", name=name))
    desk.list.get_by_role("button", name="Отбор").click()
    looks.at("filters")
    desk.list.get_by_role("searchbox").fill("вопрос")
    expect(desk.list.locator("mark").first).to_be_visible()
    looks.at("search")
    desk.list.get_by_role("searchbox").fill("абракадабра")
    expect(desk.list).to_contain_text("Ничего не нашлось")
    looks.at("nothing found")
    desk.list.get_by_role("searchbox").fill("")
    desk.list.get_by_role("button", name="Мои").click()
    expect(desk.list).to_contain_text("У вас нет открытых диалогов.")
    looks.at("empty queue")
    assert looks.found == {}


def test_dialogue(office: Make):
    number = ask("Вопрос", name="Анна", topic="Цена", email="a@example.ru", page_url="/ceny/")
    answer("operator", number, "Ответ")
    write(number, "Ещё вопрос")
    attach(number, "Направление.pdf")
    desk = office("head", lossy=True)
    looks = Looks(desk.page)
    desk.open(number)
    looks.at("dialogue")
    desk.reply.fill("Начал")
    answer("operator", number, "Опередил")
    expect(desk.talk).to_contain_text("пока вы писали")
    looks.at("answered meanwhile")
    desk.reply.press("Enter")
    expect(desk.talk.get_by_role("button", name="Отправить всё равно")).to_be_visible()
    looks.at("failed")
    desk.talk.get_by_role("button", name="Убрать").click()
    desk.talk.get_by_role("button", name="Заметка", exact=True).click()
    desk.note.fill("Заметка")
    looks.at("writing a note")
    desk.note.press("Enter")
    expect(desk.bubble("Заметка")).to_have_count(1)
    looks.at("note")
    desk.bubble("Заметка").get_by_role("button", name="Удалить").click()
    desk.dialog.get_by_role("button", name="Удалить").click()
    expect(desk.log).to_contain_text("Сообщение удалено")
    looks.at("deleted")
    threads.close(person("head"), number)
    expect(desk.talk).to_contain_text("Ответ откроет его снова")
    looks.at("closed")
    assert looks.found == {}


def test_questions_and_choices(office: Make):
    ChatReply.objects.get_or_create(
        shortcut="axe", defaults={"title": "Привет", "text": "Здравствуйте!"}
    )
    heir = ask("Другой вопрос", name="Борис")
    number = ask("Вопрос", name="Анна")
    answer("head", number, "Ответ")
    write(number, "Ещё вопрос")
    desk = office("head")
    looks = Looks(desk.page)
    desk.open(number)
    button = desk.room.get_by_role
    for name in ("Передать", "Закрыть", "Заблокировать"):
        look_at_dialog(desk, looks, button("button", name=name, exact=True).first)
    look_at_dialog(desk, looks, desk.bubble("Ответ").get_by_role("button", name="Изменить"))
    look_at_dialog(desk, looks, desk.bubble("Ответ").get_by_role("button", name="Удалить"))
    button("button", name="Готовые ответы").first.click()
    expect(desk.dialog.get_by_role("option").first).to_be_visible()
    looks.at("canned replies")
    desk.page.keyboard.type("абракадабра")
    expect(desk.dialog).to_contain_text("Такого готового ответа нет.")
    looks.at("no such canned reply")
    desk.page.keyboard.press("Escape")
    button("button", name="Услуга или страница сайта").first.click()
    looks.at("nothing asked of the site")
    desk.page.keyboard.type("ТТГ")
    expect(desk.dialog.get_by_role("option").first).to_be_visible()
    looks.at("services")
    desk.page.keyboard.press("Escape")
    threads.assign(person("head"), number, person("operator"))
    look_at_dialog(desk, looks, button("button", name="Забрать себе"))
    button("button", name="Объединить с другим").click()
    looks.at("merge")
    desk.dialog.get_by_role("textbox").fill(str(heir))
    desk.dialog.get_by_role("button", name="Проверить").click()
    expect(desk.dialog).to_contain_text("Отменить это нельзя.")
    looks.at("merge, sure?")
    assert looks.found == {}


def test_what_is_wrong_with_line_and_session(office: Make):
    number = ask()
    desk = office(lossy=True)
    # Nobody has touched the new page yet: the browser keeps it mute.
    desk.page.goto(f"/admin/chat/?thread={number}")
    desk.opened(number)
    looks = Looks(desk.page)
    expect(desk.room.locator(".ci-bar", has_text="не даст услышать")).to_be_visible()
    looks.at("mute")
    desk.page.context.set_offline(True)
    desk.say("Дойдёт потом")
    expect(desk.room.locator(".ci-bar", has_text="Связь с сервером прервалась")).to_be_visible()
    expect(desk.bubble("Дойдёт потом")).to_contain_text("ждёт связи")
    desk.talk.get_by_role("button", name="Заметка", exact=True).click()
    desk.note.fill("И заметка тоже")
    desk.note.press("Enter")
    expect(desk.bubble("И заметка тоже")).to_contain_text("ждёт связи")
    looks.at("offline")
    desk.page.context.clear_cookies()
    desk.page.context.set_offline(False)
    expect(desk.room.locator(".ci-bar", has_text="Вы вышли из системы")).to_be_visible()
    looks.at("signed out")
    assert looks.found == {}


def test_files_and_an_answer_that_vk_refused(office: Make):
    number = ask("Вопрос из ВК", name="Зарина", vk_peer_id=710)
    answer("operator", number, "Не дошло")
    VkOutbox.objects.filter(message__thread=number).update(state="failed", error_code=914)
    ChatMessage.objects.filter(thread=number, sender="operator").update(delivery="failed")
    blocks.block(
        person("head"),
        number,
        ChatBlock.Kind.THREAD,
        timezone.now() + timedelta(hours=1),
        "Ругается",
    )
    desk = office("head", lossy=True)
    desk.page.goto(f"/admin/chat/?thread={number}")
    desk.opened(number)
    looks = Looks(desk.page)
    expect(desk.log).to_contain_text("Сообщение слишком длинное для ВК.")
    expect(desk.log.get_by_role("button", name="Отправить ещё раз")).to_be_visible()
    expect(desk.info).to_contain_text("Ругается")
    looks.at("not delivered, blocked")
    chooser = desk.talk.locator(".ci-write--message input[type=file]")
    files = desk.talk.locator(".ci-write--message .ci-files")
    desk.page.route(UPLOADS, lambda route: None)
    chooser.set_input_files([REFERRAL])
    expect(files).to_contain_text("загружено")
    desk.talk.get_by_role("button", name="Отправить ответ").click()
    expect(desk.talk).to_contain_text("Файл ещё загружается.")
    looks.at("uploading")
    desk.page.unroute(UPLOADS)
    chooser.set_input_files([REFERRAL | {"buffer": b"MZ"}])
    expect(files.locator(".ci-files__bad")).to_be_visible()
    chooser.set_input_files([REFERRAL])
    expect(files).to_contain_text("КБ")
    looks.at("refused, ready")
    assert looks.found == {}


def test_phone(office: Make):
    number = ask("Вопрос с телефона", name="Анна", email="a@example.ru", page_url="/ceny/")
    desk = office("head", 360, 740)
    looks = Looks(desk.page)
    expect(desk.row(number)).to_be_visible()
    looks.at("list")
    desk.open(number)
    looks.at("dialogue")
    desk.talk.get_by_role("button", name="Пациент", exact=True).click()
    expect(desk.info).to_be_visible()
    looks.at("patient")
    assert looks.found == {}


def test_reports(office: Make):
    head = person("head")
    answered, missed = ask("Вопрос"), ask("Без ответа")
    answer("head", answered, "Ответ")
    for number in (answered, missed):
        threads.close(head, number)
    ChatRating.objects.create(
        thread_id=answered, closed_seq=1, operator=head, score=2, comment="Долго ждал"
    )
    desk = office("head")
    looks = Looks(desk.page)
    desk.page.goto("/admin/chat/reports/")
    for table in desk.page.locator("details.cr-table > summary").all():
        table.click()
    expect(desk.page.get_by_text("Долго ждал")).to_be_visible()
    looks.at("with data")
    desk.page.goto("/admin/chat/reports/?first=2030-01-02&last=2030-01-01")
    expect(desk.page.get_by_text("Период кончается раньше")).to_be_visible()
    looks.at("wrong period")
    assert looks.found == {}
