"""Makes the pictures of the README and of the guides anew: `make screenshots`.

The demo content is loaded into a database of its own and served at a fixed moment, so that «open
until …» and every date come out the same each time. Pictures are written as PNG with a palette.
"""

import multiprocessing
import os
import socket
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from io import BytesIO
from pathlib import Path
from socketserver import ThreadingMixIn
from urllib.parse import urlsplit
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server
from zoneinfo import ZoneInfo

import django

import psycopg
from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from site_config import chromium
from site_config.local_database import database_url

IMAGES = Path(__file__).resolve().parents[1] / "img"
LARGEST = 200 * 1024
COLOURS = (256, 128, 64, 32)
# A Wednesday morning: offices are open, blood is still taken.
MOMENT = datetime(2026, 11, 25, 10, 20, tzinfo=ZoneInfo("Europe/Moscow"))
DATABASE = "kdl_screenshots"
START_SECONDS = 300

DESK = {"width": 1280, "height": 800}
PHONE = {"width": 390, "height": 844}

# What the pictures show, by the titles of the demo content.
SERVICE = "ТТГ (тиреотропный гормон)"
SERVICE_SLUG = "ttg-tireotropnyy-gormon"
NEWS = "Новый анализатор считает клетки крови"
OFFICE = "Отделение на Кизиловой"
PROMOTION = "Месяц щитовидной железы"
DOCUMENT = "Договор на платные медицинские услуги"
PRICED = "Общий анализ мочи (ОАМ)"


class QuietHandler(WSGIRequestHandler):
    """Serves without a line of log for each request."""

    def log_message(self, *args: object) -> None:
        """Say nothing."""


class Server(ThreadingMixIn, WSGIServer):
    """Answers several requests of the browser at a time."""

    daemon_threads = True


def serve(port: int, database: str, media: str) -> None:
    """Fill the database, then serve the site until the process is ended."""
    import time_machine  # noqa: PLC0415 - the clock of this process alone is moved

    time_machine.travel(MOMENT, tick=True).start()
    os.environ |= {
        "DATABASE_URL": database,
        "DJANGO_SETTINGS_MODULE": "site_config.settings.dev",
        "MEDIA_ROOT": media,
        "SITE_URL": f"http://127.0.0.1:{port}",
    }
    django.setup()
    from django.conf import settings  # noqa: PLC0415
    from django.core.management import call_command  # noqa: PLC0415
    from django.core.wsgi import get_wsgi_application  # noqa: PLC0415

    settings.EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
    call_command("migrate", verbosity=0)
    with Path(os.devnull).open("w") as nowhere:
        call_command("load_demo", stdout=nowhere)
        call_command("load_chat_demo", stdout=nowhere)
        call_command("seed_chat", stdout=nowhere)
    make_server(
        "127.0.0.1", port, get_wsgi_application(), server_class=Server, handler_class=QuietHandler
    ).serve_forever()


@contextmanager
def site() -> Iterator[tuple[str, str]]:
    """Run the demo site on a free port, with a database that is dropped afterwards.

    Yields the addresses of both.
    """
    server_url = database_url()
    database = urlsplit(server_url)._replace(path=f"/{DATABASE}").geturl()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    with (
        psycopg.connect(server_url, autocommit=True) as connection,
        tempfile.TemporaryDirectory() as media,
    ):
        connection.execute(f"DROP DATABASE IF EXISTS {DATABASE} WITH (FORCE)")
        connection.execute(f"CREATE DATABASE {DATABASE}")
        spawn = multiprocessing.get_context("spawn")
        process = spawn.Process(target=serve, args=(port, database, media))
        process.start()
        try:
            wait_for(f"http://127.0.0.1:{port}/healthz/", process.is_alive)
            yield f"http://127.0.0.1:{port}", database
        finally:
            process.terminate()
            process.join(10)
            connection.execute(f"DROP DATABASE {DATABASE} WITH (FORCE)")


def wait_for(address: str, alive: Callable[[], bool]) -> None:
    """Return when the address answers. Raises RuntimeError if the server ends or takes too long."""
    for _ in range(START_SECONDS):
        if not alive():
            break
        try:
            urllib.request.urlopen(address, timeout=5).close()
        except (urllib.error.URLError, TimeoutError):
            time.sleep(1)
        else:
            return
    raise RuntimeError("The site did not start.")


def save(name: str, png: bytes) -> None:
    """Write a picture with as many colours of a palette as LARGEST allows."""
    target = IMAGES / f"{name}.png"
    target.parent.mkdir(parents=True, exist_ok=True)
    picture = Image.open(BytesIO(png)).convert("RGB")
    for colours in COLOURS:
        stream = BytesIO()
        flat = picture.quantize(
            colours, method=Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE
        )
        flat.save(stream, "PNG", optimize=True)
        if stream.tell() <= LARGEST:
            break
    else:
        raise RuntimeError(f"{name} is larger than {LARGEST} bytes.")
    target.write_bytes(stream.getvalue())
    print(f"docs/img/{name}.png  {stream.tell() // 1024} KB, {colours} colours", flush=True)


class Photographer:
    """Opens pages of the site as a visitor or as one of the demo people, and takes pictures."""

    def __init__(self, browser: Browser, address: str, database: str) -> None:
        self.browser = browser
        self.address = address
        self.database = database
        self.desks: dict[str, Page] = {}

    def visitor(self, viewport: dict[str, int], scale: float = 1) -> Page:
        """Return a tab of somebody who has not been here before."""
        context = self.browser.new_context(
            base_url=self.address,
            viewport=viewport,  # type: ignore[arg-type]
            device_scale_factor=scale,
            locale="ru-RU",
            timezone_id="Europe/Moscow",
            reduced_motion="reduce",
        )
        return context.new_page()

    def staff(self, login: str, path: str) -> Page:
        """Return the desk of one of the demo people, with a screen of the admin open."""
        from accounts.demo import DOMAIN, password  # noqa: PLC0415 - needs Django to be set up

        page = self.desks.get(login)
        if page:
            # The admin remembers which panels were open.
            page.evaluate("localStorage.clear()")
        else:
            page = self.desks[login] = self.visitor(DESK)
            page.goto("/admin/login/")
            page.fill("[name=username]", f"{login}@{DOMAIN}")
            page.fill("[name=password]", password())
            page.click("button[type=submit]")
            page.wait_for_url("**/admin/")
        page.goto(path)
        page.wait_for_load_state("networkidle")
        return page

    def edit(self, login: str, title: str) -> Page:
        """Return the desk of one of the demo people, with the form of a page open."""
        return self.staff(login, f"/admin/pages/{self.find(title)}/edit/")

    def find(self, title: str) -> int:
        """Return the number of the page whose title begins so."""
        with psycopg.connect(self.database) as connection:
            query = "SELECT id FROM wagtailcore_page WHERE title LIKE %s ORDER BY path LIMIT 1"
            row = connection.execute(query, [f"{title}%"]).fetchone()
        if row is None:
            raise LookupError(f"The demo content has no page «{title}».")
        number: int = row[0]
        return number


def shoot(page: Page, name: str) -> None:
    """Take a picture of what the window shows."""
    page.evaluate("document.fonts.ready")
    save(name, page.screenshot(animations="disabled", caret="hide"))


def show(page: Page, selector: str) -> None:
    """Bring an element to the top of the window, below the admin's own header."""
    for _ in range(2):
        # The first time parts of a long form take their size; the second time hits.
        page.locator(selector).first.evaluate(
            "element => {element.scrollIntoView({behavior: 'instant'}); window.scrollBy(0, -110)}"
        )
        page.wait_for_timeout(500)


def readme(camera: Photographer) -> None:
    """The two pictures of the README."""
    home = camera.visitor(DESK)
    home.goto("/")
    shoot(home, "home")
    phone = camera.visitor(PHONE, scale=2)
    phone.goto(f"/analizy/shchitovidnaya-zheleza/{SERVICE_SLUG}/")
    shoot(phone, "service-phone")


def texts(camera: Photographer) -> None:
    """How a text is changed, looked at, sent to review, scheduled and undone."""
    door = camera.visitor(DESK)
    door.goto("/admin/login/")
    shoot(door, "guide/sign-in")
    shoot(camera.staff("head", "/admin/"), "guide/first-screen")

    page = camera.edit("editor", SERVICE)
    shoot(page, "guide/service-form")
    page.fill("[name=summary]", "Показывает, как гипофиз управляет щитовидной железой.")
    page.click("[data-side-panel-toggle=preview]")
    page.frame_locator("iframe[id*=preview]").first.locator("h1").wait_for()
    page.wait_for_timeout(2000)
    shoot(page, "guide/preview-phone")
    page.click("[data-side-panel-toggle=preview]")
    page.click(".w-dropdown-button .w-dropdown__toggle")
    page.wait_for_timeout(500)
    shoot(page, "guide/review-send")
    page.click("[name=action-submit]")
    page.wait_for_load_state("networkidle")
    task = camera.edit("reviewer", SERVICE)
    task.click(".w-dropdown-button .w-dropdown__toggle")
    task.wait_for_timeout(500)
    shoot(task, "guide/review-task")
    shoot(camera.staff("editor", f"/admin/pages/{camera.find(SERVICE)}/history/"), "guide/history")

    page = camera.edit("editor", NEWS)
    page.click("[data-side-panel-toggle=status]")
    page.click("[data-a11y-dialog-show=schedule-publishing-dialog]")
    page.wait_for_timeout(500)
    shoot(page, "guide/schedule")


def shared(camera: Photographer) -> None:
    """Pictures, menus, the notice, hours, promotions, documents."""
    page = camera.staff("editor", "/admin/images/")
    page.locator("main a[href*='/admin/images/'] img").first.click()
    page.wait_for_load_state("networkidle")
    shoot(page, "guide/picture")
    shoot(camera.staff("editor", "/admin/settings/pages/navigation/"), "guide/menus")
    page = camera.staff("editor", "/admin/snippets/pages/noticebar/")
    page.locator("table a[href*='/edit/']").first.click()
    page.wait_for_load_state("networkidle")
    shoot(page, "guide/notice")

    page = camera.edit("editor", OFFICE)
    show(page, "#inline_child_hours-0")
    shoot(page, "guide/hours")
    show(page, "#inline_child_exceptions-0")
    shoot(page, "guide/hours-exceptions")
    page = camera.edit("editor", PROMOTION)
    show(page, "[name=starts_on]")
    shoot(page, "guide/promotion")
    page = camera.edit("editor", DOCUMENT)
    show(page, "#inline_child_versions-0")
    shoot(page, "guide/document")


def prices(camera: Photographer) -> None:
    """The work of the price manager, and the report of the head."""
    page = camera.staff("prices", "/admin/prices/?q=моч")
    shoot(page, "guide/prices")
    page.locator("table a", has_text=PRICED).first.click()
    page.wait_for_load_state("networkidle")
    shoot(page, "guide/price-new")
    show(page, "h2:has-text('История')")
    shoot(page, "guide/price-history")
    shoot(camera.staff("head", "/admin/reports/catalogue/"), "guide/gaps")


def chat(camera: Photographer) -> None:
    """What the chat says by itself, and where it is chosen."""
    page = camera.staff("editor", "/admin/snippets/chat/chatwidget/")
    page.locator("table a[href*='/edit/']").first.click()
    page.wait_for_load_state("networkidle")
    page.click("[data-side-panel-toggle=preview]")
    page.frame_locator("iframe[id*=preview]").first.get_by_role("dialog").wait_for()
    page.wait_for_timeout(2000)
    shoot(page, "guide/chat-widget")
    page.click("[data-side-panel-toggle=preview]")
    page.get_by_role("tab", name="Часы работы").click()
    shoot(page, "guide/chat-hours")
    shoot(camera.staff("editor", "/admin/settings/chat/chatsettings/"), "guide/chat-settings")


def inbox(camera: Photographer) -> None:
    """The operators' inbox, at a desk and on a phone, and the reports of the head."""
    page = camera.staff("operator", "/admin/chat/")
    page.wait_for_selector("a.ci-row")
    page.get_by_role("button", name="Включить звук").click()
    shoot(page, "guide/inbox-list")
    page.locator("a.ci-row").first.click()
    page.wait_for_selector(".ci-composer")
    shoot(page, "guide/inbox-talk")
    page.keyboard.press("n")
    page.keyboard.type("Перезвонить завтра утром, пациентка просила не раньше девяти")
    shoot(page, "guide/inbox-note")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Уведомления").click()
    shoot(page, "guide/inbox-alerts")
    page.keyboard.press("Escape")
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    shoot(page, "guide/inbox-phone")
    page.set_viewport_size(DESK)  # type: ignore[arg-type]
    shoot(camera.staff("head", "/admin/chat/reports/"), "guide/inbox-reports")


def main() -> int:
    """Make all pictures, or only those of the parts that are named."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "site_config.settings.dev")
    django.setup()
    parts = {
        "readme": readme,
        "texts": texts,
        "shared": shared,
        "prices": prices,
        "chat": chat,
        "inbox": inbox,
    }
    wanted = sys.argv[1:] or list(parts)
    with site() as (address, database), sync_playwright() as playwright:
        browser = chromium.launch(playwright)
        camera = Photographer(browser, address, database)
        for name in wanted:
            parts[name](camera)
        browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
