"""The form of a new price."""

import re
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from pages.models.prices import HIGHEST_PRICE

NOW = "now"
LATER = "later"
# What people put between the digits of an amount: spaces of all widths.
SPACES = dict.fromkeys(map(ord, " \u00a0\u2009\u202f"))

PLAIN_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?", re.ASCII)


class RoublesField(forms.DecimalField):
    """An amount as people write it: «1 250,50 ₽»."""

    widget = forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"})

    def to_python(self, value: Any) -> Any:
        """Understand spaces between digits, a decimal comma and the sign of the rouble."""
        if isinstance(value, str):
            value = value.translate(SPACES).removesuffix("₽").replace(",", ".")
            # Decimal also takes 1_0 for 10, and the digits of other scripts.
            if value and not PLAIN_NUMBER.fullmatch(value):
                raise forms.ValidationError(self.error_messages["invalid"], code="invalid")
        return super().to_python(value)


class MomentField(forms.DateTimeField):
    """A date and a time, by the browser's own control, in the laboratory's time zone."""

    widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
    input_formats = ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%d.%m.%Y %H:%M"]


class NewPriceForm(forms.Form):
    """A price from now on or from a moment to come."""

    amount = RoublesField(
        label=_("New price, roubles"),
        min_value=Decimal("0.01"),
        max_value=HIGHEST_PRICE,
        max_digits=8,
        decimal_places=2,
        help_text=_("For example 1250 or 1250,50."),
    )
    start = forms.ChoiceField(
        label=_("In force"),
        choices=[(NOW, _("at once")), (LATER, _("from a date and time"))],
        initial=NOW,
        widget=forms.RadioSelect,
    )
    valid_from = MomentField(
        label=_("Date and time"),
        required=False,
        help_text=_("By Moscow time. Only for “from a date and time”."),
    )
    note = forms.CharField(
        label=_("Note"),
        required=False,
        max_length=200,
        help_text=_("Why the price changes; only staff see it."),
    )
    # What the person saw when deciding (see selectors.price_state).
    seen = forms.CharField(widget=forms.HiddenInput, max_length=40)

    def clean(self) -> dict[str, Any]:
        """Refuse a moment that contradicts the choice, and the choice without a moment."""
        cleaned = super().clean() or self.cleaned_data
        start, moment = cleaned.get("start"), cleaned.get("valid_from")
        if "valid_from" in self.errors:
            return cleaned
        if start == LATER and moment is None:
            self.add_error("valid_from", _("Name the date and time from which the price is valid."))
        elif start == NOW and moment is not None:
            self.add_error(
                "start", _("A date is given, but “at once” is chosen. Choose one of the two.")
            )
        return cleaned

    def see(self, state: str) -> None:
        """Take what the person is shown now for what the next sending is decided by."""
        self.initial["seen"] = state
        if self.is_bound:
            self.data = dict(self.data.items()) | {"seen": state}
