"""`make bench-chat`: what open streams cost and how fast a message is on the other side.

Beside the stream stands a bare ASGI application that does nothing, on the same server, in the same
run. Everything runs on this machine: browsers, web server, stream and database share its cores.
"""

import argparse
import asyncio
import gc
import os
from dataclasses import dataclass

from benchmarks.processes import ROOT, allow_many_files
from benchmarks.report import Report


@dataclass(frozen=True)
class Sizes:
    """How much is measured."""

    opened: int = 1000
    idle: int = 5000
    idle_seconds: int = 60
    open_while_writing: int = 1000
    per_second: int = 50
    writing_seconds: int = 60
    pollers: int = 100
    polling_seconds: int = 30


SMALL = Sizes(
    opened=200,
    idle=500,
    idle_seconds=25,
    open_while_writing=200,
    writing_seconds=10,
    pollers=30,
    polling_seconds=8,
)


def main() -> None:
    """Make the dialogues, start the servers, measure, stop them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--small", action="store_true", help="a short run that proves it works")
    sizes = SMALL if parser.parse_args().small else Sizes()
    allow_many_files()
    prepare()
    report = Report()
    measure(report, sizes)
    report.finish()


def prepare() -> None:
    """Start the database of the benchmarks and bring it up to date."""
    from site_config.local_database import start  # noqa: PLC0415 - a development requirement

    os.environ["DATABASE_URL"] = os.environ.get("BENCH_DATABASE_URL") or start(
        ROOT / ".local" / "bench-postgres"
    )
    os.environ["DJANGO_SETTINGS_MODULE"] = "benchmarks.settings"
    import django  # noqa: PLC0415 - needs that environment

    django.setup()
    from django.core.management import call_command  # noqa: PLC0415

    print("Bringing the database up to date …", flush=True)
    call_command("migrate", verbosity=0)
    # A pause of the measuring process would be counted as one of the measured.
    gc.collect()
    gc.freeze()


def measure(report: Report, sizes: Sizes) -> None:
    """Print the figures of streams and polling."""
    from benchmarks import (  # noqa: PLC0415 - need Django
        chat_desk,
        chat_people,
        chat_polling,
        chat_stream,
    )

    most = max(sizes.opened, sizes.idle, sizes.open_while_writing, sizes.pollers)
    dialogues = chat_people.make_dialogues(most)
    operators = chat_people.make_operators()
    asyncio.run(chat_stream.opening(report, dialogues[: sizes.opened]))
    asyncio.run(chat_stream.idling(report, dialogues[: sizes.idle], sizes.idle_seconds))
    asyncio.run(
        chat_stream.delivering(
            report,
            dialogues[: sizes.open_while_writing],
            operators,
            per_second=sizes.per_second,
            seconds=sizes.writing_seconds,
        )
    )
    asyncio.run(
        chat_desk.reading(
            report,
            chat_people.refreshed(dialogues[: sizes.open_while_writing]),
            operators,
            sizes.writing_seconds,
        )
    )
    asyncio.run(
        chat_polling.polling(
            report,
            chat_people.refreshed(dialogues[: sizes.pollers]),
            operators,
            sizes.polling_seconds,
        )
    )


if __name__ == "__main__":
    main()
