"""Files in the widget: they go up while one writes, can be stopped, and come back as downloads."""

import pytest
from PIL import Image
from playwright.sync_api import expect

from chat.models import ChatAttachment

pytestmark = pytest.mark.e2e

UPLOADS = "**/chat/api/attachments/"


@pytest.fixture
def photo(files):
    """A photo of a referral."""
    path = files / "направление.jpg"
    Image.new("RGB", (60, 40), "white").save(path)
    return path


@pytest.fixture
def tab(patient):
    """A patient in a conversation."""
    return patient(lossy=True).begin("0")


def attach(tab, *paths):
    """Choose files as by the clip."""
    tab.panel.locator("input[type=file]").set_input_files(list(paths))


def test_file_goes_with_a_message_and_comes_back_as_a_download(tab, desk, photo):
    attach(tab, photo)
    row = tab.panel.locator(".files li")
    expect(row).to_contain_text("направление")
    expect(row.get_by_role("button", name="Убрать файл")).to_be_visible()
    tab.say("Вот направление")
    tab.sent(2)
    expect(tab.panel.locator(".files")).not_to_be_visible()
    assert ChatAttachment.objects.filter(message__thread=desk.thread()).count() == 1
    link = tab.own.last.get_by_role("link")
    with tab.page.expect_download() as download:
        link.click()
    assert download.value.path().stat().st_size > 0


def test_file_needs_no_words(tab, desk, photo):
    attach(tab, photo)
    expect(tab.send_button).to_have_class("icon-button send ready")
    tab.send_button.click()
    tab.sent(2)
    assert desk.received() == ["0", ""]


def test_upload_can_be_stopped(tab, photo):
    held = []
    tab.page.route(UPLOADS, lambda route: held.append(route))
    attach(tab, photo)
    row = tab.panel.locator(".files li")
    expect(row.get_by_role("progressbar")).to_be_visible()
    tab.say("Вот направление")
    expect(tab.panel.locator(".problem")).to_have_text("Файл ещё загружается.")
    row.get_by_role("button", name="Отменить загрузку").click()
    expect(row).to_have_count(0)
    tab.text.press("Enter")
    tab.sent(2)


def test_broken_upload_can_be_repeated(tab, photo):
    tab.page.route(UPLOADS, lambda route: route.abort(), times=1)
    attach(tab, photo)
    row = tab.panel.locator(".files li")
    expect(row).to_contain_text("Не загрузилось.")
    row.get_by_role("button", name="Загрузить ещё раз").click()
    expect(row.get_by_role("button", name="Убрать файл")).to_be_visible()
    expect(row).not_to_contain_text("Не загрузилось.")
    tab.send_button.click()
    tab.sent(2)


def test_what_cannot_be_sent_is_told_at_once(tab, files, photo):
    asked = []
    tab.page.on("request", lambda request: asked.append(request.method == "POST"))
    script = files / "virus.exe"
    script.write_bytes(b"MZ")
    huge = files / "huge.pdf"
    huge.write_bytes(b"%PDF" + b"0" * (10 * 1024 * 1024))
    attach(tab, script, huge)
    rows = tab.panel.locator(".files li")
    expect(rows.nth(0)).to_contain_text("Можно отправить JPEG, PNG, HEIC или PDF.")
    expect(rows.nth(1)).to_contain_text("Файл больше 10 МБ")
    assert not any(asked)
    for _row in range(2):
        rows.first.get_by_role("button", name="Убрать файл").click()
    expect(rows).to_have_count(0)


def test_file_that_lies_is_refused_with_the_servers_reason(tab, files):
    liar = files / "photo.jpg"
    liar.write_text("это не фото", encoding="utf-8")
    attach(tab, liar)
    row = tab.panel.locator(".files li.bad")
    expect(row).to_be_visible()
    expect(row.locator("small")).not_to_be_empty()


def test_no_more_than_five(tab, photo):
    attach(tab, *[photo] * 6)
    expect(tab.panel.locator(".files li")).to_have_count(5)
    expect(tab.panel.locator(".problem")).to_have_text("Не больше 5 файлов в одном сообщении.")


def test_no_file_goes_up_before_consent(patient, photo):
    tab = patient().open()
    tab.panel.get_by_role("button", name="Прикрепить файл").click()
    expect(tab.consent).to_be_focused()
    expect(tab.panel.locator(".problem")).to_contain_text("Без согласия")
