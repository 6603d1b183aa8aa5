"""How long the inbox reads among 200,000 dialogues with 5,000,000 messages (in `make bench-chat`).

Each figure is the p95 of whole answers: session, rights, queries, JSON. The dialogues are made
once, by the database itself, in a database of their own.
"""

import argparse
import os
import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import psycopg

from benchmarks.processes import ROOT
from benchmarks.report import Report

DATABASE = "kdl_bench_inbox"
BUDGET_MS = 100
REPEATS = 60
OPERATORS = 20
WARM_UP = 5
# Where the made numbers begin: the common dialogue keeps its own.
FIRST = 1000
MESSAGES_AT_ONCE = 500_000

# In every fifth message, in one of two hundred, in one of a hundred thousand.
COMMON, MIDDLE, RARE = "анализ", "холестерин", "эритропоэтин"
WORDS = (
    "добрый день здравствуйте подскажите пожалуйста можно ли сдать кровь натощак утром "
    "сколько стоит когда будут готовы результаты прийти без записи ребёнку три года адрес "
    "отделения суббота спасибо гормоны щитовидной железы глюкоза железо ферритин витамин моча "
    "мазок подготовка нельзя есть пить кофе вода врач направление полис оплата картой "
    "наличными скидка пенсионерам почта справка печать "
)


def main() -> None:
    """Make the dialogues if need be, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--small", action="store_true", help="a short run that proves it works")
    parser.add_argument("--threads", type=int, default=200_000)
    parser.add_argument("--messages", type=int, default=5_000_000)
    sizes = parser.parse_args()
    threads, messages = (2_000, 50_000) if sizes.small else (sizes.threads, sizes.messages)
    os.environ["DATABASE_URL"] = own_database()
    os.environ["DJANGO_SETTINGS_MODULE"] = "benchmarks.settings"
    import django  # noqa: PLC0415 - needs that environment

    django.setup()
    prepare(threads, messages)
    report = Report()
    measure(report)
    report.finish()


def own_database() -> str:
    """Return the address of a database for this benchmark alone, made if it is not there."""
    from site_config.local_database import start  # noqa: PLC0415 - a development requirement

    server = os.environ.get("BENCH_DATABASE_URL") or start(ROOT / ".local" / "bench-postgres")
    with psycopg.connect(server, autocommit=True) as connection:
        there = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE])
        if there.fetchone() is None:
            connection.execute(f"CREATE DATABASE {DATABASE}")
    return urlsplit(server)._replace(path=f"/{DATABASE}").geturl()


def prepare(threads: int, messages: int) -> None:
    """Fill the tables, unless they hold as much already."""
    from django.core.management import call_command  # noqa: PLC0415

    from chat.models import ChatMessage, ChatThread  # noqa: PLC0415

    call_command("migrate", verbosity=0)
    made = ChatThread.objects.filter(is_common=False).count()
    if (made, ChatMessage.objects.count()) == (threads, threads * (messages // threads)):
        return
    print(f"Making {threads:,} dialogues with {messages:,} messages …", flush=True)
    from django.db import connection  # noqa: PLC0415

    make_operators()
    with connection.cursor() as cursor:
        # References are right by construction; checking each row would take hours.
        cursor.execute("SET session_replication_role = replica")
        cursor.execute("TRUNCATE chat_chatmessage, chat_chatwait, chat_chatdraft CASCADE")
        cursor.execute("DELETE FROM chat_chatthread WHERE NOT is_common")
        fill_threads(cursor, threads, messages // threads)
        with without_indexes(cursor, "chat_chatmessage"):
            fill_messages(cursor, threads, messages // threads)
        cursor.execute("SET session_replication_role = DEFAULT")
        cursor.execute("VACUUM ANALYZE chat_chatthread, chat_chatmessage, chat_chatwait")


def make_operators() -> None:
    """Make those who answered."""
    from django.contrib.auth.models import Group  # noqa: PLC0415

    from accounts.models import User  # noqa: PLC0415

    group = Group.objects.get(name="Операторы чата")
    for number in range(OPERATORS):
        email = f"operator{number}@bench.example"
        user, _ = User.objects.get_or_create(email=email, first_name=f"Оператор {number}")
        user.groups.add(group)


def fill_threads(cursor: Any, threads: int, each: int) -> None:
    """Make dialogues of three years: 1 of 20 is open, 1 of 200 waits; their waits with them."""
    cursor.execute(
        """
        INSERT INTO chat_chatthread (
            id, status, is_common, visitor_hash, name, email, topic, page_url, page_title,
            network_hash, assignee_id, last_seq, last_version, visitor_read_seq,
            visitor_delivered_seq, operator_read_seq, operator_delivered_seq, notified_seq,
            created_at, last_message_at, waiting_since, closed_at)
        SELECT
            %(first)s + t,
            CASE WHEN t %% 20 = 0 THEN 'open' ELSE 'closed' END,
            false,
            md5(t::text),
            CASE WHEN t %% 3 = 0 THEN 'Пациент ' || t ELSE '' END,
            CASE WHEN t %% 7 = 0 THEN 'p' || t || '@bench.example' ELSE '' END,
            CASE t %% 4 WHEN 0 THEN 'Цена' WHEN 1 THEN 'Подготовка' ELSE '' END,
            CASE WHEN t %% 2 = 0 THEN '/analizy/' || t %% 3000 || '/' ELSE '' END,
            '', md5((t %% 5000)::text),
            CASE WHEN t %% 40 = 0 THEN (SELECT min(id) FROM accounts_user) + t %% %(people)s END,
            %(each)s, %(each)s, 0, 0,
            CASE WHEN t %% 200 = 0 THEN %(each)s - 1 ELSE %(each)s END,
            CASE WHEN t %% 200 = 0 THEN %(each)s - 1 ELSE %(each)s END,
            0,
            moment, moment + %(each)s * interval '2 minutes',
            CASE WHEN t %% 200 = 0 THEN moment + %(each)s * interval '2 minutes' END,
            CASE WHEN t %% 20 <> 0 THEN moment + interval '1 day' END
        FROM (
            SELECT t, now() - interval '3 years' * (1 - t::float / %(threads)s) AS moment
            FROM generate_series(1, %(threads)s) AS t) AS made
        """,
        {"first": FIRST, "threads": threads, "each": each, "people": OPERATORS},
    )
    cursor.execute(
        """
        INSERT INTO chat_chatwait (thread_id, started_at, ended_at, operator_id, answered, is_first)
        SELECT id, created_at, created_at + interval '5 minutes',
            (SELECT min(id) FROM accounts_user) + id %% %s, true, true
        FROM chat_chatthread WHERE NOT is_common
        """,
        [OPERATORS],
    )


def fill_messages(cursor: Any, threads: int, each: int) -> None:
    """Make the messages, some dialogues at a time."""
    at_once = max(1, MESSAGES_AT_ONCE // each)
    word = "words[1 + floor(random() * cardinality(words))::int]"
    for begin in range(1, threads + 1, at_once):
        cursor.execute(
            f"""
            INSERT INTO chat_chatmessage (
                thread_id, seq, version, sender, author_id, kind, text, event, client_id, channel,
                delivery, created_at)
            SELECT
                thread.id, s, s,
                CASE WHEN s %% 2 = 1 THEN 'visitor' ELSE 'operator' END,
                CASE WHEN s %% 2 = 0 THEN (SELECT min(id) FROM accounts_user) END,
                'message',
                concat_ws(' ', {", ".join([word] * 8)},
                    CASE WHEN random() < 0.2 THEN %(common)s END,
                    CASE WHEN random() < 0.005 THEN %(middle)s END,
                    CASE WHEN random() < 0.00001 THEN %(rare)s END),
                '', gen_random_uuid(), 'site', '',
                thread.created_at + s * interval '2 minutes'
            FROM chat_chatthread AS thread, generate_series(1, %(each)s) AS s,
                (SELECT %(words)s::text[] AS words) AS vocabulary
            WHERE thread.id > %(first)s + %(begin)s - 1 AND thread.id < %(first)s + %(end)s
            ORDER BY thread.id, s
            """,
            {
                "common": COMMON,
                "middle": MIDDLE,
                "rare": RARE,
                "each": each,
                "words": WORDS.split(),
                "first": FIRST,
                "begin": begin,
                "end": min(begin + at_once, threads + 1),
            },
        )
        print(f"  {min(begin + at_once - 1, threads) * each:>10,}", flush=True)


@contextmanager
def without_indexes(cursor: Any, table: str) -> Iterator[None]:
    """Drop what slows the filling and is no constraint; make it again at the end."""
    cursor.execute(
        """
        SELECT indexname, indexdef FROM pg_indexes WHERE tablename = %s
        AND indexname NOT IN (SELECT conname FROM pg_constraint)
        """,
        [table],
    )
    indexes = cursor.fetchall()
    for name, _definition in indexes:
        cursor.execute(f'DROP INDEX "{name}"')
    yield
    cursor.execute("SET maintenance_work_mem = '512MB'")
    for name, definition in indexes:
        print(f"  index {name}", flush=True)
        cursor.execute(definition)


def measure(report: Report) -> None:
    """Print the p95 of what operators read."""
    from django.test import Client  # noqa: PLC0415

    from accounts.models import User  # noqa: PLC0415
    from chat.models import ChatThread  # noqa: PLC0415

    client = Client(headers={"accept": "application/json"})
    client.force_login(User.objects.get(email="operator0@bench.example"))
    numbers = list(ChatThread.objects.filter(is_common=False).values_list("pk", flat=True))
    chosen = random.Random(1).sample(numbers, REPEATS + WARM_UP)
    middle = ChatThread.objects.filter(pk=numbers[len(numbers) // 2]).get()
    place = int(middle.last_message_at.timestamp() * 1_000_000) if middle.last_message_at else 0

    def path(address: str) -> Callable[[int], str]:
        return lambda _number: address

    calls: dict[str, Callable[[int], str]] = {
        "badge": path("badge/"),
        "list: waiting": path("threads/"),
        "list: mine": path("threads/?queue=mine"),
        "list: unassigned": path("threads/?queue=unassigned"),
        "list: open": path("threads/?queue=open"),
        "list: closed": path("threads/?queue=closed"),
        "list: closed, half way down": path(f"threads/?queue=closed&after={place}-{middle.pk}"),
        "list: closed, of a topic": path("threads/?queue=closed&topic=Цена"),
        "list: closed, of an operator": path(
            f"threads/?queue=closed&operator={User.objects.get(email='operator7@bench.example').pk}"
        ),
        "list: open, of a page": path("threads/?queue=open&page=/analizy/20/"),
        "rows of 20 hints": lambda n: f"threads/?numbers={','.join(map(str, chosen[n : n + 20]))}",
        "open": lambda n: f"threads/{chosen[n]}/",
        "nothing new": lambda n: f"threads/{chosen[n]}/changes/?after={middle.last_version}",
        "search: common word": path(f"search/?q={COMMON}"),
        "search: word of one in 200": path(f"search/?q={MIDDLE}"),
        "search: rare word": path(f"search/?q={RARE}"),
        "search: two common words": path(f"search/?q={COMMON} кровь"),
        "search: common and rare word": path(f"search/?q={COMMON} {RARE}"),
        "search: nothing": path("search/?q=неттакогослова"),
        "search: name": path("search/?q=Пациент 12"),
        "search: number": path(f"search/?q=%23{middle.pk}"),
    }
    for name, address in calls.items():
        report.at_most(f"inbox, {name}", p95(client, address), "ms", BUDGET_MS)


def p95(client: Any, address: Callable[[int], str]) -> float:
    """Return the 95th percentile of the milliseconds that answers take."""
    taken = []
    for number in range(WARM_UP + REPEATS):
        url = f"/admin/chat/api/{address(number)}"
        begun = time.perf_counter()
        answer = client.get(url)
        taken.append((time.perf_counter() - begun) * 1000)
        if answer.status_code not in {200, 304}:
            raise RuntimeError(f"{url}: {answer.status_code}")
    return sorted(taken[WARM_UP:])[int(REPEATS * 0.95)]


if __name__ == "__main__":
    main()
