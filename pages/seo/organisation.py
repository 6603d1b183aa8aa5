"""Nodes of the laboratory: the organisation, its branches with their hours, its site."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from pages import models
from pages.context_processors import chrome_of
from pages.seo.nodes import (
    COUNTRY,
    ORGANISATION_TYPES,
    Node,
    absolute,
    compact,
    logo,
    organisation_brief,
    organisation_id,
    page_address,
    page_image,
    plain,
    reference,
    site_root,
    web_site_id,
)
from pages.seo.texts import LANGUAGE
from site_config.common.hours import Day, Schedule

# A diagnostic laboratory is an organisation, not a place: hours and geo come with the second type.
BRANCH_TYPES = ["DiagnosticLab", "MedicalClinic"]
WEEKDAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]


def organisation(request: HttpRequest) -> list[Node]:
    """Return the laboratory and its branches."""
    chrome = chrome_of(request)
    laboratory = chrome.laboratory
    return [
        compact(
            {
                "@type": ORGANISATION_TYPES,
                "@id": organisation_id(request),
                "name": laboratory.brand,
                "legalName": laboratory.legal_name,
                "alternateName": laboratory.short_name,
                "slogan": laboratory.slogan,
                "url": f"{site_root(request)}/",
                "logo": logo(request),
                "telephone": laboratory.phone,
                "email": laboratory.email,
                "taxID": laboratory.inn,
                "identifier": laboratory.ogrn
                and {"@type": "PropertyValue", "propertyID": "ОГРН", "value": laboratory.ogrn},
                "foundingDate": laboratory.founded_year and str(laboratory.founded_year),
                "address": laboratory.legal_address
                and {
                    "@type": "PostalAddress",
                    "streetAddress": laboratory.legal_address,
                    "addressCountry": COUNTRY,
                },
                "sameAs": [link.value["url"] for link in laboratory.socials],
                "hasCredential": _licence(laboratory),
                "medicalSpecialty": "https://schema.org/LaboratoryScience",
                "isAcceptingNewPatients": True,
                "department": [_branch(card, request) for card in chrome.offices],
            }
        )
    ]


def office(page: Any, request: HttpRequest) -> Node:
    """Return a branch of the laboratory."""
    node = _branch(page.card, request)
    node["parentOrganization"] = organisation_brief(request)
    return node


def web_site(page: Any, request: HttpRequest) -> Node:
    """Return the site with its search."""
    root = site_root(request)
    return {
        "@type": "WebSite",
        "@id": web_site_id(request),
        "url": f"{root}/",
        "name": chrome_of(request).laboratory.brand,
        "inLanguage": LANGUAGE,
        "publisher": reference(organisation_id(request)),
        "potentialAction": {
            "@type": "SearchAction",
            "target": {
                "@type": "EntryPoint",
                "urlTemplate": absolute(request, reverse("search")) + "?q={search_term_string}",
            },
            "query-input": "required name=search_term_string",
        },
    }


def _licence(laboratory: Any) -> Node | None:
    if not laboratory.licence_number:
        return None
    issued = laboratory.licence_date
    return compact(
        {
            "@type": "EducationalOccupationalCredential",
            "credentialCategory": "license",
            "name": f"Лицензия на медицинскую деятельность № {laboratory.licence_number}",
            "identifier": laboratory.licence_number,
            "dateCreated": issued and issued.isoformat(),
            "recognizedBy": laboratory.licence_body
            and {"@type": "Organization", "name": laboratory.licence_body},
        }
    )


def _branch(card: Any, request: HttpRequest) -> Node:
    page = card.page
    url = page_address(page, request)
    image = page_image(page, request)
    payments = dict(models.offices.PAYMENTS)
    accessibility = dict(models.offices.ACCESSIBILITY)
    return compact(
        {
            "@type": BRANCH_TYPES,
            "@id": f"{url}#office",
            "url": url,
            "name": page.title,
            "description": plain(page.lead),
            "image": image and image.url,
            "parentOrganization": reference(organisation_id(request)),
            "telephone": page.phone,
            "address": {
                "@type": "PostalAddress",
                "streetAddress": page.address,
                "addressLocality": page.city,
                "addressCountry": COUNTRY,
            },
            "geo": _geo(page),
            "openingHoursSpecification": weekly_hours(card.schedule),
            "specialOpeningHoursSpecification": special_hours(card.schedule),
            "isAcceptingNewPatients": True,
            "medicalSpecialty": "https://schema.org/LaboratoryScience",
            "currenciesAccepted": "RUB",
            "paymentAccepted": ", ".join(
                str(payments.get(item.value, item.value)) for item in page.payments
            ),
            "amenityFeature": [
                {
                    "@type": "LocationFeatureSpecification",
                    "name": str(accessibility.get(item.value, item.value)),
                    "value": True,
                }
                for item in page.accessibility
            ],
        }
    )


def _geo(page: Any) -> Node | None:
    if page.latitude is None or page.longitude is None:
        return None
    return {
        "@type": "GeoCoordinates",
        "latitude": float(page.latitude),
        "longitude": float(page.longitude),
    }


def weekly_hours(schedule: Schedule) -> list[Node]:
    """Return the hours of the week; days with the same hours share a node."""
    days: dict[tuple[str, str], list[str]] = {}
    for weekday in sorted(schedule.weekly):
        for offset, opens, closes in _pieces(schedule.weekly[weekday]):
            name = WEEKDAYS[(weekday - 1 + offset) % 7]
            days.setdefault((opens, closes), []).append(f"https://schema.org/{name}")
    return [
        {
            "@type": "OpeningHoursSpecification",
            "dayOfWeek": names,
            "opens": opens,
            "closes": closes,
        }
        for (opens, closes), names in days.items()
    ]


def special_hours(schedule: Schedule) -> list[Node]:
    """Return the hours of the dates to come that differ; a day off opens and closes at 00:00."""
    today = timezone.localdate()
    found = []
    for on in sorted(on for on in schedule.exceptions if on >= today):
        day = schedule.exceptions[on]
        pieces = _pieces(day) if day else iter([(0, "00:00", "00:00")])
        found += [
            _special(on + timedelta(days=offset), opens, closes) for offset, opens, closes in pieces
        ]
    return found


def _special(on: date, opens: str, closes: str) -> Node:
    return {
        "@type": "OpeningHoursSpecification",
        "validFrom": on.isoformat(),
        "validThrough": on.isoformat(),
        "opens": opens,
        "closes": closes,
    }


def _pieces(day: Day) -> Iterator[tuple[int, str, str]]:
    """The spans of a day around its lunch: (days after it, opens, closes).

    A span that closes before it opens runs into the next day, so one of 24 hours, which would close
    as it opens, gives up its last minute.
    """
    closes = day.closes
    if day.overnight and closes == day.opens and not day.lunch_from:
        closes = (datetime.combine(date.min, closes) + timedelta(hours=23, minutes=59)).time()
    if day.lunch_from and day.lunch_to:
        after = 1 if day.overnight and day.lunch_to < day.opens else 0
        yield 0, _clock(day.opens), _clock(day.lunch_from)
        yield after, _clock(day.lunch_to), _clock(closes)
    else:
        yield 0, _clock(day.opens), _clock(closes)


def _clock(at: time) -> str:
    return f"{at:%H:%M}"
