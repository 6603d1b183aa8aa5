"""The site's processes as they run on the servers, behind Unix sockets, and their sudden end."""

import http.client
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.e2e.chaos.waiting import until
from tests.e2e.site import ROOT

STATE = "/chat/api/state/"
STREAM = "/chat/stream/?thread=0&after=0&wait=1"


class UnixConnection(http.client.HTTPConnection):
    """HTTP over a Unix socket."""

    def __init__(self, path: Path) -> None:
        super().__init__("localhost", timeout=5)
        self._path = path

    def connect(self) -> None:
        """Open the socket."""
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self._path))


class Server:
    """One gunicorn that can be killed and started again."""

    def __init__(
        self, name: str, command: Sequence[str], folder: Path, environment: dict[str, str]
    ) -> None:
        """Prepare a server whose socket and log are in a folder; it is not started."""
        self.name = name
        self.socket = folder / f"{name}.sock"
        self._log = folder / f"{name}.log"
        self._command = [
            *(sys.executable, "-m", "gunicorn", "--bind", f"unix:{self.socket}"),
            *("--no-control-socket", *command),
        ]
        self._environment = environment
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it; `ready` says when it answers."""
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command,
                cwd=ROOT,
                env=self._environment,
                stdout=log,
                stderr=log,
                # A group of its own: master and workers die together.
                start_new_session=True,
            )

    def wait(self, path: str) -> None:
        """Wait until it answers what it is asked."""
        until(lambda: self._answers(path), f"{self.name} answers")

    def _answers(self, path: str) -> bool:
        connection = UnixConnection(self.socket)
        try:
            connection.request("GET", path)
            # That a dialogue is not there says that the database is.
            return connection.getresponse().status in {200, 404}
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    def kill(self) -> None:
        """End all its processes at once."""
        assert self._process is not None
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def stop(self) -> None:
        """Ask it to end, as a deployment does, and wait."""
        assert self._process is not None
        self._process.terminate()
        self._process.wait(timeout=30)


def web_server(folder: Path, environment: dict[str, str]) -> Server:
    """Return the web server: pages, API, admin."""
    threads = ("--worker-class", "gthread", "--workers", "2", "--threads", "8")
    command = ("tests.e2e.chaos.wsgi:application", *threads, "--graceful-timeout", "2")
    return Server("web", command, folder, environment)


def realtime_server(folder: Path, environment: dict[str, str]) -> Server:
    """Return the process of the stream."""
    command = ("site_config.asgi:application", "--worker-class", "asgi", "--graceful-timeout", "2")
    return Server("realtime", command, folder, environment)
