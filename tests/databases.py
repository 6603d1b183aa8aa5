"""Copies of the suite's database, for tests that need real transactions or a site of their own."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, connections

import psycopg
from psycopg import sql


def _manage(statement: str, *names: str) -> None:
    parameters = {**connection.get_connection_params(), "dbname": "postgres"}
    for key in ("context", "cursor_factory", "prepare_threshold"):
        parameters.pop(key, None)
    with psycopg.connect(**parameters, autocommit=True) as server:
        server.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))


@contextmanager
def database_copy(suffix: str) -> Iterator[str]:
    """Copy the suite's database and yield the name of the copy, which is dropped in the end."""
    template = connection.settings_dict["NAME"]
    name = f"{template}_{suffix}"
    connection.close()
    _manage("DROP DATABASE IF EXISTS {} WITH (FORCE)", name)
    _manage("CREATE DATABASE {} TEMPLATE {}", name, template)
    try:
        yield name
    finally:
        _manage("DROP DATABASE {} WITH (FORCE)", name)


@contextmanager
def connected_to(name: str) -> Iterator[None]:
    """Lead all connections of the process to another database of the same server."""
    config = connection.settings_dict
    before = config["NAME"]
    connections.close_all()
    config["NAME"] = name
    try:
        yield
    finally:
        connections.close_all()
        config["NAME"] = before
