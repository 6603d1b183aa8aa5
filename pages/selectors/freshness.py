"""Which state of the content a page is made from, and until when it can be right."""

from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime
from functools import wraps
from typing import TypeVar

from django.utils import timezone

from pages import hours, models

T = TypeVar("T")

_version: ContextVar[int | None] = ContextVar("content_version", default=None)


def content_version() -> int:
    """Return the number that every change of content raises; within `at_version`, that one."""
    known = _version.get()
    if known is not None:
        return known
    return models.ContentVersion.objects.values_list("number", flat=True).get(pk=1)


@contextmanager
def at_version(number: int) -> Iterator[None]:
    """Take this for the content version, so that a request asks for it once.

    Only for what changes no content.
    """
    token = _version.set(number)
    try:
        yield
    finally:
        _version.reset(token)


def kept(make: Callable[..., T]) -> Callable[..., T]:
    """Keep what a selector returns until content changes or time alters a page by itself.

    Its arguments must be hashable and have few values; what it returns is shared by all who ask
    and must not be changed.
    """
    found: dict[Hashable, tuple[int, datetime, datetime, T]] = {}

    @wraps(make)
    def keeping(*args: Hashable) -> T:
        version, now = content_version(), timezone.now()
        known = found.get(args)
        if known and known[0] == version and known[1] <= now < known[2]:
            return known[3]
        made = make(*args)
        found[args] = (version, now, next_boundary(now), made)
        return made

    return keeping


_boundary: tuple[int, datetime, datetime] | None = None


def next_boundary(now: datetime) -> datetime:
    """Return the next moment after `now` at which some page changes by itself.

    An office opens or closes, a scheduled price comes into force, or a new day begins (promotions,
    legal versions and «tomorrow» go by dates).
    """
    global _boundary  # noqa: PLW0603 - one moment for the whole process
    version, known = content_version(), _boundary
    if known and known[0] == version and known[1] <= now < known[2]:
        return known[2]
    found = _find_boundary(now)
    _boundary = (version, now, found)
    return found


def _find_boundary(now: datetime) -> datetime:
    from pages.selectors.offices import office_schedules  # noqa: PLC0415 - offices are kept, too

    zone = timezone.get_default_timezone()
    moments = [hours.next_change(schedule, now, zone) for schedule in office_schedules()]
    moments.append(hours.next_change(hours.Schedule({}), now, zone))
    coming = (
        models.ServicePrice.objects.filter(valid_from__gt=now)
        .order_by("valid_from")
        .values_list("valid_from", flat=True)
        .first()
    )
    if coming:
        moments.append(coming)
    return min(moments)
