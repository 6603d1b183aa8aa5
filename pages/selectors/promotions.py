"""Promotions: which run, and what their services cost."""

from dataclasses import dataclass
from datetime import timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone

from pages import models
from pages.selectors.catalogue import ServiceRow, service_rows
from pages.selectors.content import with_image
from pages.selectors.freshness import kept
from pages.selectors.prices import current_prices, reference_prices, start_of_day
from pages.selectors.published import published

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
    running = published(models.PromotionPage).filter(
        Q(ends_on__isnull=True) | Q(ends_on__gte=today), starts_on__lte=today
    )
    return with_image(running).order_by("ends_on", "pk")


def coming_promotions() -> QuerySet[Any]:
    """Return the published promotions that have not begun, the soonest first."""
    coming = published(models.PromotionPage).filter(starts_on__gt=timezone.localdate())
    return with_image(coming).order_by("starts_on", "pk")


def ended_promotions() -> QuerySet[Any]:
    """Return the published promotions that ended within the last year, the latest first."""
    today = timezone.localdate()
    ended = published(models.PromotionPage).filter(
        ends_on__lt=today, ends_on__gte=today - timedelta(days=365)
    )
    return ended.order_by("-ends_on", "pk")


def promotions_of(service_id: int | None) -> list[Any]:
    """Return the promotions running today that name a service."""
    return _promotions_by_service().get(service_id, [])


@kept
def _promotions_by_service() -> dict[int | None, list[Any]]:
    """The promotions running today by the ids of their services."""
    found: dict[int | None, list[Any]] = {}
    for page in running_promotions().prefetch_related("promoted"):
        for link in page.promoted.all():
            found.setdefault(link.service_id, []).append(page)
    return found


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
