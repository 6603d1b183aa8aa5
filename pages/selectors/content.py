"""Lists of the other pages: articles, news, people, preparation, purposes, legal documents."""

from typing import Any

from django.db.models import QuerySet

from pages import models


def articles() -> QuerySet[Any]:
    """Return the published articles, newest first."""
    return (
        models.ArticlePage.objects.live().public().select_related("image").order_by("-date", "-pk")
    )


def news() -> QuerySet[Any]:
    """Return the published news, newest first."""
    return models.NewsPage.objects.live().public().select_related("image").order_by("-date", "-pk")


def latest_news(count: int) -> list[Any]:
    """Return the newest pieces of news."""
    return list(news()[:count])


def specialists() -> QuerySet[Any]:
    """Return the published specialists in the editors' order."""
    return models.SpecialistPage.objects.live().public().select_related("photo").order_by("path")


def vacancies() -> QuerySet[Any]:
    """Return the open vacancies, newest first."""
    return models.VacancyPage.objects.live().public().order_by("-first_published_at")


def preparation_pages() -> QuerySet[Any]:
    """Return the published preparation pages in the editors' order."""
    return models.PreparationPage.objects.live().public().order_by("path")


def purpose_pages() -> QuerySet[Any]:
    """Return the published purpose pages with their purposes, in the editors' order."""
    return models.PurposePage.objects.live().public().select_related("purpose").order_by("path")


def legal_groups() -> list[tuple[str, list[Any]]]:
    """Return the published legal documents by kind: (the kind in words, its documents)."""
    groups: dict[str, list[Any]] = {}
    documents = models.LegalDocumentPage.objects.live().public().prefetch_related("versions")
    for document in documents.order_by("path"):
        groups.setdefault(document.get_kind_display(), []).append(document)
    return list(groups.items())
