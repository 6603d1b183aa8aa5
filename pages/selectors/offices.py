"""Offices with their state at this moment."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from typing import Any

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from pages import models
from pages.links import path_of
from pages.selectors.freshness import kept, published
from pages.selectors.schedules import schedule_of
from site_config.common import hours
from site_config.common.hours_words import break_words, clock, until_words, when_words


@dataclass(frozen=True)
class DayLine:
    """A line of the week table: a weekday or a date, its hours in words, and whether it
    is today.
    """

    name: str
    hours: str
    lunch: str
    last_sampling: str
    note: str
    is_today: bool
    is_day_off: bool


@dataclass(frozen=True)
class OfficeCard:
    """An office as lists and its own page show it."""

    page: Any
    url: str
    is_open: bool
    at_lunch: bool
    status: str
    sampling: str
    today: DayLine
    week: list[DayLine]
    exceptions: list[DayLine]
    schedule: hours.Schedule


def offices() -> list[OfficeCard]:
    """Return the published offices in the editors' order, with their state now."""
    return kept("offices", _offices)


def offices_taking(service: Any) -> list[OfficeCard]:
    """Return the published offices where a service is taken."""
    excluded = {office.pk for office in service.not_taken_at.all()}
    return [card for card in offices() if card.page.pk not in excluded]


def office_card(office: Any, now: datetime | None = None) -> OfficeCard:
    """Return an office with its state at a moment (aware; default now)."""
    zone = timezone.get_default_timezone()
    now = (now or timezone.now()).astimezone(zone)
    schedule = schedule_of(office)
    state = hours.status(schedule, now, zone)
    notes = {row.date: row.note for row in office.exceptions.all()}
    today = now.date()
    return OfficeCard(
        page=office,
        url=path_of()(office.url_path),
        is_open=state.is_open,
        at_lunch=state.at_lunch,
        status=status_words(state, now),
        sampling=sampling_words(schedule, state, now, zone),
        today=_day_line(_("today"), schedule.day(today), notes.get(today, ""), is_today=True),
        week=[
            _day_line(str(name), schedule.weekly.get(number), "", number == today.isoweekday())
            for number, name in models.WEEKDAYS
        ],
        exceptions=[
            _day_line(date_format(on, "j E, l"), schedule.exceptions[on], notes[on], on == today)
            for on in sorted(_coming(schedule.exceptions, today))
        ],
        schedule=schedule,
    )


def main_office(cards: list[OfficeCard]) -> OfficeCard | None:
    """Return the office to name in the header: the first open one, else the first."""
    return next((card for card in cards if card.is_open), cards[0] if cards else None)


def status_words(state: hours.Status, now: datetime) -> str:
    """Return the state of an office in words, for example «open until 18:00»."""
    if state.is_open:
        if state.until is None:
            return _("open round the clock")
        return _("open %(until)s") % {"until": until_words(state.until, state.opens_at)}
    if state.opens_at is None:
        return _("closed")
    if state.at_lunch:
        return break_words(state.opens_at)
    return _("opens %(when)s") % {"when": when_words(state.opens_at, now)}


def _offices() -> list[OfficeCard]:
    pages = published(models.OfficePage).prefetch_related(
        "hours", "exceptions", "photo__renditions"
    )
    return [office_card(page) for page in pages.select_related("photo").order_by("path")]


def _coming(dates: Iterable[date], today: date) -> list[date]:
    return [on for on in dates if today <= on <= today + timedelta(days=60)]


def sampling_words(
    schedule: hours.Schedule, state: hours.Status, now: datetime, zone: tzinfo
) -> str:
    """Return until when blood is taken in words, for example «blood is taken until 12:00».

    An empty string if nothing is said of it or the office is closed and takes none today.
    """
    end = hours.sampling_ends(schedule, now, zone)
    if end:
        at = {"time": clock(end.time())}
        if end.date() > now.date():
            return _("blood is taken until %(time)s at night") % at
        return _("blood is taken until %(time)s") % at
    day = schedule.day(now.date())
    is_over = day and day.last_sampling and (state.is_open or state.at_lunch)
    return _("no more blood is taken today") if is_over else ""


def _day_line(name: str, day: hours.Day | None, note: str, is_today: bool = False) -> DayLine:
    if day is None:
        return DayLine(name, _("day off"), "", "", note, is_today, is_day_off=True)
    if day.overnight and day.opens == day.closes:
        text = _("round the clock")
    else:
        text = f"{clock(day.opens)}–{clock(day.closes)}"
    lunch = ""
    if day.lunch_from and day.lunch_to:
        lunch = f"{clock(day.lunch_from)}–{clock(day.lunch_to)}"
    sampling = clock(day.last_sampling) if day.last_sampling else ""
    return DayLine(name, text, lunch, sampling, note, is_today, is_day_off=False)
