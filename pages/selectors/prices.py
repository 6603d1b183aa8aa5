"""Prices: the current one, the next one, the history, the public price list."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.core.paginator import Page as PaginatorPage
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.utils import timezone

from pages import models
from pages.pagination import paginate_by
from pages.selectors.catalogue import (
    CategoryRow,
    ServiceRow,
    categories,
    name_matches,
    rows_of,
)

PRICE_LIST_PAGE = 300
REFERENCE_DAYS = 30


def current_prices(service_ids: Iterable[int], at: datetime | None = None) -> dict[int, Decimal]:
    """Return the price in force of each of these services that has one, at a moment (default now)."""
    rows = (
        models.ServicePrice.objects.filter(
            service_id__in=list(service_ids), valid_from__lte=at or timezone.now()
        )
        .order_by("service_id", "-valid_from")
        .distinct("service_id")
        .values_list("service_id", "amount")
    )
    return dict(rows)


def services_with_prices() -> QuerySet[Any]:
    """Return all services annotated with `price`, `price_since`, `next_price` and `next_since`.

    Made for the price manager: it holds drafts too, and is ordered by code.
    """
    prices = models.ServicePrice.objects.filter(service=OuterRef("pk"))
    now = timezone.now()
    current = prices.filter(valid_from__lte=now).order_by("-valid_from")
    coming = prices.filter(valid_from__gt=now).order_by("valid_from")
    return models.ServicePage.objects.annotate(
        price=Subquery(current.values("amount")[:1]),
        price_since=Subquery(current.values("valid_from")[:1]),
        next_price=Subquery(coming.values("amount")[:1]),
        next_since=Subquery(coming.values("valid_from")[:1]),
    ).order_by("code")


def price_history(service_id: int) -> QuerySet[Any]:
    """Return all price rows of a service, scheduled ones too, newest first."""
    return (
        models.ServicePrice.objects.filter(service_id=service_id)
        .select_related("author")
        .order_by("-valid_from")
    )


def scheduled_prices() -> QuerySet[Any]:
    """Return the price rows that are not in force yet, the soonest first."""
    return (
        models.ServicePrice.objects.filter(valid_from__gt=timezone.now())
        .select_related("service", "author")
        .order_by("valid_from", "service__code")
    )


def reference_prices(service_ids: Iterable[int], before: date) -> dict[int, Decimal]:
    """Return for each service the lowest price of the 30 days before a date.

    Only services whose history covers all of those days are there: what may honestly be called
    the old price of a promotion that begins on that date.
    """
    zone = timezone.get_current_timezone()
    end = datetime.combine(before, datetime.min.time(), tzinfo=zone)
    start = end - timedelta(days=REFERENCE_DAYS)
    ids = list(service_ids)
    lowest = current_prices(ids, at=start)
    changes = models.ServicePrice.objects.filter(
        service_id__in=list(lowest), valid_from__gt=start, valid_from__lt=end
    ).values_list("service_id", "amount")
    for service_id, amount in changes:
        lowest[service_id] = min(lowest[service_id], amount)
    return lowest


@dataclass(frozen=True)
class PriceGroup:
    """A category in the price list with the rows of it that are shown."""

    category: CategoryRow
    rows: list[ServiceRow]


@dataclass(frozen=True)
class PriceList:
    """What the price list page and its files show."""

    groups: list[PriceGroup]
    categories: list[CategoryRow]
    chosen: CategoryRow | None
    query: str
    total: int
    page: PaginatorPage
    as_of: datetime

    @property
    def rows(self) -> list[ServiceRow]:
        """All rows in the order shown."""
        return [row for group in self.groups for row in group.rows]


def price_list(parameters: Mapping[str, str], *, whole: bool = False) -> PriceList:
    """Return the price list for the parameters `category` (slug), `q` (part of a name or code), `page`.

    `whole` puts everything on one page, for the files. Only published services with a price are
    in it. Raises Http404 for a page beyond the last; an unknown category filters nothing.
    """
    now = timezone.now()
    all_categories = categories()
    chosen = next((c for c in all_categories if c.slug == parameters.get("category")), None)
    query = " ".join(parameters.get("q", "").split())[:100]
    services = models.ServicePage.objects.live().filter(
        pk__in=models.ServicePrice.objects.filter(valid_from__lte=now).values("service_id")
    )
    if chosen:
        services = services.filter(path__startswith=chosen.path)
    if query:
        services = services.filter(
            pk__in=models.ServicePage.objects.filter(
                name_matches(query)
            ).values("pk")
        )
    counts = services.aggregate(total=Count("pk"))
    page = paginate_by(
        "1" if whole else parameters.get("page", "1"),
        services.order_by("path"),
        max(counts["total"], 1) if whole else PRICE_LIST_PAGE,
    )
    rows = rows_of(page.object_list)
    by_category: dict[str, list[ServiceRow]] = {}
    for row in rows:
        by_category.setdefault(row.category_path, []).append(row)
    groups = [PriceGroup(c, by_category[c.path]) for c in all_categories if c.path in by_category]
    return PriceList(groups, all_categories, chosen, query, counts["total"], page, now)
