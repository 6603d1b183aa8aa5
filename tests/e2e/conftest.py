"""What the tests with a real browser share: the running site and a watched visitor."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.databases import connected_to
from tests.e2e.site import Site, demo_site
from tests.e2e.watch import Watch

# Milliseconds for what a busy machine may be slow at; nothing waits longer than it must.
PATIENCE = 30_000
expect.set_options(timeout=PATIENCE)


@pytest.fixture(scope="session")
def site(
    demo_template: str, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Site]:
    """The demo site, served until the end of the run."""
    log = tmp_path_factory.mktemp("site") / "server.log"
    with django_db_blocker.unblock(), demo_site(demo_template, log) as site:
        django_db_blocker.block()
        yield site


@pytest.fixture
def site_database(site: Site, django_db_blocker: Any) -> Iterator[None]:
    """Lead the test's own queries to the database of the running site."""
    with django_db_blocker.unblock(), connected_to(site.database):
        yield


@contextmanager
def watched_visitors(browser: Browser, site: Site) -> Iterator[Callable[..., Page]]:
    """Yield what makes a tab of a new visitor; fail in the end if a browser complained."""
    contexts: list[BrowserContext] = []
    watches: list[Watch] = []

    def make(width: int = 1440, height: int = 900, **options: Any) -> Page:
        context = browser.new_context(
            base_url=site.url,
            locale="ru-RU",
            timezone_id="Europe/Moscow",
            viewport={"width": width, "height": height},
            **options,
        )
        context.set_default_timeout(PATIENCE)
        contexts.append(context)
        watches.append(Watch(context, site.url))
        return context.new_page()

    yield make
    for context in contexts:
        context.close()
    assert [line for watch in watches for line in watch.complaints] == []


@pytest.fixture
def visitor(browser: Browser, site: Site) -> Iterator[Callable[..., Page]]:
    """Make a tab of a new visitor, by default at a desk; options are those of a browser context.

    The test fails in the end if a browser complained of anything.
    """
    with watched_visitors(browser, site) as make:
        yield make


@pytest.fixture(scope="module")
def reader(browser: Browser, site: Site) -> Iterator[Page]:
    """One tab that goes from page to page, much quicker than a new visitor for each."""
    with watched_visitors(browser, site) as make:
        # Without motion the colours are at once what they will be.
        yield make(reduced_motion="reduce")
