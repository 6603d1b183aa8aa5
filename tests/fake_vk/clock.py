"""The stand-in's clock: it stands still until a test moves it, or runs with the real one."""

import time
from datetime import UTC, datetime

START = datetime(2026, 11, 2, 9, 0, tzinfo=UTC).timestamp()


class Clock:
    """Unix time. With `real`, it runs by itself and `advance` shifts it further."""

    def __init__(self, start: float = START, *, real: bool = False) -> None:
        self.real = real
        self._time = 0.0 if real else start

    def now(self) -> float:
        """Return the present moment in seconds."""
        return time.time() + self._time if self.real else self._time

    def advance(self, seconds: float) -> None:
        """Let time pass. What falls due is not done here: see FakeVK.advance."""
        if seconds < 0:
            raise ValueError("Time does not run backwards")
        self._time += seconds

    def move_to(self, moment: float) -> None:
        """Go to a moment that is not in the past."""
        self.advance(max(0.0, moment - self.now()))
