"""Copies of the suite's database, for tests that need real transactions or a site of their own."""

import hashlib
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from django.conf import settings
from django.db import connection, connections
from django.utils import timezone

import psycopg
from psycopg import sql

from pages.models import SiteImage
from site_config.local_database import database_url

ROOT = Path(__file__).resolve().parents[1]
# What the demo content is made of and by.
MAKERS = ["accounts", "chat", "locale", "pages", "requirements", "search", "site_config"]


def _manage(statement: str, *parts: str | sql.Identifier) -> list[tuple[str]]:
    """Run a statement on the server; parts that are no identifiers are put in as text.

    Returns the rows that it gives, if it gives any.
    """
    parameters = {**connection.get_connection_params(), "dbname": "postgres"}
    for key in ("context", "cursor_factory", "prepare_threshold"):
        parameters.pop(key, None)
    with psycopg.connect(**parameters, autocommit=True) as server:
        answer = server.execute(sql.SQL(statement).format(*parts))
        return answer.fetchall() if answer.description else []


def copy_database(name: str, template: str) -> None:
    """Make a database anew as a copy of another, whose sessions end by it."""
    connection.close()
    sessions = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = {}"
    _manage(sessions, template)
    _manage("DROP DATABASE IF EXISTS {} WITH (FORCE)", sql.Identifier(name))
    _manage("CREATE DATABASE {} TEMPLATE {}", sql.Identifier(name), sql.Identifier(template))


@contextmanager
def database_copy(suffix: str, template: str | None = None) -> Iterator[str]:
    """Copy a database (that of the suite) and yield the name of the copy, dropped in the end."""
    own = connection.settings_dict["NAME"]
    name = f"{own}_{suffix}"
    copy_database(name, template or own)
    try:
        yield name
    finally:
        _manage("DROP DATABASE {} WITH (FORCE)", sql.Identifier(name))


@contextmanager
def database_away(name: str) -> Iterator[None]:
    """Let nobody reach a database for a while, as if its server were down."""
    connection.close()
    database = sql.Identifier(name)
    _manage("ALTER DATABASE {} ALLOW_CONNECTIONS false", database)
    try:
        _manage("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = {}", name)
        yield
    finally:
        _manage("ALTER DATABASE {} ALLOW_CONNECTIONS true", database)


@contextmanager
def connected_to(name: str, **server: str) -> Iterator[None]:
    """Lead all connections of the process to another database.

    It is one of the same server, or of another that settings like HOST and USER lead to.
    """
    config = connection.settings_dict
    changes = {"NAME": name, **server}
    before = {key: config[key] for key in changes}
    connections.close_all()
    config.update(changes)
    try:
        yield
    finally:
        connections.close_all()
        config.update(before)


def newcomers_environment(database: str) -> dict[str, str]:
    """Return the environment of a developer's machine with the site in this database."""
    return {
        **os.environ,
        "DATABASE_URL": urlsplit(database_url())._replace(path=f"/{database}").geturl(),
        "DJANGO_SETTINGS_MODULE": "site_config.settings.dev",
        "ENV_FILE": os.devnull,
        # A test shows few of the pictures.
        "MAKE_SIZES_AHEAD": "False",
        "MEDIA_ROOT": str(settings.MEDIA_ROOT),
    }


def load_demo(database: str) -> None:
    """Load the demo content as a developer does."""
    environment = newcomers_environment(database)
    for name in ("load_demo", "load_chat_demo"):
        command = [sys.executable, "manage.py", name]
        subprocess.run(command, cwd=ROOT, env=environment, check=True, stdout=subprocess.DEVNULL)


def keep_demo_template(name: str) -> None:
    """See to it that a database of this name has the demo content as it would be loaded now.

    Loading takes most of a minute: one that an earlier run has left is taken if it was made by the
    same code on the same day (the content has dates around its own), and its pictures are there.
    """
    key = _demo_key()
    if _key_of(name) == key and _has_pictures(name):
        return
    copy_database(name, connection.settings_dict["NAME"])
    load_demo(name)
    # Last, so that half a loading is never taken for a whole one.
    _manage("COMMENT ON DATABASE {} IS {}", sql.Identifier(name), key)


def _demo_key() -> str:
    """Return what changes with the demo content."""
    digest = hashlib.sha256(f"{sys.version} {timezone.localdate()}".encode())
    files = [Path(__file__), *(path for maker in MAKERS for path in (ROOT / maker).rglob("*"))]
    for path in sorted(files):
        if path.is_file() and path.suffix != ".pyc":
            digest.update(f"{path.relative_to(ROOT)} ".encode())
            digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def _key_of(name: str) -> str | None:
    """Return what was noted of a database; None if there is none."""
    note = "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = {}"
    return next((key for (key,) in _manage(note, name)), None)


def _has_pictures(name: str) -> bool:
    """Say whether nobody has removed the files beside a database."""
    with connected_to(name):
        return all(image.file.storage.exists(image.file.name) for image in SiteImage.objects.all())
