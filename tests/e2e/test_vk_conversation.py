"""Patients on the site and in VK, an operator with VK alone, all processes as `make run` has them.

What each person sees is recorded: `python -m playwright show-trace .local/vk-conversation.zip`.
"""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from chat.models import ChatMessage, ChatThread, VkOperator
from tests.databases import ROOT
from tests.e2e.chat.people import Tab, words
from tests.e2e.newcomer import Run, make_run
from tests.e2e.site import Site
from tests.e2e.watch import Watch

pytestmark = [pytest.mark.e2e, pytest.mark.usefixtures("site_database")]

RECORDING = ROOT / ".local" / "vk-conversation.zip"
# An answer from VK is held for ten seconds; then a busy machine may take its time.
UNTIL_DELIVERED = 60_000


@pytest.fixture
def run(site: Site, site_database: None, tmp_path) -> Iterator[Run]:
    """The whole site with its VK."""
    with make_run(site.database, tmp_path / "output.txt") as run:
        yield run
    VkOperator.objects.all().delete()


@pytest.fixture
def patient(browser: Browser, run: Run) -> Iterator[Page]:
    """The tab of a patient on the site; what they see is recorded."""
    context = browser.new_context(base_url=run.url, viewport={"width": 360, "height": 740})
    watch = Watch(context, run.url)
    context.tracing.start(screenshots=True, snapshots=True)
    yield context.new_page()
    context.tracing.stop(path=RECORDING.with_stem("vk-conversation-patient"))
    context.close()
    assert watch.complaints == []


@pytest.fixture
def vk(browser: Browser, run: Run) -> Iterator[Page]:
    """The tab in which VK is played; what is seen there is recorded."""
    context = browser.new_context(base_url=run.vk_url, viewport={"width": 1440, "height": 900})
    context.tracing.start(screenshots=True, snapshots=True)
    page = context.new_page()
    page.goto("/")
    yield page
    context.tracing.stop(path=RECORDING)
    context.close()


def write(screen: Locator, text: str) -> None:
    """Send a message from one of the two screens of VK."""
    screen.get_by_label("Сообщение", exact=True).fill(text)
    screen.get_by_role("button", name="Отправить").click()


def line(screen: Locator, text: str) -> Locator:
    """Return the newest message of a screen with this text."""
    return screen.get_by_role("listitem").filter(has_text=words(text)).last


def test_operator_with_vk_alone_and_patients_on_both_sides_understand_each_other(
    patient: Page, vk: Page
):
    operator, stranger = vk.locator("#operator"), vk.locator("#patient")
    expect(vk.locator("#state")).to_contain_text("события принимает")
    patient.goto("/")
    tab = Tab(patient).begin("Сколько стоит ОАК?")
    number = ChatThread.objects.filter(is_common=False).latest("pk").pk

    # VK's own reply, its echo, and the answer on the site.
    alert = line(operator, "Сколько стоит ОАК?")
    expect(alert).to_contain_text(f"#{number}")
    alert.get_by_role("button", name="Ответить").click()
    write(operator, "450 рублей")
    expect(line(operator, f"→ #{number}")).to_contain_text("450 рублей")
    expect(tab.theirs.last).to_contain_text("450 рублей", timeout=UNTIL_DELIVERED)

    # The number, and an answer that is taken back.
    write(operator, f"#{number} Не этому пациенту")
    echo = line(operator, "Не этому пациенту")
    expect(echo.get_by_role("button", name="Отменить")).to_be_visible()
    echo.get_by_role("button", name="Отменить").click()
    expect(operator.get_by_role("status")).to_have_text("Готово.")
    write(operator, f"#{number} Натощак 8 часов")
    expect(tab.theirs.last).to_contain_text("Натощак 8 часов", timeout=UNTIL_DELIVERED)
    expect(tab.theirs).to_have_count(2)

    # The button.
    alert.get_by_role("button", name=f"Взять #{number}").click()
    expect(operator.get_by_role("status")).to_have_text("Готово.")
    assert ChatThread.objects.get(pk=number).assignee == VkOperator.objects.get().user

    # A patient in VK, who is answered there; what they address to others reaches nobody.
    write(stranger, "Вы работаете?")
    question = line(operator, "Вы работаете?")
    question.get_by_role("button", name="Ответить").click()
    write(operator, "До шести")
    expect(line(stranger, "До шести")).to_be_visible(timeout=UNTIL_DELIVERED)
    write(stranger, f"#{number} Это написал посторонний")
    expect(line(operator, "Это написал посторонний")).to_be_visible()
    stray = ChatMessage.objects.get(text__contains="посторонний")
    assert stray.thread_id != number

    # The patient on the site has both answers, once, and nothing of anybody else's.
    patient.reload()
    tab.open()
    expect(tab.theirs).to_have_count(2)
    assert tab.texts(tab.theirs) == ["450 рублей", "Натощак 8 часов"]
    assert tab.texts(tab.own) == ["Сколько стоит ОАК?"]
