"""What the list of prices is narrowed down by."""

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from wagtail.admin.filters import WagtailFilterSet

from django_filters import ChoiceFilter, ModelChoiceFilter

from pages.models import ServiceCategoryPage, ServiceKind, ServicePage

STATES = [
    ("none", _("without a price")),
    ("scheduled", _("with a scheduled price")),
]


class PriceFilterSet(WagtailFilterSet):
    """Filters over selectors.services_with_prices."""

    category = ModelChoiceFilter(
        label=_("Category"),
        queryset=ServiceCategoryPage.objects.order_by("path"),
        method="of_category",
        empty_label=_("All"),
        widget=forms.RadioSelect,
    )
    kind = ChoiceFilter(
        label=_("Kind"), choices=ServiceKind.choices, empty_label=_("All"), widget=forms.RadioSelect
    )
    state = ChoiceFilter(
        label=_("Price"),
        choices=STATES,
        method="in_state",
        empty_label=_("All"),
        widget=forms.RadioSelect,
    )

    class Meta:
        model = ServicePage
        fields: list[str] = []

    def of_category(self, services: QuerySet, name: str, value: Any) -> QuerySet:
        """Leave the services of one category."""
        return services.filter(category_path=value.path)

    def in_state(self, services: QuerySet, name: str, value: str) -> QuerySet:
        """Leave the services whose price is missing, or is going to change."""
        if value == "none":
            return services.filter(price__isnull=True)
        return services.filter(next_price__isnull=False)
