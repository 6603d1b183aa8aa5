"""Pages and prices for tests: each function makes one thing, published, with sensible values."""

from datetime import datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any

from django.contrib.auth.models import Group
from django.utils import timezone

from accounts.models import User
from pages.models import (
    CataloguePage,
    HomePage,
    PriceListPage,
    PriceSource,
    PromotionIndexPage,
    PromotionPage,
    PromotionService,
    ServiceCategoryPage,
    ServicePage,
    ServicePrice,
)
from pages.services.prices import load_price_history

numbers = count(1)


def add(parent: Any, page: Any) -> Any:
    """Put a page under another and return it."""
    parent.add_child(instance=page)
    return page


def under_home(model: Any, **fields: Any) -> Any:
    """Return the one page of a kind under the home page, made if it is not there."""
    found = model.objects.first()
    return found or add(HomePage.objects.get(), model(**fields))


def category(title: str = "Биохимия", **fields: Any) -> ServiceCategoryPage:
    """Add a category to the catalogue."""
    catalogue = under_home(CataloguePage, title="Анализы", slug="analizy")
    fields = {"slug": f"category-{next(numbers)}", **fields}
    return add(catalogue, ServiceCategoryPage(title=title, **fields))


def service(parent: ServiceCategoryPage | None = None, **fields: Any) -> ServicePage:
    """Add a service to a category; `price` gives it a price for the last hundred days."""
    number = next(numbers)
    price = fields.pop("price", None)
    fields = {
        "title": f"Анализ {number}",
        "slug": f"service-{number}",
        "code": f"99-{number:03}",
        **fields,
    }
    page = add(parent or ServiceCategoryPage.objects.first() or category(), ServicePage(**fields))
    if price is not None:
        history(page, (100, price))
    return page


def history(page: ServicePage, *rows: tuple[float, Any]) -> None:
    """Give a service its history: (days ago, amount) rows; negative days are to come."""
    now = timezone.now()
    load_price_history(
        service_id=page.pk,
        rows=[(now - timedelta(days=days), Decimal(str(amount))) for days, amount in rows],
        source=PriceSource.IMPORT,
    )


def amounts(page: ServicePage) -> list[Decimal]:
    """Return the amounts of a service's prices, the earliest moment first."""
    rows = ServicePrice.objects.filter(service=page).order_by("valid_from")
    return list(rows.values_list("amount", flat=True))


def price_list_page(**fields: Any) -> PriceListPage:
    """Return the price list page."""
    return under_home(PriceListPage, **{"title": "Цены", "slug": "ceny", **fields})


def promotion(starts_on: Any, *services: ServicePage, **fields: Any) -> PromotionPage:
    """Add a promotion with services."""
    index = under_home(PromotionIndexPage, title="Акции", slug="akcii")
    fields = {"title": "Акция", "slug": f"promotion-{next(numbers)}", "lead": "…", **fields}
    page = PromotionPage(starts_on=starts_on, **fields)
    page.promoted = [PromotionService(service=item) for item in services]
    return add(index, page)


def staff(group: str | None = None, **fields: Any) -> User:
    """Make somebody who works here; without a group, one who may do everything."""
    email = f"person{next(numbers)}@example.org"
    if group is None:
        return User.objects.create_superuser(email, "password", **fields)
    user = User.objects.create_user(email, "password", **fields)
    user.groups.add(Group.objects.get(name=group))
    return user


def moscow(*parts: int) -> datetime:
    """Return a moment by the laboratory's clock."""
    return datetime(*parts, tzinfo=timezone.get_default_timezone())
