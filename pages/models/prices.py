"""Prices: rows that are only ever added, so that history is free and a draft cannot touch them."""

from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.http import HttpRequest, QueryDict
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from wagtail.admin.panels import FieldPanel

from pages import selectors
from pages.models.base import SectionPage

HIGHEST_PRICE = Decimal("999999.99")


class PriceSource(models.TextChoices):
    """Where a price came from."""

    MANUAL = "manual", _("entered by hand")
    IMPORT = "import", _("imported")
    DEMO = "demo", _("demo data")


class ServicePrice(models.Model):
    """The price of a service from a moment on. The newest row already valid is the current price.

    Rows are written by services.prices alone. The database refuses to change a row, and to delete
    one that has come into force (triggers in the migrations).
    """

    service = models.ForeignKey(
        "pages.ServicePage",
        verbose_name=_("service"),
        on_delete=models.PROTECT,
        related_name="prices",
    )
    amount = models.DecimalField(_("price, roubles"), max_digits=8, decimal_places=2)
    valid_from = models.DateTimeField(_("valid from"))
    source = models.CharField(
        _("source"), max_length=8, choices=PriceSource, default=PriceSource.MANUAL
    )
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("author"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    note = models.CharField(_("note"), max_length=200, blank=True)
    created_at = models.DateTimeField(_("entered at"), default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("price")
        verbose_name_plural = _("prices")
        ordering = ["-valid_from"]
        default_permissions = ("add", "view")
        constraints = [
            models.UniqueConstraint(
                fields=["service", "valid_from"],
                name="price_moment_unique",
                violation_error_message=_("There is a price for this moment already."),
            ),
            models.CheckConstraint(
                condition=Q(amount__gt=0) & Q(amount__lte=HIGHEST_PRICE),
                name="price_amount_range",
                violation_error_message=_(
                    "A price is more than 0 and less than 1,000,000 roubles."
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.amount} ({self.valid_from:%d.%m.%Y})"


class PriceListPage(SectionPage):
    """All services with their current prices, in groups."""

    order_number = models.CharField(
        _("order of the director"), max_length=120, blank=True, help_text=_("Number and date.")
    )

    content_panels = [*SectionPage.content_panels, FieldPanel("order_number")]
    subpage_types: list[str] = []
    page_description = _("All services with their prices")
    template = "pages/price_list_page.html"
    is_paginated = True

    class Meta:
        verbose_name = _("price list")

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """Add `price_list` (see selectors.PriceList). Raises Http404 beyond the last page."""
        context = super().get_context(request, *args, **kwargs)
        context["price_list"] = selectors.price_list(request.GET)
        return context

    def offers(self, parameters: QueryDict, context: dict[str, Any]) -> bool:
        """Say so of pages and categories; not of what somebody searches for."""
        chosen = context["price_list"].chosen
        return set(parameters) <= {"category", "page"} and bool(chosen) == (
            "category" in parameters
        )
