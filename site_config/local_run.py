"""`make run`: the whole demo site on one machine, until Ctrl-C.

Starts the embedded database if DATABASE_URL names none, migrates, fills an empty site with the
demo content, and runs the processes of the Procfile; without a key to the real VK also a stand-in
for it, ten ports further.
"""

import argparse
import os
import socket
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FROM_SITE_TO_VK = 10


def main() -> int:
    """Run the site and return the exit code of what ended it."""
    parser = argparse.ArgumentParser(prog="make run")
    parser.add_argument("--port", type=int, default=8000)
    port: int = parser.parse_args().port
    for needed in (port, port + FROM_SITE_TO_VK):
        if port_is_taken(needed):
            another = f"make run PORT={port + 1}"
            print(f"Port {needed} is taken. Choose another: {another}", file=sys.stderr)
            return 1
    address = f"http://127.0.0.1:{port}"

    from site_config.local_database import database_url  # noqa: PLC0415 - slow, after the checks

    say("Starting the database …")
    os.environ["DATABASE_URL"] = database_url()
    os.environ.setdefault("SITE_URL", address)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "site_config.settings.dev")
    prepare()
    say(f"\nSite   {address}/\nAdmin  {address}/admin/")
    processes, environment = vk_of_ours(address, port + FROM_SITE_TO_VK)
    say("Ctrl-C stops everything.\n")
    close_connections()
    return run_processes(processes, {"PORT": str(port)} | environment)


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

    from wagtail.models import Page  # noqa: PLC0415

    from site_config.common.health import unapplied_migrations  # noqa: PLC0415

    if unapplied_migrations():
        say("Making the tables …")
        call_command("migrate", verbosity=1)
    # Wagtail begins with a root and a page of welcome.
    if not Page.objects.filter(depth__gt=2).exists():
        say("Filling the site with the demo content (once; about a minute) …")
        call_command("load_demo")
        call_command("load_chat_demo")
        call_command("seed_chat")
    for role, email, password in demo_logins():
        say(f"  {role:<24} {email:<36} {password}")


def demo_logins() -> list[tuple[str, str, str]]:
    """Return the logins of the demo people who are there."""
    from accounts.demo import logins  # noqa: PLC0415 - needs Django to be set up

    return logins()


def vk_of_ours(address: str, port: int) -> tuple[dict[str, str], dict[str, str]]:
    """Return the process of the stand-in VK and the environment of a site that talks to it.

    Both are empty where the site has a key to the real one.
    """
    from site_config import local_vk  # noqa: PLC0415 - needs Django to be set up

    if not local_vk.is_wanted():
        local_vk.unbind_operator()
        return {}, {}
    operator = local_vk.bind_operator()
    name = operator.get_full_name() if operator else "Оператор"
    command, environment = local_vk.arrange(address, port, name)
    account = f"the operator there is {operator.email} here" if operator else "no operator is bound"
    say(f"VK     http://127.0.0.1:{port}/   (a stand-in; {account})")
    return {"fake_vk": command}, environment


def close_connections() -> None:
    """Leave nothing open: processes that are forked must inherit no connections and no threads."""
    from django.db import connection  # noqa: PLC0415 - needs Django to be set up

    connection.close()
    connection.close_pool()  # type: ignore[attr-defined]


def run_processes(more: dict[str, str], variables: dict[str, str]) -> int:
    """Run the Procfile and more until a process ends or Ctrl-C, and return the exit code."""
    from honcho.environ import parse_procfile  # noqa: PLC0415 - a development requirement
    from honcho.manager import Manager  # noqa: PLC0415

    environment = {
        **os.environ,
        **variables,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}",
        "PYTHONUNBUFFERED": "1",
    }
    manager = Manager()
    procfile = parse_procfile((ROOT / "Procfile").read_text(encoding="utf-8"))
    for name, command in (procfile.processes | more).items():
        manager.add_process(name, command, env=environment, cwd=str(ROOT))
    manager.loop()
    code: int = manager.returncode or 0
    # Stopped by Ctrl-C is what was asked for, not a failure.
    return 0 if code in {130, 143} else code


if __name__ == "__main__":
    sys.exit(main())
