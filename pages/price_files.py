"""The price list as files: the same rows as the page, with its date, its order and its owner."""

from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from pages import selectors
from pages.models import LaboratorySettings, PriceListPage
from pages.page_cache import mark_cacheable
from site_config.common.exports import Sheet, file_response


@require_safe
def prices_xlsx(request: HttpRequest) -> HttpResponse:
    """Return the price list for `?category=&q=` as a workbook."""
    return price_file(request, "xlsx")


@require_safe
def prices_csv(request: HttpRequest) -> HttpResponse:
    """Return the price list for `?category=&q=` as CSV."""
    return price_file(request, "csv")


def price_file(request: HttpRequest, file_format: str) -> HttpResponse:
    """Return what the price list page shows, all its pages together.

    Raises Http404 while the site has no published price list.
    """
    page = selectors.published(PriceListPage).first()
    if page is None:
        raise Http404
    laboratory = LaboratorySettings.for_request(request)
    price_list = selectors.price_list(request.GET, whole=True)
    sheet = price_sheet(price_list, page, laboratory)
    day = timezone.localdate(price_list.as_of)
    response = file_response(sheet, file_format, f"price-list-{day:%Y-%m-%d}")
    # The page links to the whole list and to categories; files of a search are endless.
    is_offered = set(request.GET) <= {"category"} and bool(price_list.chosen) == bool(request.GET)
    return mark_cacheable(response) if is_offered else response


def price_sheet(
    price_list: selectors.PriceList, page: PriceListPage, laboratory: LaboratorySettings
) -> Sheet:
    """Return the rows of a price list with all that makes them a document."""
    day = timezone.localdate(price_list.as_of)
    title = [
        laboratory.legal_name or laboratory.brand,
        _("%(title)s, prices on %(day)s") % {"title": page.title, "day": f"{day:%d.%m.%Y}"},
    ]
    if page.order_number:
        title.append(_("Approved by order %(order)s") % {"order": page.order_number})
    if price_list.chosen:
        title.append(_("Category: %(name)s") % {"name": price_list.chosen.title})
    if price_list.query:
        title.append(_("Search: %(query)s") % {"query": price_list.query})
    return Sheet(
        name=_("Prices"),
        title=title,
        headings=[
            _("Category"),
            _("Code"),
            _("Code of the nomenclature"),
            _("Service"),
            _("Ready in"),
            _("Price, roubles"),
        ],
        rows=[
            [
                group.category.title,
                row.code,
                ", ".join(row.nomenclature_codes),
                row.title,
                row.turnaround,
                row.price,
            ]
            for group in price_list.groups
            for row in group.rows
        ],
    )
