"""Charts of a report as numbers that a template draws: bars in a field of WIDTH by HEIGHT.

No style attribute is needed: places and sizes are attributes of SVG.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from django.utils.formats import number_format
from django.utils.translation import gettext as _

from chat.inbox.sheets import Table, Tables, minutes

WIDTH, HEIGHT = 720, 200
LEFT, BOTTOM, TOP = 44, 24, 10
STEPS = (1, 2, 5)
# More labels than this run into each other.
MOST_LABELS = 12


@dataclass(frozen=True)
class Bar:
    """A bar; `inner` is a second one in front of it. `words` are told when it is pointed at."""

    label: str
    words: str
    value: float
    inner: float | None = None


@dataclass(frozen=True)
class Drawn:
    """A bar with its place."""

    x: float
    width: float
    middle: float
    y: float
    height: float
    inner_y: float
    inner_height: float
    has_inner: bool
    label: str
    words: str


@dataclass
class Chart:
    """A chart with its legend and the table that says the same."""

    title: str
    legend: Sequence[str]
    bars: Sequence[Bar]
    tables: Sequence[Table] = field(default_factory=list)

    width = WIDTH
    height = HEIGHT
    left = LEFT
    bottom = HEIGHT - BOTTOM
    label_y = HEIGHT - 8

    @property
    def is_empty(self) -> bool:
        """Say whether there is nothing to draw."""
        return not any(bar.value for bar in self.bars)

    @property
    def top_value(self) -> float:
        """A round number that no bar goes beyond."""
        highest = max((bar.value for bar in self.bars), default=0) or 1
        power = 10 ** math.floor(math.log10(highest))
        return next(step * power for step in (*STEPS, 10) if step * power >= highest)

    def _y(self, value: float) -> float:
        room = HEIGHT - BOTTOM - TOP
        return round(HEIGHT - BOTTOM - room * value / self.top_value, 1)

    @property
    def lines(self) -> list[tuple[float, str]]:
        """Where the lines across stand, and their numbers."""
        places = [self.top_value * part / 2 for part in (0, 1, 2)]
        return [(self._y(place), number_format(f"{place:g}")) for place in places]

    @property
    def drawn(self) -> list[Drawn]:
        """The bars with their places."""
        room = (WIDTH - LEFT) / max(len(self.bars), 1)
        every = math.ceil(len(self.bars) / MOST_LABELS)
        answer = []
        for number, bar in enumerate(self.bars):
            y, inner_y = self._y(bar.value), self._y(bar.inner or 0)
            answer.append(
                Drawn(
                    x=round(LEFT + room * number + room * 0.15, 1),
                    width=round(room * 0.7, 1),
                    middle=round(LEFT + room * (number + 0.5), 1),
                    y=y,
                    height=round(self.bottom - y, 1),
                    inner_y=inner_y,
                    inner_height=round(self.bottom - inner_y, 1),
                    has_inner=bar.inner is not None,
                    label="" if number % every else bar.label,
                    words=bar.words,
                )
            )
        return answer


def charts(tables: Tables) -> list[Chart]:
    """Return the charts of a report."""
    waits = [_("9 of 10 within, min"), _("median, min")]
    return [
        Chart(
            _("First answer by hour of the day"),
            waits,
            [
                _wait_bar(f"{hour}", f"{hour:02}:00", one.first_p90, one.first)
                for hour, one in tables.hours.items()
            ],
        ),
        Chart(
            _("Messages of patients by hour, a day on average"),
            [_("messages")],
            [
                Bar(f"{hour}", f"{hour:02}:00: {number_format(round(load, 1))}", load)
                for hour, load in tables.load.items()
            ],
            [tables.by_hour],
        ),
        Chart(
            _("First answer by day"),
            waits,
            [
                _wait_bar(f"{day:%d.%m}", f"{day:%d.%m.%Y}", one.first_p90, one.first)
                for day, one in tables.days.items()
            ],
            [tables.by_day],
        ),
        Chart(
            _("Ratings"),
            [_("how often")],
            [Bar(str(score), f"{score}: {count}", count) for score, count in tables.scores.items()],
            [tables.ratings],
        ),
    ]


def _wait_bar(label: str, name: str, p90: float | None, median: float | None) -> Bar:
    high, middle = minutes(p90) or 0, minutes(median) or 0
    words = _("%(name)s: median %(median)s min, 9 of 10 within %(high)s min") % {
        "name": name,
        "median": number_format(middle),
        "high": number_format(high),
    }
    return Bar(label, words, float(high), float(middle))
