"""How fast a patient's message is before an operator who has the dialogue open.

The inbox hears a hint on its stream and reads the dialogue from the web server.
"""

import asyncio
import json
import random
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from typing import Any

from benchmarks.browsers import Browser, ask, open_all
from benchmarks.chat_people import Dialogue, Operators, Watcher, Written, ask_question, percentile
from benchmarks.chat_stream import PATIENCE_SECONDS, SHOWN_MS, wait_until
from benchmarks.processes import gunicorn
from benchmarks.report import Report

PAUSE_SECONDS = 0.2


class Desk:
    """An inbox that reads each dialogue it is told of, as the one that is open is read."""

    def __init__(self, port: int, cookie: str, watcher: Watcher) -> None:
        self._port = port
        self._cookie = cookie
        self._watcher = watcher
        self._cursors: dict[int, int] = {}
        self._reads: set[asyncio.Task[None]] = set()

    def open(self, dialogue: Dialogue) -> None:
        """Know a dialogue up to its cursor."""
        self._cursors[dialogue.thread] = dialogue.cursor

    def hear(self, name: str, data: Any, _at: float) -> None:
        """Take an event of the operators' stream."""
        for thread in data["ids"] if name == "threads" else ():
            if thread in self._cursors:
                task = asyncio.create_task(self._read(thread))
                self._reads.add(task)
                task.add_done_callback(self._reads.discard)

    async def _read(self, thread: int) -> None:
        path = f"/admin/chat/api/threads/{thread}/changes/?after={self._cursors[thread]}"
        status, body = await ask(self._port, path, self._cookie)
        if status == HTTPStatus.OK:
            update = json.loads(body)
            self._cursors[thread] = max(self._cursors[thread], update["cursor"])
            self._watcher.hear_patient("update", update, time.perf_counter())


async def reading(
    report: Report, dialogues: Sequence[Dialogue], operators: Operators, seconds: int
) -> None:
    """Print how long after its acceptance a patient's message is in the inbox."""
    watcher = Watcher()
    with (
        gunicorn("site_config.asgi:application", "--worker-class=asgi") as stream,
        gunicorn("site_config.wsgi:application", "--worker-class=gthread", "--threads=8") as web,
        ThreadPoolExecutor(max_workers=1) as pool,
    ):
        cookie = operators.cookies[0]
        desk = Desk(web.port, cookie, watcher)
        for dialogue in dialogues:
            desk.open(dialogue)
        patients = [each.browser(stream.port) for each in dialogues]
        inbox = Browser(stream.port, "/chat/stream/?inbox=1", cookie)
        await open_all([*patients, inbox])
        listener = asyncio.create_task(inbox.listen(desk.hear))
        loop = asyncio.get_running_loop()

        async def write(until: float) -> list[Written]:
            written = []
            while time.perf_counter() < until:
                dialogue = random.choice(dialogues)
                written.append(await loop.run_in_executor(pool, ask_question, dialogue))
                await asyncio.sleep(PAUSE_SECONDS)
            return written

        await write(time.perf_counter() + 2)
        watcher.again = 0
        written = await write(time.perf_counter() + seconds)
        await wait_until(lambda: all(each.id in watcher.shown for each in written))
        listener.cancel()
        await asyncio.gather(listener, return_exceptions=True)
        for browser in (*patients, inbox):
            browser.close()
    delays = watcher.delays(written)
    title = f"{len(dialogues)} streams, patients write"
    report.figure(f"{title}: sent", len(written), "")
    report.at_most(
        f"{title}: not in the inbox after {PATIENCE_SECONDS} s", len(written) - len(delays), "", 0
    )
    report.figure(f"{title}: accepted to in the inbox, p50", percentile(delays, 50), "ms")
    report.at_most(
        f"{title}: accepted to in the inbox, p99", percentile(delays, 99), "ms", SHOWN_MS
    )
