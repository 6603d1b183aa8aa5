"""Codes of services: our own and those of the federal nomenclature, written one way whatever was
typed.
"""

import re

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.utils.translation import gettext_lazy as _

# Cyrillic letters that look like Latin ones; real price files mix them inside one code.
LOOK_ALIKES = str.maketrans("АВЕКМНОРСТУХЅІЈ", "ABEKMHOPCTYXSIJ")

# In a part of a code that has digits the letter O is a slip for zero.
PART_WITH_DIGITS = re.compile(r"[A-Z]*[0-9][0-9A-Z]*")

OWN_CODE = re.compile(r"[0-9A-Z]+([.-][0-9A-Z]+)*")
NOMENCLATURE_CODE = re.compile(r"[AB][0-9]{2}(\.[0-9]{2,3}){1,5}")

validate_own_code = RegexValidator(
    rf"\A{OWN_CODE.pattern}\Z",
    _("A code has Latin letters, digits, dots and hyphens only, for example 02-001."),
)


def normalise_code(text: str) -> str:
    """Return the code in capitals, with Latin letters for their Cyrillic look-alikes, zeros for
    letters O among digits, and no spaces.
    """
    code = "".join(text.upper().split()).translate(LOOK_ALIKES).strip(".")
    return PART_WITH_DIGITS.sub(lambda part: part[0].replace("O", "0"), code)


def normalise_nomenclature_codes(codes: list[str]) -> list[str]:
    """Return the codes of Order 804н (11.10.2017) normalised, in their order, each once.

    Raises ValidationError naming the first one that is not such a code.
    """
    found: dict[str, None] = {}
    for text in codes:
        code = normalise_code(text)
        if not code:
            continue
        if not NOMENCLATURE_CODE.fullmatch(code):
            raise ValidationError(
                _("“%(code)s” is not a code of the nomenclature; one looks like A09.05.023."),
                params={"code": text[:40]},
            )
        found[code] = None
    return list(found)
