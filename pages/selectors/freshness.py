"""Which state of the content a page was made from, and until when it can be right."""

from datetime import datetime

from django.utils import timezone

from pages import hours, models
from pages.selectors.offices import office_schedules


def content_version() -> int:
    """Return the number that every change of content raises."""
    return models.ContentVersion.objects.values_list("number", flat=True).get(pk=1)


def next_boundary(now: datetime) -> datetime:
    """Return the next moment at which some page changes by itself.

    An office opens or closes, a scheduled price comes into force, or a new day begins (promotions,
    legal versions and «tomorrow» go by dates).
    """
    zone = timezone.get_current_timezone()
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
