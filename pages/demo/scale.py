"""A large catalogue for benchmarks: services that only look like the real ones."""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from itertools import count, product

from django.utils import timezone

from pages import models
from pages.services.prices import load_price_history

SERIES = ("повторно", "в динамике", "срочно", "методом ИФА", "методом ИХЛА", "в двух пробах")


def grow(total: int) -> int:
    """Add services until the site has `total` published ones; return how many were added."""
    missing = total - models.ServicePage.objects.live().count()
    if missing <= 0:
        return 0
    patterns = list(
        models.ServicePage.objects.live().exclude(code__startswith="X-").order_by("path")
    )
    start = timezone.now() - timedelta(days=400)
    there = models.ServicePage.objects.filter(code__startswith="X-").count()
    for number, (pattern, title) in zip(
        range(there, there + missing), titles(patterns), strict=False
    ):
        code = f"X-{number:05}"
        service = models.ServicePage(
            title=title,
            slug=code.lower(),
            code=code,
            kind=models.ServiceKind.TEST,
            summary=pattern.summary,
            purpose_text=pattern.purpose_text,
            limits=pattern.limits,
            biomaterial_id=pattern.biomaterial_id,
            turnaround_days=pattern.turnaround_days,
        )
        pattern.get_parent().add_child(instance=service)
        load_price_history(
            service_id=service.pk,
            rows=[(start, Decimal(100 + number % 2900))],
            source=models.PriceSource.DEMO,
        )
    return missing


def titles(patterns: list[models.ServicePage]) -> Iterator[tuple[models.ServicePage, str]]:
    """Yield endless (service to resemble, title of its own)."""
    for series in count(1):
        for word, pattern in product(SERIES, patterns):
            yield pattern, f"{pattern.title}, {word} {series}"
