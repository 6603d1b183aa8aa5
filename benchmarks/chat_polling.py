"""What the fallback costs: browsers that ask every two seconds, answered by a plain web server."""

import asyncio
import json
import random
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus

from benchmarks.browsers import ask
from benchmarks.chat_people import Dialogue, Operators, Watcher, percentile
from benchmarks.processes import Measured, gunicorn
from benchmarks.report import Report

POLLED_SECONDS = 3
# How often the widget asks while a dialogue is going on.
POLL_EVERY_SECONDS = 2
PAUSE_SECONDS = 0.1


async def polling(
    report: Report, dialogues: Sequence[Dialogue], operators: Operators, seconds: int
) -> None:
    """Print what an answer without news costs, and when a message is seen."""
    watcher = Watcher()
    with (
        gunicorn("site_config.wsgi:application", "--worker-class=gthread", "--threads=8") as server,
        ThreadPoolExecutor(max_workers=1) as pool,
    ):
        first = dialogues[0]
        constant = await milliseconds_each(server, "/constant/", "")
        nothing = await milliseconds_each(server, events_path(first, first.cursor), first.cookie)
        report.figure("polling, nothing new (304), CPU", nothing, "ms", baseline=constant)
        deadline = time.perf_counter() + seconds
        pollers = [
            asyncio.create_task(poll(server.port, each, watcher, deadline + POLLED_SECONDS))
            for each in dialogues
        ]
        loop = asyncio.get_running_loop()
        written = []
        while time.perf_counter() < deadline:
            thread = random.choice(dialogues).thread
            written.append(await loop.run_in_executor(pool, operators.answer, thread))
            await asyncio.sleep(PAUSE_SECONDS)
        await asyncio.gather(*pollers)
    delays = watcher.delays(written)
    title = f"{len(dialogues)} pollers"
    report.at_most(f"{title}: lost", len(written) - len(delays), "", 0)
    report.at_most(
        f"{title}: accepted to shown, p99", percentile(delays, 99) / 1000, "s", POLLED_SECONDS
    )


def events_path(dialogue: Dialogue, cursor: int) -> str:
    """Return the address that is asked."""
    return f"/chat/api/events/?thread={dialogue.thread}&after={cursor}"


async def poll(port: int, dialogue: Dialogue, watcher: Watcher, until: float) -> None:
    """Ask as the widget does while a dialogue is going on, each browser in its own time."""
    cursor = dialogue.cursor
    await asyncio.sleep(random.uniform(0, POLL_EVERY_SECONDS))
    while time.perf_counter() < until:
        status, body = await ask(port, events_path(dialogue, cursor), dialogue.cookie)
        if status == HTTPStatus.OK:
            update = json.loads(body)
            watcher.hear_patient("update", update, time.perf_counter())
            cursor = update["cursor"]
        await asyncio.sleep(POLL_EVERY_SECONDS)


async def milliseconds_each(server: Measured, path: str, cookie: str, count: int = 300) -> float:
    """Return the CPU time that an answer takes."""
    await ask_often(server.port, path, cookie, 20)
    cpu = server.cpu_seconds()
    await ask_often(server.port, path, cookie, count)
    return (server.cpu_seconds() - cpu) * 1000 / count


async def ask_often(port: int, path: str, cookie: str, count: int) -> None:
    """Ask one after the other."""
    for _ in range(count):
        await ask(port, path, cookie)
