"""The other pages and settings for tests: each function makes one thing, published."""

from datetime import date, time
from itertools import count
from typing import Any

from django.utils import timezone

from wagtail.models import Page, PageViewRestriction, Site

import wagtail_factories

from pages.models import (
    ArticleIndexPage,
    ArticlePage,
    ContactPage,
    FaqPage,
    HomePage,
    LaboratorySettings,
    LegalDocumentPage,
    LegalIndexPage,
    LegalVersion,
    Navigation,
    NewsIndexPage,
    NewsPage,
    OfficeException,
    OfficeHours,
    OfficeIndexPage,
    OfficePage,
    PreparationIndexPage,
    PreparationPage,
    Purpose,
    PurposeIndexPage,
    PurposePage,
    SiteImage,
    SpecialistIndexPage,
    SpecialistPage,
    StandardPage,
    VacancyIndexPage,
    VacancyPage,
)
from tests.factories.pages import add, under_home

numbers = count(1)


class ImageFactory(wagtail_factories.ImageFactory):
    """A picture of the site."""

    class Meta:
        model = SiteImage


def image(**fields: Any) -> SiteImage:
    """Make a picture; `width` and `height` are those of its file (small ones are made quickly)."""
    size = {"width": fields.pop("width", 140), "height": fields.pop("height", 90)}
    return ImageFactory(**fields, **{f"file__{name}": value for name, value in size.items()})


def site(hostname: str = "kdl.example", port: int = 443) -> Site:
    """Give the site an address."""
    found = Site.objects.get(is_default_site=True)
    found.hostname, found.port = hostname, port
    found.save()
    # Made when first read, which is a change of content; here it is none of the test's.
    LaboratorySettings.for_site(found)
    Navigation.for_site(found)
    return found


def laboratory(**fields: Any) -> LaboratorySettings:
    """Fill in the laboratory's settings."""
    found = LaboratorySettings.for_site(Site.objects.get(is_default_site=True))
    for name, value in fields.items():
        setattr(found, name, value)
    found.save()
    return found


def hide(page: Page) -> None:
    """Let only people who have signed in see a page and what is under it."""
    PageViewRestriction.objects.create(page=page, restriction_type=PageViewRestriction.LOGIN)


def _in(index: Any, model: Any, title: str, **fields: Any) -> Any:
    slug = f"{model.__name__.lower()}-{next(numbers)}"
    return add(index, model(**{"title": title, "slug": slug, **fields}))


def office(*, exceptions: tuple[OfficeException, ...] = (), **fields: Any) -> OfficePage:
    """Add an office; open on weekdays from 8 to 18, unless `hours` say otherwise."""
    index = under_home(OfficeIndexPage, title="Отделения", slug="otdeleniya")
    hours = fields.pop("hours", None) or [
        OfficeHours(weekday=day, opens=time(8), closes=time(18)) for day in range(1, 6)
    ]
    place = {"city": "Владикавказ", "address": "ул. Садовая, 1", "phone": "+7 867 200-00-00"}
    page = OfficePage(slug=f"office-{next(numbers)}", **{"title": "Отделение", **place, **fields})
    page.hours = hours
    page.exceptions = list(exceptions)
    return add(index, page)


def news(**fields: Any) -> NewsPage:
    """Add a piece of news."""
    index = under_home(NewsIndexPage, title="Новости", slug="novosti")
    return _in(index, NewsPage, **{"title": "Новость", "lead": "Коротко о новости", **fields})


def article(**fields: Any) -> ArticlePage:
    """Add an article."""
    index = under_home(ArticleIndexPage, title="Журнал", slug="zhurnal")
    fields = {"title": "Статья", "lead": "О чём статья", "date": date(2026, 3, 1), **fields}
    fields.setdefault("body", [("text", "<p>Текст</p>")])
    return _in(index, ArticlePage, **fields)


def specialist(**fields: Any) -> SpecialistPage:
    """Add a specialist."""
    index = under_home(SpecialistIndexPage, title="Специалисты", slug="specialisty")
    fields = {"title": "Иванова Мария", "position": "врач", "education": "СОГМА, 2001", **fields}
    return _in(index, SpecialistPage, **fields)


def vacancy(**fields: Any) -> VacancyPage:
    """Add a vacancy."""
    index = under_home(VacancyIndexPage, title="Вакансии", slug="vakansii")
    fields = {"title": "Медсестра", "place": "Владикавказ", "duties": "Брать кровь", **fields}
    return _in(index, VacancyPage, first_published_at=timezone.now(), **fields)


def faq(*questions: tuple[str, str], **fields: Any) -> FaqPage:
    """Add a page of questions with their answers (rich text)."""
    items = [{"question": question, "answer": answer} for question, answer in questions]
    fields.setdefault("groups", [("group", {"title": "Общее", "questions": items})])
    return _in(HomePage.objects.get(), FaqPage, **{"title": "Вопросы", **fields})


def standard(**fields: Any) -> StandardPage:
    """Add a page of text under the home page."""
    return _in(HomePage.objects.get(), StandardPage, **{"title": "О лаборатории", **fields})


def purpose(**fields: Any) -> PurposePage:
    """Add a purpose and its page."""
    index = under_home(PurposeIndexPage, title="Назначения", slug="dlya")
    made = Purpose.objects.create(name=f"Назначение {next(numbers)}")
    return _in(index, PurposePage, **{"title": made.name, "purpose": made, **fields})


def preparation(**fields: Any) -> PreparationPage:
    """Add a preparation page."""
    index = under_home(PreparationIndexPage, title="Подготовка", slug="podgotovka")
    return _in(index, PreparationPage, **{"title": "Кровь из вены", **fields})


def legal(**fields: Any) -> LegalDocumentPage:
    """Add a legal document with one version in force."""
    index = under_home(LegalIndexPage, title="Документы", slug="pravovaya-informatsiya")
    page = LegalDocumentPage(**{"title": "Политика", "slug": f"legal-{next(numbers)}", **fields})
    page.versions = [
        LegalVersion(number="1.0", effective_from=date(2025, 1, 1), body=[("text", "<p>…</p>")])
    ]
    return add(index, page)


def contacts(**fields: Any) -> ContactPage:
    """Add the contact page."""
    fields = {"title": "Контакты", "consent_document": legal(title="Согласие"), **fields}
    return _in(HomePage.objects.get(), ContactPage, **fields)
