"""The chat in a real browser: the whole site in one process, patients and an operator."""

import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from django.utils import timezone

import pytest
from playwright.sync_api import Browser, BrowserContext

from chat.models import ChatThread, ChatTopic, ChatWidget
from chat.selectors.widget import current_widget
from tests.databases import connected_to
from tests.e2e.chat.office import Office
from tests.e2e.chat.people import Desk, Tab
from tests.e2e.conftest import PATIENCE
from tests.e2e.site import HOST, ROOT, Site, newcomers_environment
from tests.e2e.watch import Watch
from tests.factories.chat import make_operator, make_widget

# The first two numbers of a network.
NETWORKS = (f"{high}.{low}" for high in range(1, 100) for low in range(1, 250))
TOPICS = [("Цена", "Сколько стоит "), ("Подготовка", "Как подготовиться к анализу ")]


@pytest.fixture(scope="session")
def widget(site: Site, django_db_blocker: Any) -> ChatWidget:
    """The widget that the site shows."""
    with django_db_blocker.unblock(), connected_to(site.database):
        widget = current_widget() or make_widget()
        if not widget.topics.exists():
            for place, (title, text) in enumerate(TOPICS):
                ChatTopic.objects.create(widget=widget, title=title, text=text, sort_order=place)
        return widget


@pytest.fixture(scope="session")
def chat_url(
    site: Site, widget: ChatWidget, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """The demo site with its stream, as `make run` serves it, until the end of the run."""
    folder = tmp_path_factory.mktemp("chat")
    with socket.create_server((HOST, 0)) as listener, (folder / "server.log").open("wb") as log:
        server = subprocess.Popen(
            [
                *(sys.executable, "-m", "gunicorn", "site_config.asgi:application"),
                *("--bind", f"fd://{listener.fileno()}", "--worker-class", "asgi"),
                *("--graceful-timeout", "2", "--no-control-socket"),
            ],
            cwd=ROOT,
            env={
                **newcomers_environment(site.database),
                "PRIVATE_ROOT": str(folder / "private"),
                "TRUSTED_PROXY_COUNT": "1",
            },
            pass_fds=[listener.fileno()],
            stdout=log,
            stderr=log,
        )
        url = f"http://{HOST}:{listener.getsockname()[1]}"
    yield url
    server.terminate()
    server.wait(timeout=30)


@pytest.fixture
def desk(site_database: None) -> Desk:
    """An operator of the laboratory."""
    return Desk(make_operator())


@pytest.fixture
def browser_of(browser: Browser, chat_url: str) -> Iterator[Callable[..., BrowserContext]]:
    """Make a browser of a new patient; options are those of a browser context.

    The test fails in the end if a browser complained of anything but, where a test breaks the line
    (`lossy`), of the broken line.
    """
    contexts: list[BrowserContext] = []
    watches: list[tuple[Watch, bool]] = []

    def make(width: int = 1440, height: int = 900, *, lossy: bool = False, **options: Any) -> Any:
        context = browser.new_context(
            base_url=chat_url,
            locale="ru-RU",
            timezone_id="Europe/Moscow",
            viewport={"width": width, "height": height},
            # Each from a network of their own, for limits count by network.
            extra_http_headers={"X-Forwarded-For": f"{next(NETWORKS)}.0.1"},
            **({"reduced_motion": "reduce"} | options),
        )
        context.set_default_timeout(PATIENCE)
        contexts.append(context)
        watches.append((Watch(context, chat_url), lossy))
        return context

    yield make
    for context in contexts:
        context.close()
    assert [
        line
        for watch, lossy in watches
        for line in watch.complaints
        if not (lossy and is_of_the_line(line))
    ] == []


def is_of_the_line(complaint: str) -> bool:
    """Say whether a browser only complains that an answer of the chat was bad or none."""
    return "/chat/" in complaint and complaint.startswith(
        ("console: Failed to load resource", "console: WebSocket", "failed: ")
    )


@pytest.fixture
def patient(browser_of: Callable[..., BrowserContext]) -> Callable[..., Tab]:
    """Make a tab of a new patient, by default at a desk, with the home page before them."""

    def make(*size: int, path: str = "/", **options: Any) -> Tab:
        tab = Tab(browser_of(*size, **options).new_page())
        tab.page.goto(path)
        return tab

    return make


@pytest.fixture
def office(browser_of: Callable[..., BrowserContext], site_database: None) -> Callable[..., Office]:
    """Make the tab of one of the demo people, by default of the operator at a desk."""
    # What the tests before have asked would push what this one asks off the first page of the list.
    ChatThread.objects.filter(status="open").update(
        status="closed", closed_at=timezone.now(), waiting_since=None
    )

    def make(login: str = "operator", *size: int, **options: Any) -> Office:
        return Office(browser_of(*size, **options), login)

    return make


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """A folder for what patients send."""
    return tmp_path
