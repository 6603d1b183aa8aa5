"""`make run` brings up the whole site, says where it is and who may sign in, and ends by Ctrl-C."""

import signal
import socket
import subprocess
import sys
import threading
from urllib.request import urlopen

import pytest
from playwright.sync_api import expect

from accounts.demo import PEOPLE, password
from tests.e2e.site import HOST, ROOT, newcomers_environment

pytestmark = pytest.mark.e2e


def free_port():
    """Return a port that nobody listens on."""
    with socket.create_server((HOST, 0)) as probe:
        return probe.getsockname()[1]


def answers(port, process):
    """Say whether the site answers before its process ends."""
    pause = threading.Event()
    while process.poll() is None:
        try:
            with urlopen(f"http://{HOST}:{port}/healthz/", timeout=5) as response:
                return response.status == 200
        except OSError:
            pause.wait(0.2)
    return False


def test_make_run(page, site, tmp_path):
    port = free_port()
    output = tmp_path / "output.txt"
    with output.open("w") as file:
        process = subprocess.Popen(
            [sys.executable, "-m", "site_config.local_run", "--port", str(port)],
            cwd=ROOT,
            env=newcomers_environment(site.database),
            stdout=file,
            stderr=file,
        )
    try:
        assert answers(port, process), output.read_text()
        page.goto(f"http://{HOST}:{port}/")
        expect(page.get_by_role("heading", level=1)).to_be_visible()
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(timeout=60)
    said = output.read_text()
    assert process.returncode == 0, said
    assert f"http://{HOST}:{port}/admin/" in said
    assert all(person.email in said for person in PEOPLE)
    assert password() in said
