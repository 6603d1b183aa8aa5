"""The site as `make run` starts it, with the stand-in VK, in a process of its own."""

import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.request import urlopen

from site_config.local_run import FROM_SITE_TO_VK
from tests.databases import ROOT, newcomers_environment
from tests.e2e.site import HOST

TRIES = 100


@dataclass(frozen=True)
class Run:
    """A run of `make run`: where it is, and what it says."""

    url: str
    vk_url: str
    process: subprocess.Popen[bytes]
    output: Path

    def stop(self) -> int:
        """Press Ctrl-C and return the exit code."""
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(timeout=60)

    def said(self) -> str:
        """Return what it has printed so far."""
        return self.output.read_text(encoding="utf-8")


@contextmanager
def make_run(database: str, output: Path) -> Iterator[Run]:
    """Run the site on a database with content until the end of the block."""
    port = free_port()
    with output.open("wb") as file:
        process = subprocess.Popen(
            [sys.executable, "-m", "site_config.local_run", "--port", str(port)],
            cwd=ROOT,
            env=newcomers_environment(database),
            stdout=file,
            stderr=file,
        )
    address, vk_address = (f"http://{HOST}:{one}" for one in (port, port + FROM_SITE_TO_VK))
    run = Run(address, vk_address, process, output)
    try:
        for url in (f"{address}/healthz/", f"{vk_address}/_fake/state"):
            assert answers(url, process), run.said()
        yield run
    finally:
        if process.poll() is None:
            run.stop()


def free_port() -> int:
    """Return a port that nobody listens on, nor on that of the VK beside it."""
    for _try in range(TRIES):
        with ExitStack() as stack, socket.create_server((HOST, 0)) as probe:
            port: int = probe.getsockname()[1]
            try:
                stack.enter_context(socket.create_server((HOST, port + FROM_SITE_TO_VK)))
            except (OSError, OverflowError):
                continue
            return port
    raise LookupError("No two ports are free.")


def answers(url: str, process: subprocess.Popen[bytes]) -> bool:
    """Say whether an address answers before the process ends."""
    pause = threading.Event()
    while process.poll() is None:
        try:
            with urlopen(url, timeout=5) as response:
                return bool(response.status == 200)
        except OSError:
            pause.wait(0.2)
    return False
