"""How Wagtail's log tells of prices."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from wagtail.log_actions import LogActionRegistry, LogFormatter

from pages.money import format_roubles


def register(actions: LogActionRegistry) -> None:
    """Hook register_log_actions: make both actions known."""
    actions.register_action("pages.set_price")(SetPriceFormatter)
    actions.register_action("pages.cancel_price")(CancelPriceFormatter)


class SetPriceFormatter(LogFormatter):
    """A price was set."""

    label = gettext_lazy("Set a price")

    def format_message(self, log_entry: Any) -> str:
        """Tell the price, since when it is valid, and what it was before."""
        text = _("Price %(amount)s from %(moment)s") % _words(log_entry.data)
        before = log_entry.data.get("before")
        if before:
            text += _(", before: %(amount)s") % {"amount": format_roubles(Decimal(before))}
        return text


class CancelPriceFormatter(LogFormatter):
    """A scheduled price was taken back."""

    label = gettext_lazy("Cancel a scheduled price")

    def format_message(self, log_entry: Any) -> str:
        """Tell which price."""
        return _("Cancelled: price %(amount)s from %(moment)s") % _words(log_entry.data)


def _words(data: dict[str, str]) -> dict[str, str]:
    """Amount and moment as people read them."""
    moment = timezone.localtime(datetime.fromisoformat(data["valid_from"]))
    return {
        "amount": format_roubles(Decimal(data["amount"])),
        "moment": f"{moment:%d.%m.%Y %H:%M}",
    }
