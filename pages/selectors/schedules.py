"""Hours of offices as site_config.common.hours reckons with them."""

from typing import Any

from pages import models
from site_config.common import hours


def schedule_of(office: Any) -> hours.Schedule:
    """Return the hours of an office."""
    weekly = {row.weekday: row.day for row in office.hours.all() if row.day}
    exceptions = {row.date: None if row.closed else row.day for row in office.exceptions.all()}
    return hours.Schedule(weekly, exceptions)


def office_schedules() -> list[hours.Schedule]:
    """Return the schedules of all published offices."""
    pages = models.OfficePage.objects.live().prefetch_related("hours", "exceptions")
    return [schedule_of(page) for page in pages]
