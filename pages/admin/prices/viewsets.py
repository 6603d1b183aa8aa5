"""Where the area stands in the admin: its addresses, its menu item."""

from django.urls import URLPattern, path
from django.utils.translation import gettext_lazy as _

from wagtail.admin.menu import MenuItem
from wagtail.admin.viewsets.base import ViewSet

from pages.admin.prices.views import VIEW, CancelPriceView, PriceIndexView, ServicePriceView
from site_config.common.admin import RightMenuItem


class PricesViewSet(ViewSet):
    """The work of the price manager."""

    name = "prices"
    icon = "rouble"
    menu_label = _("Prices")
    menu_name = "prices"
    menu_order = 150
    add_to_admin_menu = True

    def get_menu_item(self, order: int | None = None) -> MenuItem:
        """Return the menu item, shown to who may see prices."""
        return RightMenuItem(
            self.menu_label,
            self.menu_url,
            name=self.menu_name,
            icon_name=self.icon,
            order=self.menu_order if order is None else order,
            right=VIEW,
        )

    def get_urlpatterns(self) -> list[URLPattern]:
        """Return the addresses below /admin/prices/."""
        cancel = "<int:service_id>/cancel/<int:price_id>/"
        return [
            path("", PriceIndexView.as_view(), name="index"),
            path("results/", PriceIndexView.as_view(results_only=True), name="index_results"),
            path("<int:service_id>/", ServicePriceView.as_view(), name="service"),
            path(cancel, CancelPriceView.as_view(), name="cancel"),
        ]
