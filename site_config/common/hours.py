"""When somebody is there: pure reckoning over a weekly schedule and its exceptions.

Times of day are those of the laboratory (settings.TIME_ZONE, Europe/Moscow); moments are aware.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta, tzinfo
from itertools import zip_longest

HORIZON_DAYS = 21


@dataclass(frozen=True)
class Day:
    """The hours of one day. `overnight`: it closes on the next day (24 hours if both
    times agree).
    """

    opens: time
    closes: time
    overnight: bool = False
    lunch_from: time | None = None
    lunch_to: time | None = None
    last_sampling: time | None = None


@dataclass(frozen=True)
class Schedule:
    """Hours by ISO weekday (1 is Monday; a missing one is a day off); None on a date
    means closed.
    """

    weekly: Mapping[int, Day]
    exceptions: Mapping[date, Day | None] = field(default_factory=dict)

    def day(self, on: date) -> Day | None:
        """Return the hours that begin on this date, or None on a day off."""
        if on in self.exceptions:
            return self.exceptions[on]
        return self.weekly.get(on.isoweekday())


@dataclass(frozen=True)
class Status:
    """Whether it is open at a moment.

    `until` is when it closes or goes to lunch (None if it never does within the horizon);
    `opens_at` is when a closed one opens, or an open one after lunch (None if it does not);
    `at_lunch` tells a lunch from a night.
    """

    is_open: bool
    until: datetime | None
    opens_at: datetime | None
    at_lunch: bool = False


def status(schedule: Schedule, now: datetime, zone: tzinfo) -> Status:
    """Return the state of a schedule at `now` (aware)."""
    lunches = list(_lunches(schedule, now, zone))
    spans = open_spans(schedule, now, zone)
    for (start, end), following in zip_longest(spans, spans[1:]):
        if start <= now < end:
            after_lunch = following[0] if following and (end, following[0]) in lunches else None
            return Status(True, None if _is_horizon(end, now) else end, after_lunch)
        if now < start:
            at_lunch = any(begin <= now < finish for begin, finish in lunches)
            return Status(False, None, start, at_lunch)
    return Status(False, None, None)


def sampling_ends(schedule: Schedule, now: datetime, zone: tzinfo) -> datetime | None:
    """Return until when blood is taken in the hours that began yesterday or begin today.

    None if that is over, or if nothing is said of it.
    """
    today = now.astimezone(zone).date()
    return min((end for on, end in _samplings(schedule, now, zone) if on <= today), default=None)


def next_change(schedule: Schedule, now: datetime, zone: tzinfo) -> datetime:
    """Return the first moment after `now` at which the status or its wording may differ.

    That is a boundary of a span, an end of sampling or a midnight («tomorrow» turns into «today»).
    """
    midnight = _midnight(now.astimezone(zone).date() + timedelta(days=1), zone)
    moments = [edge for span in open_spans(schedule, now, zone) for edge in span if edge > now]
    moments += [end for _, end in _samplings(schedule, now, zone)]
    return min([midnight, *moments])


def _midnight(on: date, zone: tzinfo) -> datetime:
    return datetime.combine(on, time.min, tzinfo=zone)


def _is_horizon(end: datetime, now: datetime) -> bool:
    return end - now > timedelta(days=HORIZON_DAYS - 2)


def _days(schedule: Schedule, now: datetime, zone: tzinfo) -> Iterator[tuple[date, Day]]:
    first = now.astimezone(zone).date() - timedelta(days=1)
    for offset in range(HORIZON_DAYS + 1):
        on = first + timedelta(days=offset)
        day = schedule.day(on)
        if day:
            yield on, day


def _moment(on: date, at: time, zone: tzinfo, opens: time | None = None) -> datetime:
    """The moment of a time of day; one before `opens` belongs to the next calendar day."""
    if opens is not None and at < opens:
        on += timedelta(days=1)
    return datetime.combine(on, at, tzinfo=zone)


def _lunches(
    schedule: Schedule, now: datetime, zone: tzinfo
) -> Iterator[tuple[datetime, datetime]]:
    for on, day in _days(schedule, now, zone):
        if day.lunch_from and day.lunch_to:
            opens = day.opens if day.overnight else None
            end = _moment(on, day.lunch_to, zone, opens)
            # After a lunch that a closed day cuts off nobody comes back.
            if end <= _limit(schedule, on, zone):
                yield _moment(on, day.lunch_from, zone, opens), end


def _samplings(schedule: Schedule, now: datetime, zone: tzinfo) -> Iterator[tuple[date, datetime]]:
    """The ends of sampling to come, each with the date on which its hours begin."""
    for on, day in _days(schedule, now, zone):
        if day.last_sampling:
            end = _moment(on, day.last_sampling, zone, day.opens if day.overnight else None)
            if now < end <= _limit(schedule, on, zone):
                yield on, end


def _limit(schedule: Schedule, on: date, zone: tzinfo) -> datetime:
    """The latest end of hours that begin on a date: a night does not run into a closed day."""
    following = on + timedelta(days=1)
    is_closed = following in schedule.exceptions and schedule.exceptions[following] is None
    return _midnight(following if is_closed else following + timedelta(days=1), zone)


def open_spans(schedule: Schedule, now: datetime, zone: tzinfo) -> list[tuple[datetime, datetime]]:
    """Return the spans of work in order, split by lunch, joined where one day runs into the next.

    They begin on the day before `now` and reach to the horizon.
    """
    pieces: list[tuple[datetime, datetime]] = []
    for on, day in _days(schedule, now, zone):
        start = _moment(on, day.opens, zone)
        end = _moment(on + timedelta(days=1) if day.overnight else on, day.closes, zone)
        edges = [start, end]
        if day.lunch_from and day.lunch_to:
            opens = day.opens if day.overnight else None
            lunch = (_moment(on, at, zone, opens) for at in (day.lunch_from, day.lunch_to))
            edges = [start, *lunch, end]
        limit = _limit(schedule, on, zone)
        pieces += [
            (begin, min(finish, limit))
            for begin, finish in zip(edges[::2], edges[1::2], strict=True)
            if begin < limit
        ]
    joined: list[tuple[datetime, datetime]] = []
    for start, end in sorted(pieces):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined
