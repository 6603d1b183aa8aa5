"""Prices: the current one, the next one, the history, the public price list."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from itertools import zip_longest
from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Page as PaginatorPage
from django.core.paginator import Paginator
from django.db.models import Count, Max, OuterRef, QuerySet, Subquery
from django.db.models.functions import Left
from django.utils import timezone

from pages import models
from pages.pagination import paginate_by
from pages.selectors.catalogue import (
    CATEGORY_WIDTH,
    CategoryRow,
    ServiceRow,
    categories,
    name_matches,
    rows_of,
)
from pages.selectors.freshness import published

PRICE_LIST_PAGE = 300
LONGEST_QUERY = 100
REFERENCE_DAYS = 30


def current_prices(service_ids: Iterable[int], at: datetime | None = None) -> dict[int, Decimal]:
    """Return the price in force at a moment (default now) of those services that have one."""
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

    Made for the price manager: it holds drafts too, and is ordered by code. `category` is the title
    of the category.
    """
    category = models.ServiceCategoryPage.objects.filter(path=OuterRef("category_path"))
    prices = models.ServicePrice.objects.filter(service=OuterRef("pk"))
    now = timezone.now()
    current = prices.filter(valid_from__lte=now).order_by("-valid_from")
    coming = prices.filter(valid_from__gt=now).order_by("valid_from")
    return models.ServicePage.objects.annotate(
        category_path=Left("path", CATEGORY_WIDTH),
        category=Subquery(category.values("title")[:1]),
        price=Subquery(current.values("amount")[:1]),
        price_since=Subquery(current.values("valid_from")[:1]),
        next_price=Subquery(coming.values("amount")[:1]),
        next_since=Subquery(coming.values("valid_from")[:1]),
    ).order_by("code")


@dataclass(frozen=True)
class PriceRecord:
    """A price in the history. `state` is `scheduled`, `current` or `past`.

    `change` is the difference to the price before it, None for the first one.
    """

    price: Any
    state: str
    change: Decimal | None


def price_history(service_id: int) -> list[PriceRecord]:
    """Return all prices of a service, scheduled ones too, the latest moment first."""
    now = timezone.now()
    prices = list(
        models.ServicePrice.objects.filter(service_id=service_id)
        .select_related("author")
        .order_by("-valid_from")
    )
    records = []
    state = "current"
    for price, before in zip_longest(prices, prices[1:]):
        change = price.amount - before.amount if before else None
        if price.valid_from > now:
            records.append(PriceRecord(price, "scheduled", change))
        else:
            records.append(PriceRecord(price, state, change))
            state = "past"
    return records


def price_state(service_id: int) -> str:
    """Return a word for the state of a service's prices; no two different states share one.

    Rows are never changed, only added (with a higher id) and, while scheduled, taken away.
    """
    rows = models.ServicePrice.objects.filter(service_id=service_id)
    state = rows.aggregate(count=Count("pk"), last=Max("pk"))
    return f"{state['count']}-{state['last'] or 0}"


def start_of_day(day: date) -> datetime:
    """Return the moment at which a day begins for the laboratory."""
    return datetime.combine(day, time.min, tzinfo=timezone.get_default_timezone())


def reference_prices(service_ids: Iterable[int], before: date) -> dict[int, Decimal]:
    """Return for each service the lowest price of the 30 days before a date.

    Only services whose history covers all of those days are there: what may honestly be called
    the old price of a promotion that begins on that date.
    """
    end = start_of_day(before)
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
    def query_string(self) -> str:
        """What asks for the same list, from its beginning: `?category=…&q=…`, or nothing."""
        asked = {"category": self.chosen.slug if self.chosen else "", "q": self.query}
        words = urlencode({name: value for name, value in asked.items() if value})
        return f"?{words}" if words else ""

    @property
    def rows(self) -> list[ServiceRow]:
        """All rows in the order shown."""
        return [row for group in self.groups for row in group.rows]


def price_list(parameters: Mapping[str, str], *, whole: bool = False) -> PriceList:
    """Return the price list for `category` (slug), `q` (words of a name or code) and `page`.

    `whole` puts everything on one page, for the files. Only published services of published
    categories with a price in force are in it. Raises Http404 for a page beyond the last; an
    unknown category filters nothing.
    """
    now = timezone.now()
    all_categories = categories()
    chosen = next((c for c in all_categories if c.slug == parameters.get("category")), None)
    query = " ".join(parameters.get("q", "").split())[:LONGEST_QUERY]
    services = (
        published(models.ServicePage)
        .annotate(category_path=Left("path", CATEGORY_WIDTH))
        .filter(
            name_matches(query),
            category_path__in=[c.path for c in ([chosen] if chosen else all_categories)],
            pk__in=models.ServicePrice.objects.filter(valid_from__lte=now).values("service_id"),
        )
        .order_by("path")
    )
    if whole:
        rows = rows_of(services, at=now)
        page = Paginator(rows, max(len(rows), 1)).page(1)
    else:
        page = paginate_by(parameters.get("page", "1"), services, PRICE_LIST_PAGE)
        rows = rows_of(page.object_list, at=now)
    by_category: dict[str, list[ServiceRow]] = {}
    for row in rows:
        by_category.setdefault(row.category_path, []).append(row)
    groups = [PriceGroup(c, by_category[c.path]) for c in all_categories if c.path in by_category]
    return PriceList(groups, all_categories, chosen, query, page.paginator.count, page, now)
