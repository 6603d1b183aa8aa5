"""Logs for machines: one JSON object a line, without personal data.

Values that travel in messages and exceptions may be somebody's name, address or words. So an
exception is its type and the places it passed, never its text; and of a message that was not
written here only the pattern and its numbers remain.
"""

import json
import logging
import traceback
from datetime import UTC, datetime
from types import TracebackType
from typing import Any

from django.conf import settings

# Loggers whose messages are written in this project or are known to hold no data of people.
OPEN_LOGGERS = (
    *("accounts", "chat", "pages", "search", "site_config"),
    *("django_tasks", "django_tasks_db"),
)
# Here the pattern itself is a text made from the request.
MUTE_LOGGERS = ("django.security",)
MAX_FRAMES = 30


def belongs(name: str, families: tuple[str, ...]) -> bool:
    """Say whether a logger is one of the named families."""
    return any(name == family or name.startswith(f"{family}.") for family in families)


def message(record: logging.LogRecord) -> str:
    """Return as much of a record's message as may be kept."""
    if belongs(record.name, OPEN_LOGGERS):
        return record.getMessage()
    if belongs(record.name, MUTE_LOGGERS):
        return ""
    pattern = str(record.msg)
    if not isinstance(record.args, tuple) or not record.args:
        return pattern
    shown = tuple(arg if isinstance(arg, (int, float)) else "…" for arg in record.args)
    try:
        return pattern % shown
    except (TypeError, ValueError):
        return pattern


def frames(trace: TracebackType | None) -> list[str]:
    """Return the places an exception passed, as `file:line function`, the last ones if many."""
    root = f"{settings.BASE_DIR}/"
    return [
        f"{frame.filename.removeprefix(root)}:{frame.lineno} {frame.name}"
        for frame in traceback.extract_tb(trace)[-MAX_FRAMES:]
    ]


def exception_chain(error: BaseException | None) -> list[dict[str, Any]]:
    """Return an exception and what it was raised from: types and places, no texts, no values."""
    chain: list[dict[str, Any]] = []
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        kind = type(error)
        name = f"{kind.__module__}.{kind.__qualname__}"
        chain.append({"type": name, "frames": frames(error.__traceback__)})
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return chain


class JsonFormatter(logging.Formatter):
    """Writes a record as one line of JSON; `extra={"fields": {…}}` adds fields of its own."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        entry: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": message(record),
            **getattr(record, "fields", {}),
        }
        if record.exc_info:
            entry["exception"] = exception_chain(record.exc_info[1])
        return json.dumps(entry, ensure_ascii=False, default=str)
