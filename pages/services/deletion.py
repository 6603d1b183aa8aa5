"""What may not be deleted, because something else leans on it (on_delete=PROTECT)."""

from collections.abc import Iterable
from typing import Any

from django.db import DEFAULT_DB_ALIAS, transaction
from django.db.models import Model, ProtectedError
from django.db.models.deletion import Collector

from wagtail.models import Page

from pages.models import ServicePage


def protectors(objects: Iterable[Model]) -> list[Any]:
    """Return what forbids the deletion of these objects; nothing is deleted.

    Pages are taken with all pages below them. Within a transaction, services among them get no new
    price until it ends. What leans on an object only from within the same deletion forbids it too:
    such things are deleted one by one.
    """
    found: list[Any] = []
    for item in objects:
        doomed: Any = [item]
        if isinstance(item, Page):
            doomed = Page.objects.filter(pk__in=_tree(item))
        try:
            Collector(using=DEFAULT_DB_ALIAS).collect(doomed)
        except ProtectedError as error:
            found.extend(error.protected_objects)
    return found


@transaction.atomic
def _tree(page: Page) -> list[int]:
    """The ids of a page and all below it, its services locked (see services.prices)."""
    services = ServicePage.objects.filter(path__startswith=page.path)
    list(services.select_for_update(of=("self",)).values_list("pk"))
    return list(page.get_descendants(inclusive=True).values_list("pk", flat=True))
