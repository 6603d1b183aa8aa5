"""The measured servers: started on a free port, watched, stopped."""

import resource
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

ROOT = Path(__file__).resolve().parents[1]
HOST = "127.0.0.1"
BACKLOG = 4096


class Measured:
    """One gunicorn with one worker, of which CPU and memory are read."""

    def __init__(self, port: int, master: psutil.Process) -> None:
        self.port = port
        self._master = master

    @property
    def worker(self) -> psutil.Process:
        """The process that does the work."""
        return self._master.children()[0]

    def stop(self) -> None:
        """Ask it to stop, as a deployment does."""
        self._master.terminate()

    def cpu_seconds(self) -> float:
        """Return the CPU time that the worker has taken, in user and in kernel mode."""
        times = self.worker.cpu_times()
        return float(times.user + times.system)

    def megabytes(self) -> float:
        """Return the memory that would be free if the worker ended."""
        return float(self.worker.memory_full_info().uss) / 1024**2


@contextmanager
def gunicorn(application: str, *options: str) -> Iterator[Measured]:
    """Serve an application from one worker; its answers wait until it is ready."""
    with socket.create_server((HOST, 0), backlog=BACKLOG) as listener:
        port = listener.getsockname()[1]
        process = subprocess.Popen(
            [
                *(sys.executable, "-m", "gunicorn", application, *options),
                *("--bind", f"fd://{listener.fileno()}", "--backlog", str(BACKLOG)),
                *("--log-level", "error", "--no-control-socket", "--graceful-timeout", "3"),
            ],
            cwd=ROOT,
            pass_fds=[listener.fileno()],
        )
    try:
        yield Measured(port, psutil.Process(process.pid))
    finally:
        process.terminate()
        process.wait(timeout=60)


def allow_many_files() -> None:
    """Raise the limit of open files for this process and those it starts."""
    _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
