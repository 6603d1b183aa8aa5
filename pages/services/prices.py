"""The only writer of prices."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from wagtail.log_actions import log

from pages import selectors
from pages.models import PriceSource, ServicePage, ServicePrice

FARTHEST = timedelta(days=2 * 366)


class PricesChanged(ValidationError):
    """The prices of the service are no longer those that the author has seen."""


@transaction.atomic
def set_price(
    *,
    service_id: int,
    amount: Decimal,
    valid_from: datetime | None = None,
    author: Any | None = None,
    source: str = PriceSource.MANUAL,
    note: str = "",
    seen: str | None = None,
) -> ServicePrice:
    """Add a price in roubles to a service, from now on or from a moment to come (aware).

    `seen` is the selectors.price_state that the author decided by. Raises ServicePage.DoesNotExist
    if there is no such service; PricesChanged if its prices have changed since `seen`;
    ValidationError if the amount is not within (0, 1 000 000) or has parts of a kopeck, if the
    moment is past or more than two years away, if there is a price for that very moment, or if the
    price would change nothing. Writes an entry in Wagtail's log.
    """
    service = _lock(service_id)
    if seen is not None and seen != selectors.price_state(service_id):
        raise PricesChanged(
            _(
                "While this form was open, somebody changed the prices of this service. "
                "Nothing was saved: look at the prices as they are now and send the form again."
            )
        )
    now = timezone.now()
    moment = valid_from or now
    if valid_from and valid_from <= now:
        raise ValidationError(
            {"valid_from": _("This moment has passed. A price cannot be changed in the past.")}
        )
    if moment > now + FARTHEST:
        raise ValidationError(
            {"valid_from": _("A price can be set for the next two years at most.")}
        )
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
    if before and before.amount == price.amount:
        raise ValidationError({"amount": _("The service costs this much at that moment already.")})
    price.save(force_insert=True)
    log(
        service,
        action="pages.set_price",
        user=author,
        data={**_log_data(price), "before": str(before.amount) if before else None},
    )
    return price


@transaction.atomic
def cancel_scheduled_price(*, price_id: int, service_id: int, author: Any | None = None) -> None:
    """Take back a price of a service that is not in force yet, with an entry in Wagtail's log.

    Raises ServicePage.DoesNotExist or ServicePrice.DoesNotExist if there is no such service or
    price, ValidationError if the price is in force already.
    """
    service = _lock(service_id)
    price = ServicePrice.objects.get(pk=price_id, service_id=service_id)
    if price.valid_from <= timezone.now():
        raise ValidationError(_("This price is in force already and stays in the history."))
    data = _log_data(price)
    price.delete()
    log(service, action="pages.cancel_price", user=author, data=data)


@transaction.atomic
def load_price_history(
    *, service_id: int, rows: list[tuple[datetime, Decimal]], source: str, note: str = ""
) -> None:
    """Give a service that has no price at all its history: (moment, amount) rows, past or to come.

    Does nothing for a service that has a price. Raises ValidationError on a row that no price may
    have; then nothing is written.
    """
    _lock(service_id)
    if ServicePrice.objects.filter(service_id=service_id).exists():
        return
    for moment, amount in rows:
        price = ServicePrice(
            service_id=service_id, amount=amount, valid_from=moment, source=source, note=note
        )
        price.full_clean()
        price.save(force_insert=True)


def _lock(service_id: int) -> ServicePage:
    """Put all who write prices of a service in a row: the next sees what the last has written.

    The lock also holds off the deletion of the service, but not the editing of what belongs to it.
    """
    return ServicePage.objects.select_for_update(of=("self",), no_key=True).get(pk=service_id)


def _log_data(price: ServicePrice) -> dict[str, str]:
    """What the log remembers of a price."""
    return {"amount": str(price.amount), "valid_from": price.valid_from.isoformat()}
