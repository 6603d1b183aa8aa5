"""What the whole suite shares: the clean caches and the real browser."""

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.cache import caches
from django.db import connection
from django.db.backends.base.creation import TEST_DATABASE_PREFIX
from django.test.utils import setup_databases

import pytest
from coverage import Coverage
from fasteners import InterProcessLock
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from playwright.sync_api import Error as PlaywrightError

from chat.services import files
from site_config import chromium
from tests import measured_rewriter
from tests.databases import connected_to, database_copy, keep_demo_template

NO_BROWSER = (
    "These tests drive a real browser and found none. Install Chromium with the system's packages "
    "(apt-get install chromium), or let Playwright fetch its own: .venv/bin/playwright install "
    "chromium. Or run the others alone: make test ARGS='-m \"not e2e\"'."
)


UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def pytest_make_parametrize_id(val: Any) -> str | None:
    """Keep what is drawn at random out of the names of tests: all processes name them alike."""
    name = UUID.sub("uuid", str(val))
    return name if name != str(val) else None


@pytest.fixture(autouse=True, scope="session")
def rewriter_is_measured() -> Iterator[None]:
    """Where coverage is measured, measure the process that writes files anew as well."""
    with pytest.MonkeyPatch.context() as patch:
        if Coverage.current():
            patch.setattr(files, "REWRITER", Path(measured_rewriter.__file__))
        yield


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


@pytest.fixture
def search_index(settings: Any) -> None:
    """Keep the search index up to date, as a site does."""
    settings.WAGTAILSEARCH_BACKENDS = {
        name: {**options, "AUTO_UPDATE": True}
        for name, options in settings.WAGTAILSEARCH_BACKENDS.items()
    }


@pytest.fixture(scope="session")
def suite_database(django_db_setup: None, django_db_blocker: Any) -> None:
    """The suite's database, also in a run of nothing but tests with a database of their own."""
    if not connection.settings_dict["NAME"].startswith(TEST_DATABASE_PREFIX):
        with django_db_blocker.unblock():
            setup_databases(verbosity=0, interactive=False, aliases={"default"}, keepdb=True)


@pytest.fixture
def own_database(suite_database: None, django_db_blocker: Any) -> Iterator[None]:
    """A database of the test's own, where transactions are real and nothing is left behind.

    It is a copy of the suite's, so what migrations have put there is there; emptying all tables,
    as Django's own transactional tests do, would take that away from the tests that follow.
    """
    with django_db_blocker.unblock(), database_copy("own") as name, connected_to(name):
        yield


@pytest.fixture(scope="session")
def demo_template(
    suite_database: None,
    django_db_blocker: Any,
    tmp_path_factory: pytest.TempPathFactory,
    worker_id: str,
) -> str:
    """A database with the demo content for others to copy, the same for all processes of a run."""
    folder = tmp_path_factory.getbasetemp()
    if worker_id != "master":
        folder = folder.parent
    own = connection.settings_dict["NAME"]
    name = f"{own.removesuffix(f'_{worker_id}')}_demo_template"
    with django_db_blocker.unblock(), InterProcessLock(folder / "demo_template.lock"):
        keep_demo_template(name)
    return name


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One Chromium for the whole run; without one the tests that need it fail and say why."""
    # Its driver runs an event loop in the thread of the tests; without this, Django would refuse
    # to touch the database there from now on.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright:
        try:
            started = chromium.launch(playwright)
        except PlaywrightError as error:
            pytest.fail(f"{NO_BROWSER}\n{error}", pytrace=False)
        yield started
        started.close()


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
