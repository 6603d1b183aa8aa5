"""How the reports write values."""

from datetime import date, datetime

from django import template
from django.utils import timezone
from django.utils.formats import number_format

from site_config.common.exports import Value

register = template.Library()


@register.filter
def cell(value: Value) -> str:
    """Return a value of a table as people read it."""
    if value is None:
        return "—"
    if isinstance(value, datetime):
        return f"{timezone.localtime(value):%d.%m.%Y %H:%M}"
    if isinstance(value, date):
        return f"{value:%d.%m.%Y}"
    return value if isinstance(value, str) else number_format(value)
