"""What visitors may see: published pages that stand in no private part of the site."""

from typing import Any

from django.db.models import QuerySet

from wagtail.models import PageViewRestriction

from pages.selectors.freshness import kept


@kept
def private_paths() -> tuple[str, ...]:
    """Return the tree paths of the pages that are private with all below them."""
    return tuple(PageViewRestriction.objects.values_list("page__path", flat=True))


def is_private(page: Any) -> bool:
    """Say whether a page, or one above it, is private."""
    return page.path.startswith(private_paths())


def published(model: Any) -> QuerySet[Any]:
    """Return the pages of a model that any visitor may see."""
    found: QuerySet[Any] = model.objects.live()
    for path in private_paths():
        found = found.exclude(path__startswith=path)
    return found
