"""The demo site in a process of its own, as `make run` starts it, for the tests with a browser."""

import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.error import URLError
from urllib.parse import urlsplit, urlunsplit
from urllib.request import urlopen

import psycopg
import pytest
from playwright.sync_api import Page

from site_config.local_database import database_url

ROOT = Path(__file__).resolve().parents[2]
DATABASE = "kdl_demo_test"
# Migrating and loading the demo content take their time on a small machine.
START_SECONDS = 420


def fresh_database() -> str:
    """Make an empty database beside the suite's own and return its address."""
    address = database_url()
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {DATABASE} WITH (FORCE)")
        connection.execute(f"CREATE DATABASE {DATABASE}")
    parts = urlsplit(address)
    return urlunsplit(parts._replace(path=f"/{DATABASE}"))


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def wait_until_up(address: str, process: subprocess.Popen, log: Path) -> None:
    """Return when the site answers; fail with its output if it ends or takes too long."""
    pause = threading.Event()
    for _attempt in range(START_SECONDS * 4):
        if process.poll() is not None:
            break
        try:
            urlopen(f"{address}/healthz/", timeout=5).close()
        except (URLError, TimeoutError, ConnectionError):
            pause.wait(0.25)
        else:
            return
    pytest.fail(f"The demo site did not start:\n{log.read_text()}", pytrace=False)


@pytest.fixture(scope="session")
def demo_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a running demo site, loaded anew for this run."""
    folder = tmp_path_factory.mktemp("demo")
    log = folder / "output.txt"
    port = free_port()
    environment = {
        **os.environ,
        "DATABASE_URL": fresh_database(),
        "DJANGO_SETTINGS_MODULE": "site_config.settings.dev",
        "MEDIA_ROOT": str(folder / "media"),
    }
    with log.open("w") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "site_config.local_run", "--port", str(port)],
            cwd=ROOT,
            env=environment,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    address = f"http://127.0.0.1:{port}"
    try:
        wait_until_up(address, process, log)
        yield address
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=60)


@pytest.fixture
def page(page: Page, demo_site: str) -> Iterator[Page]:
    """A tab that fails its test on a CSP report, a script error or a request to another host."""
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(f"script error: {error}"))
    page.on(
        "console",
        lambda message: (
            problems.append(message.text) if "Content Security Policy" in message.text else None
        ),
    )
    page.on(
        "request",
        lambda request: (
            None
            if request.url.startswith((demo_site, "data:", "blob:", "about:"))
            else problems.append(f"another host: {request.url}")
        ),
    )
    yield page
    assert problems == []
