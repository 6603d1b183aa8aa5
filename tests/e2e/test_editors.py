"""The work of the staff, from the first change to what patients read."""

import re
from datetime import timedelta

from django.core.management import call_command
from django.utils import timezone

import pytest
import time_machine
from playwright.sync_api import expect

from chat.models import ChatWidget
from pages.models import ServicePage
from tests.e2e.staff import open_form, sign_in

pytestmark = [pytest.mark.e2e, pytest.mark.usefixtures("site_database")]


class Work:
    """One service, the tab of who changes it and the tab of a patient who reads it."""

    def __init__(self, visitor, slug, login="editor"):
        self.service = ServicePage.objects.get(slug=slug)
        self.edit_path = f"/admin/pages/{self.service.pk}/edit/"
        self.visitor = visitor
        self.patient = visitor()
        self.desk = sign_in(visitor(), login)

    def edit(self, **fields):
        """Open the service for editing and fill fields of the first tab."""
        self.desk.goto(self.edit_path)
        for name, value in fields.items():
            self.desk.locator(f"#id_{name}").fill(value)

    def act(self, action, desk=None):
        """Choose an action from the menu at the foot of the form."""
        desk = desk or self.desk
        desk.locator("footer .w-dropdown__toggle").click()
        desk.locator(f"footer {action}").click()
        expect(desk.locator(".messages .success")).to_be_visible()

    def publish(self):
        """Publish what is in the form."""
        self.act("[name=action-publish]")

    def patient_reads(self, text):
        """Say that the public page has this sentence under its title."""
        self.patient.goto(self.service.url)
        expect(self.patient.locator(".page-head .lead")).to_have_text(text)


@pytest.fixture
def work(visitor, site):
    """Begin the work on a service."""
    return lambda slug, login="editor": Work(visitor, slug, login)


def test_medical_text_goes_through_review(work):
    new = "Показывает запас железа: проба редактора."
    one = work("ferritin")
    before = one.service.summary
    one.patient_reads(before)

    one.edit(summary=new)
    one.desk.locator("[data-side-panel-toggle=preview]").click()
    one.desk.locator("[name=preview-size][value=mobile]").check(force=True)
    preview = one.desk.frame_locator("[data-side-panel=preview] iframe").last
    expect(preview.locator(".page-head .lead")).to_have_text(new)
    expect(preview.locator(".sheet > summary")).to_be_visible()
    one.act("[name=action-submit]")
    one.patient_reads(before)

    reviewer = sign_in(one.visitor(), "reviewer")
    reviewer.get_by_role("link", name="Ферритин", exact=True).first.click()
    expect(reviewer.locator("#id_summary")).to_have_value(new)
    # The other way to approve asks for a comment first.
    one.act("[data-workflow-action-name=approve]:not([data-workflow-action-modal-url])", reviewer)
    one.patient_reads(new)


def test_scheduled_text_appears_at_its_time(work):
    new = "Показывает обмен железа: проба расписания."
    one = work("transferrin")
    before = one.service.summary
    moment = timezone.localtime() + timedelta(days=60)
    one.edit(summary=new)
    one.desk.locator("[data-side-panel-toggle=status]").click()
    one.desk.get_by_role("button", name="Установить расписание").click()
    dialog = one.desk.get_by_role("dialog")
    dialog.locator("#id_go_live_at").fill(f"{moment:%Y-%m-%d %H:%M}")
    # By keyboard: the calendar that has opened covers the button.
    dialog.get_by_role("button", name="Сохранить расписание").press("Enter")
    expect(one.desk.locator(".messages .success")).to_be_visible()
    one.publish()
    one.patient_reads(before)

    call_command("publish_scheduled")
    one.patient_reads(before)
    with time_machine.travel(moment + timedelta(minutes=1)):
        call_command("publish_scheduled")
    one.patient_reads(new)


def test_change_is_undone_by_an_old_version(work):
    one = work("zhelezo-syvorotochnoe")
    before = one.service.summary
    one.edit(summary="Ошибка редактора.")
    one.publish()
    one.patient_reads("Ошибка редактора.")

    one.desk.goto(f"/admin/pages/{one.service.pk}/history/")
    one.desk.locator("main tbody").get_by_role("button", name="Действия").last.click()
    one.desk.locator("a[href$='/revert/']:visible").click()
    expect(one.desk.locator("#id_summary")).to_have_value(before)
    one.publish()
    one.patient_reads(before)


def test_old_address_leads_to_the_new_one(work, site):
    one = work("tsink")
    old = one.service.url
    one.edit()
    one.desk.get_by_role("tab").last.click()
    one.desk.locator("#id_slug").fill("tsink-novyy")
    one.publish()
    one.patient.goto(old)
    expect(one.patient).to_have_url(site.url + old.replace("tsink", "tsink-novyy"))
    expect(one.patient.get_by_role("heading", level=1)).to_have_text(one.service.title)


def test_price_now_and_from_a_date(work):
    one = work("vitamin-b12", login="prices")
    later = timezone.localtime() + timedelta(days=60)
    patient, desk = one.patient, one.desk
    patient.goto(one.service.url)
    before = patient.locator(".offer-price").inner_text()

    desk.goto("/admin/prices/")
    desk.locator("#id_q").fill(one.service.code)
    desk.get_by_role("link", name=one.service.title, exact=True).click()
    desk.get_by_role("textbox", name="Новая цена").fill("1 234,50")
    desk.get_by_role("textbox", name="Примечание").fill("Проба")
    desk.get_by_role("button", name="Сохранить цену").click()
    expect(desk.locator(".messages .success")).to_contain_text("1 234,50 ₽".replace(" ", "\u00a0"))

    desk.get_by_role("textbox", name="Новая цена").fill("1300")
    desk.get_by_label("с даты и времени").check()
    desk.locator("#id_valid_from").fill(f"{later:%Y-%m-%dT%H:%M}")
    desk.get_by_role("button", name="Сохранить цену").click()
    rows = desk.locator("#history-section tbody tr")
    expect(rows.nth(0)).to_contain_text(f"{later:%d.%m.%Y %H:%M}")
    expect(rows.nth(0)).to_contain_text("запланирована")
    expect(rows.nth(1)).to_contain_text(re.compile(r"1\s234,50\s₽"))
    expect(rows.nth(1)).to_contain_text("Сослан Болотаев")
    expect(rows.nth(2)).to_contain_text(before)

    patient.goto(one.service.url)
    expect(patient.locator(".offer-price")).to_have_text(re.compile(r"^1\s234,50\s₽$"))
    expect(patient.get_by_role("complementary")).to_contain_text(re.compile(r"1\s300\s₽"))
    patient.goto(f"/ceny/?q={one.service.code}")
    expect(patient.locator(".service .price")).to_have_text(re.compile(r"^1\s234,50\s₽$"))


SCREENS_OF_OURS = ("/admin/prices/", "/admin/reports/catalogue/", "/admin/")


@pytest.mark.parametrize("width", [360, 1440])
def test_screens_of_ours_are_quiet(visitor, site, width):
    page = sign_in(visitor(width), "head")
    for address in (*SCREENS_OF_OURS, f"/admin/prices/{ServicePage.objects.first().pk}/"):
        response = page.goto(address)
        assert response.status == 200
        if address != "/admin/":
            assert "unsafe" not in response.headers["content-security-policy"]
        expect(page.get_by_role("heading", level=1).first).to_be_visible()


def test_chat_is_seen_before_it_is_public(visitor):
    """The preview is the real chat with the draft's words, and leaves the focus in the form."""
    new = "Здравствуйте! Проба редактора."
    widget = ChatWidget.objects.get()
    desk = sign_in(visitor(), "editor")
    open_form(desk, f"/admin/snippets/chat/chatwidget/edit/{widget.pk}/")
    desk.locator("[data-side-panel-toggle=preview]").click()
    preview = desk.frame_locator("[data-side-panel=preview] iframe").last
    expect(preview.get_by_role("dialog")).to_contain_text(widget.greeting)
    greeting = desk.locator("#id_greeting")
    greeting.fill(new)
    expect(preview.get_by_role("dialog")).to_contain_text(new)
    expect(greeting).to_be_focused()
    preview.get_by_role("textbox", name="Сообщение").fill("Натощак?")
    preview.get_by_role("dialog").locator("[name=consent], input[type=checkbox]").first.check()
    preview.get_by_role("button", name="Отправить").click()
    expect(preview.get_by_role("dialog")).to_contain_text("Это предпросмотр")

    patient = visitor()
    patient.goto("/chat/")
    expect(patient.locator("main")).not_to_contain_text(new)
    desk.reload()
    desk.locator("#id_greeting").fill(new)
    desk.locator("footer .w-dropdown__toggle").click()
    desk.locator("footer [name=action-publish]").click()
    expect(desk.locator(".messages .success")).to_be_visible()
    patient.reload()
    expect(patient.locator("main")).to_contain_text(new)
