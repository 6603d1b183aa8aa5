"""`make run`: the whole demo site on one machine, until Ctrl-C.

Starts the embedded database if DATABASE_URL names none, migrates, fills an empty site with the
demo content, and runs the processes of the Procfile.
"""

import argparse
import os
import socket
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def main() -> int:
    """Run the site and return the exit code of what ended it."""
    parser = argparse.ArgumentParser(prog="make run")
    parser.add_argument("--port", type=int, default=8000)
    port: int = parser.parse_args().port
    if port_is_taken(port):
        print(f"Port {port} is taken. Choose another: make run PORT={port + 1}", file=sys.stderr)
        return 1
    address = f"http://127.0.0.1:{port}"

    from site_config.local_database import database_url  # noqa: PLC0415 - slow, after the checks

    say("Starting the database …")
    os.environ["DATABASE_URL"] = database_url()
    os.environ.setdefault("SITE_URL", address)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "site_config.settings.dev")
    prepare()
    announce(address)
    return run_processes(port)


def say(text: str) -> None:
    """Print at once, also into a pipe."""
    print(text, flush=True)


def port_is_taken(port: int) -> bool:
    """Say whether somebody listens on the port already."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return True
    return False


def prepare() -> None:
    """Bring the database up to date and fill it if it is empty."""
    import django  # noqa: PLC0415 - needs the environment that main() sets

    django.setup()

    from django.core.management import call_command  # noqa: PLC0415
    from django.db import connection  # noqa: PLC0415

    from wagtail.models import Page  # noqa: PLC0415

    from site_config.common.health import unapplied_migrations  # noqa: PLC0415

    if unapplied_migrations():
        say("Making the tables …")
        call_command("migrate", verbosity=1)
    # Wagtail begins with a root and a page of welcome.
    if not Page.objects.filter(depth__gt=2).exists():
        say("Filling the site with the demo content (once; about a minute) …")
        call_command("load_demo")
    for role, email, password in demo_logins():
        say(f"  {role:<24} {email:<36} {password}")
    # The processes below are forked: they must not inherit connections or the pool's threads.
    connection.close()
    connection.close_pool()  # type: ignore[attr-defined]


def demo_logins() -> list[tuple[str, str, str]]:
    """Return the logins of the demo people who are there."""
    from accounts.demo import logins  # noqa: PLC0415 - needs Django to be set up

    return logins()


def announce(address: str) -> None:
    """Say where the site is."""
    say(f"\nSite   {address}/\nAdmin  {address}/admin/\nCtrl-C stops everything.\n")


def run_processes(port: int) -> int:
    """Run the processes of the Procfile until one ends or Ctrl-C, and return the exit code."""
    from honcho.environ import parse_procfile  # noqa: PLC0415 - a development requirement
    from honcho.manager import Manager  # noqa: PLC0415

    environment = {
        **os.environ,
        "PORT": str(port),
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}",
        "PYTHONUNBUFFERED": "1",
    }
    manager = Manager()
    procfile = parse_procfile((ROOT / "Procfile").read_text(encoding="utf-8"))
    for name, command in procfile.processes.items():
        manager.add_process(name, command, env=environment, cwd=str(ROOT))
    manager.loop()
    code: int = manager.returncode or 0
    # Stopped by Ctrl-C is what was asked for, not a failure.
    return 0 if code in {130, 143} else code


if __name__ == "__main__":
    sys.exit(main())
