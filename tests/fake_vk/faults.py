"""Faults that a test orders: what goes wrong, for which method or event, how often."""

import random
from dataclasses import dataclass, field

API_KINDS = frozenset(
    {
        "refused",  # the connection is dropped before anything was read of it
        "timeout",  # no answer, and nothing was done
        "timeout_after",  # no answer, but it was done
        "http",  # an answer with `code` 500, 502 or 504 and a page of HTML; nothing was done
        "http_after",  # the same, but it was done
        "html",  # 200 with a page of HTML
        "empty",  # 200 without a body
        "truncated",  # JSON that breaks off; it was done
        "error",  # VK's error `code`
        "partial",  # in messages.send with peer_ids, `peers` get the error `code`
        "slow",  # the answer comes `seconds` of real time late
    }
)
EVENT_KINDS = frozenset(
    {
        "duplicate",  # `copies` more, at once, `seconds` later, or all in parallel
        "reorder",  # deliveries within a window of `window` come in any order
        "drop_first",  # the first delivery never arrives, the repeats do
        "lost",  # never delivered at all
        "second_server",  # the same once more with another event_id
        "no_event_id",
        "numeric_event_id",
        "old_shape",  # as a server of version 5.92 gets it
        "warning",  # the object holds a warning about the version and nothing else
        "wrong_secret",
        "no_secret",
        "wrong_group",
        "zero_id",  # the message has id 0
    }
)


@dataclass
class Fault:
    """One ordered fault. `times` None is for ever; `skip` lets the first ones pass."""

    kind: str
    target: str
    times: int | None = 1
    probability: float = 1.0
    skip: int = 0
    code: int = 500
    seconds: float = 0.0
    copies: int = 1
    parallel: bool = False
    window: int = 3
    peers: frozenset[int] = field(default_factory=frozenset)

    def strikes(self, target: str, rng: random.Random) -> bool:
        """Say whether it happens now, and count it if so."""
        if self.target not in (target, "*") or self.times == 0:
            return False
        if self.probability < 1.0 and rng.random() >= self.probability:
            return False
        if self.skip:
            self.skip -= 1
            return False
        if self.times is not None:
            self.times -= 1
        return True


class Faults:
    """All ordered faults."""

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        self._faults: list[Fault] = []

    def add(self, fault: Fault) -> Fault:
        """Order a fault."""
        self._faults.append(fault)
        return fault

    def clear(self) -> None:
        """Let everything be well again."""
        self._faults.clear()

    def for_call(self, method: str) -> Fault | None:
        """Return the fault that this API call meets."""
        return next(iter(self._striking(method, API_KINDS)), None)

    def for_event(self, kind: str) -> list[Fault]:
        """Return every fault that this event meets: they add up."""
        return self._striking(kind, EVENT_KINDS)

    def _striking(self, target: str, kinds: frozenset[str]) -> list[Fault]:
        striking = []
        for fault in self._faults:
            if fault.kind in kinds and fault.strikes(target, self._rng):
                striking.append(fault)
                if kinds is API_KINDS:
                    break
        self._faults = [fault for fault in self._faults if fault.times != 0]
        return striking
