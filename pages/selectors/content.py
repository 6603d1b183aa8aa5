"""Lists of the other pages: articles, news, people, preparation, purposes, legal documents."""

from typing import Any, cast

from django.db.models import QuerySet

from pages import models
from pages.selectors.freshness import kept, published


def articles() -> QuerySet[Any]:
    """Return the published articles, newest first."""
    return _with_pictures(models.ArticlePage).order_by("-date", "-pk")


def news() -> QuerySet[Any]:
    """Return the published news, newest first."""
    return _with_pictures(models.NewsPage).order_by("-date", "-pk")


def latest_news(count: int) -> list[Any]:
    """Return the newest pieces of news."""
    return list(news()[:count])


def specialists() -> list[Any]:
    """Return the published specialists in the editors' order."""
    pages = published(models.SpecialistPage).select_related("photo").order_by("path")
    return kept("specialists", lambda: list(pages))


def specialist(pk: int | None) -> Any | None:
    """Return the published specialist with this primary key, or None."""
    return next((person for person in specialists() if person.pk == pk), None)


def vacancies() -> QuerySet[Any]:
    """Return the open vacancies, newest first."""
    return published(models.VacancyPage).order_by("-first_published_at")


def preparation_pages() -> QuerySet[Any]:
    """Return the published preparation pages in the editors' order."""
    return published(models.PreparationPage).order_by("path")


def purpose_pages() -> list[Any]:
    """Return the published purpose pages with their purposes, in the editors' order."""
    pages = published(models.PurposePage).select_related("purpose").order_by("path")
    return kept("purpose pages", lambda: list(pages))


def legal_groups() -> list[tuple[str, list[Any]]]:
    """Return the published legal documents by kind: (the kind in words, its documents)."""
    groups: dict[str, list[Any]] = {}
    documents = published(models.LegalDocumentPage).prefetch_related("versions")
    for document in documents.order_by("path"):
        groups.setdefault(document.get_kind_display(), []).append(document)
    return list(groups.items())


def _with_pictures(model: type[Any]) -> QuerySet[Any]:
    """The published pages with their pictures in all sizes, in two queries."""
    pages = published(model).select_related("image").prefetch_related("image__renditions")
    return cast("QuerySet[Any]", pages)
