"""The screens of «Цены»: all prices, those of one service, the taking back of a scheduled one."""

from datetime import datetime
from decimal import Decimal
from http import HTTPStatus
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import F, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import TemplateView

from wagtail.admin import messages
from wagtail.admin.ui.tables import Column, TitleColumn
from wagtail.admin.views.generic import IndexView
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin
from wagtail.admin.widgets.button import HeaderButton
from wagtail.permissions import page_permission_policy

from pages import selectors
from pages.admin.prices.filters import PriceFilterSet
from pages.admin.prices.forms import NewPriceForm
from pages.models import ServicePage, ServicePrice
from pages.money import format_change, format_roubles
from pages.services.prices import PricesChanged, cancel_scheduled_price, set_price
from site_config.common import exports
from site_config.common.admin import RightRequiredMixin, forbidden

VIEW = "pages.view_serviceprice"
CHANGE = "pages.add_serviceprice"
LIST = "prices:index"
SERVICE = "prices:service"


def moment_text(moment: datetime | None) -> str:
    """Return a moment as a day, with the time if it is not the day's beginning."""
    if moment is None:
        return ""
    local = timezone.localtime(moment)
    midnight = (local.hour, local.minute) == (0, 0)
    return f"{local:%d.%m.%Y}" if midnight else f"{local:%d.%m.%Y %H:%M}"


class RoublesColumn(Column):
    """An amount; a dash for what is not there."""

    def get_value(self, instance: Any) -> str:
        """Return the amount as the site writes it."""
        amount: Decimal | None = super().get_value(instance)
        return "—" if amount is None else format_roubles(amount)


class MomentColumn(Column):
    """A moment, by the laboratory's clock."""

    def get_value(self, instance: Any) -> str:
        """Return the moment in words."""
        return moment_text(super().get_value(instance))


class PriceIndexView(RightRequiredMixin, IndexView):
    """All services with their current and next prices."""

    right = VIEW
    any_permission_required = None
    model = ServicePage
    page_title = gettext_lazy("Prices")
    header_icon = "rouble"
    index_url_name = LIST
    index_results_url_name = "prices:index_results"
    filterset_class = PriceFilterSet
    is_searchable = True
    default_ordering = "code"
    paginate_by = 50
    show_export_buttons = True
    columns = [
        Column("code", label=gettext_lazy("Code"), sort_key="code", classname="kdl-code"),
        TitleColumn("title", label=gettext_lazy("Service"), sort_key="title", url_name=SERVICE),
        Column(
            "category",
            label=gettext_lazy("Category"),
            sort_key="category",
            classname="kdl-wide",
        ),
        RoublesColumn(
            "price", label=gettext_lazy("Price"), sort_key="price", classname="kdl-amount"
        ),
        MomentColumn(
            "price_since",
            label=gettext_lazy("In force since"),
            sort_key="price_since",
            classname="kdl-moment kdl-wide",
        ),
        RoublesColumn(
            "next_price",
            label=gettext_lazy("Next price"),
            sort_key="next_price",
            classname="kdl-amount",
        ),
        MomentColumn(
            "next_since",
            label=gettext_lazy("Next price from"),
            sort_key="next_since",
            classname="kdl-moment kdl-wide",
        ),
    ]

    def get_base_queryset(self) -> QuerySet:
        """Take drafts too: their prices are set before they are published."""
        return selectors.services_with_prices()

    def order_queryset(self, queryset: QuerySet) -> QuerySet:
        """Order by a column; what has no value comes last both ways."""
        field = F(self.ordering.removeprefix("-"))
        down = self.ordering.startswith("-")
        return queryset.order_by(
            field.desc(nulls_last=True) if down else field.asc(nulls_last=True), "code", "pk"
        )

    def search_queryset(self, queryset: QuerySet) -> QuerySet:
        """Find services by name, code or synonym."""
        return queryset.filter(selectors.name_matches(self.search_query[:100]))

    def as_spreadsheet(self, queryset: QuerySet, spreadsheet_format: str) -> HttpResponse:
        """Return the filtered list as a file for Excel."""
        sheet = exports.Sheet(
            name=_("Prices"),
            headings=[
                _("Code"),
                _("Service"),
                _("Category"),
                _("Kind"),
                _("Price, roubles"),
                _("In force since"),
                _("Next price, roubles"),
                _("Next price from"),
            ],
            rows=[
                [
                    service.code,
                    service.title,
                    service.category,
                    service.get_kind_display(),
                    service.price,
                    service.price_since,
                    service.next_price,
                    service.next_since,
                ]
                for service in queryset
            ],
        )
        name = f"prices-{timezone.localdate():%Y-%m-%d}"
        return exports.file_response(sheet, spreadsheet_format, name)


class OneServiceView(RightRequiredMixin, WagtailAdminTemplateMixin, TemplateView):
    """A screen about the prices of one service."""

    header_icon = "rouble"

    def get_service(self) -> Any:
        """Return the service with its prices. Raises Http404."""
        return get_object_or_404(selectors.services_with_prices(), pk=self.kwargs["service_id"])

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        """Lead back to the list."""
        return [
            *self.breadcrumbs_items,
            {"url": reverse(LIST), "label": _("Prices")},
            *self.get_own_breadcrumbs(),
        ]

    def get_own_breadcrumbs(self) -> list[dict[str, Any]]:
        """The last steps of the way to this screen."""
        return [{"url": "", "label": self.get_page_title()}]


class ServicePriceView(OneServiceView):
    """Current and next price of a service, the form of a new one, the history."""

    right = VIEW
    template_name = "pages_admin/prices/service.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Show the prices, and the form to who may change them."""
        return self.show(NewPriceForm() if request.user.has_perm(CHANGE) else None)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Set a price; 422 if it cannot be, 409 if somebody was quicker."""
        if not request.user.has_perm(CHANGE):
            return forbidden(request)
        form = NewPriceForm(request.POST)
        if not form.is_valid():
            return self.show(form, HTTPStatus.UNPROCESSABLE_ENTITY)
        try:
            price = set_price(
                service_id=self.kwargs["service_id"],
                amount=form.cleaned_data["amount"],
                valid_from=form.cleaned_data["valid_from"],
                author=request.user,
                note=form.cleaned_data["note"],
                seen=form.cleaned_data["seen"],
            )
        except ServicePage.DoesNotExist as error:
            raise Http404 from error
        except PricesChanged as error:
            form.add_error(None, error)
            return self.show(form, HTTPStatus.CONFLICT)
        except ValidationError as error:
            form.add_error(None, error)
            return self.show(form, HTTPStatus.UNPROCESSABLE_ENTITY)
        messages.success(
            request,
            _("%(service)s: %(amount)s from %(moment)s.")
            % {
                "service": price.service.title,
                "amount": format_roubles(price.amount),
                "moment": f"{timezone.localtime(price.valid_from):%d.%m.%Y %H:%M}",
            },
        )
        return redirect(SERVICE, price.service_id)

    def show(self, form: NewPriceForm | None, status: int = HTTPStatus.OK) -> HttpResponse:
        """Render the screen as things are now."""
        service_id = self.kwargs["service_id"]
        # Read before the prices: a change in between is then noticed when the form is sent.
        state = selectors.price_state(service_id)
        self.service = self.get_service()
        if form is not None:
            form.see(state)
        context = self.get_context_data(
            service=self.service,
            form=form,
            history=[
                (record, format_change(record.change))
                for record in selectors.price_history(service_id)
            ],
        )
        return self.render_to_response(context, status=status)

    def get_page_title(self) -> str:
        """Name the service."""
        return f"{self.service.code} {self.service.title}".strip()

    @property
    def header_buttons(self) -> list[HeaderButton]:
        """Lead to the page of the service, to who may change it."""
        buttons = []
        if page_permission_policy.user_has_permission_for_instance(
            self.request.user, "change", self.service
        ):
            address = reverse("wagtailadmin_pages:edit", args=[self.service.pk])
            buttons.append(HeaderButton(_("Edit page"), url=address, icon_name="edit"))
        return buttons


class CancelPriceView(OneServiceView):
    """Asks whether to take a scheduled price back, and takes it back."""

    right = CHANGE
    template_name = "pages_admin/prices/cancel.html"
    page_title = gettext_lazy("Cancel the scheduled price")

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Ask."""
        self.service = self.get_service()
        price = get_object_or_404(
            ServicePrice, pk=self.kwargs["price_id"], service_id=self.service.pk
        )
        if price.valid_from <= timezone.now():
            return self.refuse(_("This price is in force already and stays in the history."))
        return self.render_to_response(self.get_context_data(service=self.service, price=price))

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Take the price back and return to the service."""
        self.service = self.get_service()
        try:
            cancel_scheduled_price(
                price_id=self.kwargs["price_id"], service_id=self.service.pk, author=request.user
            )
        except (ServicePage.DoesNotExist, ServicePrice.DoesNotExist) as error:
            raise Http404 from error
        except ValidationError as error:
            return self.refuse(error.messages[0])
        messages.success(request, _("The scheduled price is cancelled."))
        return redirect(SERVICE, self.service.pk)

    def refuse(self, text: str) -> HttpResponse:
        """Return to the service with a word why nothing was done."""
        messages.error(self.request, text)
        return redirect(SERVICE, self.service.pk)

    def get_own_breadcrumbs(self) -> list[dict[str, Any]]:
        """Lead back to the service."""
        address = reverse(SERVICE, args=[self.service.pk])
        return [
            {"url": address, "label": self.service.title},
            {"url": "", "label": self.get_page_title()},
        ]
