"""Whatever the line does: every message arrives once, is shown once, in its order."""

import re

import pytest
from playwright.sync_api import expect

from tests.e2e.chat.people import FIRST_MESSAGE, Tab, keep_no_cookie

pytestmark = pytest.mark.e2e

MESSAGES = "**/chat/api/messages/"
# A tab that hears nothing of the others while `deaf` is set.
DEAFNESS = """
  const { set } = Object.getOwnPropertyDescriptor(BroadcastChannel.prototype, "onmessage");
  Object.defineProperty(BroadcastChannel.prototype, "onmessage", {
    set(hear) {
      set.call(this, (event) => globalThis.deaf || hear(event));
    },
  });
"""


@pytest.fixture
def tab(patient):
    """A new patient whose line may break."""
    return patient(lossy=True)


def lose_answers(tab, number, *, forget_cookie=False):
    """Let the server have the next messages and the browser not hear of it."""
    left = [None] * number

    def lose(route):
        if route.request.method != "POST" or not left:
            route.fallback()
            return
        left.pop()
        route.fetch()
        if forget_cookie:
            tab.page.context.clear_cookies(name="kdl_chat")
        route.abort()

    tab.page.context.route(MESSAGES, lose)


def refuse(tab, number, status, body="", **headers):
    """Answer the next messages in the server's place."""
    left = [None] * number

    def answer(route):
        if route.request.method == "POST" and left:
            left.pop()
            route.fulfill(status=status, body=body, headers=headers)
        else:
            route.fallback()

    tab.page.context.route(MESSAGES, answer)


def test_lost_answer_to_the_first_message(tab, desk):
    lose_answers(tab, 2, forget_cookie=True)
    tab.begin("Первое")
    assert desk.received() == ["Первое"]
    tab.say("Второе")
    tab.sent(2)
    assert desk.received() == ["Первое", "Второе"]


def test_lost_answers_in_the_middle(tab, desk):
    tab.begin("0")
    lose_answers(tab, 3)
    for number in range(1, 6):
        tab.say(str(number))
    tab.sent(6)
    assert desk.received() == ["0", "1", "2", "3", "4", "5"]
    assert tab.texts(tab.own) == desk.received()


def test_server_in_trouble(tab, desk):
    tab.begin("0")
    refuse(tab, 3, 503)
    tab.say("1")
    tab.say("2")
    tab.sent(3)
    assert desk.received() == ["0", "1", "2"]


def test_database_that_was_away_for_a_moment(tab, desk):
    tab.begin("0")
    refuse(tab, 1, 503, '{"code": "unavailable"}', **{"Retry-After": "600"})
    tab.say("1")
    tab.sent(2)
    assert desk.received() == ["0", "1"]


def test_answer_whose_end_is_missing(tab, desk):
    tab.begin("0")
    refuse(tab, 2, 201)
    tab.say("1")
    tab.say("2")
    tab.sent(3)
    assert desk.received() == ["0", "1", "2"]


def test_too_fast_is_sent_by_itself(tab, desk):
    tab.begin("0")
    body = '{"code": "too_fast", "field": null, "detail": "Секунду"}'
    refuse(tab, 1, 429, body, **{"Retry-After": "1"})
    tab.say("1")
    tab.sent(2)
    expect(tab.panel.get_by_text("Не отправлено")).to_have_count(0)


def test_failure_while_the_chat_is_shut_is_seen_on_its_button(tab, desk):
    tab.begin("0")
    tab.page.context.set_offline(True)
    tab.say("1")
    expect(tab.own.locator(".state.waiting")).to_have_count(1)
    tab.page.keyboard.press("Escape")
    expect(tab.panel).not_to_be_visible()
    body = '{"code": "blocked", "field": null, "detail": "Вам ответят по телефону."}'
    refuse(tab, 1, 403, body)
    tab.page.context.set_offline(False)
    expect(tab.launcher).to_have_accessible_name(re.compile("сообщение не отправлено"))
    expect(tab.launcher.locator(".badge")).to_have_text("!")
    tab.launcher.click()
    expect(tab.panel.get_by_role("alert")).to_contain_text("Вам ответят по телефону.")
    tab.panel.get_by_role("button", name="Отправить ещё раз").click()
    tab.sent(2)
    tab.page.keyboard.press("Escape")
    expect(tab.launcher.locator(".badge")).to_be_empty()
    assert desk.received() == ["0", "1"]


def test_offline_and_back(tab, desk):
    tab.begin("0")
    tab.page.context.set_offline(True)
    expect(tab.panel.locator(".bar")).to_have_text("Нет связи. Отправим, когда появится.")
    tab.say("1")
    tab.say("2")
    expect(tab.own.locator(".state.waiting")).to_have_count(2)
    desk.answer("Ответ, пока связи нет")
    tab.page.context.set_offline(False)
    tab.sent(3)
    expect(tab.panel.locator(".bar")).to_be_empty()
    expect(tab.theirs).to_have_count(1)
    assert desk.received() == ["0", "1", "2"]


def test_taken_back_before_it_went(tab, desk):
    tab.begin("0")
    tab.page.context.set_offline(True)
    tab.say("Лишнее")
    tab.panel.get_by_role("button", name="Убрать").click()
    expect(tab.own).to_have_count(1)
    tab.page.context.set_offline(False)
    tab.say("1")
    tab.sent(2)
    assert desk.received() == ["0", "1"]


def test_taken_back_when_the_laboratory_may_have_it(tab, desk):
    tab.page.context.route(MESSAGES, lambda route: route.abort())
    lose_answers(tab, 1, forget_cookie=True)
    tab.open()
    tab.agree()
    tab.say("Лишнее")
    tab.own.get_by_role("button", name="Убрать").click(timeout=FIRST_MESSAGE)
    expect(tab.own).to_contain_text("Отзывается")
    assert desk.received() == ["Лишнее"]
    tab.page.context.unroute(MESSAGES)
    expect(tab.own).to_contain_text("Сообщение удалено", timeout=FIRST_MESSAGE)
    assert desk.received() == [""]
    desk.answer("Ответ")
    expect(tab.theirs).to_have_count(1)


def test_reload_while_sending(tab, desk):
    tab.begin("0")
    held = []
    tab.page.route(MESSAGES, lambda route: held.append(route))
    tab.say("1")
    tab.say("2")
    expect(tab.own).to_have_count(3)
    tab.page.reload()
    tab.page.unroute(MESSAGES)
    tab.launcher.click()
    tab.sent(3)
    assert desk.received() == ["0", "1", "2"]


def test_unsent_goes_without_opening_the_chat(tab, desk):
    tab.begin("0")
    tab.page.route(MESSAGES, lambda route: None)
    tab.say("1")
    expect(tab.own).to_have_count(2)
    tab.page.unroute(MESSAGES)
    tab.page.goto("/ceny/")
    tab.page.wait_for_function(
        "() => !Object.keys(localStorage).some((key) => key.startsWith('kdl-chat:out:'))"
    )
    assert desk.received() == ["0", "1"]


def test_draft_outlives_the_page(tab):
    tab.open()
    tab.text.fill("Не дописано")
    tab.page.goto("/ceny/")
    tab.launcher.click()
    expect(tab.text).to_have_value("Не дописано")


def test_two_tabs_are_one_patient(tab, desk):
    tab.begin("0")
    other = Tab(tab.page.context.new_page())
    other.page.goto("/ceny/")
    other.launcher.click()
    expect(other.own).to_have_count(1)
    for number in range(1, 5):
        (tab if number % 2 else other).say(str(number))
        (tab if number % 2 else other).sent(number + 1)
    desk.answer("Ответ")
    for one in (tab, other):
        expect(one.own).to_have_count(5)
        expect(one.theirs).to_have_count(1)
        assert one.texts(one.own) == ["0", "1", "2", "3", "4"]
    assert desk.received() == ["0", "1", "2", "3", "4"]


def test_tab_that_missed_news_asks_until_it_has_them(tab, desk):
    tab.begin("0")
    other = Tab(tab.page.context.new_page())
    other.page.add_init_script(DEAFNESS)
    other.page.goto("/ceny/")
    other.launcher.click()
    expect(other.own).to_have_count(1)
    other.page.evaluate("() => { globalThis.deaf = true; }")
    desk.answer("Пропущено")
    expect(tab.theirs).to_have_count(1)
    other.page.route("**/chat/api/events/**", lambda route: route.abort())
    other.page.evaluate("() => { globalThis.deaf = false; }")
    with other.page.expect_event("requestfailed", lambda request: "/events/" in request.url):
        desk.answer("Услышано")
    other.page.unroute("**/chat/api/events/**")
    expect(other.theirs).to_have_count(2)
    assert other.texts(other.theirs) == ["Пропущено", "Услышано"]


def test_tabs_share_one_line(tab, desk):
    streams = []
    tab.page.context.on("request", lambda one: "/stream/" in one.url and streams.append(one.url))
    tab.begin("0")
    others = [Tab(tab.page.context.new_page()) for _number in range(2)]
    for other in others:
        other.page.goto("/ceny/")
        other.launcher.click()
        expect(other.own).to_have_count(1)
    tab.page.close()
    desk.answer("Ответ")
    for other in others:
        expect(other.theirs).to_have_count(1)
    assert len(streams) <= 3


def test_first_message_from_two_tabs_makes_one_dialogue(tab, desk):
    other = Tab(tab.page.context.new_page())
    other.page.goto("/")
    for one in (tab, other):
        one.page.bring_to_front()
        one.open()
        one.agree()
    tab.say("Из первой")
    other.say("Из второй")
    expect(tab.own).to_have_count(2)
    expect(other.own).to_have_count(2)
    other.sent(2)
    assert sorted(desk.received()) == ["Из второй", "Из первой"]


class TestRefused:
    """A message that the server does not take stays, with the reason and a way on."""

    REFUSAL = '{"code": "invalid", "field": "text", "detail": "Так нельзя."}'

    @pytest.fixture
    def tab(self, tab):
        """A patient whose second message was refused."""
        tab.begin("0")
        refuse(tab, 1, 400, self.REFUSAL)
        tab.say("1")
        expect(tab.own.last).to_contain_text("Так нельзя.")
        expect(tab.panel.get_by_role("alert")).to_contain_text("Сообщение не отправлено")
        return tab

    def test_resend(self, tab, desk):
        tab.own.last.get_by_role("button", name="Отправить ещё раз").click()
        tab.sent(2)
        assert desk.received() == ["0", "1"]

    def test_mend(self, tab, desk):
        tab.own.last.get_by_role("button", name="Исправить").click()
        expect(tab.text).to_have_value("1")
        tab.text.fill("Иначе")
        tab.text.press("Enter")
        tab.sent(2)
        assert desk.received() == ["0", "Иначе"]
        expect(tab.own).to_have_count(2)

    def test_take_back(self, tab, desk):
        tab.own.last.get_by_role("button", name="Убрать").press("Enter")
        expect(tab.own).to_have_count(1)
        assert tab.panel.locator(":focus").count() == 1
        tab.page.reload()
        tab.launcher.click()
        expect(tab.own).to_have_count(1)

    def test_stays_over_a_reload(self, tab):
        tab.page.reload()
        tab.launcher.click()
        expect(tab.own.last).to_contain_text("Так нельзя.")


def test_blocked_patient_is_told_the_phone(tab):
    tab.begin("0")
    body = '{"code": "blocked", "field": null, "detail": "Писать нельзя. Позвоните нам."}'
    refuse(tab, 1, 403, body)
    tab.say("1")
    expect(tab.own.last).to_contain_text("Позвоните нам")


def test_browser_without_cookies_is_told_so(tab, widget):
    tab.page.route(MESSAGES, keep_no_cookie)
    tab.open()
    tab.agree()
    tab.say("Натощак?")
    expect(tab.panel.locator(".trouble")).to_contain_text("браузер не хранит cookie")
    expect(tab.panel.locator(".trouble a")).to_contain_text(widget.phone)


def test_stale_state_is_no_sign_of_a_browser_without_cookies(tab, desk):
    held = []
    tab.open()
    tab.page.route(
        "**/chat/api/state/**",
        lambda route: route.fallback() if held else held.append((route, route.fetch())),
    )
    # Another tab drops something: this one asks for the state, and hears of it late.
    neighbour = tab.page.context.new_page()
    neighbour.goto("/robots.txt")
    with tab.page.expect_request("**/chat/api/state/**"):
        neighbour.evaluate(
            "() => { localStorage.setItem('kdl-chat:out:x', 'x');"
            " localStorage.removeItem('kdl-chat:out:x'); }"
        )
    tab.agree()
    with tab.page.expect_response(MESSAGES, timeout=FIRST_MESSAGE):
        tab.say("0")
    route, response = held[0]
    route.fulfill(response=response)
    tab.sent(1)
    desk.answer("Ответ")
    expect(tab.theirs).to_have_count(1)
    expect(tab.panel.locator(".trouble")).to_be_empty()


def test_message_of_whoever_was_here_before_waits(tab, desk):
    tab.begin("0")
    tab.page.route(MESSAGES, lambda route: route.abort())
    tab.say("Личное")
    expect(tab.own).to_have_count(2)
    tab.page.context.clear_cookies(name="kdl_chat")
    tab.page.unroute(MESSAGES)
    tab.page.reload()
    tab.launcher.click()
    expect(tab.own).to_contain_text("Это было написано в другом разговоре")
    assert desk.received() == ["0"]
    # What is sent after it shows that the outbox has done with it.
    tab.agree()
    tab.say("Моё")
    tab.sent(1)
    assert desk.received() == ["Моё"]
    expect(tab.own.filter(has_text="Личное")).to_contain_text("в другом разговоре")


def test_answer_that_is_not_here_yet_is_not_called_read(tab, desk):
    tab.page.context.route("**/chat/stream/**", lambda route: route.abort())
    tab.page.context.route_web_socket("**/chat/stream/**", lambda socket: socket.close())
    tab.begin("0")
    late = []
    tab.page.context.route("**/chat/api/events/**", lambda route: late.append(route))
    desk.answer("Приходите натощак")
    read = []
    tab.page.on("request", lambda request: "/read/" in request.url and read.append(request))
    tab.say("Спасибо")
    tab.sent(2)
    desk_thread = desk.thread()
    assert desk_thread.visitor_read_seq < desk_thread.messages.get(sender="operator").seq
    assert [request for request in read if request.post_data_json["state"] == "read"] == []
    tab.page.context.unroute("**/chat/api/events/**")
    for route in late:
        route.fallback()
    expect(tab.theirs).to_contain_text("Приходите натощак")
    with tab.page.expect_response("**/chat/api/read/"):
        desk.answer("И без воды")
    expect(tab.theirs).to_have_count(2)


@pytest.mark.parametrize("broken", ["sse", "streams"])
def test_news_come_without_the_better_ways(tab, desk, broken):
    """A proxy that holds back events, or lets through nothing but short requests."""

    def hinder(route):
        is_sse = "event-stream" in route.request.headers.get("accept", "")
        if broken == "streams" or is_sse:
            route.fulfill(status=502, body="")
        else:
            route.fallback()

    tab.page.context.route("**/chat/stream/**", hinder)
    if broken == "streams":
        tab.page.context.route_web_socket("**/chat/stream/**", lambda socket: socket.close())
    tab.begin("0")
    desk.answer("Ответ")
    expect(tab.theirs).to_have_count(1)
    desk.answer("Ещё ответ")
    expect(tab.theirs).to_have_count(2)


def test_frozen_tab_hands_over(tab, desk):
    tab.begin("0")
    frozen = tab.page.context.new_cdp_session(tab.page)
    frozen.send("Page.setWebLifecycleState", {"state": "frozen"})
    other = Tab(tab.page.context.new_page())
    other.page.goto("/ceny/")
    other.launcher.click()
    expect(other.own).to_have_count(1)
    desk.answer("Ответ")
    expect(other.theirs).to_have_count(1)
    other.say("1")
    other.sent(2)
    frozen.send("Page.setWebLifecycleState", {"state": "active"})
    expect(tab.own).to_have_count(2)
    expect(tab.theirs).to_have_count(1)
