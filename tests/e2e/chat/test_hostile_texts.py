"""Whatever a text says, it stays a text: in every field, wherever it is shown, to whomever."""

from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from uuid import uuid4

from django.db import transaction
from django.utils import timezone

import pytest
from openpyxl import load_workbook
from playwright.sync_api import Browser, Locator, expect

from accounts.demo import DOMAIN
from accounts.models import User
from chat.inbox import log as inbox_log
from chat.models import (
    ChatMessage,
    ChatRating,
    ChatReply,
    ChatThread,
    ChatTopic,
    ChatWidget,
    VkEvent,
    VkFile,
    VkOperator,
    VkOutbox,
    VkPeer,
    VkState,
)
from chat.services import messages, threads, vk_outbox, vk_state
from chat.services.writing import writing
from tests.e2e.chat.office import ask, attach, person
from tests.e2e.chat.people import Desk
from tests.e2e.hostile import ALL_XSS, XSS, intruders
from tests.e2e.staff import open_form, sign_in
from tests.e2e.test_without_scripts import send_message
from tests.e2e.watch import Watch
from tests.factories.chat import make_operator
from tests.factories.uploads import pdf

pytestmark = [pytest.mark.e2e, pytest.mark.usefixtures("site_database")]

FORMULAS = ["=1+1", "+1+1", "-1+1", "@SUM(1)", '=HYPERLINK("https://evil.example")']
PUT_IN = """([markup, shadow]) => {
  const room = document.body.appendChild(document.createElement("div"));
  (shadow ? room.attachShadow({mode: "open"}) : room).innerHTML = markup;
}"""
LOGIN = "hostile"


def stands(place: Locator, *texts: str) -> None:
    """Say that texts stand in a place, letter by letter, and that none made an element."""
    for text in texts:
        expect(place).to_contain_text(text)
    assert intruders(place.page) == []


@contextmanager
def hired(names: list[str]) -> Iterator[list[User]]:
    """Have operators with these names for a while."""
    people = [make_operator(name) for name in names]
    yield people
    User.objects.filter(pk__in=[one.pk for one in people]).delete()


@pytest.fixture
def colleagues(site_database: None) -> Iterator[list[User]]:
    """Operators with hostile names; the first can sign in."""
    with hired(XSS) as people:
        people[0].email = f"{LOGIN}@{DOMAIN}"
        # As the running site hashes it.
        people[0].password = person("operator").password
        people[0].save()
        yield people


@pytest.fixture
def reckoners(site_database: None) -> Iterator[list[User]]:
    """Operators whose names a spreadsheet would reckon out."""
    with hired(FORMULAS) as people:
        yield people


@pytest.fixture
def replies(site_database: None) -> Iterator[list[ChatReply]]:
    """Canned replies with hostile titles and texts."""
    made = [
        ChatReply.objects.create(title=text, shortcut=f"xss-{place}", text=ALL_XSS, live=True)
        for place, text in enumerate(XSS)
    ]
    yield made
    ChatReply.objects.filter(pk__in=[one.pk for one in made]).delete()


@pytest.fixture
def topics(widget: ChatWidget, site_database: None) -> Iterator[list[ChatTopic]]:
    """Topics of the widget with hostile titles."""
    with transaction.atomic():
        made = [ChatTopic.objects.create(widget=widget, title=text, text=text) for text in XSS]
    yield made
    with transaction.atomic():
        ChatTopic.objects.filter(pk__in=[topic.pk for topic in made]).delete()


@pytest.fixture
def hostile_widget(topics: list[ChatTopic], widget: ChatWidget) -> Iterator[ChatWidget]:
    """The widget of the site with hostile texts; afterwards as it was."""
    found = ChatWidget.objects.get(pk=widget.pk)
    before = {field.attname: getattr(found, field.attname) for field in found._meta.concrete_fields}
    for name in ("greeting", "away", "consent_text"):
        setattr(found, name, ALL_XSS)
    found.notice, found.emergency = " ".join(XSS[:5]), " ".join(XSS[:4])
    found.title, found.label, found.phone = XSS[0], XSS[1], XSS[3]
    found.consent_version = "<b>жирно</b>"
    publish(found)
    yield found
    for name, value in before.items():
        setattr(found, name, value)
    # Together with the revision that an editor would find.
    with transaction.atomic():
        found.save()


def publish(widget: ChatWidget) -> None:
    """Publish the widget as editors do."""
    with transaction.atomic():
        widget.save_revision().publish()


# --- Whether such a text would be noticed --------------------------------------------------------


@pytest.mark.parametrize("path", ["/", "/admin/"])
def test_markup_that_became_part_of_a_page_would_be_noticed(browser: Browser, chat_url, path):
    context = browser.new_context(base_url=chat_url, locale="ru-RU")
    watch = Watch(context, chat_url)
    page = sign_in(context.new_page(), "head")
    page.goto(path)
    assert (watch.complaints, intruders(page)) == ([], [])
    runs = [XSS[0], XSS[2]]
    refused = [] if path == "/admin/" else [XSS[3], "<p style='color: red'>x</p>"]
    for text in runs + refused:
        with page.expect_console_message(lambda line: line.type == "error"):
            page.evaluate(PUT_IN, [text, False])
        assert watch.complaints
        watch.complaints.clear()
    for text in [*XSS[:4], XSS[6], XSS[9]]:
        for shadow in (False, True):
            page.goto(path)
            page.evaluate(PUT_IN, [text, shadow])
            assert len(intruders(page)) == 1, text
    context.close()


# --- The inbox -----------------------------------------------------------------------------------


def test_texts_of_patients_in_the_inbox(office):
    numbers = [
        ask(
            text,
            name=text[:80],
            email=text,
            topic=text[:60],
            page_url=f"/{text}"[:500],
            page_title=text[:200],
        )
        for text in XSS
    ]
    numbered = dict(zip(numbers, XSS, strict=True))
    for number, text in numbered.items():
        attach(number, text)
        rate(number, text)
    ask("javascript", page_url="javascript:alert(1)", page_title="x")
    desk = office("head")
    for number, text in numbered.items():
        desk.page.goto(f"/admin/chat/?thread={number}")
        desk.ready()
        desk.opened(number)
        expect(desk.log.get_by_role("link", name=text)).to_have_count(1)
        expect(desk.info.get_by_text(text, exact=True)).to_have_count(5)
        stands(desk.talk.locator(".ci-talk__head"), text)
    for text in XSS:
        desk.say(text)
    desk.talk.get_by_role("button", name="Заметка", exact=True).click()
    desk.note.fill(ALL_XSS)
    desk.note.press("Enter")
    stands(desk.log.locator("article.ci-msg--note"), ALL_XSS)
    desk.talk.get_by_role("button", name="Ответ пациенту", exact=True).click()
    answers = desk.log.locator("article.ci-msg--operator")
    expect(answers).to_have_count(len(XSS))
    answers.last.get_by_role("button", name="Изменить").click()
    expect(desk.dialog.locator("textarea")).to_have_value(XSS[-1])
    assert intruders(desk.page) == []
    desk.page.keyboard.press("Escape")
    desk.list.get_by_role("searchbox").fill("жирно")
    expect(desk.list.locator("mark").first).to_be_visible()
    assert intruders(desk.page) == []
    desk.list.get_by_role("searchbox").fill(XSS[0])
    stands(desk.list.locator("a.ci-row").first, XSS[0])


def rate(number: int, comment: str, operator: User | None = None) -> None:
    """Let the patient of a dialogue say something of it."""
    ChatRating.objects.create(
        thread_id=number, closed_seq=1, score=1, comment=comment, operator=operator
    )


def test_texts_of_the_laboratory_in_the_inbox(office, colleagues, topics, replies):
    numbers = [ask("Вопрос", name=text) for text in XSS]
    for number, colleague in zip(numbers, colleagues, strict=True):
        threads.assign(colleague, number, colleague)
    desk = office("head")
    desk.list.get_by_role("button", name="Все открытые").click()
    for number, text in zip(numbers, XSS, strict=True):
        expect(desk.row(number).locator(".ci-tag")).to_have_text([text])
    desk.list.get_by_role("button", name="Отбор").click()
    stands(desk.list.get_by_label("Оператор"), *XSS)
    stands(desk.list.get_by_label("Тема"), *XSS)
    for number, colleague in zip(numbers, colleagues, strict=True):
        text = colleague.first_name
        desk.page.goto(f"/admin/chat/?thread={number}")
        desk.ready()
        desk.opened(number)
        threads.typing(number, "operator", colleague.pk)
        stands(desk.talk.locator(".ci-people"), f"{text} печатает…")
        stands(desk.talk.locator(".ci-talk__head"), f"ведёт {text}")
        desk.talk.get_by_role("button", name="Забрать себе").click()
        stands(desk.dialog, f"Диалог ведёт {text}.")
        desk.page.keyboard.press("Escape")
        desk.reply.fill("Начал")
        answer_as(colleague, number, text)
        notice = desk.talk.get_by_role("alert").filter(has_text="пока вы писали")
        stands(notice, f"{text} ответил(а)", text)
        stands(desk.log.locator("article.ci-msg--operator .ci-msg__name"), text)
        stands(desk.info.locator(".ci-waits"), text)
    desk.talk.get_by_role("button", name="Передать").click()
    stands(desk.dialog, *XSS[:-1])
    desk.dialog.get_by_role("option", name=XSS[0]).click()
    stands(desk.log, f"Передано: {XSS[0]}")
    desk.reply.fill("")
    desk.reply.press("/")
    stands(desk.dialog, *XSS, ALL_XSS)
    desk.page.keyboard.press("Escape")
    desk.info.get_by_role("button", name="Объединить").click()
    desk.dialog.get_by_role("textbox").fill(str(numbers[0]))
    desk.dialog.get_by_role("button", name="Проверить").click()
    stands(desk.dialog, f"#{numbers[0]} ({XSS[0]})")
    desk.page.keyboard.press("Escape")
    reason = " ".join(XSS[:4])
    desk.info.get_by_role("button", name="Заблокировать").click()
    desk.dialog.get_by_label("Почему").fill(reason)
    desk.dialog.get_by_role("button", name="Заблокировать").click()
    stands(desk.info.locator(".ci-blocked"), reason)


def answer_as(colleague: User, number: int, text: str) -> None:
    """Let a colleague answer from elsewhere."""
    messages.send_as_operator(colleague, number, messages.Answer(uuid4(), text))


def test_operator_with_a_hostile_name_at_work(office, colleagues):
    number = ask("Вопрос")
    threads.assign(colleagues[1], number, colleagues[1])
    other = office("operator")
    other.page.goto(f"/admin/chat/?thread={number}")
    other.opened(number)
    desk = office(LOGIN)
    desk.page.goto(f"/admin/chat/?thread={number}")
    desk.opened(number)
    stands(other.talk.locator(".ci-people"), f"Сейчас смотрит: {XSS[0]}")
    desk.talk.get_by_role("button", name="Забрать себе").click()
    desk.dialog.get_by_role("button", name="Забрать себе").click()
    stands(other.talk.locator(".ci-talk__head"), f"ведёт {XSS[0]}")
    stands(desk.page.locator(".sidebar-footer"), XSS[0])
    desk.page.goto("/admin/chat/vk/mine/")
    assert intruders(desk.page) == []


# --- The admin beside the inbox ------------------------------------------------------------------


def test_reports_and_their_workbook(office, colleagues, reckoners):
    texts = [*XSS, *FORMULAS]
    for text, colleague in zip(texts, [*colleagues, *reckoners], strict=True):
        number = ask("Вопрос")
        answer_as(colleague, number, "Ответ")
        rate(number, text, colleague)
    page = office("head").page
    page.goto("/admin/chat/reports/")
    stands(page.locator("main"), *texts)
    for text in texts:
        # Once among the operators, and beside what the patient said of them.
        assert page.get_by_role("cell", name=text, exact=True).count() >= 3
    book = load_workbook(BytesIO(page.request.get("/admin/chat/reports/?export=xlsx").body()))
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    values = [cell.value for cell in cells]
    assert [text for text in texts if values.count(text) < 3] == []
    assert "f" not in {cell.data_type for cell in cells}
    assert [cell for cell in cells if cell.hyperlink] == []


def test_snippets_and_history_in_the_admin(office, colleagues, hostile_widget, replies):
    for reply, colleague in zip(replies, colleagues, strict=True):
        revision = reply.save_revision(user=colleague, log_action=True)
        revision.publish(user=colleague, skip_permission_checks=True)
        thread = ChatThread(pk=ask("Вопрос"))
        inbox_log.write(colleague, thread, "chat.assign", to=colleague.first_name)
    page = office("admin").page
    of_replies, of_widgets = "/admin/snippets/chat/chatreply", "/admin/snippets/chat/chatwidget"
    shown = {
        "/admin/reports/site-history/": [*XSS, *[f"Диалог назначен: {text}" for text in XSS]],
        f"{of_replies}/": XSS,
        f"{of_replies}/?q=console": XSS[:4],
        **{f"{of_replies}/history/{one.pk}/": [one.title] for one in replies},
        **{f"{of_replies}/usage/{one.pk}/": [one.title] for one in replies[:4]},
        **{f"{of_replies}/delete/{one.pk}/": [one.title] for one in replies[:4]},
        f"{of_widgets}/": [hostile_widget.title, hostile_widget.consent_version],
        f"{of_widgets}/history/{hostile_widget.pk}/": [hostile_widget.title],
        f"{of_replies}/edit/{replies[0].pk}/": [],
        **{f"/admin/users/?q={one.email}": [one.first_name] for one in colleagues},
        f"/admin/users/edit/{colleagues[0].pk}/": [],
    }
    for address, texts in shown.items():
        response = page.goto(address)
        assert (address, response.status) == (address, 200)
        stands(page.locator("main"), *texts)


# --- The widget ----------------------------------------------------------------------------------


def test_conversation_in_the_widget(patient, desk, colleagues):
    tab = patient().begin(XSS[0])
    for text in XSS[1:]:
        tab.say(text)
    tab.sent(len(XSS))
    for colleague in colleagues:
        Desk(colleague).answer(colleague.first_name)
    expect(tab.theirs).to_have_count(len(XSS))
    threads.typing(desk.thread().pk, "operator", colleagues[0].pk)
    stands(tab.panel.locator(".status"), f"{XSS[0]} печатает…")
    inside = tab.panel.locator(".bubble").locator("img, script, svg, b, a")
    expect(inside).to_have_count(0)
    tab.page.reload()
    tab.launcher.click()
    expect(tab.theirs).to_have_count(len(XSS))
    expect(inside).to_have_count(0)
    assert intruders(tab.page) == []
    assert tab.texts(tab.own) == XSS
    assert tab.texts(tab.theirs) == XSS
    assert tab.theirs.locator(".name").all_inner_texts() == XSS
    stands(tab.panel, f"Вам отвечает {XSS[0]}")


def test_name_and_rating_in_the_widget(patient, desk):
    tab = patient().begin()
    name = tab.panel.get_by_label("Как к вам обращаться")
    for text in XSS:
        for _round in ("written", "read again"):
            tab.choose("Имя и почта для ответа")
            if _round == "written":
                name.fill(text)
            expect(name).to_have_value(text)
            assert intruders(tab.page) == []
            tab.panel.get_by_role("button", name="Сохранить").click()
            expect(name).to_have_count(0)
    desk.close()
    comment = tab.panel.get_by_label("Что стоит знать нам?")
    tab.panel.get_by_role("radio", name="4: Хорошо").check(force=True)
    comment.fill(ALL_XSS)
    tab.panel.get_by_role("button", name="Отправить оценку").click()
    tab.panel.get_by_role("button", name="Изменить").click()
    expect(comment).to_have_value(ALL_XSS)
    assert intruders(tab.page) == []


def test_names_of_files_in_the_widget(patient, desk):
    tab = patient().begin("0")
    inside = tab.panel.locator(".files, .bubble").locator("img, script, style, b, a a, svg svg")
    names = [f"{text}.pdf".replace("/", "∕") for text in XSS]
    for number, name in enumerate(names, start=2):
        tab.panel.locator("input[type=file]").set_input_files(
            [{"name": name, "mimeType": "application/pdf", "buffer": pdf()}]
        )
        row = tab.panel.locator(".files li")
        expect(row.get_by_role("button", name="Убрать файл")).to_be_visible()
        expect(inside).to_have_count(0)
        tab.send_button.click()
        tab.sent(number)
    for text in XSS:
        attach(desk.thread().pk, text)
    tab.page.reload()
    tab.launcher.click()
    expect(tab.own).to_have_count(len(XSS) + 1)
    for text in XSS:
        expect(tab.panel.get_by_role("link", name=text).first).to_be_attached()
    expect(inside).to_have_count(0)
    assert intruders(tab.page) == []


def test_texts_of_the_widget_on_a_page(patient, hostile_widget):
    tab = patient()
    for text in XSS:
        hostile_widget.title, hostile_widget.label = text, text[:40]
        publish(hostile_widget)
        tab.page.reload()
        stands(tab.launcher, text[:40])
        tab.open()
        stands(tab.panel.get_by_role("heading", level=2), text)
    stands(tab.panel.locator(".intro"), ALL_XSS, hostile_widget.emergency)
    stands(tab.panel.locator(".notice"), hostile_widget.notice)
    stands(tab.panel.locator(".consent"), ALL_XSS)
    stands(tab.panel.locator(".topics"), *XSS)
    tab.panel.locator(".topics").get_by_role("button", name=XSS[0]).click()
    expect(tab.text).to_have_value(XSS[0])


def test_texts_of_the_widget_in_the_preview(office, hostile_widget):
    # With more topics the form, and so the preview, would be refused.
    hostile_widget.topics = list(hostile_widget.topics.exclude(title__in=XSS[3:]))
    publish(hostile_widget)
    page = office("head").page
    open_form(page, f"/admin/snippets/chat/chatwidget/edit/{hostile_widget.pk}/")
    page.locator("[data-side-panel-toggle=preview]").click()
    shown = page.frame_locator("[data-side-panel=preview] iframe").last.get_by_role("dialog")
    for mode, status in (("", "На связи"), ("away", "Сейчас не на связи")):
        page.locator("[name=preview_mode]").select_option(mode, force=True)
        expect(shown.locator(".status")).to_contain_text(status)
        for text in XSS:
            page.locator("#id_title").fill(text)
            expect(shown.get_by_role("heading", level=2)).to_contain_text(text)
        for text in (ALL_XSS, hostile_widget.notice, hostile_widget.emergency, *XSS[:3]):
            expect(shown).to_contain_text(text)
        previews = [frame for frame in page.frames if "/preview/" in frame.url]
        assert previews
        assert [one for place in [page, *previews] for one in intruders(place)] == []


# --- The page for browsers without scripts --------------------------------------------------------


def test_chat_without_scripts(patient, hostile_widget, colleagues):
    page = patient(java_script_enabled=False, path="/chat/").page
    main = page.locator("main")
    for text in XSS:
        hostile_widget.title = text
        publish(hostile_widget)
        page.reload()
        stands(page.locator("h1"), text)
    shown = (ALL_XSS, hostile_widget.notice, hostile_widget.emergency)
    stands(main, *shown, *XSS)
    written = page.get_by_role("textbox", name="Сообщение")
    for text in XSS:
        page.get_by_role("link", name=text, exact=True).click()
        expect(written).to_have_value(text)
        stands(main, text)
    send_message(page)
    expect(page.locator(".error-summary")).to_be_visible()
    expect(written).to_have_value(XSS[-1])
    page.locator("main input[name=consent]").check()
    send_message(page)
    number = ChatThread.objects.filter(is_common=False).latest("pk").pk
    for text in XSS[:-1]:
        written.fill(text)
        send_message(page)
    files = [
        {"name": f"{text}.pdf", "mimeType": "application/pdf", "buffer": pdf()} for text in XSS[:5]
    ]
    page.locator("input[type=file]").set_input_files(files)
    send_message(page)
    expect(page.locator(".chat-file")).to_have_count(len(files))
    for text, colleague in zip(XSS, colleagues, strict=True):
        answer_as(colleague, number, text)
        attach(number, text)
    threads.close(colleagues[0], number)
    page.reload()
    for sender in ("visitor", "operator"):
        texts = page.locator(f".chat-{sender} .chat-text").all_inner_texts()
        assert set(XSS) <= set(texts)
    assert page.locator(".chat-operator .chat-name").all_inner_texts() == XSS
    stands(page.locator(".chat-lines"), *[f"{text} 1" for text in XSS])
    page.locator("summary", has_text="Имя и почта").click()
    page.get_by_label("Как к вам обращаться?").fill(XSS[0])
    page.get_by_label("Электронная почта").fill(XSS[2])
    page.get_by_role("button", name="Сохранить").click()
    expect(page.get_by_label("Как к вам обращаться?")).to_have_value(XSS[0])
    expect(page.get_by_label("Электронная почта")).to_have_value(XSS[2])
    page.get_by_label("Что нам стоит знать?").fill(ALL_XSS)
    page.get_by_role("button", name="Отправить оценку").click()
    expect(page.get_by_label("Что нам стоит знать?")).to_have_value(ALL_XSS)
    assert intruders(page) == []
    transcript = page.request.get("/chat/api/transcript/")
    assert transcript.headers["content-type"] == "text/plain; charset=utf-8"
    assert transcript.headers["content-disposition"].startswith("attachment")
    assert transcript.headers["x-content-type-options"] == "nosniff"
    assert [text for text in XSS if transcript.text().count(text) < 3] == []
    # The same page where scripts would run.
    kept = page.context.storage_state()
    scripted = patient(path="/chat/", storage_state=kept).page
    expect(scripted.locator(".chat-operator")).to_have_count(len(XSS))
    stands(scripted.locator("main"), *XSS)


# --- VK ------------------------------------------------------------------------------------------

PEER = 7_000_000


@pytest.fixture
def troubles(colleagues: list[User]) -> Iterator[list[str]]:
    """What VK's screens have to tell, in hostile words."""
    made = []
    for place, (text, colleague) in enumerate(zip(XSS, colleagues, strict=True)):
        number = ask(text, name=text, vk_peer_id=PEER + place)
        VkPeer.objects.create(peer_id=PEER + place, name=text)
        said_last = ChatMessage.objects.filter(thread=number).latest("seq")
        row = vk_outbox.queue(VkOutbox.Purpose.NOTICE, PEER + place, text)
        VkOutbox.objects.filter(pk=row.pk).update(state="failed", error=text, thread=number)
        event = VkEvent.objects.create(
            group_id=1,
            event_id=f"hostile {place}",
            type=text[:40],
            body={},
            state="quarantined",
            reason=text,
            next_at=timezone.now(),
        )
        file = VkFile.objects.create(
            message=said_last,
            url="https://example.org/",
            name=text,
            line=text,
            state="failed",
            reason=text,
            next_at=timezone.now(),
        )
        VkOperator.objects.create(user=colleague, vk_id=PEER + 100 + place)
        made += [row, event, file]
    vk_state.set_findings([{"level": "error", "text": text} for text in XSS])
    VkState.objects.update(halted_reason=" ".join(XSS[:4])[:200])
    yield XSS
    VkState.objects.update(halted_reason="", findings=[])
    for one in made:
        one.delete()
    VkPeer.objects.filter(peer_id__gte=PEER).delete()
    ChatThread.objects.filter(vk_peer_id__gte=PEER).update(vk_peer_id=None)


def test_patients_from_vk_in_the_inbox_and_on_the_screens_of_vk(office, troubles):
    desk = office("head")
    found = ChatThread.objects.filter(vk_peer_id__gte=PEER, vk_peer_id__lt=PEER + 100)
    for number, text in zip(found.order_by("pk").values_list("pk", flat=True), XSS, strict=True):
        with writing(number) as writer:
            message = writer.add("operator", text=text, delivery="failed")
        VkOutbox.objects.filter(thread=number).update(message=message, purpose="answer")
        desk.page.goto(f"/admin/chat/?thread={number}")
        desk.ready()
        desk.opened(number)
        stands(desk.talk.locator(".ci-talk__head"), text)
        stands(desk.log.locator("article.ci-msg--visitor .ci-msg__text"), text)
        stands(desk.log.locator(".ci-msg__failed"), text)
        stands(desk.info, text)
    desk.page.goto("/admin/chat/vk/")
    for text in XSS:
        cells = desk.page.get_by_role("cell", name=text, exact=True)
        assert cells.count() >= 3
    stands(desk.page.locator(".kdl-findings"), *XSS)
    stands(desk.page.locator("main"), " ".join(XSS[:4])[:200])
    desk.page.goto("/admin/chat/vk/setup/")
    stands(desk.page.locator("main"), *XSS)
    desk.page.goto("/admin/chat/vk/operators/")
    stands(desk.page.locator("main"), *XSS)
    row = desk.page.get_by_role("row").filter(has_text=XSS[0])
    row.get_by_role("button", name="Отвязать").click()
    stands(desk.page.locator(".messages"), XSS[0])
