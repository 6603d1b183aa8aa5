"""Which state of the content a reader sees, until when it is right, and what is kept meanwhile.

Every change of content gives the content a number it has never had (services.freshness). What many
pages show (offices, categories, menus) is kept in the process under that number, and no longer than
to the next moment at which a page changes by itself. So it is never staler than the row that holds
the number.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from django.utils import timezone

from wagtail.models import PageViewRestriction

from pages import models
from pages.selectors.schedules import office_schedules
from site_config.common import hours

T = TypeVar("T")

# Names are few; a flood of invented host names must not fill the memory.
MOST_KEPT = 500


@dataclass(frozen=True)
class Kept:
    """Something made from one state of the content, right from one moment until another."""

    version: int
    made_at: datetime
    until: datetime
    value: Any


_kept: dict[str, Kept] = {}
_version: ContextVar[int | None] = ContextVar("content_version", default=None)


def content_version() -> int:
    """Return the number of the present state of the content."""
    chosen = _version.get()
    if chosen is not None:
        return chosen
    return models.ContentVersion.objects.values_list("number", flat=True).get(pk=1)


@contextmanager
def one_version() -> Iterator[int]:
    """Read the number once for all that is done inside, which must only read."""
    token = _version.set(content_version())
    try:
        yield content_version()
    finally:
        _version.reset(token)


def kept(name: str, make: Callable[[], T]) -> T:
    """Return what `make` returned for the present state of the content; callers must not
    alter it.
    """
    version, now = content_version(), timezone.now()
    found = _find(name, version, now)
    if found is None:
        found = _keep(name, Kept(version, now, next_boundary(now), make()))
    value: T = found.value
    return value


def next_boundary(now: datetime) -> datetime:
    """Return the next moment at which some page changes by itself.

    An office opens or closes, a scheduled price comes into force, or a new day begins (promotions,
    legal versions and «tomorrow» go by dates).
    """
    version = content_version()
    found = _find("next boundary", version, now)
    if found is None:
        moment = _next_boundary(now)
        found = _keep("next boundary", Kept(version, now, moment, moment))
    return found.until


def has_private_pages() -> bool:
    """Say whether any page is open to some visitors only."""
    return kept("private pages", PageViewRestriction.objects.exists)


def published(model: type[Any]) -> Any:
    """Return the published pages of a model that are open to everybody, as a queryset."""
    pages = model.objects.live()
    return pages.public() if has_private_pages() else pages


def _find(name: str, version: int, now: datetime) -> Kept | None:
    found = _kept.get(name)
    if found and found.version == version and found.made_at <= now < found.until:
        return found
    return None


def _keep(name: str, item: Kept) -> Kept:
    if len(_kept) >= MOST_KEPT:
        _kept.clear()
    _kept[name] = item
    return item


def _next_boundary(now: datetime) -> datetime:
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
