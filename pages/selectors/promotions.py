"""Promotions: which run, and what their services cost."""

from dataclasses import dataclass
from datetime import timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone

from pages import models
from pages.selectors.catalogue import ServiceRow, service_rows
from pages.selectors.freshness import kept, published
from pages.selectors.prices import current_prices, reference_prices, start_of_day

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
        published(models.PromotionPage)
        .filter(Q(ends_on__isnull=True) | Q(ends_on__gte=today), starts_on__lte=today)
        .select_related("image")
        .order_by("ends_on", "pk")
    )


def coming_promotions() -> QuerySet[Any]:
    """Return the published promotions that have not begun, the soonest first."""
    return (
        published(models.PromotionPage)
        .filter(starts_on__gt=timezone.localdate())
        .select_related("image")
        .order_by("starts_on", "pk")
    )


def ended_promotions() -> QuerySet[Any]:
    """Return the published promotions that ended within the last year, the latest first."""
    today = timezone.localdate()
    return (
        published(models.PromotionPage)
        .filter(ends_on__lt=today, ends_on__gte=today - timedelta(days=365))
        .order_by("-ends_on", "pk")
    )


def promotions_of(service_id: int | None) -> list[Any]:
    """Return the promotions running today that name a service."""
    return [
        promotion
        for promotion, service_ids in kept("running promotions", _running_with_services)
        if service_id in service_ids
    ]


def promotion_rows(promotion: Any) -> list[PromotionRow]:
    """Return the published services of a promotion with their prices in it.

    Before its first day the price is the one to be expected then; after its last day there is none.
    The old price is the lowest of the 30 days before the promotion. It is there only while the
    promotion runs (before, those days are not over), only when the history reaches back that far,
    and only when the promotion is cheaper than that.
    """
    services = service_rows(link.service_id for link in promotion.promoted.all())
    ids = [service.pk for service in services]
    state = promotion.state
    prices: dict[int, Decimal] = {}
    references: dict[int, Decimal] = {}
    if state == "running":
        prices = {row.pk: row.price for row in services if row.price is not None}
        references = reference_prices(ids, promotion.starts_on)
    elif state == "coming":
        prices = current_prices(ids, start_of_day(promotion.starts_on))
    return [
        _promotion_row(service, promotion.discount_percent, prices, references)
        for service in services
    ]


def _running_with_services() -> list[tuple[Any, set[int]]]:
    return [
        (promotion, {link.service_id for link in promotion.promoted.all()})
        for promotion in running_promotions().prefetch_related("promoted")
    ]


def _promotion_row(
    service: ServiceRow,
    discount: int | None,
    prices: dict[int, Decimal],
    references: dict[int, Decimal],
) -> PromotionRow:
    """The row of one service; it has no price of its own without a discount in percent."""
    usual = prices.get(service.pk)
    if not discount or usual is None:
        return PromotionRow(service, None, None)
    price = (usual * (100 - discount) / 100).quantize(KOPECK, ROUND_HALF_UP)
    reference = references.get(service.pk)
    return PromotionRow(service, price, reference if reference and reference > price else None)
