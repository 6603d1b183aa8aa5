"""A worker that is killed before it calls VK, or before it begins a transaction.

Amid a transaction would be the same as before it, and after a call the same as before the next one.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any
from unittest.mock import patch

from django.db import connection

from chat.vk.client import VkClient


class WorkerDied(BaseException):
    """The worker was killed here."""


class Death:
    """When it comes, and whether it has come."""

    def __init__(self, moments: int) -> None:
        self._left = moments
        self._outside = len(connection.atomic_blocks)
        self._transaction: object = None

    @property
    def has_come(self) -> bool:
        """Say whether the worker is dead."""
        return self._left <= 0

    def before_query(self, execute: Callable[..., Any], *arguments: Any) -> Any:
        """Run a query, or die before the first one of a transaction."""
        blocks = connection.atomic_blocks[self._outside :]
        now = blocks[0] if blocks else None
        is_amid = now is not None and now is self._transaction
        self._transaction = now
        return execute(*arguments) if is_amid else self.before(partial(execute, *arguments))

    def before(self, call: Callable[[], Any]) -> Any:
        """Make a call, or die before."""
        self._left -= 1
        # Once dead, all that still comes is the database's rollback.
        if self._left == 0:
            raise WorkerDied
        return call()


@contextmanager
def dying(moments: int) -> Iterator[Death]:
    """Let the worker die at the moment with this number, counted from one, if it comes so far."""
    death = Death(moments)
    whole = VkClient.call

    def deadly(client: VkClient, method: str, **params: Any) -> Any:
        return death.before(partial(whole, client, method, **params))

    try:
        with connection.execute_wrapper(death.before_query), patch.object(VkClient, "call", deadly):
            yield death
    except WorkerDied:
        # Nothing of that transaction was done; the one around a test has not to end with it.
        connection.needs_rollback = False
