"""What the tests of the pages share."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from django.db import connections

import pytest

from tests.databases import connected_to, database_copy


@pytest.fixture
def own_database(suite_database: None, django_db_blocker: Any) -> Iterator[None]:
    """A database of the test's own, where transactions are real and nothing is left behind.

    It is a copy of the suite's, so what migrations have put there is there; emptying all tables,
    as Django's own transactional tests do, would take that away from the tests that follow.
    """
    with django_db_blocker.unblock(), database_copy("own") as name, connected_to(name):
        yield


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
