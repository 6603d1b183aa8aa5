"""`make bench-vk`: how fast VK's events are taken, and how fast what waits goes out to VK.

VK is the stand-in of the tests (tests/fake_vk); server and workers are processes as in the
Procfile. Everything runs on this machine and shares its cores, in less than two minutes.
"""

import asyncio
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from http import HTTPStatus
from statistics import median
from typing import Any

from benchmarks.browsers import ask
from benchmarks.chat import prepare
from benchmarks.chat_people import percentile
from benchmarks.processes import ROOT, gunicorn
from benchmarks.report import Report
from benchmarks.vk_events import Events, post
from tests.fake_vk.fake import GROUP_ID, SECRET, TOKEN, FakeVK

PATH = "/chat/vk/callback/"
SERVER = ("site_config.asgi:application", "--worker-class=asgi")
OPERATOR = 555_000_111
RATES = (10, 50)
SECONDS = 5
CALLBACK_MS = 100
COPIES = 50
AT_ONCE = 8
ACCEPTED = 400
# To be sent in a measurement of the sending, to as many people.
WAITING = 150
WORKERS = (1, 4)
VKS_LIMIT = 20
SHARE_OF_LIMIT = 0.7
PATIENCE = 60
PAUSE = 0.2


def main() -> None:
    """Start a stand-in VK, the database, the site; measure; stop them."""
    report = Report()
    with FakeVK(real=True, with_schema=False) as vk:
        os.environ |= {
            "VK_GROUP_ID": str(GROUP_ID),
            "VK_GROUP_TOKEN": TOKEN,
            "VK_CALLBACK_SECRET": SECRET,
            "VK_API_BASE_URL": vk.api_url,
        }
        prepare()
        bind_operator()
        vk.allow(OPERATOR)
        taking(report, vk)
        copies(report)
        for workers in WORKERS:
            sending(report, vk, workers)
    report.finish()


def taking(report: Report, vk: FakeVK) -> None:
    """Print how long VK waits for `ok`, while it answers us and while it hangs; what is kept."""
    from chat.models import VkEvent  # noqa: PLC0415 - needs Django

    events = Events()
    with gunicorn(*SERVER) as server, worker():
        asyncio.run(at_rate(RATES[0], 1, lambda: ask(server.port, "/constant/", "")))
        constant = {
            rate: asyncio.run(at_rate(rate, SECONDS, lambda: ask(server.port, "/constant/", "")))
            for rate in RATES
        }
        for state in ("VK answers", "VK hangs"):
            if state == "VK hangs":
                vk.fail("*", "timeout", times=None)
            for rate in RATES:
                times = asyncio.run(
                    at_rate(rate, SECONDS, lambda: post(server.port, PATH, events.new()))
                )
                title = f"{state}, {rate} events/s: ok after"
                report.figure(f"{title}, p50", median(times), "ms", baseline=median(constant[rate]))
                report.at_most(f"{title}, p99", percentile(times, 99), "ms", CALLBACK_MS)
        per_second = asyncio.run(as_fast_as_possible(server.port, events))
        baseline = asyncio.run(constant_as_fast_as_possible(server.port))
        report.figure("events accepted per second", per_second, "1/s", baseline=baseline)
        vk.heal()
        forget_what_waits()
        wait_until(lambda: not VkEvent.objects.filter(state=VkEvent.State.NEW).exists())
        count_messages(report, f"{len(events.sent)} events", events)
        forget_what_waits()


def copies(report: Report) -> None:
    """Print what becomes of many copies of one event at once, at a server of two processes."""
    from chat.models import VkEvent  # noqa: PLC0415 - needs Django

    events = Events()
    body = events.new()

    async def at_once(port: int) -> list[tuple[int, bytes]]:
        return await asyncio.gather(*(post(port, PATH, body) for _ in range(COPIES)))

    with gunicorn(*SERVER, "--workers=2") as server:
        asyncio.run(at_rate(RATES[0], 1, lambda: ask(server.port, "/constant/", "")))
        answers = asyncio.run(at_once(server.port))
    with worker():
        wait_until(lambda: not VkEvent.objects.filter(state=VkEvent.State.NEW).exists())
    refused = len(answers) - answers.count((HTTPStatus.OK, b"ok"))
    report.at_most(f"{COPIES} copies at once: not answered ok", refused, "", 0)
    count_messages(report, f"{COPIES} copies at once", events)
    forget_what_waits()


def sending(report: Report, vk: FakeVK, workers: int) -> None:
    """Print how fast so many processes send what waits, and whether VK found them too fast."""
    from chat.models import VkOutbox, VkState  # noqa: PLC0415 - needs Django
    from chat.services import vk_outbox  # noqa: PLC0415

    started = len(vk.calls("groups.getTokenPermissions"))
    last = VkOutbox.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    rows = VkOutbox.objects.filter(pk__gt=last)
    with ExitStack() as stack:
        for _ in range(workers):
            stack.enter_context(worker())
        # As they begin they look for what they missed; that shares the rate of calls.
        vk.wait_for(
            lambda: len(vk.calls("groups.getTokenPermissions")) >= started + workers, PATIENCE
        )
        wait_until(lambda: not VkState.objects.filter(gap_since__isnull=False).exists())
        begin = len(vk.requests)
        for peer in range(1, WAITING + 1):
            vk.allow(peer)
            vk_outbox.queue(VkOutbox.Purpose.NOTICE, peer, "Мы открыты до шести.")
        wait_until(lambda: not rows.filter(state=VkOutbox.State.WAITING).exists())
    calls = [one for one in vk.requests[begin:] if one.method == "messages.send"]
    rate = (len(calls) - 1) / (calls[-1].moment - calls[0].moment)
    received = Counter(
        message.random_id for peer in range(1, WAITING + 1) for message in vk.received(peer)
    )
    arrived = [received[number] for number in rows.values_list("random_id", flat=True)]
    title = f"{workers} worker{'s' if workers > 1 else ''}"
    report.share(
        f"{title}: sent per second", rate, "1/s", baseline=VKS_LIMIT, at_least=SHARE_OF_LIMIT
    )
    report.at_most(f"{title}: VK said too fast (error 6)", too_fast(vk, begin), "", 0)
    report.at_most(f"{title}: lost", arrived.count(0), "", 0)
    report.at_most(f"{title}: doubled", sum(count > 1 for count in arrived), "", 0)


def too_fast(vk: FakeVK, begin: int) -> int:
    """Return how often VK refused a call because there were too many."""
    return sum(one.error_code == 6 for one in vk.requests[begin:])


async def at_rate(
    rate: int, seconds: float, job: Callable[[], Any], patience: float = PATIENCE
) -> list[float]:
    """Begin so many jobs a second; return the milliseconds from when each was due to its end."""
    begin = time.perf_counter()
    times: list[float] = []

    async def run(due: float) -> None:
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        status, _body = await job()
        if status != HTTPStatus.OK:
            raise RuntimeError(f"answered {status}")
        times.append((time.perf_counter() - due) * 1000)

    async with asyncio.timeout(seconds + patience):
        await asyncio.gather(*(run(begin + n / rate) for n in range(int(rate * seconds))))
    return times


async def as_fast_as_possible(port: int, events: Events) -> float:
    """Return how many events a second are accepted, some always under way."""
    return await per_second([lambda: post(port, PATH, events.new())] * ACCEPTED)


async def constant_as_fast_as_possible(port: int) -> float:
    """Return how many answers a second a view gives that does nothing."""
    return await per_second([lambda: ask(port, "/constant/", "")] * ACCEPTED)


async def per_second(jobs: Sequence[Callable[[], Any]]) -> float:
    """Do the jobs, some at once, and return how many a second there were."""
    gate = asyncio.Semaphore(AT_ONCE)

    async def run(job: Callable[[], Any]) -> None:
        async with gate:
            await job()

    begin = time.perf_counter()
    await asyncio.gather(*map(run, jobs))
    return len(jobs) / (time.perf_counter() - begin)


@contextmanager
def worker() -> Iterator[None]:
    """Run the process between the site and VK."""
    process = subprocess.Popen([sys.executable, "manage.py", "run_vk"], cwd=ROOT)
    try:
        yield
    finally:
        process.terminate()
        process.wait(timeout=PATIENCE)


def wait_until(done: Callable[[], bool]) -> None:
    """Wait until it is so. Raises TimeoutError."""
    end = time.monotonic() + PATIENCE
    while not done():
        if time.monotonic() > end:
            raise TimeoutError("the workers do not come to an end")
        time.sleep(PAUSE)


def count_messages(report: Report, title: str, events: Events) -> None:
    """Print how many events made no message, or more than one."""
    from chat.models import ChatMessage, VkEvent  # noqa: PLC0415 - needs Django

    kept = VkEvent.objects.filter(event_id__in=events.sent).count()
    stored = Counter(
        ChatMessage.objects.filter(text__in=events.texts).values_list("text", flat=True)
    )
    made = [stored[text] for text in events.texts]
    report.at_most(f"{title}: lost", max(len(made) - kept, made.count(0)), "", 0)
    report.at_most(f"{title}: doubled", sum(count > 1 for count in made), "", 0)


def bind_operator() -> None:
    """Let somebody be on duty in VK: each event makes an alert that waits for VK."""
    from django.contrib.auth.models import Permission  # noqa: PLC0415 - needs Django

    from accounts.models import User  # noqa: PLC0415
    from chat.models import VkOperator  # noqa: PLC0415

    forget_what_waits()
    user, _ = User.objects.get_or_create(
        email="vk@bench.example.org", defaults={"first_name": "Светлана"}
    )
    user.user_permissions.add(Permission.objects.get(codename="answer_chat"))
    VkOperator.objects.get_or_create(vk_id=OPERATOR, defaults={"user": user})


def forget_what_waits() -> None:
    """Let nothing of one measurement be sent in the next."""
    from chat.models import VkOutbox  # noqa: PLC0415 - needs Django

    VkOutbox.objects.filter(state=VkOutbox.State.WAITING).delete()


if __name__ == "__main__":
    main()
