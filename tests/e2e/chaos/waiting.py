"""Waiting for a condition: the only way in which these tests pass the time."""

import time
from collections.abc import Callable

# Seconds for what a busy machine may be slow at; nothing waits longer than it must.
PATIENCE = 240
STEP = 0.05


def until(condition: Callable[[], bool], what: str, patience: float = PATIENCE) -> None:
    """Ask until a condition holds. Raises AssertionError if it never does."""
    deadline = time.monotonic() + patience
    while not condition():
        assert time.monotonic() < deadline, f"in vain: {what}"
        time.sleep(STEP)
