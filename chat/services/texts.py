"""Text that people write, before it is stored."""

import re
import unicodedata
from datetime import datetime, timedelta

from django.utils.translation import gettext_lazy as _

from chat.errors import Invalid
from chat.models.messages import LONGEST_TEXT

CHANGE_WITHIN = timedelta(minutes=15)
# VK lets 9,000 through, as far as is known.
LONGEST_FROM_VK = 16_000
ALLOWED_CONTROLS = {"\n", "\t"}
NAME = re.compile(r",?[ \u00a0]*\{name\}")


def clean_text(text: str, *, field: str = "text", longest: int = LONGEST_TEXT) -> str:
    """Return a text with plain line ends and trimmed ends.

    Raises Invalid for one that is too long or holds what is not text: control characters, lone
    surrogates (PostgreSQL stores neither NUL nor those).
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n").strip()
    if len(text) > longest:
        raise Invalid(
            _("Too long: at most %(count)d characters.") % {"count": longest}, field=field
        )
    if any(unicodedata.category(sign) in {"Cc", "Cs"} for sign in set(text) - ALLOWED_CONTROLS):
        raise Invalid(_("The text holds signs that cannot be read."), field=field)
    return text


def readable_text(text: str) -> str:
    """Return what can be kept of a text that came from elsewhere and cannot be sent back.

    Signs that cannot be read are left out.
    """
    return "".join(
        sign
        for sign in text.replace("\r\n", "\n").replace("\r", "\n")
        if sign in ALLOWED_CONTROLS or unicodedata.category(sign) not in {"Cc", "Cs"}
    ).strip()


def clean_line(text: str, *, field: str, longest: int) -> str:
    """Return a text of one line: white space of all kinds becomes one space."""
    return clean_text(" ".join(text.split()), field=field, longest=longest)


def addressed(text: str, name: str, operator: str) -> str:
    """Return a canned reply with the names in it; without a patient's name its comma goes too."""
    named = NAME.sub(lambda found: found[0].replace("{name}", name) if name else "", text)
    return named.replace("{operator}", operator)


def may_still_change(created_at: datetime, now: datetime) -> bool:
    """Say whether a message is young enough to be changed by its author."""
    return now - created_at <= CHANGE_WITHIN
