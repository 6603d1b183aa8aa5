"""Promotions: which run, and what their services cost."""

from dataclasses import dataclass
from datetime import timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone

from pages import models
from pages.selectors.catalogue import ServiceRow, service_rows
from pages.selectors.prices import reference_prices

KOPECK = Decimal("0.01")


@dataclass(frozen=True)
class PromotionRow:
    """A service in a promotion. `old_price` is there only if the price history bears it out."""

    service: ServiceRow
    price: Decimal | None
    old_price: Decimal | None


def running_promotions() -> QuerySet[Any]:
    """Return the published promotions that run today, the soonest to end first."""
    today = timezone.localdate()
    return (
        models.PromotionPage.objects.live()
        .public()
        .filter(Q(ends_on__isnull=True) | Q(ends_on__gte=today), starts_on__lte=today)
        .select_related("image")
        .order_by("ends_on", "pk")
    )


def coming_promotions() -> QuerySet[Any]:
    """Return the published promotions that have not begun, the soonest first."""
    return (
        models.PromotionPage.objects.live()
        .public()
        .filter(starts_on__gt=timezone.localdate())
        .select_related("image")
        .order_by("starts_on", "pk")
    )


def ended_promotions() -> QuerySet[Any]:
    """Return the published promotions that ended within the last year, the latest first."""
    today = timezone.localdate()
    return (
        models.PromotionPage.objects.live()
        .public()
        .filter(ends_on__lt=today, ends_on__gte=today - timedelta(days=365))
        .order_by("-ends_on", "pk")
    )


def promotions_of(service_id: int | None) -> list[Any]:
    """Return the promotions running today that name a service."""
    if service_id is None:
        return []
    return list(running_promotions().filter(promoted__service_id=service_id))


def promotion_rows(promotion: Any) -> list[PromotionRow]:
    """Return the published services of a promotion with their prices in it.

    The old price is the lowest of the 30 days before the promotion; it is left out when the history
    does not reach back that far, and when the promotion is no cheaper than that.
    """
    services = service_rows(link.service_id for link in promotion.promoted.all())
    references = reference_prices((row.pk for row in services), promotion.starts_on)
    rows = []
    for service in services:
        price = None
        if promotion.discount_percent and service.price is not None:
            share = Decimal(100 - promotion.discount_percent) / 100
            price = (service.price * share).quantize(KOPECK, ROUND_HALF_UP)
        reference = references.get(service.pk)
        old = reference if price is not None and reference and reference > price else None
        rows.append(PromotionRow(service, price, old))
    return rows
