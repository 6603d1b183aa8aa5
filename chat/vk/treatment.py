"""What an error of VK's means for the message that met it (vk.dev, errors of messages.send)."""

from dataclasses import dataclass
from datetime import timedelta
from enum import Enum

# A message that an administrator has sent again after a long time gets so many attempts.
FEWEST_ATTEMPTS = 10
# VK may be away for hours, and nobody is there to send again what waits.
A_DAY = timedelta(hours=24)


class Kind(Enum):
    """What to do."""

    RETRY = "retry"
    RECIPIENT = "recipient"
    HALT = "halt"
    WITHOUT_BUTTONS = "without buttons"
    BUG = "bug"
    # Nobody knows the code, nor whether VK did it.
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Treatment:
    """What to do about an error: `delays` are the pauses in seconds between attempts."""

    kind: Kind
    delays: tuple[float, ...] = ()
    patience: timedelta = A_DAY

    def delay(self, attempts: int, age: timedelta) -> float | None:
        """Return the pause after this many attempts, None if it is time to give up.

        `age` is that of the message.
        """
        if age >= self.patience and attempts >= FEWEST_ATTEMPTS:
            return None
        return self.delays[min(attempts, len(self.delays)) - 1]


SOON = Treatment(Kind.RETRY, (1, 2, 4, 8, 15, 30, 60))
TOO_FAST = Treatment(Kind.RETRY, (1, 1, 2, 2, 4, 15, 60))
# A bug of ours, or of VK's: it is not to hold up for long what waits behind it.
UNEXPECTED = Treatment(Kind.RETRY, (1, 2, 4, 8, 15, 30, 60), patience=timedelta(minutes=10))
FLOOD = Treatment(Kind.RETRY, (60, 300, 900, 3600))
HOURS = Treatment(Kind.RETRY, (3600, 7200))
RECIPIENT = Treatment(Kind.RECIPIENT)
HALT = Treatment(Kind.HALT)
BUG = Treatment(Kind.BUG)
UNKNOWN = Treatment(Kind.UNKNOWN)

_BY_CODE: dict[int, Treatment] = {
    **dict.fromkeys((2, 3, 8, 100, 113, 913, 914), BUG),
    **dict.fromkeys((1, 10, 36, 43), SOON),
    **dict.fromkeys((6, 103), TOO_FAST),
    9: FLOOD,
    29: HOURS,
    **dict.fromkeys((4, 5, 7, 14, 15, 17, 20, 23, 24, 27, 28, 203, 1116, 1117, 1118), HALT),
    **dict.fromkeys((911, 912), Treatment(Kind.WITHOUT_BUTTONS)),
    **dict.fromkeys((18, 30, 37, 900, 901, 902, 950, 984, 1021), RECIPIENT),
    **dict.fromkeys((917, 922, 925, 927, 935, 945, 946, 1012), RECIPIENT),
    **dict.fromkeys((932, 936, 939, 940, 943, 944, 962, 985, 987, 988), RECIPIENT),
}


def of(code: int) -> Treatment:
    """Return what to do about a code."""
    return _BY_CODE.get(code, UNKNOWN)
