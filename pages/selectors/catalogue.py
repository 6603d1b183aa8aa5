"""The catalogue: categories, rows of services in lists, the card of one service."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db.models import Count, Q, QuerySet
from django.db.models.functions import Left, Upper
from django.utils import timezone

from pages import models
from pages.codes import normalise_code
from pages.links import STEP, path_of
from pages.selectors.content import purpose_pages
from pages.selectors.freshness import kept, published

# A category's path: root, home, catalogue, category.
CATEGORY_WIDTH = STEP * 4

ROW_FIELDS = (
    "path",
    "url_path",
    "title",
    "slug",
    "kind",
    "code",
    "nomenclature_codes",
    "short_name",
    "summary",
    "turnaround_days",
    "working_days_only",
    "turnaround_note",
)


@dataclass(frozen=True)
class CategoryRow:
    """A category with the number of its published services."""

    pk: int
    path: str
    slug: str
    title: str
    lead: str
    icon: str
    url: str
    count: int


@dataclass(frozen=True)
class ServiceRow:
    """A service as a list shows it. `price` is None when none is in force.

    `url` is empty where the public has no page to open.
    """

    pk: int
    url: str
    title: str
    short_name: str
    kind: str
    code: str
    nomenclature_codes: list[str]
    summary: str
    turnaround: str
    biomaterial: str
    category: str
    category_path: str
    price: Decimal | None


@dataclass(frozen=True)
class PanelSaving:
    """What a panel's members cost one by one, and how much less the panel is."""

    separately: Decimal
    saved: Decimal


@dataclass(frozen=True)
class ServiceCard:
    """All that the page of a service shows beside its own fields."""

    row: ServiceRow
    price_since: date | None
    next_price: Decimal | None
    next_since: date | None
    taking: ServiceRow | None
    biomaterial: Any | None
    preparations: list[Any]
    members: list[ServiceRow]
    saving: PanelSaving | None
    in_panels: list[tuple[ServiceRow, PanelSaving | None]]
    related: list[ServiceRow]
    purposes: list[Any]
    promotions: list[Any]
    offices: list[Any]
    history: list[Any] = field(default_factory=list)

    @property
    def total(self) -> Decimal | None:
        """The price with the taking fee, or None without a price."""
        if self.row.price is None:
            return None
        return self.row.price + (self.taking.price if self.taking and self.taking.price else 0)

    @property
    def preparation_line(self) -> str:
        """How to prepare, in one line, or an empty string."""
        return self.preparations[0].short if self.preparations else ""


def categories() -> list[CategoryRow]:
    """Return all published categories in the editors' order, with counts of published services."""
    return kept("categories", _categories)


def _categories() -> list[CategoryRow]:
    path = path_of()
    services = published(models.ServicePage).annotate(parent=Left("path", CATEGORY_WIDTH))
    counts = dict(services.order_by().values_list("parent").annotate(Count("pk")))
    return [
        CategoryRow(
            page.pk,
            page.path,
            page.slug,
            page.title,
            page.lead,
            page.icon,
            path(page.url_path),
            counts.get(page.path, 0),
        )
        for page in published(models.ServiceCategoryPage).order_by("path")
    ]


def category_services(category: Any) -> QuerySet[Any]:
    """Return the published services of a category, panels and procedures among them, by title."""
    return published(models.ServicePage).child_of(category).order_by("title")


def service_rows(ids: Iterable[int]) -> list[ServiceRow]:
    """Return the published services among `ids` as rows, in the order of `ids`."""
    wanted = list(ids)
    if not wanted:
        return []
    found = rows_of(published(models.ServicePage).filter(pk__in=wanted))
    by_pk = {row.pk: row for row in found}
    return [by_pk[pk] for pk in dict.fromkeys(wanted) if pk in by_pk]


def rows_of(services: Iterable[Any], at: datetime | None = None) -> list[ServiceRow]:
    """Return rows for a queryset of services in its order, in two queries whatever its length.

    Prices are those in force at a moment (default now).
    """
    from pages.selectors.prices import current_prices  # noqa: PLC0415 - prices lists rows

    if isinstance(services, QuerySet):
        services = services.select_related("biomaterial").only(*ROW_FIELDS, "biomaterial__name")
    pages = list(services)
    prices = current_prices((page.pk for page in pages), at)
    titles = {category.path: category.title for category in categories()}
    path = path_of()
    return [
        ServiceRow(
            page.pk,
            path(page.url_path),
            page.title,
            page.short_name,
            page.kind,
            page.code,
            page.nomenclature_codes,
            page.summary,
            page.turnaround,
            page.biomaterial.name if page.biomaterial else "",
            titles.get(page.path[:-STEP], ""),
            page.path[:-STEP],
            prices.get(page.pk),
        )
        for page in pages
    ]


def service_letters() -> list[str]:
    """Return the first letters of the titles of published services, in alphabetical order."""
    letters = (
        published(models.ServicePage)
        .annotate(letter=Upper(Left("title", 1)))
        .values_list("letter", flat=True)
        # Pages have an order of their own, which would make every row distinct.
        .order_by()
        .distinct()
    )
    return sorted(letters, key=lambda letter: (letter.isascii(), letter))


def service_rows_by_letter(letter: str) -> list[ServiceRow]:
    """Return the published services whose title begins with this letter."""
    return rows_of(
        published(models.ServicePage).filter(title__istartswith=letter).order_by("title")
    )


def purpose_rows(purpose_id: int) -> tuple[list[ServiceRow], list[ServiceRow]]:
    """Return the published panels, and the other services, that are marked with a purpose."""
    rows = rows_of(published(models.ServicePage).filter(purposes=purpose_id).order_by("title"))
    panels = [row for row in rows if row.kind == models.ServiceKind.PANEL]
    others = [row for row in rows if row.kind != models.ServiceKind.PANEL]
    return panels, others


def name_matches(query: str) -> Q:
    """Return the condition that a service has every word of the query in a name or a code.

    An empty query matches all. Codes are found in Cyrillic look-alikes too.
    """
    condition = Q()
    for word in query.split():
        found = (
            Q(title__icontains=word)
            | Q(short_name__icontains=word)
            | Q(pk__in=models.Synonym.objects.filter(text__icontains=word).values("page_id"))
        )
        code = normalise_code(word)
        if code:
            found |= Q(code__icontains=code)
        condition &= found
    return condition


def service_card(service: Any) -> ServiceCard:
    """Return what the page of `service` shows; also of a draft in preview."""
    from pages.selectors.offices import offices_taking  # noqa: PLC0415 - see the package docstring
    from pages.selectors.promotions import promotions_of  # noqa: PLC0415

    member_ids = [member.service_id for member in service.members.all()]
    related_ids = [link.service_id for link in service.related.all()]
    panels = _panels_with(service.pk)
    panel_member_ids = {pk for members in panels.values() for pk in members}
    biomaterial = kept("biomaterials", models.Biomaterial.objects.in_bulk).get(
        service.biomaterial_id
    )
    taking_id = biomaterial.taking_id if biomaterial else None
    wanted = {*member_ids, *related_ids, *panels, *panel_member_ids, service.pk}
    if taking_id:
        wanted.add(taking_id)
    by_pk = {row.pk: row for row in rows_of(published(models.ServicePage).filter(pk__in=wanted))}
    # A draft in preview has a price too, and the fee is paid whether or not the procedure has a
    # page to read about it.
    hidden = _hidden_rows({service.pk, taking_id} - by_pk.keys() - {None})
    priced = by_pk | hidden

    def rows(ids: Iterable[int]) -> list[ServiceRow]:
        return [by_pk[pk] for pk in ids if pk in by_pk]

    row = _row_of_draft(service, biomaterial, priced.get(service.pk))
    history = list(models.ServicePrice.objects.filter(service_id=service.pk).order_by("valid_from"))
    now = timezone.now()
    in_force = [price for price in history if price.valid_from <= now]
    coming = next((price for price in history if price.valid_from > now), None)
    return ServiceCard(
        row=row,
        price_since=timezone.localdate(in_force[-1].valid_from) if in_force else None,
        next_price=coming.amount if coming else None,
        next_since=timezone.localdate(coming.valid_from) if coming else None,
        taking=priced.get(taking_id) if taking_id and taking_id != service.pk else None,
        biomaterial=biomaterial,
        preparations=[
            link.preparation
            for link in service.preparations.select_related("preparation")
            if link.preparation.live
        ],
        members=rows(member_ids),
        saving=panel_saving(row.price, rows(member_ids)),
        in_panels=[
            (by_pk[pk], panel_saving(by_pk[pk].price, rows(members)))
            for pk, members in panels.items()
            if pk in by_pk
        ],
        related=rows(related_ids),
        purposes=_purposes_of(service),
        promotions=promotions_of(service.pk),
        offices=offices_taking(service),
        history=in_force[-6:],
    )


def _hidden_rows(ids: set[int]) -> dict[int, ServiceRow]:
    """Rows of services that the public has no page of."""
    if not ids:
        return {}
    rows = rows_of(models.ServicePage.objects.filter(pk__in=ids))
    return {row.pk: replace(row, url="") for row in rows}


def panel_saving(price: Decimal | None, members: list[ServiceRow]) -> PanelSaving | None:
    """Return what a panel saves; None if it saves nothing or a price is not known."""
    amounts = [member.price for member in members]
    if price is None or not amounts or any(amount is None for amount in amounts):
        return None
    separately = sum((amount for amount in amounts if amount is not None), Decimal(0))
    return PanelSaving(separately, separately - price) if separately > price else None


def _panels_with(service_id: int | None) -> dict[int, list[int]]:
    """The published panels that hold a service, each with the ids of all its members."""
    links = models.PanelMember.objects.filter(
        page__in=models.PanelMember.objects.filter(service_id=service_id, page__live=True).values(
            "page_id"
        )
    ).order_by("page__title", "sort_order")
    panels: dict[int, list[int]] = {}
    for panel_id, member_id in links.values_list("page_id", "service_id"):
        panels.setdefault(panel_id, []).append(member_id)
    return panels


def _purposes_of(service: Any) -> list[Any]:
    """The published purpose pages of the purposes that a service is marked with."""
    ids = {purpose.pk for purpose in service.purposes.all()}
    return [page for page in purpose_pages() if page.purpose_id in ids]


def _row_of_draft(service: Any, biomaterial: Any | None, stored: ServiceRow | None) -> ServiceRow:
    """The row of the service as it is in hand (a preview differs from what is stored)."""
    return ServiceRow(
        service.pk or 0,
        stored.url if stored else "",
        service.title,
        service.short_name,
        service.kind,
        service.code,
        service.nomenclature_codes or [],
        service.summary,
        service.turnaround,
        biomaterial.name if biomaterial else "",
        stored.category if stored else "",
        stored.category_path if stored else "",
        stored.price if stored else None,
    )
