"""Reads of the database from the event loop: gathered while the last ones run, done in a thread.

One reads at a time of each kind, and what comes meanwhile is read together next: a thousand
browsers that come back at once cost a few queries. A connection is held for the length of a read,
never by a stream.
"""

import asyncio
import json
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from django.db import DatabaseError, InterfaceError, close_old_connections

from chat.events import Audience, update_json
from chat.selectors.streams import (
    Caller,
    Credentials,
    callers,
    public_names,
    updates_for_visitors,
)
from chat.selectors.threads import thread as thread_of
from chat.selectors.threads import visitor_thread_json

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")
A = TypeVar("A")
R = TypeVar("R")

# What is raised when the database is away.
DATABASE_ERRORS = (DatabaseError, InterfaceError)


class Batch(Generic[K, V]):
    """Asks `load` for many keys at once; each key that is asked for again is read again."""

    def __init__(
        self,
        pool: ThreadPoolExecutor,
        load: Callable[[Sequence[K]], Mapping[K, V]],
        *,
        limit: int,
        at_once: int = 1,
    ) -> None:
        """Prepare to load up to `limit` keys in one go, `at_once` goes beside each other."""
        self._pool = pool
        self._load = load
        self._limit = limit
        self._at_once = at_once
        self._waiting: dict[K, asyncio.Future[V | None]] = {}
        self._workers: set[asyncio.Task[None] | None] = set()

    async def get(self, key: K) -> V | None:
        """Return the value as it is after this call began; None if `load` left the key out."""
        future = self._waiting.get(key)
        if future is None:
            future = self._waiting[key] = asyncio.get_running_loop().create_future()
            if len(self._workers) < self._at_once:
                self._workers.add(asyncio.create_task(self._work()))
        # Others may wait for the same key: one who leaves must not take the answer along.
        return await asyncio.shield(future)

    async def _work(self) -> None:
        loop = asyncio.get_running_loop()
        while self._waiting:
            keys = list(self._waiting)[: self._limit]
            futures = {key: self._waiting.pop(key) for key in keys}
            try:
                found = await loop.run_in_executor(self._pool, in_thread, self._load, keys)
            except Exception as error:  # noqa: BLE001 - whoever asked gets it
                for future in futures.values():
                    future.set_exception(error)
                    # Nobody may be left to hear it.
                    future.exception()
            else:
                for key, future in futures.items():
                    future.set_result(found.get(key))
        # Here and not in a callback later: whoever asks next must start another.
        self._workers.discard(asyncio.current_task())


def in_thread(function: Callable[[A], R], argument: A) -> R:
    """Call and give the connection back, to the pool or to the server."""
    close_old_connections()
    try:
        return function(argument)
    finally:
        close_old_connections()


@dataclass(frozen=True, slots=True)
class Update:
    """An update in the wire format, and what a stream must know of it."""

    cursor: int
    more: bool
    body: str


class Gone(Exception):
    """The thread is not there any more, or never gave this cursor."""


def dumps(data: Any) -> str:
    """Return JSON as it goes out: in one line, as short as may be."""
    return json.dumps(data, ensure_ascii=False, separators=(",", ":"))


def read_updates(keys: Iterable[tuple[int, int]]) -> dict[tuple[int, int], Update | Gone]:
    """Return what is new in threads since cursors; keys with nothing new are left out."""
    keys = list(keys)
    updates = updates_for_visitors(keys)
    found: dict[tuple[int, int], Update | Gone] = {
        key: Gone() for key in keys if key not in updates
    }
    for key, update in updates.items():
        if update is not None:
            found[key] = Update(update["cursor"], update["more"], dumps(update))
    return found


def read_typing(key: tuple[int, int, str]) -> Update:
    """Return an update with nothing new but somebody typing: (thread, cursor, name)."""
    thread_id, cursor, name = key
    thread = visitor_thread_json(thread_of(thread_id))
    update = update_json(thread, [], Audience.VISITOR, cursor=cursor, more=False)
    return Update(cursor, False, dumps(update | {"typing": {"name": name}}))


class Reads:
    """What the streams of one process ask of the database. Raises DATABASE_ERRORS."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(max_workers=4, thread_name_prefix="chat-stream")
        self._callers: Batch[Credentials, Caller] = Batch(self._pool, callers, limit=500)
        self._updates: Batch[tuple[int, int], Update | Gone] = Batch(
            self._pool, read_updates, limit=50, at_once=2
        )
        self._names: Batch[int, str] = Batch(self._pool, public_names, limit=100)

    async def caller(self, shown: Credentials) -> Caller:
        """Return who shows these credentials."""
        return await self._callers.get(shown) or Caller()

    async def callers(self, shown: Iterable[Credentials]) -> dict[Credentials, Caller]:
        """Return who shows each of these credentials."""
        return await self.call(callers, shown)

    async def update(self, thread_id: int, after: int) -> Update | None:
        """Return what is new in a thread since a cursor; None if nothing is. Raises Gone."""
        found = await self._updates.get((thread_id, after))
        if isinstance(found, Gone):
            raise Gone
        return found

    async def name(self, user_id: int) -> str:
        """Return how patients see an operator, "" for nobody."""
        return await self._names.get(user_id) or ""

    async def call(self, function: Callable[[A], R], argument: A) -> R:
        """Call something that asks the database, in a thread."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._pool, in_thread, function, argument)

    def close(self) -> None:
        """Let the threads end; nothing more may be asked."""
        self._pool.shutdown(wait=False, cancel_futures=True)
