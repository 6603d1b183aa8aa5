"""What the tests of the pages share."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from django.db import connection, connections
from django.db.backends.base.creation import TEST_DATABASE_PREFIX
from django.test.utils import setup_databases

import psycopg
import pytest
from psycopg import sql


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
    config = connection.settings_dict
    template = config["NAME"]
    name = f"{template}_own"

    def manage(statement: str, *names: str) -> None:
        parameters = {**connection.get_connection_params(), "dbname": "postgres"}
        for key in ("context", "cursor_factory", "prepare_threshold"):
            parameters.pop(key, None)
        with psycopg.connect(**parameters, autocommit=True) as server:
            server.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))

    with django_db_blocker.unblock():
        connection.close()
        manage("DROP DATABASE IF EXISTS {} WITH (FORCE)", name)
        manage("CREATE DATABASE {} TEMPLATE {}", name, template)
        config["NAME"] = name
        try:
            yield
        finally:
            connections.close_all()
            config["NAME"] = template
            manage("DROP DATABASE {} WITH (FORCE)", name)


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
