"""What the head of the laboratory asks about the chat: how long patients wait, how much they write,
what they think of it. By the laboratory's clock."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import Aggregate, Avg, Count, F, FloatField, Min, Q, QuerySet
from django.db.models.functions import Extract, ExtractHour, TruncDate
from django.utils import timezone

from accounts.models import User
from chat.models import ChatMessage, ChatRating, ChatThread, ChatWait

HOURS = range(24)
SCORES = range(1, 6)
COMMENTS = 100
MISSED = 200


class Percentile(Aggregate):
    """A percentile of a group: half of the values are below the one of 0.5."""

    function = "percentile_cont"
    template = "%(function)s(%(fraction)s) WITHIN GROUP (ORDER BY %(expressions)s)"
    output_field = FloatField()

    def __init__(self, expression: Any, fraction: float, **extra: Any) -> None:
        super().__init__(expression, fraction=float(fraction), **extra)


@dataclass(frozen=True)
class Period:
    """Days from the first to the last, both counted."""

    first: date
    last: date

    @property
    def begins(self) -> datetime:
        """The first moment."""
        return timezone.make_aware(datetime.combine(self.first, time()))

    @property
    def ends(self) -> datetime:
        """The first moment that no longer belongs to it."""
        return timezone.make_aware(datetime.combine(self.last + timedelta(days=1), time()))

    @property
    def days(self) -> list[date]:
        """Every day."""
        return [
            self.first + timedelta(days=number)
            for number in range((self.last - self.first).days + 1)
        ]


@dataclass(frozen=True)
class Waiting:
    """How long patients waited, in seconds; None where nobody was answered.

    `median` and `p90` are of all waits, `first` and `first_p90` of the first answers alone.
    """

    answered: int = 0
    missed: int = 0
    median: float | None = None
    p90: float | None = None
    first: float | None = None
    first_p90: float | None = None


def _waits(period: Period) -> QuerySet[ChatWait]:
    return ChatWait.objects.filter(started_at__gte=period.begins, started_at__lt=period.ends)


def _figures() -> dict[str, Aggregate]:
    seconds = Extract(F("ended_at") - F("started_at"), "epoch")
    answered = Q(answered=True)
    first = answered & Q(is_first=True)
    return {
        "answered_count": Count("pk", filter=answered),
        "missed_count": Count("pk", filter=Q(answered=False)),
        "median": Percentile(seconds, 0.5, filter=answered),
        "p90": Percentile(seconds, 0.9, filter=answered),
        "first": Percentile(seconds, 0.5, filter=first),
        "first_p90": Percentile(seconds, 0.9, filter=first),
    }


def _waiting(row: Any) -> Waiting:
    return Waiting(
        row["answered_count"],
        row["missed_count"],
        row["median"],
        row["p90"],
        row["first"],
        row["first_p90"],
    )


def waiting(period: Period) -> Waiting:
    """Return how long patients waited in a period."""
    return _waiting(_waits(period).aggregate(**_figures()))


@dataclass(frozen=True)
class Queue:
    """Who waits at this moment: how many, and the longest in seconds (None if nobody does)."""

    count: int
    longest: float | None


def waiting_now() -> Queue:
    """Return who waits now, whatever the period."""
    waiting = ChatThread.objects.filter(is_common=False, waiting_since__isnull=False)
    found = waiting.aggregate(count=Count("pk"), since=Min("waiting_since"))
    since = found["since"]
    return Queue(found["count"], since and (timezone.now() - since).total_seconds())


def waiting_by_hour(period: Period) -> dict[int, Waiting]:
    """Return the same for each hour of the day in which the wait began."""
    rows = _waits(period).values(hour=ExtractHour("started_at")).annotate(**_figures())
    found = {row["hour"]: _waiting(row) for row in rows.order_by()}
    return {hour: found.get(hour, Waiting()) for hour in HOURS}


def waiting_by_day(period: Period) -> dict[date, Waiting]:
    """Return the same for each day in which the wait began."""
    rows = _waits(period).values(day=TruncDate("started_at")).annotate(**_figures())
    found = {row["day"]: _waiting(row) for row in rows.order_by()}
    return {day: found.get(day, Waiting()) for day in period.days}


@dataclass(frozen=True)
class OperatorFigures:
    """The work of one operator. `score` is the average rating, None without one."""

    name: str
    waiting: Waiting
    messages: int
    ratings: int
    score: float | None


def by_operator(period: Period) -> list[OperatorFigures]:
    """Return the work of everybody who answered, the busiest first."""
    waits = {
        row["operator"]: _waiting(row)
        for row in _waits(period)
        .filter(operator__isnull=False)
        .values("operator")
        .annotate(**_figures())
        .order_by()
    }
    said = dict(
        _messages(period)
        .filter(sender=ChatMessage.Sender.OPERATOR, author__isnull=False)
        .order_by()
        .values_list("author")
        .annotate(count=Count("pk"))
    )
    scores = {
        row["operator"]: (row["count"], row["score"])
        for row in _ratings(period)
        .filter(operator__isnull=False)
        .values("operator")
        .annotate(count=Count("pk"), score=Avg("score"))
        .order_by()
    }
    people = User.objects.in_bulk({*waits, *said, *scores})
    figures = [
        OperatorFigures(
            str(people[pk]),
            waits.get(pk, Waiting()),
            said.get(pk, 0),
            *scores.get(pk, (0, None)),
        )
        for pk in people
    ]
    return sorted(figures, key=lambda one: (-one.messages, one.name))


def _messages(period: Period) -> QuerySet[ChatMessage]:
    return ChatMessage.objects.filter(
        created_at__gte=period.begins,
        created_at__lt=period.ends,
        kind=ChatMessage.Kind.MESSAGE,
    )


def load_by_hour(period: Period) -> dict[int, float]:
    """Return how many messages patients write in each hour of the day, on average over the days."""
    rows = (
        _messages(period)
        .filter(sender=ChatMessage.Sender.VISITOR)
        .values(hour=ExtractHour("created_at"))
        .annotate(count=Count("pk"))
        .order_by()
    )
    found = {row["hour"]: row["count"] for row in rows}
    return {hour: found.get(hour, 0) / len(period.days) for hour in HOURS}


def _ratings(period: Period) -> QuerySet[ChatRating]:
    return ChatRating.objects.filter(created_at__gte=period.begins, created_at__lt=period.ends)


def scores(period: Period) -> dict[int, int]:
    """Return how often each score was given."""
    found = dict(_ratings(period).order_by().values_list("score").annotate(count=Count("pk")))
    return {score: found.get(score, 0) for score in SCORES}


def comments(period: Period) -> list[ChatRating]:
    """Return the newest ratings with a word in them."""
    found = _ratings(period).exclude(comment="").select_related("operator")
    return list(found.order_by("-created_at")[:COMMENTS])


def missed(period: Period) -> list[ChatWait]:
    """Return the newest waits that nobody answered before the dialogue was closed."""
    return list(_waits(period).filter(answered=False).order_by("-started_at")[:MISSED])
