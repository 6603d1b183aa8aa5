"""A conversation in the widget: what a patient sees and can do, and what the laboratory gets."""

import re

import pytest
from playwright.sync_api import expect

from chat.models import ChatConsent, ChatRating, ChatThread
from tests.e2e.chat.people import words

pytestmark = pytest.mark.e2e


def test_question_and_answer(patient, desk):
    tab = patient().begin("ТТГ сдают натощак?")
    assert desk.received() == ["ТТГ сдают натощак?"]
    desk.look()
    expect(tab.own.locator(".state.read")).to_have_text("Прочитано")
    desk.type()
    expect(tab.panel.locator(".status")).to_have_text("Светлана печатает…")
    desk.answer("Да, натощак: 8 часов.")
    expect(tab.theirs).to_have_count(1)
    expect(tab.theirs).to_contain_text("Да, натощак: 8 часов.")
    expect(tab.theirs.locator(".name")).to_have_text("Светлана")
    expect(tab.panel.locator(".status")).not_to_contain_text("печатает")
    expect(tab.panel.locator(".system")).to_contain_text("Светлана")


def test_nothing_is_asked_of_the_server_before_one_reaches_for_the_chat(patient):
    tab = patient()
    asked = []
    tab.page.on("request", lambda request: asked.append(request.url))
    tab.page.reload()
    tab.page.wait_for_load_state("networkidle")
    assert [url for url in asked if "/chat/" in url.removeprefix(tab.page.url)] == []
    assert tab.page.context.cookies() == []
    assert tab.page.evaluate("localStorage.length + sessionStorage.length") == 0


def test_answer_while_the_chat_is_shut_is_counted(patient, desk, widget):
    tab = patient().begin()
    title = tab.page.title()
    tab.page.keyboard.press("Escape")
    expect(tab.panel).not_to_be_visible()
    expect(tab.launcher).to_be_focused()
    desk.answer("Да.")
    desk.answer("Приходите.")
    expect(tab.launcher.locator(".badge")).to_have_text("2")
    expect(tab.launcher).to_have_accessible_name(
        words(f"{widget.label}, 2 непрочитанных сообщения")
    )
    expect(tab.page).to_have_title(f"(2) {title}")
    tab.page.goto("/ceny/")
    expect(tab.launcher.locator(".badge")).to_have_text("2")
    tab.launcher.click()
    expect(tab.panel.locator(".new")).to_have_text("Новые сообщения")
    expect(tab.theirs).to_have_count(2)
    expect(tab.page).to_have_title(re.compile(r"^[^(]"))
    tab.page.keyboard.press("Escape")
    expect(tab.launcher.locator(".badge")).to_be_empty()


def test_many_unread_answers_have_a_way_to_the_newest(patient, desk):
    tab = patient().begin()
    tab.page.keyboard.press("Escape")
    for number in range(30):
        desk.answer(f"Ответ {number}")
    expect(tab.launcher.locator(".badge")).to_have_text("30")
    tab.launcher.click()
    expect(tab.panel.locator(".new")).to_be_in_viewport()
    expect(tab.theirs.last).not_to_be_in_viewport()
    newest = tab.panel.get_by_role("button", name="К новым сообщениям")
    newest.click()
    expect(tab.theirs.last).to_be_in_viewport()
    expect(newest).not_to_be_visible()


def test_history_goes_on_after_a_reload_and_back_to_the_beginning(patient, desk):
    tab = patient().begin("Вопрос 0")
    for number in range(70):
        desk.answer(f"Ответ {number}")
    expect(tab.theirs).to_have_count(70)
    tab.page.reload()
    tab.launcher.click()
    expect(tab.theirs.last).to_contain_text("Ответ 69")
    expect(tab.own).to_have_count(0)
    # Not by a real click: that scrolls there first, and whoever scrolls there needs no button.
    tab.panel.get_by_role("button", name="Показать более ранние").dispatch_event("click")
    expect(tab.own).to_have_count(1)
    assert tab.texts(tab.panel.locator(".message")) == [
        "Вопрос 0",
        *(f"Ответ {number}" for number in range(70)),
    ]
    expect(tab.panel.locator(".older")).not_to_be_visible()


class TestOwnMessages:
    """What was sent can be changed and taken back for a while."""

    def test_edit(self, patient, desk):
        tab = patient().begin("Когда нотащак?")
        tab.act(tab.own, "Изменить")
        expect(tab.text).to_have_value("Когда нотащак?")
        expect(tab.text).to_be_focused()
        tab.text.fill("Когда натощак?")
        tab.text.press("Enter")
        expect(tab.own.locator(".bubble")).to_contain_text("Когда натощак?")
        expect(tab.own.locator(".meta")).to_contain_text("изменено")
        expect(tab.text).to_have_value("")
        assert desk.received() == ["Когда натощак?"]

    def test_esc_leaves_the_edit_and_keeps_what_was_begun(self, patient):
        tab = patient().begin("Натощак?")
        tab.text.fill("Начато")
        tab.act(tab.own, "Изменить")
        tab.page.keyboard.press("Escape")
        expect(tab.text).to_have_value("Начато")
        expect(tab.panel).to_be_visible()

    def test_delete(self, patient, desk):
        tab = patient().begin("Мой паспорт 9012 345678")
        tab.act(tab.own, "Удалить")
        tab.panel.get_by_text("Удалить это сообщение?").wait_for()
        tab.own.get_by_role("button", name="Удалить").click()
        expect(tab.own.locator(".bubble")).to_contain_text("Сообщение удалено")
        assert desk.received() == [""]


class TestBeforeTheFirstMessage:
    """Consent, topics, the page: nothing goes that the patient has not seen."""

    def test_nothing_goes_without_consent(self, patient, desk):
        tab = patient().open()
        before = ChatThread.objects.count()
        expect(tab.consent).not_to_be_checked()
        tab.say("Натощак?")
        expect(tab.consent).to_be_focused()
        expect(tab.panel.locator(".problem")).to_have_text(
            "Без согласия мы не можем принять сообщение."
        )
        expect(tab.text).to_have_value("Натощак?")
        assert ChatThread.objects.count() == before
        tab.agree()
        tab.text.press("Enter")
        tab.sent(1)
        expect(tab.consent).not_to_be_visible()

    def test_consent_is_kept_with_its_version(self, patient, desk, widget):
        patient().begin()
        consent = ChatConsent.objects.get(thread=desk.thread())
        assert consent.version == widget.consent_version

    def test_consent_that_changed_meanwhile_is_asked_for_again(self, patient, desk, widget):
        tab = patient(lossy=True).begin()
        widget.consent_version = "2.0"
        widget.save()
        try:
            tab.say("И кофе нельзя?")
            expect(tab.own.last.locator(".state")).to_have_text("Не отправлено")
            # It goes away as soon as it is ticked.
            tab.consent.click()
            tab.sent(2)
            expect(tab.text).to_be_focused()
            assert desk.received() == ["Натощак?", "И кофе нельзя?"]
        finally:
            widget.consent_version = "1.0"
            widget.save()

    def test_topic_begins_the_text(self, patient, desk, widget):
        topic = widget.topics.first()
        tab = patient().open()
        tab.panel.get_by_role("button", name=topic.title).click()
        expect(tab.text).to_have_value(topic.text)
        expect(tab.text).to_be_focused()
        tab.agree()
        tab.text.press("End")
        tab.page.keyboard.type("ОАК?")
        tab.text.press("Enter")
        tab.sent(1)
        assert desk.thread().topic == topic.title

    def test_page_goes_along(self, patient, desk, site):
        tab = patient(path=site.addresses["test"])
        tab.begin("Это натощак?")
        assert desk.thread().page_url == site.addresses["test"]
        expect(tab.panel.locator(".about")).not_to_be_visible()

    def test_page_can_be_kept_back(self, patient, desk, site):
        tab = patient(path=site.addresses["test"]).open()
        tab.panel.get_by_role("button", name="Не сообщать страницу").click()
        expect(tab.panel.locator(".about")).not_to_be_visible()
        tab.agree()
        tab.say("Это натощак?")
        tab.sent(1)
        assert (desk.thread().page_url, desk.thread().page_title) == ("", "")

    @pytest.mark.parametrize(
        ("text", "warning"),
        [
            ("СНИЛС 112-233-445 95", "СНИЛС"),
            ("мой паспорт серия 90 12 номер 345678", "паспортные"),
            ("карта 4276 8380 1234 5679", None),
            ("карта 4111 1111 1111 1111", "карты"),
            ("тел. 8 918 123-45-67", None),
        ],
    )
    def test_numbers_better_kept_back_are_warned_of(self, patient, text, warning):
        tab = patient().open()
        tab.text.fill(text)
        if warning:
            expect(tab.panel.locator(".warning")).to_contain_text(warning)
        else:
            expect(tab.panel.locator(".warning")).not_to_be_visible()


class TestAfterwards:
    """A closed dialogue: rating, going on, transcript, forgetting."""

    def test_rating(self, patient, desk):
        tab = patient().begin()
        desk.answer("Да.")
        desk.close()
        tab.panel.get_by_role("radio", name="4: Хорошо").check(force=True)
        tab.panel.get_by_label("Что стоит знать нам?").fill("Быстро")
        tab.panel.get_by_role("button", name="Отправить оценку").click()
        expect(tab.panel.locator(".tail")).to_contain_text("Ваша оценка: 4 из 5")
        rating = ChatRating.objects.get(thread=desk.thread())
        assert (rating.score, rating.comment) == (4, "Быстро")

    def test_closed_dialogue_goes_on(self, patient, desk):
        tab = patient().begin()
        desk.close()
        expect(tab.panel.get_by_text("Как мы вам помогли?")).to_be_visible()
        tab.say("Ещё вопрос")
        tab.sent(2)
        expect(tab.panel.get_by_text("Как мы вам помогли?")).not_to_be_visible()
        assert desk.thread().status == "open"

    def test_transcript(self, patient, desk):
        tab = patient().begin("Натощак?")
        desk.answer("Да.")
        expect(tab.theirs).to_have_count(1)
        with tab.page.expect_download() as download:
            tab.choose("Скачать переписку")
        text = download.value.path().read_text(encoding="utf-8")
        assert "Натощак?" in text
        assert "Да." in text

    def test_device_forgets(self, patient, desk):
        tab = patient().begin("Личное")
        tab.choose("Забыть на этом устройстве")
        dialog = tab.panel.get_by_role("alertdialog")
        dialog.get_by_role("button", name="Отменить").click()
        expect(tab.own).to_have_count(1)
        tab.choose("Забыть на этом устройстве")
        dialog.get_by_role("button", name="Забыть").click()
        expect(tab.own).to_have_count(0)
        expect(tab.consent).to_be_visible()
        assert tab.page.evaluate("Object.keys(localStorage)") == []
        tab.page.reload()
        tab.open()
        expect(tab.own).to_have_count(0)
        number = desk.thread().pk
        tab.agree()
        tab.say("Другой вопрос")
        tab.sent(1)
        assert desk.thread().pk > number

    def test_contact_for_the_answer(self, patient, desk):
        tab = patient().begin()
        tab.choose("Имя и почта для ответа")
        dialog = tab.panel.get_by_role("dialog", name="Куда ответить?")
        dialog.get_by_label("Как к вам обращаться").fill("Анна")
        dialog.get_by_label("Электронная почта").fill("не почта")
        dialog.get_by_role("button", name="Сохранить").click()
        expect(dialog.get_by_role("alert")).to_contain_text("Проверьте адрес почты")
        dialog.get_by_label("Электронная почта").fill("anna@example.org")
        dialog.get_by_role("button", name="Сохранить").click()
        expect(dialog).not_to_be_visible()
        assert (desk.thread().name, desk.thread().email) == ("Анна", "anna@example.org")
        # The address is not shown, and not lost by who corrects the name.
        tab.choose("Имя и почта для ответа")
        dialog.get_by_label("Как к вам обращаться").fill("Анна Б.")
        dialog.get_by_role("button", name="Сохранить").click()
        expect(dialog).not_to_be_visible()
        assert (desk.thread().name, desk.thread().email) == ("Анна Б.", "anna@example.org")
        tab.choose("Имя и почта для ответа")
        dialog.get_by_label("Больше не писать мне на почту").check()
        dialog.get_by_role("button", name="Сохранить").click()
        expect(dialog).not_to_be_visible()
        assert desk.thread().email == ""


def test_only_our_own_addresses_are_links(patient, desk, chat_url):
    tab = patient().begin()
    desk.answer(f"Смотрите {chat_url}/ceny/. И https://example.org/ceny/")
    links = tab.theirs.get_by_role("link")
    expect(links).to_have_count(1)
    expect(links).to_have_text(f"{chat_url}/ceny/")
