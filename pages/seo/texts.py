"""Nodes of texts: pages, articles, questions, people, vacancies."""

from collections.abc import Iterable
from typing import Any

from django.http import HttpRequest
from django.utils import timezone

from pages.context_processors import chrome_of
from pages.seo.nodes import (
    COUNTRY,
    Node,
    compact,
    organisation_brief,
    organisation_id,
    page_address,
    page_image,
    person_brief,
    plain,
    reference,
    web_site_id,
)

LANGUAGE = "ru-RU"
# Search engines cut a headline here.
HEADLINE = 110


def description_of(page: Any, request: HttpRequest) -> str:
    """Return the editors' description of a page, else its lead, else its name and the site's."""
    for name in ("search_description", "summary", "lead", "hero_text"):
        text = plain(getattr(page, name, ""))
        if text:
            return text
    laboratory = chrome_of(request).laboratory
    return ". ".join(filter(None, [page.title, laboratory.brand, laboratory.slogan]))


def web_page(page: Any, request: HttpRequest, schema_type: str = "WebPage") -> Node:
    """Return the node of the page itself."""
    url = page_address(page, request)
    image = page_image(page, request)
    return compact(
        {
            "@type": schema_type,
            "@id": f"{url}#webpage",
            "url": url,
            "name": page.title,
            "description": description_of(page, request),
            "inLanguage": LANGUAGE,
            "isPartOf": reference(web_site_id(request)),
            "publisher": reference(organisation_id(request)),
            "breadcrumb": reference(f"{url}#breadcrumbs"),
            "primaryImageOfPage": image and {"@type": "ImageObject", "url": image.url},
            "datePublished": page.first_published_at and page.first_published_at.isoformat(),
            "dateModified": page.last_published_at and page.last_published_at.isoformat(),
        }
    )


def medical_page(page: Any, request: HttpRequest) -> Node:
    """Return a medical text, with its reviewer if it is one that is reviewed."""
    reviewer = getattr(page, "reviewer", None)
    reviewed_on = getattr(page, "reviewed_on", None)
    return compact(
        {
            **web_page(page, request, "MedicalWebPage"),
            "lastReviewed": reviewed_on and reviewed_on.isoformat(),
            "reviewedBy": reviewer and person_brief(reviewer, request),
        }
    )


def article(page: Any, request: HttpRequest, schema_type: str = "Article") -> Node:
    """Return an article or a piece of news."""
    url = page_address(page, request)
    image = page_image(page, request)
    author = getattr(page, "author", "")
    publisher = organisation_brief(request)
    modified = page.last_published_at
    return compact(
        {
            "@type": schema_type,
            "@id": f"{url}#article",
            "url": url,
            "mainEntityOfPage": reference(f"{url}#webpage"),
            "headline": page.title[:HEADLINE],
            "description": description_of(page, request),
            "inLanguage": LANGUAGE,
            "image": image and [image.url],
            "datePublished": page.date.isoformat(),
            "dateModified": modified.isoformat() if modified else page.date.isoformat(),
            "author": {"@type": "Person", "name": author} if author else publisher,
            "publisher": publisher,
            "citation": [
                plain(source)
                for block in page.body
                if block.block_type == "sources"
                for source in block.value
            ],
        }
    )


def faq_page(page: Any, request: HttpRequest) -> Node:
    """Return the page of questions with their answers."""
    questions = [
        question for group in page.groups for question in _questions(group.value["questions"])
    ]
    return compact({**web_page(page, request, "FAQPage"), "mainEntity": questions})


def body_questions(page: Any) -> list[Node]:
    """Return the questions and answers among the blocks of a page's text."""
    return [
        question
        for block in getattr(page, "body", ())
        if block.block_type == "faq"
        for question in _questions(block.value)
    ]


def _questions(items: Iterable[Any]) -> list[Node]:
    return [
        {
            "@type": "Question",
            "name": plain(item["question"]),
            "acceptedAnswer": {"@type": "Answer", "text": plain(item["answer"].source)},
        }
        for item in items
    ]


def profile(page: Any, request: HttpRequest) -> list[Node]:
    """Return the page of a specialist and the person it is about."""
    url = page_address(page, request)
    image = page_image(page, request)
    person = compact(
        {
            **person_brief(page, request),
            "url": url,
            "image": image and image.url,
            "description": plain(page.lead),
            "worksFor": organisation_brief(request),
            "hasCredential": [
                {
                    "@type": "EducationalOccupationalCredential",
                    "credentialCategory": category,
                    "name": line,
                }
                for category, text in (
                    ("degree", page.education),
                    ("certificate", page.accreditation),
                )
                for line in map(plain, text.splitlines())
                if line
            ],
        }
    )
    return [
        {**web_page(page, request, "ProfilePage"), "mainEntity": reference(person["@id"])},
        person,
    ]


def job_posting(page: Any, request: HttpRequest) -> Node:
    """Return a vacancy."""
    url = page_address(page, request)
    towns = {card.page.city for card in chrome_of(request).offices}
    words = [page.duties, page.requirements, page.schedule, page.pay]
    return compact(
        {
            "@type": "JobPosting",
            "@id": f"{url}#job",
            "url": url,
            "title": page.title,
            "description": "\n".join(filter(None, words)) or page.title,
            "datePosted": page.first_published_at
            and timezone.localdate(page.first_published_at).isoformat(),
            "validThrough": page.expire_at and page.expire_at.isoformat(),
            "employmentType": page.employment,
            "workHours": page.schedule,
            "responsibilities": page.duties,
            "qualifications": page.requirements,
            "hiringOrganization": organisation_brief(request),
            "jobLocation": {
                "@type": "Place",
                "address": compact(
                    {
                        "@type": "PostalAddress",
                        "streetAddress": page.place,
                        "addressLocality": next((t for t in towns if t in page.place), None),
                        "addressCountry": COUNTRY,
                    }
                ),
            },
        }
    )
