"""All reads of the site's content. Nothing here writes.

The models call these functions to fill their pages, so the modules reach the models as
`models.ServicePage`, which is looked up when a function runs, not when the module loads.
"""

from pages.selectors.catalogue import (
    CategoryRow,
    ServiceCard,
    ServiceRow,
    categories,
    category_services,
    purpose_rows,
    service_card,
    service_letters,
    service_rows,
    service_rows_by_letter,
)
from pages.selectors.content import (
    articles,
    latest_news,
    legal_groups,
    news,
    preparation_pages,
    purpose_pages,
    specialists,
    vacancies,
)
from pages.selectors.freshness import content_version, next_boundary
from pages.selectors.gaps import CatalogueGap, catalogue_gaps
from pages.selectors.navigation import Chrome, Link, chrome, trail
from pages.selectors.offices import OfficeCard, office_card, offices
from pages.selectors.prices import (
    PriceList,
    current_prices,
    price_history,
    price_list,
    reference_prices,
    scheduled_prices,
    services_with_prices,
)
from pages.selectors.promotions import (
    PromotionRow,
    coming_promotions,
    ended_promotions,
    promotion_rows,
    promotions_of,
    running_promotions,
)

__all__ = [
    "CatalogueGap",
    "CategoryRow",
    "Chrome",
    "Link",
    "OfficeCard",
    "PriceList",
    "PromotionRow",
    "ServiceCard",
    "ServiceRow",
    "articles",
    "catalogue_gaps",
    "categories",
    "category_services",
    "chrome",
    "coming_promotions",
    "content_version",
    "current_prices",
    "ended_promotions",
    "latest_news",
    "legal_groups",
    "news",
    "next_boundary",
    "office_card",
    "offices",
    "preparation_pages",
    "price_history",
    "price_list",
    "promotion_rows",
    "promotions_of",
    "purpose_pages",
    "purpose_rows",
    "reference_prices",
    "running_promotions",
    "scheduled_prices",
    "service_card",
    "service_letters",
    "service_rows",
    "service_rows_by_letter",
    "services_with_prices",
    "specialists",
    "trail",
    "vacancies",
]
