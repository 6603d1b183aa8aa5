"""What the whole suite shares: the clean caches and the real browser."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.cache import caches
from django.db import connection
from django.db.backends.base.creation import TEST_DATABASE_PREFIX
from django.test.utils import setup_databases

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from playwright.sync_api import Error as PlaywrightError

CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
CHROMIUM_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
NO_BROWSER = (
    "These tests drive a real browser and found none. Install Chromium with the system's packages "
    "(apt-get install chromium), or let Playwright fetch its own: .venv/bin/playwright install "
    "chromium. Or run the others alone: make test ARGS='-m \"not e2e\"'."
)


@pytest.fixture(autouse=True)
def empty_caches(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Begin each test with empty caches, so that none sees what another left."""
    # What is kept goes by the number of the content, which is the same at the start of each test.
    monkeypatch.setattr("pages.selectors.freshness._kept", {})
    for cache in caches.all():
        cache.clear()
    yield
    for cache in caches.all():
        cache.clear()


@pytest.fixture(scope="session")
def suite_database(django_db_setup: None, django_db_blocker: Any) -> None:
    """The suite's database, also in a run of nothing but tests with a database of their own."""
    if not connection.settings_dict["NAME"].startswith(TEST_DATABASE_PREFIX):
        with django_db_blocker.unblock():
            setup_databases(verbosity=0, interactive=False, aliases={"default"}, keepdb=True)


def find_chromium() -> str | None:
    """Return the path of the system's Chromium; None leaves the choice to Playwright."""
    return next(filter(None, map(shutil.which, CHROMIUM_NAMES)), None)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One Chromium for the whole run; without one the tests that need it fail and say why."""
    # Its driver runs an event loop in the thread of the tests; without this, Django would refuse
    # to touch the database there from now on.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright:
        try:
            chromium = playwright.chromium.launch(
                executable_path=find_chromium(), args=CHROMIUM_ARGUMENTS
            )
        except PlaywrightError as error:
            pytest.fail(f"{NO_BROWSER}\n{error}", pytrace=False)
        yield chromium
        chromium.close()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """A fresh visitor in Vladikavkaz: no cookies, nothing stored."""
    context = browser.new_context(locale="ru-RU", timezone_id="Europe/Moscow")
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext) -> Page:
    """A tab of the visitor's."""
    return context.new_page()


@pytest.fixture
def project_root() -> Path:
    """The folder of the project."""
    return Path(__file__).resolve().parents[1]
