"""Search in what was said: by words, whatever their endings; by number, name or e-mail."""

import re
from datetime import timedelta
from typing import Any

from django.contrib.postgres.search import SearchHeadline, SearchQuery
from django.db import connection
from django.db.models import Q
from django.utils import timezone

from accounts.models import User
from chat.events import Json, moment, public_name
from chat.models import ChatMessage, ChatThread
from chat.selectors.inbox import Place, rows, with_preview

HITS = 30
PEOPLE = 10
NUMBER = re.compile(r"[#№]?\s*(\d{1,9})", re.ASCII)
# No message holds these signs, so they can mark what was found.
BEGIN, END = "\x02", "\x03"
# Among so many of the newest messages a word is looked for without its index.
NEWEST = 10_000
LAST_ID = 2**62

AMONG_NEWEST = """
    SELECT id FROM (
        SELECT id, created_at, search FROM chat_chatmessage
        WHERE (created_at, id) < (%(at)s, %(id)s)
        ORDER BY created_at DESC, id DESC LIMIT %(newest)s) AS newest
    WHERE search @@ websearch_to_tsquery('russian', %(query)s)
    ORDER BY created_at DESC, id DESC LIMIT %(most)s
"""
BY_WORDS = """
    WITH found AS MATERIALIZED (
        SELECT id, created_at FROM chat_chatmessage
        WHERE search @@ websearch_to_tsquery('russian', %(query)s)
        AND (created_at, id) < (%(at)s, %(id)s))
    SELECT id FROM found ORDER BY created_at DESC, id DESC LIMIT %(most)s
"""


def find(operator: User, query: str, after: Place | None = None) -> tuple[Json, str | None]:
    """Return ({"threads": rows, "hits": messages}, the place where the hits go on or None).

    Dialogues are found by number, by the beginning of the name, by the e-mail; they come with the
    first hits only. Hits are the newest first.
    """
    people = []
    if not after:
        chosen = with_preview(ChatThread.objects.filter(pk__in=_people(query)))
        people = rows(list(chosen.order_by("-pk")), operator)
    numbers, more = _hits(query, after)
    found = {
        message.pk: message
        for message in ChatMessage.objects.filter(pk__in=numbers)
        .select_related("thread", "author")
        .annotate(
            headline=SearchHeadline(
                "text",
                _words(query),
                config="russian",
                start_sel=BEGIN,
                stop_sel=END,
                max_words=24,
                min_words=12,
            )
        )
    }
    hits = [found[number] for number in numbers if number in found]
    end = str(Place(hits[-1].created_at, hits[-1].pk)) if more and hits else None
    return {"threads": people, "hits": [_hit(message) for message in hits]}, end


def _words(query: str) -> SearchQuery:
    return SearchQuery(query, config="russian", search_type="websearch")


def _people(query: str) -> list[int]:
    """Return the numbers of dialogues by number, name or e-mail; each has an index of its own."""
    threads = ChatThread.objects.filter(merged_into__isnull=True).order_by()
    wanted = [
        threads.filter(~Q(name=""), name__istartswith=query),
        threads.filter(~Q(email=""), email__iexact=query),
    ]
    number = NUMBER.fullmatch(query)
    if number:
        wanted.insert(0, threads.filter(pk=int(number.group(1))))
    found = [pk for some in wanted for pk in some.values_list("pk", flat=True)[:PEOPLE]]
    return list(dict.fromkeys(found))[:PEOPLE]


def _hits(query: str, after: Place | None) -> tuple[list[int], bool]:
    """Return (the numbers of the newest messages with the words, whether there are more).

    A common word stands among the newest messages; a rare one is found by the index of words. Left
    to itself the database takes the one way for the other, and reads millions of rows.
    """
    place = after or Place(timezone.now() + timedelta(days=1), LAST_ID)
    values: dict[str, Any] = {"query": query, "at": place.at, "id": place.number, "most": HITS + 1}
    with connection.cursor() as cursor:
        cursor.execute(AMONG_NEWEST, values | {"newest": NEWEST})
        numbers = [number for (number,) in cursor.fetchall()]
        if len(numbers) <= HITS:
            cursor.execute(BY_WORDS, values)
            numbers = [number for (number,) in cursor.fetchall()]
    return numbers[:HITS], len(numbers) > HITS


def _hit(message: Any) -> Json:
    return {
        "number": message.thread_id,
        "name": message.thread.name,
        "common": message.thread.is_common,
        "seq": message.seq,
        "sender": message.sender,
        "kind": message.kind,
        "author": public_name(message.author) if message.author else "",
        "at": moment(message.created_at),
        "pieces": _pieces(message.headline),
    }


def _pieces(headline: str) -> list[list[str | bool]]:
    """Return a headline as [text, whether it was looked for]."""
    first, *marked = headline.split(BEGIN)
    pieces: list[list[str | bool]] = [[first, False]]
    for part in marked:
        found, _, rest = part.partition(END)
        pieces += [[found, True], [rest, False]]
    return [piece for piece in pieces if piece[0]]
