"""Lists of the other pages: articles, news, people, preparation, purposes, legal documents."""

from typing import Any

from django.db.models import QuerySet

from pages import models
from pages.selectors.freshness import kept
from pages.selectors.published import published


def articles() -> QuerySet[Any]:
    """Return the published articles, newest first."""
    return with_image(published(models.ArticlePage)).order_by("-date", "-pk")


def news() -> QuerySet[Any]:
    """Return the published news, newest first."""
    return with_image(published(models.NewsPage)).order_by("-date", "-pk")


def with_image(pages: QuerySet[Any], name: str = "image") -> QuerySet[Any]:
    """Let pages bring their pictures with all sizes."""
    return pages.select_related(name).prefetch_related(f"{name}__renditions")


def latest_news(count: int) -> list[Any]:
    """Return the newest pieces of news."""
    return list(news()[:count])


def specialists() -> QuerySet[Any]:
    """Return the published specialists in the editors' order."""
    return with_image(published(models.SpecialistPage), "photo").order_by("path")


@kept
def specialists_by_id() -> dict[int, Any]:
    """Return the published specialists by their ids."""
    return published(models.SpecialistPage).in_bulk()


def vacancies() -> QuerySet[Any]:
    """Return the open vacancies, newest first."""
    return published(models.VacancyPage).order_by("-first_published_at")


def preparation_pages() -> QuerySet[Any]:
    """Return the published preparation pages in the editors' order."""
    return published(models.PreparationPage).order_by("path")


@kept
def purpose_pages() -> list[Any]:
    """Return the published purpose pages with their purposes, in the editors' order."""
    return list(published(models.PurposePage).select_related("purpose").order_by("path"))


def legal_groups() -> list[tuple[str, list[Any]]]:
    """Return the published legal documents by kind: (the kind in words, its documents)."""
    groups: dict[str, list[Any]] = {}
    documents = published(models.LegalDocumentPage).prefetch_related("versions")
    for document in documents.order_by("path"):
        groups.setdefault(document.get_kind_display(), []).append(document)
    return list(groups.items())
