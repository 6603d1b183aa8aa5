"""Moments of a schedule in words, as all parts of the site say them."""

from datetime import datetime, time

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

ON_WEEKDAY = {
    1: gettext_lazy("on Monday at %(time)s"),
    2: gettext_lazy("on Tuesday at %(time)s"),
    3: gettext_lazy("on Wednesday at %(time)s"),
    4: gettext_lazy("on Thursday at %(time)s"),
    5: gettext_lazy("on Friday at %(time)s"),
    6: gettext_lazy("on Saturday at %(time)s"),
    7: gettext_lazy("on Sunday at %(time)s"),
}


def clock(at: time) -> str:
    """Return a time of day as people write it: 7:30, 18:00."""
    return f"{at.hour}:{at.minute:02}"


def until_words(until: datetime, after: datetime | None = None) -> str:
    """Return until when something stays open: «until 13:00, then from 14:00»."""
    if after is None:
        return _("until %(time)s") % {"time": clock(until.time())}
    said = {"time": clock(until.time()), "after": clock(after.time())}
    return _("until %(time)s, then from %(after)s") % said


def break_words(end: datetime) -> str:
    """Return until when a lunch lasts: «break until 14:00»."""
    return _("break until %(time)s") % {"time": clock(end.time())}


def when_words(at: datetime, now: datetime) -> str:
    """Return a coming moment as one says it now: «tomorrow at 8:00», «on Monday at 8:00»."""
    said = {"time": clock(at.time())}
    days = (at.date() - now.date()).days
    if days == 0:
        return _("today at %(time)s") % said
    if days == 1:
        return _("tomorrow at %(time)s") % said
    if days < 7:
        return str(ON_WEEKDAY[at.isoweekday()]) % said
    return _("on %(date)s at %(time)s") % {"date": date_format(at, "j E"), **said}
