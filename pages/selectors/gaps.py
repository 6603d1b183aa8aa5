"""What published services lack."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from pages import models


@dataclass(frozen=True)
class CatalogueGap:
    """A kind of gap: its key, and the condition that a service has it."""

    key: str
    condition: Q


GAPS = [
    CatalogueGap("price", Q(has_price=False)),
    CatalogueGap("preparation", Q(has_preparation=False, own_preparation="")),
    CatalogueGap("code", Q(code="")),
    CatalogueGap("nomenclature", Q(nomenclature_codes=[])),
]


def catalogue_gaps(gap: str = "") -> QuerySet[Any]:
    """Return the published services that lack something, or just `gap`: one of the GAPS' keys.

    They are annotated with `has_price` and `has_preparation`. A procedure needs no preparation.
    """
    now = timezone.now()
    prices = models.ServicePrice.objects.filter(service=OuterRef("pk"), valid_from__lte=now)
    links = models.ServicePreparation.objects.filter(page=OuterRef("pk"))
    services = models.ServicePage.objects.live().annotate(
        has_price=Exists(prices), has_preparation=Exists(links)
    )
    condition = Q(pk__in=[])
    for known in GAPS:
        if gap in ("", known.key):
            condition |= known.condition
    return services.filter(condition).order_by("code", "title")
