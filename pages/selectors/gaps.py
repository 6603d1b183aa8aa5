"""What published services lack."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from pages import models

# A rich text that holds no word, however the editor has left it.
NO_TEXT = r"^(<[^>]*>|\s|&nbsp;)*$"


@dataclass(frozen=True)
class CatalogueGap:
    """A kind of gap: its key, its name, and the condition that a service has it."""

    key: str
    name: Promise
    condition: Q


GAPS = (
    CatalogueGap("price", _("price"), Q(has_price=False)),
    # Nobody prepares for having a tube filled.
    CatalogueGap(
        "preparation",
        _("preparation"),
        Q(has_preparation=False, own_preparation__regex=NO_TEXT) & ~Q(kind="procedure"),
    ),
    CatalogueGap("code", _("our code"), Q(code="")),
    CatalogueGap("nomenclature", _("code of the nomenclature"), Q(nomenclature_codes=[])),
)


def catalogue_gaps() -> QuerySet[Any]:
    """Return the published services that lack something.

    They are annotated with `has_price`, `has_preparation` and, for each of the GAPS, a boolean
    `lacks_KEY`. A procedure needs no preparation.
    """
    services = _published()
    condition = Q(pk__in=[])
    for known in GAPS:
        services = services.annotate(**{f"lacks_{known.key}": known.condition})
        condition |= known.condition
    return services.filter(condition).order_by("code", "title")


def gap_counts() -> dict[str, int]:
    """Return for each of the GAPS' keys how many published services have it."""
    counts: dict[str, int] = _published().aggregate(
        **{gap.key: Count("pk", filter=gap.condition) for gap in GAPS}
    )
    return counts


def _published() -> QuerySet[Any]:
    """The published services with what tells gaps."""
    prices = models.ServicePrice.objects.filter(
        service=OuterRef("pk"), valid_from__lte=timezone.now()
    )
    links = models.ServicePreparation.objects.filter(page=OuterRef("pk"), preparation__live=True)
    services: QuerySet[Any] = models.ServicePage.objects.live().annotate(
        has_price=Exists(prices), has_preparation=Exists(links)
    )
    return services
