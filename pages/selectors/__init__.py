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
    name_matches,
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
    specialists_by_id,
    vacancies,
)
from pages.selectors.freshness import at_version, content_version, next_boundary
from pages.selectors.gaps import GAPS, CatalogueGap, catalogue_gaps, gap_counts
from pages.selectors.navigation import Chrome, Link, chrome, trail
from pages.selectors.offices import OfficeCard, office_card, offices
from pages.selectors.prices import (
    PriceList,
    PriceRecord,
    current_prices,
    price_history,
    price_list,
    price_state,
    reference_prices,
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
from pages.selectors.published import is_private, published

__all__ = [
    "GAPS",
    "CatalogueGap",
    "CategoryRow",
    "Chrome",
    "Link",
    "OfficeCard",
    "PriceList",
    "PriceRecord",
    "PromotionRow",
    "ServiceCard",
    "ServiceRow",
    "articles",
    "at_version",
    "catalogue_gaps",
    "categories",
    "category_services",
    "chrome",
    "coming_promotions",
    "content_version",
    "current_prices",
    "ended_promotions",
    "gap_counts",
    "is_private",
    "latest_news",
    "legal_groups",
    "name_matches",
    "news",
    "next_boundary",
    "office_card",
    "offices",
    "preparation_pages",
    "price_history",
    "price_list",
    "price_state",
    "promotion_rows",
    "promotions_of",
    "published",
    "purpose_pages",
    "purpose_rows",
    "reference_prices",
    "running_promotions",
    "service_card",
    "service_letters",
    "service_rows",
    "service_rows_by_letter",
    "services_with_prices",
    "specialists",
    "specialists_by_id",
    "trail",
    "vacancies",
]
