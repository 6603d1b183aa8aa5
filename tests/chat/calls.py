"""Every call of the chat's public door, and who may make it: a new one must be added here."""

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

from django.urls import URLPattern, get_resolver
from django.urls.resolvers import URLResolver

from tests.factories.chat import old_ticket

PUBLIC = "chat/"


def patterns(prefix: str) -> Iterator[tuple[str, URLPattern]]:
    """Yield (whole route, pattern) of all addresses below a prefix."""

    def walk(resolver: URLResolver, route: str) -> Iterator[tuple[str, URLPattern]]:
        for one in resolver.url_patterns:
            here = route + str(one.pattern)
            if isinstance(one, URLResolver):
                yield from walk(one, here)
            elif here.startswith(prefix):
                yield here, one

    yield from walk(get_resolver(), "")


def question(**fields: Any) -> dict[str, Any]:
    """Return the body of a message that would be stored."""
    return {
        "client_id": str(uuid4()),
        "text": "Натощак?",
        "page": {"url": "/analizy/", "title": "Анализы"},
        "topic": "Цена",
        "consent": "1.0",
        "attachments": [],
        "ticket": old_ticket(),
        "website": "",
    } | fields


# Calls with a JSON body: (path, a body that is taken). {message} stands for the caller's own.
BODIES: dict[str, dict[str, Any]] = {
    "messages/": question(),
    "messages/{message}/edit/": {"text": "Другое"},
    "read/": {"upto": 1, "state": "read"},
    "contact/": {"name": "Анна", "email": "a@example.org"},
    "rating/": {"score": 5, "comment": "Спасибо"},
}
# Calls that take a POST and look at no body.
BARE = ["messages/{message}/delete/", "typing/", "forget/"]
# Calls that only read.
READS = [
    "state/",
    "messages/?before=9",
    "events/?thread={number}&after=0",
    "transcript/",
    "attachments/5c0e6d1c-0000-4000-8000-000000000000/",
]
METHODS = {
    "chat_state": {"GET"},
    "chat_messages": {"GET", "POST"},
    "chat_message_edit": {"POST"},
    "chat_message_delete": {"POST"},
    "chat_events": {"GET"},
    "chat_read": {"POST"},
    "chat_typing": {"POST"},
    "chat_upload": {"POST"},
    "chat_attachment": {"GET"},
    "chat_contact": {"POST"},
    "chat_rating": {"POST"},
    "chat_transcript": {"GET"},
    "chat_forget": {"POST"},
    "chat_stream": {"GET"},
}

# The inbox's calls with a JSON body, as above. {number} stands for a dialogue, {message} for the
# caller's own message in it; {other}, {block}, {me} in a body for numbers that are filled in.
INBOX_BODIES: dict[str, dict[str, Any]] = {
    "threads/{number}/messages/": {
        "client_id": str(uuid4()),
        "text": "Да, 8 часов.",
        "kind": "message",
        "attachments": [],
        "seen_seq": 2,
        "shown_seq": 2,
        "anyway": True,
    },
    "threads/{number}/read/": {"upto": 1, "state": "read"},
    "threads/{number}/draft/": {"kind": "note", "text": "Позвонить"},
    "threads/{number}/assign/": {"operator": "{me}", "only_free": False},
    "threads/{number}/close/": {"shown_seq": 1},
    "threads/{number}/merge/": {"into": "{other}"},
    "threads/{number}/block/": {"kind": "thread", "hours": 1, "reason": "Грубость"},
    "threads/{number}/unblock/": {"block": "{block}"},
    "messages/{message}/edit/": {"text": "Нет, не нужно."},
}
INBOX_BARE = [
    "threads/{number}/typing/",
    "threads/{number}/looking/",
    "threads/{number}/reopen/",
    "messages/{message}/delete/",
    "messages/{message}/resend/",
]
# Parameters of the calls that only read, each with a value that is taken.
INBOX_READS: dict[str, dict[str, str]] = {
    "state/": {},
    "threads/": {
        "queue": "waiting",
        "operator": "{me}",
        "topic": "Цена",
        "page": "/analizy/",
        "after": "1700000000000000-1",
        "numbers": "1,2",
    },
    "common/": {},
    "search/": {"q": "ттг", "after": "1700000000000000-1"},
    "badge/": {},
    "replies/": {},
    "content/": {"q": "ттг"},
    "attachments/5c0e6d1c-0000-4000-8000-000000000000/": {},
    "threads/{number}/": {},
    "threads/{number}/picture/": {},
    "threads/{number}/changes/": {"after": "0"},
    "threads/{number}/messages/": {"before": "9"},
}
