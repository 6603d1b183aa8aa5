"""The tables of a report: the same on the screen and in the workbook."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from chat.models import ChatRating, ChatWait
from chat.selectors import reports
from chat.selectors.reports import OperatorFigures, Period, Queue, Waiting
from site_config.common.exports import Sheet, Value


def minutes(seconds: float | None) -> Decimal | None:
    """Return seconds as minutes, to a tenth."""
    return None if seconds is None else (Decimal(seconds) / 60).quantize(Decimal("0.1"))


@dataclass(frozen=True)
class Table:
    """A table with a name of its own."""

    key: str
    name: str
    headings: Sequence[str]
    rows: Sequence[Sequence[Value]]


@dataclass
class Tables:
    """All tables of a period, and the figures that charts are drawn from."""

    period: Period
    whole: Waiting
    now: Queue
    hours: dict[int, Waiting]
    days: dict[date, Waiting]
    load: dict[int, float]
    operators: list[OperatorFigures]
    scores: dict[int, int]
    comments: list[ChatRating]
    missed_waits: list[ChatWait]

    @property
    def rated(self) -> int:
        """How many ratings there are."""
        return sum(self.scores.values())

    @property
    def average(self) -> Decimal | None:
        """The average rating, to a tenth; None without one."""
        if not self.rated:
            return None
        total = sum(score * count for score, count in self.scores.items())
        return (Decimal(total) / self.rated).quantize(Decimal("0.1"))

    @property
    def summary(self) -> list[tuple[str, Value]]:
        """The figures above everything else."""
        return [
            (_("First answer, median, min"), minutes(self.whole.first)),
            (_("First answer, 9 of 10 within, min"), minutes(self.whole.first_p90)),
            (_("Wait for any answer, median, min"), minutes(self.whole.median)),
            (_("Answered"), self.whole.answered),
            (_("Without an answer"), self.whole.missed),
            (_("Wait now"), self.now.count),
            (_("Wait now, the longest, min"), minutes(self.now.longest)),
            (_("Average rating"), self.average),
        ]

    @cached_property
    def by_hour(self) -> Table:
        """Waiting and load by hour of the day."""
        return Table(
            "hours",
            _("By hour of the day"),
            [_("Hour"), *_waiting_headings(), _("Messages of patients a day")],
            [
                [
                    f"{hour:02}:00",
                    *_waiting_cells(self.hours[hour]),
                    Decimal(self.load[hour]).quantize(Decimal("0.1")),
                ]
                for hour in reports.HOURS
            ],
        )

    @cached_property
    def by_day(self) -> Table:
        """Waiting by day."""
        return Table(
            "days",
            _("By day"),
            [_("Day"), *_waiting_headings()],
            [[day, *_waiting_cells(waiting)] for day, waiting in self.days.items()],
        )

    @cached_property
    def by_operator(self) -> Table:
        """The work of operators."""
        return Table(
            "operators",
            _("By operator"),
            [_("Operator"), *_waiting_headings(), _("Messages"), _("Ratings"), _("Average rating")],
            [
                [
                    one.name,
                    *_waiting_cells(one.waiting),
                    one.messages,
                    one.ratings,
                    None if one.score is None else Decimal(one.score).quantize(Decimal("0.1")),
                ]
                for one in self.operators
            ],
        )

    @cached_property
    def ratings(self) -> Table:
        """How often each score was given."""
        return Table(
            "ratings", _("Ratings"), [_("Score"), _("How often")], list(self.scores.items())
        )

    @cached_property
    def said(self) -> Table:
        """What patients said with their ratings."""
        return Table(
            "comments",
            _("What patients say"),
            [_("When"), _("Dialogue"), _("Operator"), _("Score"), _("Comment")],
            [
                [
                    rating.created_at,
                    rating.thread_id,
                    str(rating.operator or ""),
                    rating.score,
                    rating.comment,
                ]
                for rating in self.comments
            ],
        )

    @cached_property
    def missed(self) -> Table:
        """Waits that nobody answered."""
        return Table(
            "missed",
            _("Left without an answer"),
            [_("Waited from"), _("until closed"), _("Dialogue")],
            [[wait.started_at, wait.ended_at, wait.thread_id] for wait in self.missed_waits],
        )

    def sheets(self) -> list[Sheet]:
        """Return the tables as sheets of a workbook."""
        period = _("%(first)s to %(last)s") % {
            "first": f"{self.period.first:%d.%m.%Y}",
            "last": f"{self.period.last:%d.%m.%Y}",
        }
        tables = (self.by_day, self.by_hour, self.by_operator, self.ratings, self.said, self.missed)
        return [
            Sheet(
                name=table.name,
                title=[f"{table.name}, {period}"],
                headings=table.headings,
                rows=table.rows,
            )
            for table in tables
        ]


def tables(period: Period) -> Tables:
    """Return the tables of a period."""
    return Tables(
        period=period,
        whole=reports.waiting(period),
        now=reports.waiting_now(),
        hours=reports.waiting_by_hour(period),
        days=reports.waiting_by_day(period),
        load=reports.load_by_hour(period),
        operators=reports.by_operator(period),
        scores=reports.scores(period),
        comments=reports.comments(period),
        missed_waits=reports.missed(period),
    )


def _waiting_headings() -> list[str]:
    return [
        _("Answered"),
        _("Without an answer"),
        _("Wait, median, min"),
        _("Wait, 9 of 10 within, min"),
        _("First answer, median, min"),
        _("First answer, 9 of 10 within, min"),
    ]


def _waiting_cells(waiting: Waiting) -> list[Value]:
    return [
        waiting.answered,
        waiting.missed,
        minutes(waiting.median),
        minutes(waiting.p90),
        minutes(waiting.first),
        minutes(waiting.first_p90),
    ]
