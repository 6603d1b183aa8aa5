"""The only writer of prices."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from pages.models import PriceSource, ServicePage, ServicePrice

FARTHEST = timedelta(days=2 * 366)


@transaction.atomic
def set_price(
    *,
    service_id: int,
    amount: Decimal,
    valid_from: datetime | None = None,
    author: Any | None = None,
    source: str = PriceSource.MANUAL,
    note: str = "",
) -> ServicePrice:
    """Add a price in roubles to a service, from now on or from a moment to come (aware).

    Raises ValidationError if the amount is not within (0, 1 000 000) or has parts of a kopeck, if the
    moment is past or more than two years away, if there is a price for that very moment, or if the
    price would change nothing.
    """
    # Two managers who save at once are put in a row; the second sees what the first has written.
    ServicePage.objects.select_for_update(of=("self",)).get(pk=service_id)
    now = timezone.now()
    moment = valid_from or now
    if valid_from and valid_from <= now:
        raise ValidationError({"valid_from": _("This moment has passed. A price cannot be changed in the past.")})
    if moment > now + FARTHEST:
        raise ValidationError({"valid_from": _("A price can be set for the next two years at most.")})
    price = ServicePrice(
        service_id=service_id,
        amount=amount,
        valid_from=moment,
        source=source,
        author=author,
        note=note,
    )
    price.full_clean()
    before = (
        ServicePrice.objects.filter(service_id=service_id, valid_from__lte=moment)
        .order_by("-valid_from")
        .first()
    )
    if before and before.amount == amount:
        raise ValidationError({"amount": _("The service costs this much at that moment already.")})
    price.save(force_insert=True)
    return price


@transaction.atomic
def cancel_scheduled_price(*, price_id: int, service_id: int) -> None:
    """Take back a price of a service that is not in force yet.

    Raises ServicePrice.DoesNotExist if the service has no such price, ValidationError if the price is
    in force already.
    """
    price = ServicePrice.objects.select_for_update().get(pk=price_id, service_id=service_id)
    if price.valid_from <= timezone.now():
        raise ValidationError(_("This price is in force already and stays in the history."))
    price.delete()


def load_price_history(
    *, service_id: int, rows: list[tuple[datetime, Decimal]], source: str, note: str = ""
) -> None:
    """Give a service that has no price at all its history: (moment, amount) rows, past or to come.

    Does nothing for a service that has a price. Raises ValidationError on a row that no price may have.
    """
    with transaction.atomic():
        ServicePage.objects.select_for_update(of=("self",)).get(pk=service_id)
        if ServicePrice.objects.filter(service_id=service_id).exists():
            return
        for moment, amount in rows:
            price = ServicePrice(
                service_id=service_id, amount=amount, valid_from=moment, source=source, note=note
            )
            price.full_clean()
            price.save(force_insert=True)
