"""What the tests of the pages share."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from django.db import connections, transaction

import pytest

from tests.databases import connected_to, database_copy


@pytest.fixture
def together() -> Iterator[Callable[..., list[Any]]]:
    """Run functions at the same time, each on a connection of its own.

    Returns what each returned, or the exception it raised.
    """
    pool = ThreadPoolExecutor(max_workers=8)

    def guarded(function: Callable[[], Any]) -> Any:
        try:
            return function()
        except Exception as error:  # noqa: BLE001 - the test looks at it
            return error
        finally:
            connections.close_all()

    def run(*functions: Callable[[], Any]) -> list[Any]:
        return [future.result() for future in [pool.submit(guarded, one) for one in functions]]

    yield run
    pool.shutdown()


@pytest.fixture(scope="session")
def demo_database(demo_template: str, django_db_blocker: Any) -> Iterator[str]:
    """A database with the demo content in it."""
    with django_db_blocker.unblock(), database_copy("demo", demo_template) as name:
        yield name


@pytest.fixture
def demo(demo_database: str, django_db_blocker: Any) -> Iterator[None]:
    """The demo site; whatever a test changes of it is taken back."""
    with django_db_blocker.unblock(), connected_to(demo_database), transaction.atomic():
        yield
        transaction.set_rollback(True)
