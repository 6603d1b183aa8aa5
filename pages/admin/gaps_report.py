"""The report «Чего не хватает» and its summary on the first screen of the admin."""

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from wagtail.admin.filters import WagtailFilterSet
from wagtail.admin.ui.components import Component
from wagtail.admin.ui.tables import Column, TitleColumn
from wagtail.admin.views.reports import ReportView
from wagtail.permissions import page_permission_policy

from django_filters import ChoiceFilter

from pages import selectors
from pages.models import ServicePage
from site_config.common import exports
from site_config.common.admin import RightMenuItem, RightRequiredMixin

RIGHT = "pages.view_catalogue_gaps"
REPORT = "catalogue_gaps"


def lacking(service: Any) -> str:
    """Return what a service of selectors.catalogue_gaps lacks, in words."""
    return ", ".join(
        str(gap.name) for gap in selectors.GAPS if getattr(service, f"lacks_{gap.key}")
    )


class GapFilterSet(WagtailFilterSet):
    """Filters over selectors.catalogue_gaps."""

    gap = ChoiceFilter(
        label=gettext_lazy("What is missing"),
        choices=[(gap.key, gap.name) for gap in selectors.GAPS],
        method="with_gap",
        empty_label=gettext_lazy("All"),
        widget=forms.RadioSelect,
    )

    class Meta:
        model = ServicePage
        fields: list[str] = []

    def with_gap(self, services: QuerySet, name: str, value: str) -> QuerySet:
        """Leave the services with one kind of gap."""
        return services.filter(**{f"lacks_{value}": True})


class CatalogueGapsView(RightRequiredMixin, ReportView):
    """Published services that lack a price, a preparation or a code."""

    right = RIGHT
    model = ServicePage
    page_title = gettext_lazy("What is missing")
    header_icon = "warning"
    index_url_name = REPORT
    index_results_url_name = f"{REPORT}_results"
    filterset_class = GapFilterSet
    verbose_name_plural = gettext_lazy("services")
    show_export_buttons = True

    @cached_property
    def columns(self) -> list[Column]:
        """Code, service, what it lacks."""
        return [
            Column("code", label=_("Code"), classname="kdl-code"),
            TitleColumn("title", label=_("Service"), get_url=self.get_service_url),
            Column("lacking", label=_("What is missing"), accessor=lacking),
        ]

    def get_service_url(self, service: Any) -> str | None:
        """Lead to where the person can fill the gap: the page, or its prices."""
        if page_permission_policy.user_has_any_permission(self.request.user, {"change"}):
            return reverse("wagtailadmin_pages:edit", args=[service.pk])
        if self.request.user.has_perm("pages.view_serviceprice"):
            return reverse("prices:service", args=[service.pk])
        return None

    def get_base_queryset(self) -> QuerySet:
        """Take all that lacks anything."""
        return selectors.catalogue_gaps()

    def as_spreadsheet(self, queryset: QuerySet, spreadsheet_format: str) -> HttpResponse:
        """Return the filtered report as a file for Excel."""
        sheet = exports.Sheet(
            name=_("What is missing"),
            headings=[_("Code"), _("Service"), *(capfirst(str(g.name)) for g in selectors.GAPS)],
            rows=[
                [
                    service.code,
                    service.title,
                    *(
                        _("missing") if getattr(service, f"lacks_{gap.key}") else ""
                        for gap in selectors.GAPS
                    ),
                ]
                for service in queryset
            ],
        )
        name = f"catalogue-gaps-{timezone.localdate():%Y-%m-%d}"
        return exports.file_response(sheet, spreadsheet_format, name)


class CatalogueGapsPanel(Component):
    """How much is missing, on the first screen."""

    order = 150
    template_name = "pages_admin/gaps_panel.html"

    def get_context_data(self, parent_context: Any) -> dict[str, Any]:
        """Add `gaps`: name, number and address of each kind."""
        counts = selectors.gap_counts()
        address = reverse(REPORT)
        return {
            "gaps": [
                {"name": gap.name, "count": counts[gap.key], "url": f"{address}?gap={gap.key}"}
                for gap in selectors.GAPS
            ]
        }


def add_panel(request: HttpRequest, panels: list[Component]) -> None:
    """Hook construct_homepage_panels: show the panel to who may see the report."""
    if request.user.has_perm(RIGHT):
        panels.append(CatalogueGapsPanel())


def menu_item() -> RightMenuItem:
    """Hook register_reports_menu_item."""
    return RightMenuItem(
        gettext_lazy("What is missing"),
        reverse(REPORT),
        name="catalogue-gaps",
        icon_name="warning",
        order=700,
        right=RIGHT,
    )


def urls() -> list[URLPattern]:
    """Hook register_admin_urls."""
    results = CatalogueGapsView.as_view(results_only=True)
    return [
        path("reports/catalogue/", CatalogueGapsView.as_view(), name=REPORT),
        path("reports/catalogue/results/", results, name=f"{REPORT}_results"),
    ]
