"""Whether operators are there now, in words, and how fast they answer."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from math import ceil
from statistics import median

from django.core.cache import cache
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from chat.events import Json
from chat.models import ChatWait, ChatWidget
from chat.models.widget import WorkingHours
from site_config.common import hours
from site_config.common.hours_words import break_words, until_words, when_words

# The promise of a fast answer stands on this much, and is reckoned anew this often.
PERIOD = timedelta(days=7)
FEWEST_WAITS = 10
KEPT_SECONDS = 60


def hours_json(widget: ChatWidget, now: datetime | None = None) -> Json:
    """Return whether operators are there at a moment (default now), until when, how fast they
    answer (docs/chat-protocol.md).
    """
    zone = timezone.get_default_timezone()
    now = (now or timezone.now()).astimezone(zone)
    schedule = schedule_of(widget)
    state = hours.status(schedule, now, zone)
    return {
        "open": state.is_open,
        "text": status_words(state, now),
        "reply": reply_words(widget, schedule, now) if state.is_open else "",
    }


def schedule_of(widget: ChatWidget) -> hours.Schedule:
    """Return the hours of a widget; one without any is never open."""
    return hours.Schedule(
        {row.weekday: _day(row) for row in widget.hours.all()},
        {row.date: _day(row) for row in widget.exceptions.all()},
    )


def _day(row: WorkingHours) -> hours.Day | None:
    if row.opens is None or row.closes is None:
        return None
    return hours.Day(row.opens, row.closes, lunch_from=row.lunch_from, lunch_to=row.lunch_to)


def status_words(state: hours.Status, now: datetime) -> str:
    """Return until when operators are there, or when they come back; empty if nobody knows."""
    if state.is_open:
        return until_words(state.until, state.opens_at) if state.until else ""
    if state.opens_at is None:
        return ""
    if state.at_lunch:
        return break_words(state.opens_at)
    return _("we answer %(when)s") % {"when": when_words(state.opens_at, now)}


def reply_words(widget: ChatWidget, schedule: hours.Schedule, now: datetime) -> str:
    """Return how fast patients are usually answered; empty unless enough waits bear it out.

    It is kept for a minute: every patient who opens the chat asks.
    """
    key = f"chat:reply:{widget.pk}"
    words: str | None = cache.get(key)
    if words is None:
        words = usual_wait_words(list(waits_in_hours(schedule, now)))
        cache.set(key, words, KEPT_SECONDS)
    return words


def waits_in_hours(schedule: hours.Schedule, now: datetime) -> Iterator[timedelta]:
    """Yield the answered waits of the period that began while operators were there."""
    since = now - PERIOD
    spans = hours.open_spans(schedule, since, timezone.get_default_timezone())
    answered = ChatWait.objects.filter(started_at__gte=since, ended_at__lte=now, answered=True)
    for started, ended in answered.values_list("started_at", "ended_at"):
        if any(begin <= started < end for begin, end in spans):
            yield ended - started


def usual_wait_words(waits: list[timedelta]) -> str:
    """Return the median of some waits in words, rounded up; empty if they are too few."""
    if len(waits) < FEWEST_WAITS:
        return ""
    minutes = max(1, ceil(median(wait.total_seconds() for wait in waits) / 60))
    if minutes > 5:
        minutes = ceil(minutes / 5) * 5
    if minutes < 60:
        said = ngettext(
            "we usually answer within %(count)d minute",
            "we usually answer within %(count)d minutes",
            minutes,
        )
        return said % {"count": minutes}
    whole_hours = ceil(minutes / 60)
    said = ngettext(
        "we usually answer within %(count)d hour",
        "we usually answer within %(count)d hours",
        whole_hours,
    )
    return said % {"count": whole_hours}
