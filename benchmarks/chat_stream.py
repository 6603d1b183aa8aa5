"""What open streams cost, and how fast and how surely they deliver."""

import asyncio
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from statistics import median

from benchmarks.browsers import Browser, open_all
from benchmarks.chat_people import Dialogue, Operators, Watcher, Written, percentile
from benchmarks.processes import Measured, gunicorn
from benchmarks.report import Report

ROUNDS = 3
CPU_TIMES = 5
MEMORY_TIMES = 3
IDLE_MEGABYTES = 300
IDLE_CORE_PERCENT = 3
IDLE_STREAM_MS = 0.5
STOP_SECONDS = 2
SHOWN_MS = 150
WRITERS = 4
WARMING_SECONDS = 2
PATIENCE_SECONDS = 20


async def opening(report: Report, dialogues: Sequence[Dialogue]) -> None:
    """Print what it costs to open a stream, beside one that does nothing."""
    ours, bare = [], []
    for _ in range(ROUNDS):
        with gunicorn("benchmarks.echo:application", "--worker-class=asgi") as echo:
            bare.append(await cost_of(echo, [each.browser(echo.port) for each in dialogues]))
        with gunicorn("site_config.asgi:application", "--worker-class=asgi") as stream:
            ours.append(await cost_of(stream, [each.browser(stream.port) for each in dialogues]))
    for index, (name, unit, times) in enumerate(
        [("stream opened, CPU", "ms", CPU_TIMES), ("stream open, memory", "KB", MEMORY_TIMES)]
    ):
        value = median(figures[index] for figures in ours)
        baseline = median(figures[index] for figures in bare)
        report.times(name, value, unit, baseline=baseline, at_most=times)


async def cost_of(server: Measured, browsers: Sequence[Browser]) -> tuple[float, float]:
    """Return milliseconds of CPU and kilobytes of memory for each of the streams."""
    first, others = browsers[:20], browsers[20:]
    await open_all(first)
    cpu, memory = server.cpu_seconds(), server.megabytes()
    await open_all(others)
    # What the server still has to do for them is theirs too.
    await asyncio.sleep(0.5)
    cpu, memory = server.cpu_seconds() - cpu, server.megabytes() - memory
    for browser in browsers:
        browser.close()
    return cpu * 1000 / len(others), memory * 1024 / len(others)


async def idling(report: Report, dialogues: Sequence[Dialogue], seconds: int) -> None:
    """Print what streams cost in which nothing happens."""
    with gunicorn("site_config.asgi:application", "--worker-class=asgi") as server:
        # One that comes and goes: what the process loads with its first is not the streams'.
        first = dialogues[0].browser(server.port)
        await first.open()
        first.close()
        base = server.megabytes()
        browsers = [each.browser(server.port) for each in dialogues]
        await open_all(browsers)
        report.at_most(
            f"{len(browsers)} idle streams, memory", server.megabytes() - base, "MB", IDLE_MEGABYTES
        )
        cpu, started = server.cpu_seconds(), time.perf_counter()
        await asyncio.sleep(seconds)
        cpu, lasted = server.cpu_seconds() - cpu, time.perf_counter() - started
        report.at_most(
            f"{len(browsers)} idle streams, one core", cpu / lasted * 100, "%", IDLE_CORE_PERCENT
        )
        report.at_most(
            "an idle stream, CPU a minute",
            cpu * 1000 / len(browsers) * 60 / lasted,
            "ms",
            IDLE_STREAM_MS,
        )
        told = time.perf_counter()
        server.stop()
        await asyncio.gather(*(browser.drain() for browser in browsers))
        report.at_most(
            f"{len(browsers)} streams ended by SIGTERM",
            time.perf_counter() - told,
            "s",
            STOP_SECONDS,
        )


async def delivering(
    report: Report,
    dialogues: Sequence[Dialogue],
    operators: Operators,
    *,
    per_second: int,
    seconds: int,
) -> None:
    """Print how long after its acceptance a message is on the other side, and what is lost."""
    watcher = Watcher()
    with (
        gunicorn("site_config.asgi:application", "--worker-class=asgi") as server,
        ThreadPoolExecutor(max_workers=WRITERS) as pool,
    ):
        browsers = [each.browser(server.port) for each in dialogues]
        inboxes = [
            Browser(server.port, "/chat/stream/?inbox=1", each) for each in operators.cookies
        ]
        await open_all([*browsers, *inboxes])
        listeners = [
            *(asyncio.create_task(each.listen(watcher.hear_patient)) for each in browsers),
            *(asyncio.create_task(each.listen(watcher.hear_operator)) for each in inboxes),
        ]
        loop = asyncio.get_running_loop()

        async def write(count: int) -> list[Written]:
            begun = time.perf_counter()
            writes = []
            for number in range(count):
                await asyncio.sleep(begun + number / per_second - time.perf_counter())
                thread = dialogues[number % len(dialogues)].thread
                writes.append(loop.run_in_executor(pool, operators.answer, thread))
            return await asyncio.gather(*writes)

        # A process that has just begun has yet to open its connections.
        await write(per_second * WARMING_SECONDS)
        watcher.hinted.clear()
        cpu, started = server.cpu_seconds(), time.perf_counter()
        written = await write(per_second * seconds)
        cpu, lasted = server.cpu_seconds() - cpu, time.perf_counter() - started
        await wait_until(lambda: all(each.id in watcher.shown for each in written))
        for listener in listeners:
            listener.cancel()
        await asyncio.gather(*listeners, return_exceptions=True)
        for browser in (*browsers, *inboxes):
            browser.close()
    delays = watcher.delays(written)
    whole = watcher.delays(written, since_begun=True)
    title = f"{len(browsers)} streams, {per_second}/s"
    report.figure(f"{title}: sent", len(written), "")
    report.at_most(f"{title}: lost", len(written) - len(delays), "", 0)
    report.at_most(f"{title}: shown twice", watcher.again, "", 0)
    report.at_most(f"{title}: out of order", watcher.out_of_order, "", 0)
    report.figure(f"{title}: accepted to shown, p50", percentile(delays, 50), "ms")
    report.at_most(f"{title}: accepted to shown, p99", percentile(delays, 99), "ms", SHOWN_MS)
    report.figure(f"{title}: sent to shown, p99", percentile(whole, 99), "ms")
    first = {}
    for each in written:
        first.setdefault(each.thread, each.accepted)
    hints = [
        max(0.0, at - first[thread]) * 1000
        for thread, at in watcher.hinted.items()
        if thread in first
    ]
    report.at_most(
        f"{len(inboxes)} inboxes: accepted to hint, p99", percentile(hints, 99), "ms", SHOWN_MS
    )
    report.figure(f"{title}: the stream takes", cpu / lasted * 100, "%")


async def wait_until(done: Callable[[], bool]) -> None:
    """Return when something is so, or after a while."""
    deadline = time.perf_counter() + PATIENCE_SECONDS
    while not done() and time.perf_counter() < deadline:
        await asyncio.sleep(0.05)
