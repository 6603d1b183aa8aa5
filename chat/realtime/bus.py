"""The bus between processes: one connection of this process that listens to PostgreSQL."""

import asyncio
import logging
import random
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from django.db import connection

import psycopg

from chat.services.writing import CHANNEL

logger = logging.getLogger(__name__)

APPLICATION_NAME = "kdl chat stream"
FIRST_PAUSE_SECONDS = 0.1
LONGEST_PAUSE_SECONDS = 10
# A connection may die without a word: it is tried when it has been silent for this long.
SILENCE_SECONDS = 15
CONNECT_TIMEOUT_SECONDS = 5

NUMBER = r"(\d{1,18})"
HINT = re.compile(
    rf"m {NUMBER} {NUMBER}|t {NUMBER} (visitor|operator) {NUMBER}|p {NUMBER} {NUMBER}|r {NUMBER}",
    re.ASCII,
)


@dataclass(frozen=True, slots=True)
class Changed:
    """A thread has a new version."""

    thread_id: int
    version: int


@dataclass(frozen=True, slots=True)
class Typing:
    """Somebody is typing; `user_id` is None for a patient."""

    thread_id: int
    side: str
    user_id: int | None


@dataclass(frozen=True, slots=True)
class Presence:
    """An operator is looking at a thread."""

    thread_id: int
    user_id: int


@dataclass(frozen=True, slots=True)
class Rights:
    """What a user may do has changed."""

    user_id: int


@dataclass(frozen=True, slots=True)
class Gap:
    """Hints may have been lost."""


Hint = Changed | Typing | Presence | Rights | Gap


def parse(payload: str) -> Hint | None:
    """Return what a notification says, None for what no writer of ours says."""
    found = HINT.fullmatch(payload)
    if found is None:
        return None
    thread, version, typed, side, typist, seen, watcher, user = found.groups()
    match payload[0]:
        case "m":
            return Changed(int(thread), int(version))
        case "t":
            return Typing(int(typed), side, int(typist) or None)
        case "p":
            return Presence(int(seen), int(watcher))
    return Rights(int(user))


def connection_parameters() -> dict[str, Any]:
    """Return how to reach the site's database without its pool."""
    parameters = connection.get_connection_params()
    for name in ("context", "cursor_factory", "prepare_threshold"):
        parameters.pop(name, None)
    return {
        "connect_timeout": CONNECT_TIMEOUT_SECONDS,
        "keepalives_idle": SILENCE_SECONDS,
        **parameters,
        "application_name": APPLICATION_NAME,
    }


@asynccontextmanager
async def listening(parameters: dict[str, Any]) -> AsyncIterator[psycopg.AsyncConnection[Any]]:
    """Open a connection that listens, close it in the end."""
    listener = await psycopg.AsyncConnection.connect(**parameters, autocommit=True)
    async with listener:
        await listener.execute(f"LISTEN {CHANNEL}")
        yield listener


async def listen(hear: Callable[[Hint], None]) -> None:
    """Listen for ever and pass on each hint; after each connecting, the first is a Gap."""
    parameters = connection_parameters()
    pause = FIRST_PAUSE_SECONDS
    while True:
        try:
            async with listening(parameters) as listener:
                pause = FIRST_PAUSE_SECONDS
                hear(Gap())
                while True:
                    async for notification in listener.notifies(timeout=SILENCE_SECONDS):
                        hint = parse(notification.payload)
                        if hint is not None:
                            hear(hint)
                    await asyncio.wait_for(listener.execute("SELECT 1"), CONNECT_TIMEOUT_SECONDS)
        except (psycopg.Error, OSError, TimeoutError) as error:
            logger.warning("the chat's bus is away: %s", type(error).__name__)
        # Full jitter: processes that lost the database together do not come back together.
        await asyncio.sleep(random.uniform(0, pause))  # noqa: S311 - not for secrets
        pause = min(pause * 2, LONGEST_PAUSE_SECONDS)
