"""Nodes of services and their prices.

A medical test has no price in schema.org, a service has. So a node is both: the offer leads to it
by `itemOffered`, and it carries the codes and the members of a test besides.
"""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.http import HttpRequest
from django.utils import timezone

from pages.selectors.catalogue import ServiceCard, ServiceRow
from pages.selectors.promotions import PromotionRow
from pages.seo.nodes import (
    Node,
    absolute,
    compact,
    organisation_brief,
    organisation_id,
    page_address,
    plain,
    reference,
)
from pages.seo.texts import medical_page, web_page

MEDICAL_TYPES = {
    "test": "MedicalTest",
    "panel": "MedicalTestPanel",
    "procedure": "MedicalProcedure",
}
CODING_SYSTEM = "Номенклатура медицинских услуг (приказ 804н)"
CURRENCY = "RUB"


def service(page: Any, request: HttpRequest) -> list[Node]:
    """Return a service, its price and its page."""
    url = page_address(page, request)
    card: ServiceCard = page.card
    offer = _current_offer(card, request, url)
    web = {**medical_page(page, request), "mainEntity": reference(f"{url}#service")}
    node = compact(
        {
            **_brief(card.row, request, url),
            "alternateName": _other_names(page),
            "description": plain(page.summary),
            "category": card.row.category,
            "code": [
                {"@type": "MedicalCode", "codeValue": code, "codingSystem": CODING_SYSTEM}
                for code in page.nomenclature_codes
            ],
            "provider": organisation_brief(request),
            "areaServed": [
                {"@type": "City", "name": city}
                for city in dict.fromkeys(office.page.city for office in card.offices)
            ],
            "offers": offer and reference(offer["@id"]),
            **_medical_details(page, card, request),
        }
    )
    return [web, node, offer] if offer else [web, node]


def promotion(page: Any, request: HttpRequest) -> list[Node]:
    """Return a promotion and, while it runs, the offers that it makes."""
    web = web_page(page, request)
    if page.state != "running":
        return [web]
    offers = [_promotion_offer(page, row, request) for row in page.rows if row.price is not None]
    return [web, *offers]


def _medical_details(page: Any, card: ServiceCard, request: HttpRequest) -> Node:
    if page.kind == "panel":
        return {"subTest": [_brief(row, request, medical_only=True) for row in card.members]}
    if page.kind == "procedure":
        return {
            "howPerformed": plain(page.how),
            "preparation": plain(page.own_preparation) or card.preparation_line,
        }
    return {"normalRange": [_interval(block.value) for block in page.intervals]}


def _interval(value: Any) -> str:
    rows = "; ".join(f"{row['who']} {row['value']}".strip() for row in value["rows"])
    return plain(f"{value['name']}: {rows} {value['unit']}")


def _other_names(page: Any) -> list[str]:
    names = [page.short_name, page.official_name, *(s.text for s in page.synonyms.all())]
    return [name for name in dict.fromkeys(names) if name and name != page.title]


def _brief(
    row: ServiceRow, request: HttpRequest, url: str = "", *, medical_only: bool = False
) -> Node:
    """A service in a few words. A member of a panel is a test alone: nobody sells it there."""
    url = url or absolute(request, row.url)
    kind = MEDICAL_TYPES[row.kind]
    return {
        "@type": kind if medical_only else ["Service", kind],
        "@id": f"{url}#service",
        "name": row.title,
        "url": url,
    }


def _current_offer(card: ServiceCard, request: HttpRequest, url: str) -> Node | None:
    row = card.row
    if row.price is None:
        return None
    return compact(
        {
            **_offer(row.price, request, f"{url}#offer"),
            "url": url,
            "sku": row.code,
            "itemOffered": reference(f"{url}#service"),
            "validFrom": card.price_since and card.price_since.isoformat(),
            "priceValidUntil": _last_day(card.next_since),
            "addOn": _taking_offer(card.taking, request, url),
        }
    )


def _taking_offer(taking: ServiceRow | None, request: HttpRequest, url: str) -> Node | None:
    """The fee for taking the material: an offer of its own, added once for a visit."""
    if taking is None or taking.price is None:
        return None
    # Where the procedure has no page, this one tells of it; the name of its node is the service's.
    procedure = _brief(taking, request, "" if taking.url else url)
    if not taking.url:
        del procedure["@id"]
    return {
        **_offer(taking.price, request, f"{url}#taking"),
        "name": taking.title,
        "url": procedure["url"],
        "itemOffered": procedure,
    }


def _promotion_offer(page: Any, row: PromotionRow, request: HttpRequest) -> Node:
    url = page_address(page, request)
    ends_on = page.ends_on and page.ends_on.isoformat()
    return compact(
        {
            **_offer(row.price, request, f"{url}#offer-{row.service.pk}"),
            "name": f"{page.title}: {row.service.title}",
            "url": url,
            "itemOffered": _brief(row.service, request),
            "validFrom": page.starts_on.isoformat(),
            "validThrough": ends_on,
            "priceValidUntil": ends_on,
            # The history bears this price out, or it is not there (selectors.promotion_rows).
            "priceSpecification": row.old_price
            and {
                "@type": "UnitPriceSpecification",
                "priceType": "https://schema.org/StrikethroughPrice",
                "price": str(row.old_price),
                "priceCurrency": CURRENCY,
            },
        }
    )


def _offer(price: Decimal | None, request: HttpRequest, node_id: str) -> Node:
    return {
        "@type": "Offer",
        "@id": node_id,
        "price": str(price),
        "priceCurrency": CURRENCY,
        "availability": "https://schema.org/InStock",
        "seller": reference(organisation_id(request)),
    }


def _last_day(next_since: date | None) -> str | None:
    """The last whole day of the current price, or today if the next one begins today."""
    if next_since is None:
        return None
    return max(next_since - timedelta(days=1), timezone.localdate()).isoformat()
