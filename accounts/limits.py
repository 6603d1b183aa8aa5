"""Limits on failed attempts, counted in the cache: per process without REDIS_URL, else shared."""

import hashlib
from dataclasses import dataclass

from django.core.cache import cache


@dataclass(frozen=True)
class FailureLimit:
    """At most `count` failures in `seconds` for one subject."""

    name: str
    count: int
    seconds: int

    def is_reached(self, subject: str) -> bool:
        """Say whether the subject has to wait."""
        failures: int = cache.get(self._key(subject), 0)
        return failures >= self.count

    def record(self, subject: str) -> None:
        """Count one failure."""
        key = self._key(subject)
        cache.add(key, 0, self.seconds)
        try:
            cache.incr(key)
        except ValueError:
            # The window ended between the two calls: this failure begins the next one.
            cache.set(key, 1, self.seconds)

    def forget(self, subject: str) -> None:
        """Forget the subject's failures."""
        cache.delete(self._key(subject))

    def _key(self, subject: str) -> str:
        # A hash: what is in a cache may be read by people who need not know who failed to sign in.
        digest = hashlib.sha256(subject.strip().casefold().encode()).hexdigest()
        return f"failures:{self.name}:{digest}"
