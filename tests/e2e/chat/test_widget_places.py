"""The widget on a phone and at a desk, by keyboard and by screen reader."""

import re

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.e2e

SIZES = {"phone": (360, 740), "narrow": (320, 600), "tablet": (768, 1024), "desk": (1440, 900)}
PHONE = {"has_touch": True, "is_mobile": True}
# The whole of an element is on the screen, and nothing scrolls sideways.
FITS = """(element) => {
  const box = element.getBoundingClientRect();
  const inner = [...element.querySelectorAll("*")].filter((one) => one.checkVisibility());
  const wide = inner.filter((one) => one.getBoundingClientRect().right > innerWidth + 1);
  return { box: [box.left >= 0, box.top >= 0, box.right <= innerWidth, box.bottom <= innerHeight],
    wide: wide.map((one) => one.className), sideways: element.scrollWidth > element.clientWidth };
}"""
FITTING = {"box": [True, True, True, True], "wide": [], "sideways": False}
TARGETS = """(panel) => [...panel.querySelectorAll("button, input, a, textarea")]
  .filter((one) => one.checkVisibility() && !one.closest("p, .consent"))
  .map((one) => {
    const box = one.getBoundingClientRect();
    const more = getComputedStyle(one, "::after");
    const grow = more.content === "none" ? 0 : -2 * parseFloat(more.top || 0) || 0;
    return [one.getAttribute("aria-label") || one.textContent, Math.round(box.height + grow)];
  })
  .filter(([, height]) => height < 44)"""


@pytest.mark.parametrize("size", SIZES)
def test_fits_and_can_be_touched(patient, desk, size):
    tab = patient(*SIZES[size]).open()
    assert tab.panel.evaluate(FITS) == FITTING
    assert tab.panel.evaluate(TARGETS) == []
    tab.agree()
    tab.say("Слово " * 60 + "оченьдлинноеслово" * 12)
    tab.sent(1)
    desk.answer("Ответ")
    expect(tab.theirs).to_have_count(1)
    tab.panel.get_by_role("button", name="Действия с сообщением").first.click()
    assert tab.panel.evaluate(FITS) == FITTING
    assert tab.panel.evaluate(TARGETS) == []


def test_letters_of_double_size_fit(patient):
    tab = patient(720, 450).open()
    tab.page.evaluate("document.documentElement.dataset.size = '3'")
    assert tab.panel.evaluate(FITS) == FITTING
    expect(tab.text).to_be_in_viewport()


def test_phone_shows_nothing_but_the_chat(patient):
    tab = patient(*SIZES["phone"], **PHONE).open()
    box = tab.panel.bounding_box()
    assert (box["x"], box["y"], box["width"], box["height"]) == (0, 0, 360, 740)
    assert tab.text.evaluate("(field) => parseFloat(getComputedStyle(field).fontSize)") >= 16
    outside = tab.page.locator("header a").first
    assert tab.page.evaluate("getComputedStyle(document.documentElement).overflow") == "hidden"
    outside.evaluate("(link) => link.focus()")
    expect(outside).not_to_be_focused()
    tab.page.keyboard.press("Escape")
    expect(tab.panel).not_to_be_visible()
    assert tab.page.evaluate("getComputedStyle(document.documentElement).overflow") != "hidden"


def test_enter_on_a_phone_is_a_new_line(patient):
    tab = patient(*SIZES["phone"], **PHONE).open()
    tab.text.fill("Первая")
    tab.text.press("Enter")
    expect(tab.text).to_have_value("Первая\n")
    tab.consent.tap()
    tab.send_button.tap()
    tab.sent(1)


def test_page_beside_the_chat_can_be_used_at_a_desk(patient):
    tab = patient().open()
    tab.page.get_by_role("link", name="Цены").first.click()
    expect(tab.page).not_to_have_url("/")


def test_field_grows_to_six_lines(patient):
    tab = patient().open()
    one, line = tab.text.bounding_box()["height"], 24
    tab.text.fill("\n".join("строка" for _number in range(4)))
    assert tab.text.bounding_box()["height"] == pytest.approx(one + 3 * line, abs=2)
    tab.text.fill("\n".join("строка" for _number in range(40)))
    assert tab.text.bounding_box()["height"] == pytest.approx(one + 5 * line, abs=2)


def walk(tab, key, goal):
    """Press a key until the focus is where it is wanted."""
    for _step in range(60):
        if tab.panel.locator(":focus").and_(goal).count():
            return
        tab.page.keyboard.press(key)
    raise AssertionError("The focus never comes there.")


def test_whole_conversation_by_keyboard(patient, desk):
    tab = patient()
    keys = tab.page.keyboard
    tab.launcher.focus()
    keys.press("Enter")
    expect(tab.text).to_be_focused()
    keys.type("Натощак?")
    keys.press("Shift+Enter")
    keys.type("И кофе?")
    keys.press("Enter")
    expect(tab.consent).to_be_focused()
    keys.press("Space")
    expect(tab.consent).to_be_checked()
    walk(tab, "Tab", tab.text)
    keys.press("Enter")
    tab.sent(1)
    assert desk.received() == ["Натощак?\nИ кофе?"]
    walk(tab, "Shift+Tab", tab.panel.get_by_role("button", name="Действия с сообщением"))
    keys.press("Enter")
    expect(tab.own.get_by_role("button", name="Изменить")).to_be_focused()
    keys.press("Enter")
    expect(tab.text).to_be_focused()
    keys.type("!")
    keys.press("Enter")
    expect(tab.own).to_contain_text("И кофе?!")
    desk.answer("Без кофе.")
    expect(tab.theirs).to_have_count(1)
    desk.close()
    tab.panel.get_by_role("radio").first.wait_for()
    walk(tab, "Shift+Tab", tab.panel.get_by_role("radio"))
    keys.press("Space")
    walk(tab, "Tab", tab.panel.get_by_role("button", name="Отправить оценку"))
    keys.press("Enter")
    expect(tab.panel.locator(".tail")).to_contain_text("из 5")
    keys.press("Escape")
    expect(tab.launcher).to_be_focused()


def test_focus_stays_where_it_is_when_the_laboratory_reads(patient, desk):
    tab = patient().begin()
    actions = tab.own.get_by_role("button", name="Действия с сообщением")
    actions.focus()
    desk.look()
    expect(tab.own.locator(".state.read")).to_have_count(1)
    expect(actions).to_be_focused()
    tab.page.keyboard.press("Enter")
    edit = tab.own.get_by_role("button", name="Изменить")
    expect(edit).to_be_focused()
    tab.text.fill("Второе")
    tab.text.press("Enter")
    tab.sent(2)
    edit.focus()
    desk.look()
    expect(tab.own.locator(".state.read")).to_have_count(2)
    expect(edit).to_be_focused()


def test_link_of_a_page_opens_the_chat_and_gets_the_focus_back(patient, site):
    tab = patient(path=site.addresses["test"])
    link = tab.page.locator("[data-chat-open]").first
    link.click()
    expect(tab.text).to_be_focused()
    tab.page.keyboard.press("Escape")
    expect(link).to_be_focused()


def test_what_a_screen_reader_is_told(patient, desk):
    tab = patient().begin("Натощак?")
    desk.answer("Да.")
    expect(tab.theirs).to_have_count(1)
    log = tab.panel.get_by_role("log", name="Сообщения")
    expect(log).to_have_attribute("aria-live", "polite")
    expect(tab.own.locator(".bubble")).to_have_text(words_of("Вы", "Натощак?"))
    expect(tab.theirs.locator(".bubble")).to_have_text(words_of("Светлана", "Да."))
    expect(tab.panel).to_have_accessible_name(tab.panel.locator("h2").inner_text())


def words_of(name, text):
    """Return a pattern for a message as it is read out: who, when, what."""
    return re.compile(rf"^{name}, \d\d:\d\d: {re.escape(text)}$")
