"""What the admin's page forms send: `form(model)` is a complete form of a page, ready to
publish.
"""

from collections.abc import Callable
from typing import Any

from wagtail.models import Page
from wagtail.test.utils.form_data import inline_formset, nested_form_data, rich_text, streamfield

from pages.models import (
    ArticleIndexPage,
    ArticlePage,
    CataloguePage,
    ContactPage,
    FaqPage,
    HomePage,
    LegalDocumentPage,
    LegalIndexPage,
    NewsIndexPage,
    NewsPage,
    OfficeIndexPage,
    OfficePage,
    PreparationIndexPage,
    PreparationPage,
    PriceListPage,
    PromotionIndexPage,
    PromotionPage,
    Purpose,
    PurposeIndexPage,
    PurposePage,
    ServiceCategoryPage,
    ServicePage,
    SpecialistIndexPage,
    SpecialistPage,
    StandardPage,
    VacancyIndexPage,
    VacancyPage,
)
from tests.factories import pages as make
from tests.factories import sections

Fields = dict[str, Any]


def text(words: str = "Текст") -> str:
    """Return rich text as the editor sends it."""
    return rich_text(f"<p>{words}</p>")


def body(words: str = "Текст") -> Fields:
    """Return a body of one paragraph."""
    return streamfield([("text", text(words))])


def listed(*values: Any) -> Fields:
    """Return a ListBlock."""
    return streamfield([("item", value) for value in values])


EMPTY = inline_formset([])

DAY = {"opens": "08:00", "closes": "18:00", "lunch_from": "", "lunch_to": "", "last_sampling": ""}


def service() -> Fields:
    """Return the fields of a test with everything that a form of one has."""
    return {
        "kind": "test",
        "code": f"77-{next(make.numbers):03}",
        "nomenclature_codes": "",
        **dict.fromkeys(["short_name", "official_name", "summary", "biomaterial", "method"], ""),
        **dict.fromkeys(["turnaround_days", "turnaround_note", "age_from", "age_to"], ""),
        "for_whom": "",
        "sex": "any",
        **{name: text() for name in ["purpose_text", "how", "limits", "own_preparation"]},
        "intervals": streamfield([]),
        "body": body(),
        **dict.fromkeys(["preparations", "members", "related", "synonyms"], EMPTY),
        **dict.fromkeys(["reviewed_by", "reviewed_on", "next_review"], ""),
    }


def office() -> Fields:
    """Return the fields of an office open on Mondays."""
    return {
        "lead": "",
        "city": "Владикавказ",
        "address": "ул. Садовая, 1",
        "phone": "+7 867 200-00-00",
        **dict.fromkeys(["head", "latitude", "longitude", "photo"], ""),
        "how_to_come": text(),
        "hours": inline_formset([{"weekday": "1", **DAY}]),
        "exceptions": EMPTY,
        "accessibility": streamfield([("item", "ramp")]),
        "payments": streamfield([("item", "card")]),
        "body": body(),
    }


def promotion() -> Fields:
    """Return the fields of a promotion."""
    return {
        "lead": "Дешевле на десять процентов",
        "starts_on": "2026-01-01",
        "ends_on": "",
        "discount_percent": "10",
        "conditions": text(),
        "legal_note": "",
        "image": "",
        "promoted": inline_formset([{"service": str(make.service().pk)}]),
        "body": body(),
    }


def legal() -> Fields:
    """Return the fields of a document with one version."""
    return {
        "kind": "info",
        "lead": "",
        "approved_by": "",
        "versions": inline_formset([version("1.0", "2026-01-01")]),
    }


def version(number: str, effective_from: str) -> Fields:
    """Return the fields of a version of a document."""
    return {"number": number, "effective_from": effective_from, "note": "", "body": body()}


def contacts() -> Fields:
    """Return the fields of the contact page with a form of one field."""
    field = {"label": "Имя", "field_type": "singleline", "required": "on", "help_text": ""}
    return {
        "lead": "",
        "intro": text(),
        "form_fields": inline_formset([{**field, "choices": "", "default_value": ""}]),
        "consent_document": str(sections.legal().pk),
        "thank_you": text(),
        **dict.fromkeys(["from_address", "to_address", "subject"], ""),
    }


def lead() -> Fields:
    """Return the only field that most lists have."""
    return {"lead": "О чём этот раздел"}


def with_body() -> Fields:
    """Return a lead and a body."""
    return {**lead(), "body": body()}


def questions() -> Fields:
    """Return a list of one question."""
    return listed({"question": "Когда готово?", "answer": text("Завтра")})


REVIEW = dict.fromkeys(["reviewed_by", "reviewed_on", "next_review"], "")

FIELDS: dict[type[Page], Callable[[], Fields]] = {
    HomePage: lambda: {
        "hero_title": "Анализы рядом с домом",
        "hero_text": "",
        "search_examples": "глюкоза, ТТГ",
        "popular_services": EMPTY,
        "steps": streamfield([("steps", listed({"title": "Накануне", "text": ""}))]),
        "facts": streamfield([("facts", listed({"value": "24 ч", "label": "готов анализ"}))]),
        "body": body(),
    },
    CataloguePage: lead,
    ServiceCategoryPage: lambda: {**lead(), "intro": text(), "icon": "drop"},
    ServicePage: service,
    PurposeIndexPage: lead,
    PurposePage: lambda: {
        "purpose": str(Purpose.objects.create(name=f"Повод {next(make.numbers)}").pk),
        **with_body(),
        "checklist": streamfield([("item", "взять паспорт")]),
        **REVIEW,
    },
    PreparationIndexPage: with_body,
    PreparationPage: lambda: {**with_body(), "shown": EMPTY},
    OfficeIndexPage: lead,
    OfficePage: office,
    PromotionIndexPage: lead,
    PromotionPage: promotion,
    NewsIndexPage: lead,
    NewsPage: lambda: {**with_body(), "date": "2026-02-01", "image": ""},
    ArticleIndexPage: lead,
    ArticlePage: lambda: {
        **with_body(),
        "date": "2026-02-01",
        "author": "",
        "image": "",
        "tags": "кровь",
        **REVIEW,
    },
    SpecialistIndexPage: lead,
    SpecialistPage: lambda: {
        "position": "врач",
        "education": "СОГМА, 2001",
        **dict.fromkeys(["accreditation", "experience_since", "reception_hours", "photo"], ""),
        **with_body(),
    },
    VacancyIndexPage: lead,
    VacancyPage: lambda: {
        "place": "Владикавказ",
        **dict.fromkeys(["pay", "schedule", "employment", "duties", "requirements"], ""),
        "body": body(),
    },
    LegalIndexPage: lead,
    LegalDocumentPage: legal,
    StandardPage: with_body,
    ContactPage: contacts,
    FaqPage: lambda: {
        **lead(),
        "groups": streamfield([("group", {"title": "Результаты", "questions": questions()})]),
    },
    PriceListPage: lambda: {**lead(), "order_number": ""},
}


def form(model: type[Page], **fields: Any) -> dict[str, str]:
    """Return the whole form of a page; `fields` replace those it has. None takes a field out."""
    number = next(make.numbers)
    data = {
        "title": f"Страница {number}",
        "slug": f"page-{number}",
        "seo_title": "",
        "search_description": "",
        "social_image": "",
        "go_live_at": "",
        "expire_at": "",
        "comment_notifications": "",
        "comments": EMPTY,
        **FIELDS[model](),
        **fields,
    }
    return nested_form_data({name: value for name, value in data.items() if value is not None})
