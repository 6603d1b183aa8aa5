"""What templates need to show content."""

import json
from decimal import Decimal
from typing import Any

from django import template
from django.utils.safestring import SafeString, mark_safe

from pages.money import format_roubles

register = template.Library()

# A closing tag or a comment inside the data would end the element early.
ESCAPES = str.maketrans({"<": "\\u003C", ">": "\\u003E", "&": "\\u0026"})


@register.filter
def rub(amount: Decimal | None) -> str:
    """Return an amount as «1 250 ₽», or an empty string for None."""
    return "" if amount is None else format_roubles(amount)


@register.simple_tag
def json_ld(nodes: list[dict[str, Any]]) -> SafeString:
    """Return schema.org nodes as one JSON-LD document, safe inside a script element."""
    document = {"@context": "https://schema.org", "@graph": nodes}
    text = json.dumps(document, ensure_ascii=False, default=str)
    return mark_safe(text.translate(ESCAPES))  # noqa: S308 - escaped on the line above
