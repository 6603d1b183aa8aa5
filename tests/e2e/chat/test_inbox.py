"""The inbox in a real browser: what an operator sees, and what they could lose."""

import re
from collections import Counter

import pytest
from playwright.sync_api import expect

from chat.models import ChatReply, ChatThread
from chat.services import threads
from chat.services.writing import writing
from tests.e2e.chat.office import Office, answer, ask, change, read, said, write
from tests.factories.uploads import pdf

pytestmark = [pytest.mark.e2e, pytest.mark.usefixtures("site_database")]

# How often the page has made a sound.
RUNG = """globalThis.rung = globalThis.rungAt = 0;
const play = OscillatorNode.prototype.start;
OscillatorNode.prototype.start = function (...when) {
  rung += 1;
  rungAt = Date.now();
  play.apply(this, when);
};
"""
# The browser says that it is offline before its network has heard of it.
IS_CUT_OFF = (
    """() => fetch("/chat/api/state/", {cache: "no-store"}).then(() => false, () => true)"""
)
# Brings a row into view and says where it is, at once: the list is drawn anew at any moment.
PLACE_OF_ROW = """(list, href) => {
  const row = list.querySelector(`a.ci-row[href="${href}"]`);
  row.scrollIntoView({block: "nearest"});
  const {x, y} = row.getBoundingClientRect();
  return [x, y];
}"""


def test_question_comes_is_answered_and_closed(office):
    desk = office()
    number = ask("ТТГ сдают натощак?", name="Анна", topic="Подготовка")
    expect(desk.row(number)).to_contain_text("ТТГ сдают натощак?")
    expect(desk.row(number)).to_have_attribute("data-unread", "true")
    desk.open(number)
    expect(desk.info).to_contain_text("Анна")
    expect(desk.row(number)).not_to_have_attribute("data-unread", "true")
    desk.say("Да, натощак: 8 часов.")
    expect(desk.bubble("Да, натощак").locator(".ci-msg__state")).to_have_text("отправлено")
    assert said(number) == ["Да, натощак: 8 часов."]
    expect(desk.talk).to_contain_text("ведёте вы")
    thread = ChatThread.objects.get(pk=number)
    assert thread.operator_read_seq == thread.last_seq
    expect(desk.row(number)).to_have_count(0)
    write(number, "Спасибо!")
    expect(desk.bubble("Спасибо!")).to_be_visible()
    desk.talk.get_by_role("button", name="Закрыть").click()
    desk.dialog.get_by_role("button", name="Закрыть без ответа").click()
    expect(desk.talk).to_contain_text("Ответ откроет его снова")
    assert ChatThread.objects.get(pk=number).status == "closed"


def test_second_operator_sees_the_first_ones_answer_before_sending_another(office):
    number = ask("Сколько стоит ОАК?")
    desk = office(lossy=True)
    desk.open(number)
    desk.reply.fill("350 рублей")
    answer("head", number, "ОАК стоит 450 ₽.")
    expect(desk.talk.get_by_role("alert").filter(has_text="пока вы писали")).to_contain_text(
        "ОАК стоит 450 ₽."
    )
    desk.reply.press("Enter")
    bubble = desk.bubble("350 рублей")
    expect(bubble).to_contain_text("Фатима")
    assert said(number) == ["ОАК стоит 450 ₽."]
    bubble.get_by_role("button", name="Исправить").click()
    expect(desk.reply).to_have_value("350 рублей")
    desk.reply.fill("Приходите до 11:00")
    answer("head", number, "Кровь берут до 11:00.")
    notice = desk.talk.get_by_role("alert").filter(has_text="пока вы писали")
    notice.get_by_role("button", name="Понятно").click()
    expect(notice).to_be_hidden()
    desk.reply.press("Enter")
    expect(desk.bubble("Приходите до").locator(".ci-msg__state")).to_have_text("отправлено")
    desk.reply.fill("Ещё забор 200 рублей")
    answer("head", number, "И забор 200 ₽.")
    expect(notice).to_contain_text("И забор")
    desk.reply.press("Enter")
    desk.bubble("Ещё забор").get_by_role("button", name="Отправить всё равно").click()
    expect(desk.bubble("Ещё забор").locator(".ci-msg__state")).to_have_text("отправлено")


def test_two_cannot_take_the_same_dialogue_unawares(office):
    number = ask()
    desk = office()
    desk.open(number)
    other = office("head")
    expect(desk.talk.locator(".ci-people")).to_be_hidden()
    other.open(number)
    expect(desk.talk.locator(".ci-people")).to_contain_text("Сейчас смотрит: Фатима")
    other.talk.get_by_role("button", name="Взять себе").click()
    expect(other.talk).to_contain_text("ведёте вы")
    expect(desk.talk).to_contain_text("ведёт Фатима Дзагурова")
    desk.talk.get_by_role("button", name="Забрать себе").click()
    desk.dialog.get_by_role("button", name="Забрать себе").click()
    expect(desk.talk).to_contain_text("ведёте вы")
    expect(other.talk).to_contain_text("ведёт Светлана Калинина")


def test_note_never_goes_out_as_a_reply(office):
    number = ask()
    desk = office()
    desk.open(number)
    desk.reply.fill("Здравствуйте")
    desk.talk.get_by_role("button", name="Заметка", exact=True).click()
    expect(desk.note).to_be_focused()
    expect(desk.note).to_have_value("")
    expect(desk.reply).to_be_hidden()
    desk.note.fill("Сложный пациент")
    desk.note.press("Enter")
    expect(desk.bubble("Сложный пациент")).to_contain_text("Заметка, пациент её не видит")
    expect(desk.bubble("Сложный пациент").locator(".ci-msg__state")).to_have_count(0)
    assert said(number, "note") == ["Сложный пациент"]
    assert said(number) == []
    desk.talk.get_by_role("button", name="Ответ пациенту", exact=True).click()
    expect(desk.reply).to_have_value("Здравствуйте")
    with desk.page.expect_response("**/draft/"):
        desk.reply.press_sequentially("!")
    desk.page.reload()
    desk.ready()
    desk.opened(number)
    expect(desk.reply).to_have_value("Здравствуйте!")


def test_whole_conversation_by_keyboard_alone_on_a_russian_layout(office):
    number = ask("Вопрос с клавиатуры", name="Тамерлан")
    ChatThread.objects.filter(pk=number).update(waiting_since="2020-01-01T00:00Z")
    desk = office()
    expect(desk.rows.first).to_contain_text("Тамерлан")

    def press(code: str, letter: str) -> None:
        desk.page.evaluate(
            """([code, key]) => document.activeElement.dispatchEvent(new KeyboardEvent(
            "keydown", {code, key, bubbles: true, cancelable: true}))""",
            [code, letter],
        )

    press("KeyJ", "о")
    expect(desk.rows.first).to_be_focused()
    desk.page.keyboard.press("Enter")
    desk.opened(number)
    expect(desk.talk.get_by_role("heading", name=f"#{number}")).to_be_focused()
    press("KeyA", "ф")
    expect(desk.talk).to_contain_text("ведёте вы")
    press("KeyR", "к")
    expect(desk.reply).to_be_focused()
    desk.page.keyboard.type("Да.")
    # Whether to ask before closing hangs on whether the patient still waits.
    with desk.page.expect_response(
        lambda answer: (
            "/changes/" in answer.url
            and answer.status == 200
            and '"waiting_since": null' in answer.text()
        )
    ):
        desk.page.keyboard.press("Enter")
    expect(desk.bubble("Да.").locator(".ci-msg__state")).to_have_text("отправлено")
    desk.page.keyboard.press("Escape")
    press("KeyN", "т")
    desk.page.keyboard.type("Для своих")
    desk.page.keyboard.press("Enter")
    expect(desk.bubble("Для своих")).to_contain_text("Заметка")
    desk.page.keyboard.press("Escape")
    press("KeyE", "у")
    expect(desk.talk).to_contain_text("Ответ откроет его снова")
    assert ChatThread.objects.get(pk=number).status == "closed"
    press("Slash", ".")
    expect(desk.list.get_by_role("searchbox")).to_be_focused()
    # In a field letters are letters.
    desk.page.keyboard.type("еnr")
    expect(desk.list.get_by_role("searchbox")).to_have_value("еnr")


def test_focus_stays_where_it_is_when_the_patient_reads(office):
    number = ask()
    desk = office()
    desk.open(number)
    desk.say("Да, 8 часов")
    own = desk.bubble("Да, 8 часов")
    expect(own.locator(".ci-msg__state")).to_have_text("отправлено")
    edit = own.get_by_role("button", name="Изменить")
    edit.focus()
    read(number)
    expect(own.locator(".ci-msg__state")).to_have_text("прочитано")
    expect(edit).to_be_focused()
    change("operator", number, "Да, 10 часов")
    own = desk.bubble("Да, 10 часов")
    expect(own).to_contain_text("изменено")
    expect(own.get_by_role("button", name="Изменить")).to_be_focused()


def test_what_is_typed_stays_when_the_dialogue_is_merged(office):
    number, heir = ask(name="Анна"), ask(name="Анна")
    desk = office()
    desk.open(number)
    desk.reply.fill("Почти готовый ответ")
    threads.merge(number, heir)
    desk.opened(heir)
    expect(desk.reply).to_have_value("Почти готовый ответ")
    desk.reply.press("Enter")
    sent = desk.bubble("Почти готовый ответ").locator(".ci-msg__state")
    expect(sent).to_have_text("отправлено")
    assert said(heir) == ["Почти готовый ответ"]


def test_letters_can_be_switched_off(office):
    ask()
    desk = office()
    desk.page.keyboard.press("Shift+Slash")
    desk.dialog.get_by_label("Однобуквенные сочетания").uncheck()
    desk.page.keyboard.press("Escape")
    expect(desk.dialog).to_have_count(0)
    desk.page.keyboard.press("j")
    expect(desk.rows.first).not_to_be_focused()
    desk.room.get_by_role("button", name="Клавиши").click()
    desk.dialog.get_by_label("Однобуквенные сочетания").check()
    desk.page.keyboard.press("Escape")
    desk.page.locator("body").evaluate("() => document.activeElement.blur()")
    desk.page.keyboard.press("j")
    expect(desk.rows.first).to_be_focused()


def test_canned_reply_and_a_service_are_put_in(office):
    ChatReply.objects.get_or_create(
        shortcut="e2e",
        defaults={"title": "Привет", "text": "Здравствуйте, {name}! Это {operator}."},
    )
    number = ask(name="Анна")
    nameless = ask()
    desk = office()
    desk.open(number)
    desk.reply.press("/")
    expect(desk.dialog.get_by_role("combobox")).to_be_focused()
    desk.page.keyboard.type("e2e")
    expect(desk.dialog.get_by_role("option")).to_have_count(1)
    desk.page.keyboard.press("Enter")
    expect(desk.reply).to_have_value("Здравствуйте, Анна! Это Светлана.")
    expect(desk.reply).to_be_focused()
    desk.reply.fill("")
    desk.talk.get_by_role("button", name="Услуга или страница сайта").click()
    desk.page.keyboard.type("ТТГ")
    expect(desk.dialog.get_by_role("option").first).to_contain_text("₽")
    desk.page.keyboard.press("Enter")
    expect(desk.reply).to_have_value(re.compile("₽.*http|http.*₽", re.DOTALL))
    desk.open(nameless)
    desk.reply.press("/")
    desk.page.keyboard.type("e2e")
    expect(desk.dialog.get_by_role("option")).to_have_count(1)
    desk.page.keyboard.press("Enter")
    expect(desk.reply).to_have_value("Здравствуйте! Это Светлана.")


def test_what_was_found_opens_at_its_place(office):
    number = ask("Особенное слово: эритропоэтин")
    for place in range(70):
        write(number, f"Строка {place}")
    desk = office()
    desk.list.get_by_role("searchbox").fill("эритропоэтину")
    hit = desk.list.locator("a.ci-row", has=desk.page.locator("mark"))
    expect(hit).to_have_count(1)
    hit.click()
    desk.opened(number)
    expect(desk.bubble("Особенное слово")).to_be_in_viewport()


def test_row_stays_under_a_press_while_the_list_has_news(office):
    number = ask("Первый вопрос", name="Зоя")
    desk = office()
    desk.row(number).dispatch_event("pointerdown")
    pressed = desk.row(number).element_handle()
    with desk.page.expect_response("**/admin/chat/api/threads/**"):
        late = ask("Ещё вопрос", name="Яна")
    assert pressed.evaluate("row => row.isConnected")
    pressed.dispatch_event("pointerup")
    expect(desk.row(late)).to_be_visible()


def test_answer_never_goes_to_a_dialogue_that_is_still_being_opened(office):
    far = ask("Редкое слово: церулоплазмин", name="Борис")
    for place in range(70):
        write(far, f"Строка {place}")
    number = ask(name="Анна")
    desk = office(lossy=True)
    desk.open(number)
    held = []
    desk.page.route(f"**/threads/{far}/messages/?before=*", lambda route: held.append(route))
    desk.reply.fill("Только для Анны")
    desk.list.get_by_role("searchbox").fill("церулоплазмину")
    with desk.page.expect_request(f"**/threads/{far}/messages/?before=*"):
        desk.list.locator("a.ci-row", has=desk.page.locator("mark")).click()
    desk.opened(number)
    desk.reply.press("Enter")
    expect(desk.bubble("Только для Анны").locator(".ci-msg__state")).to_have_text("отправлено")
    held.pop().fulfill(status=502)
    expect(desk.room.locator(".ci-said")).to_be_visible()
    desk.say("И это Анне")
    expect(desk.bubble("И это Анне").locator(".ci-msg__state")).to_have_text("отправлено")
    assert said(far) == []
    assert said(number) == ["Только для Анны", "И это Анне"]
    desk.reply.fill("Не дописано")
    desk.page.unroute(f"**/threads/{far}/messages/?before=*")
    desk.list.locator("a.ci-row", has=desk.page.locator("mark")).click()
    desk.opened(far)
    expect(desk.reply).to_have_value("")
    assert said(far) == []


def test_answer_written_without_a_line_survives_a_reload(office):
    number = ask()
    desk = office(lossy=True)
    desk.open(number)
    desk.page.context.set_offline(True)
    desk.say("Дойдёт потом")
    expect(desk.room.locator(".ci-bar")).to_contain_text("Связь с сервером прервалась")
    expect(desk.bubble("Дойдёт потом")).to_contain_text("ждёт связи")
    expect(desk.reply).to_have_value("")
    assert said(number) == []
    desk.page.context.set_offline(False)
    desk.page.reload()
    desk.ready()
    desk.opened(number)
    expect(desk.bubble("Дойдёт потом").locator(".ci-msg__state")).to_have_text("отправлено")
    assert said(number) == ["Дойдёт потом"]


def test_nothing_of_a_colleague_is_left_in_the_browser(office, browser_of):
    number = ask()
    context = browser_of(lossy=True)
    desk = Office(context)
    desk.open(number)
    context.set_offline(True)
    desk.page.wait_for_function(IS_CUT_OFF)
    desk.say("Секрет Светланы")
    expect(desk.bubble("Секрет Светланы")).to_be_visible()
    desk.page.close()
    context.clear_cookies()
    context.set_offline(False)
    other = Office(context, "head")
    left = other.page.evaluate("JSON.stringify(localStorage)")
    assert "Секрет Светланы" not in left
    assert said(number) == []


def test_menu_counts_on_other_screens_too(office):
    desk = office()
    badge = desk.page.locator("a[data-chat-waiting]")
    before = int(badge.get_attribute("data-chat-waiting") or 0)
    ask()
    expect(badge).to_have_attribute("data-chat-waiting", str(before + 1))
    expect(desk.page).to_have_title(f"({before + 1}) Чат - Дзагуров КДЛ")


def can_be_heard(desk: Office) -> None:
    """Let the browser make sounds, and hear one."""
    desk.room.get_by_role("button", name="Уведомления").click()
    desk.dialog.get_by_role("button", name=re.compile("(Проверить|Включить) звук")).click()
    desk.page.wait_for_function("() => rung > 0")
    desk.page.keyboard.press("Escape")
    expect(desk.dialog).to_have_count(0)


def silence(desk: Office) -> int:
    """Wait until a sound would not be left out for one just before it; return how many there were.

    A dialogue that an earlier test left to a colleague may call for everybody at any moment.
    """
    desk.page.wait_for_function("() => Date.now() - rungAt > 1600")
    return int(desk.page.evaluate("rung"))


def test_question_rings_though_the_server_stumbled_when_it_came(office, browser_of):
    context = browser_of(lossy=True)
    context.add_init_script(RUNG)
    desk = Office(context)
    can_be_heard(desk)
    before = silence(desk)
    desk.page.route("**/threads/?*numbers=*", lambda route: route.fulfill(status=502), times=1)
    with desk.page.expect_response(lambda answer: answer.status == 502):
        number = ask("Вопрос в плохую минуту")
    expect(desk.row(number)).to_contain_text("Вопрос в плохую минуту")
    desk.page.wait_for_function("(before) => rung > before", arg=before)
    expect(desk.room.locator(".ci-bar", has_text="Связь с сервером")).to_have_count(0)


def test_dialogue_in_which_much_was_written_meanwhile_is_read_to_its_end(office):
    number = ask("0")
    desk = office()
    desk.open(number)
    asked = []
    desk.page.on("request", lambda request: "/changes/" in request.url and asked.append(request))
    with writing(number) as writer:
        for place in range(1, 251):
            writer.add("visitor", text=f"Сообщение {place}")
    expect(desk.bubble("Сообщение 250")).to_be_visible()
    with desk.page.expect_response("**/changes/*"):
        write(number, "Последнее")
    expect(desk.bubble("Последнее")).to_be_visible()
    # From the same place it asks again for a new hint only.
    cursors = Counter(request.url.rpartition("=")[2] for request in asked)
    assert max(cursors.values()) <= 2, cursors


def test_first_press_is_not_lost_when_it_lets_the_browser_make_sounds(office):
    numbers = [ask() for _ in range(3)]
    desk = office()
    desk.page.reload()
    bar = desk.room.locator(".ci-bar", has_text="не даст услышать")
    expect(bar).to_be_visible()
    expect(desk.row(numbers[-1])).to_be_visible()
    x, y = desk.list.evaluate(PLACE_OF_ROW, f"?thread={numbers[-1]}")
    desk.page.mouse.move(x + 20, y + 8)
    desk.page.mouse.down()
    expect(bar).to_be_visible()
    desk.page.mouse.up()
    desk.opened(numbers[-1])


def test_question_that_came_in_a_gap_rings_though_another_queue_is_shown(office, browser_of):
    context = browser_of(lossy=True)
    context.add_init_script(RUNG)
    waiting = ask("Давно жду")
    desk = Office(context)
    can_be_heard(desk)
    with desk.page.expect_response("**/threads/?queue=closed*"):
        desk.list.get_by_role("button", name="Закрытые").click()
    context.set_offline(True)
    expect(desk.room.locator(".ci-bar", has_text="Связь с сервером")).to_be_visible()
    answer("operator", waiting, "Ответ")
    ask("Вопрос, пока не было связи")
    before = silence(desk)
    with desk.page.expect_response("**/threads/?queue=open"):
        context.set_offline(False)
    desk.page.wait_for_function("(before) => rung > before", arg=before)


def test_question_that_came_just_before_the_answer_is_not_overlooked(office):
    number = ask("Натощак?")
    desk = office(lossy=True)
    desk.open(number)
    desk.page.route("**/changes/*", lambda route: route.abort())
    write(number, "А воду можно?")
    desk.say("Да")
    expect(desk.bubble("Да").locator(".ci-msg__state")).to_have_text("отправлено")
    assert ChatThread.objects.get(pk=number).waiting_since
    desk.page.unroute("**/changes/*")
    expect(desk.bubble("А воду можно?")).to_be_visible()
    expect(desk.row(number)).to_be_visible()


def test_operator_is_told_that_the_browser_is_mute(office):
    desk = office()
    desk.page.reload()
    bar = desk.room.locator(".ci-bar", has_text="Браузер не даст услышать")
    expect(bar).to_be_visible()
    bar.get_by_role("button", name="Включить звук").click()
    expect(bar).to_have_count(0)
    desk.room.get_by_role("button", name="Уведомления").click()
    expect(desk.dialog).to_contain_text("включён, браузер разрешает")
    expect(desk.dialog).to_contain_text("новости приходят сразу")
    expect(desk.dialog).to_contain_text("неотправленное переживёт перезагрузку")


def test_signed_out_operator_is_told_and_loses_nothing(office):
    number = ask()
    desk = office(lossy=True)
    desk.open(number)
    desk.page.context.clear_cookies()
    desk.say("Напишу и войду")
    expect(desk.room.locator(".ci-bar")).to_contain_text("Вы вышли из системы")
    expect(desk.bubble("Напишу и войду")).to_be_visible()
    desk.room.get_by_role("link", name="Войти").click()
    desk.page.wait_for_url("**/admin/login/**")
    back = Office(desk.page.context)
    back.page.goto(f"/admin/chat/?thread={number}")
    back.opened(number)
    expect(back.bubble("Напишу и войду").locator(".ci-msg__state")).to_have_text("отправлено")
    assert said(number) == ["Напишу и войду"]


def test_tab_goes_on_by_itself_once_the_operator_has_signed_in_at_another(office):
    number = ask()
    desk = office(lossy=True)
    desk.open(number)
    desk.page.context.clear_cookies()
    desk.say("Напишу и войду")
    expect(desk.room.locator(".ci-bar")).to_contain_text("Вы вышли из системы")
    Office(desk.page.context).page.close()
    desk.page.evaluate("() => document.dispatchEvent(new Event('visibilitychange'))")
    expect(desk.room.locator(".ci-bar", has_text="Вы вышли из системы")).to_have_count(0)
    expect(desk.bubble("Напишу и войду").locator(".ci-msg__state")).to_have_text("отправлено")
    write(number, "А воду?")
    expect(desk.bubble("А воду?")).to_be_visible()
    assert said(number) == ["Напишу и войду"]


def test_phone_shows_one_pane_at_a_time(office):
    number = ask("Вопрос с телефона, длинный, чтобы строка не поместилась целиком", name="Анна")
    desk = office("operator", 360, 740)
    fits = "() => document.documentElement.scrollWidth <= innerWidth"
    assert desk.page.evaluate(fits)
    expect(desk.talk).to_be_hidden()
    desk.open(number)
    expect(desk.list).to_be_hidden()
    assert desk.page.evaluate(fits)
    desk.say("Да")
    expect(desk.bubble("Да").locator(".ci-msg__state")).to_have_text("отправлено")
    desk.talk.get_by_role("button", name="Пациент", exact=True).click()
    expect(desk.info).to_be_visible()
    expect(desk.talk).to_be_hidden()
    assert desk.page.evaluate(fits)
    desk.info.get_by_role("button", name="Скрыть сведения").click()
    desk.talk.get_by_role("button", name="К списку").click()
    expect(desk.list).to_be_visible()
    desk.page.go_back()
    desk.opened(number)


def test_link_of_a_patients_page_stays_on_the_site(office):
    own = ask("Откуда я", page_url="/ceny/", page_title="Цены")
    urls = ["javascript:alert(1)", "//evil.example/x", "/\\evil.example/x", "/\t/evil.example/x"]
    foreign = [ask("Откуда я", page_url=url, page_title=f"Нажмите {url}") for url in urls]
    desk = office()
    desk.open(own)
    expect(desk.info.get_by_role("link", name="Цены")).to_have_attribute("href", "/ceny/")
    for number in foreign:
        desk.open(number)
        expect(desk.info).to_contain_text("Нажмите")
        expect(desk.info.get_by_role("link", name="Нажмите")).to_have_count(0)


def test_file_waits_in_its_own_dialogue(office):
    number = ask(name="Анна")
    other = ask(name="Борис")
    desk = office()
    desk.open(number)
    desk.talk.locator(".ci-write--message input[type=file]").set_input_files(
        {"name": "Анализ.pdf", "mimeType": "application/pdf", "buffer": pdf()}
    )
    kept = desk.talk.locator(".ci-write--message .ci-files", has_text="Анализ.pdf")
    expect(kept).to_be_visible()
    desk.open(other)
    expect(kept).to_have_count(0)
    desk.open(number)
    expect(kept).to_be_visible()
