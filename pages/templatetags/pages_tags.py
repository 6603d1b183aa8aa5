"""What templates need to show content."""

import json
from collections.abc import Iterable
from decimal import Decimal
from functools import lru_cache
from typing import Any

from django import template
from django.http import HttpRequest
from django.template import Context
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

import segno

from pages import selectors
from pages.models.offices import ACCESSIBILITY, PAYMENTS
from pages.money import format_roubles
from pages.typography import tie as tie_words

register = template.Library()

OFFICE_WORDS = dict([*ACCESSIBILITY, *PAYMENTS])

# A closing tag or a comment inside the data would end the element early.
ESCAPES = str.maketrans({"<": "\\u003C", ">": "\\u003E", "&": "\\u0026"})


@register.filter
def rub(amount: Decimal | None) -> str:
    """Return an amount as «1 250 ₽», or an empty string for None."""
    return "" if amount is None else format_roubles(amount)


@register.filter
def tie(text: str) -> str:
    """Return a text with no-break spaces where a line must not break."""
    return tie_words(str(text))


@register.filter
def tel(phone: str) -> str:
    """Return a phone number as the address of a tel: link."""
    return "tel:" + "".join(sign for sign in phone if sign in "+0123456789")


@register.filter
def lines(text: str) -> list[str]:
    """Return the lines of a text that are not empty."""
    return [line.strip() for line in text.splitlines() if line.strip()]


@register.filter
def office_words(value: str) -> str:
    """Return what an office offers (accessibility, payment) in words."""
    return str(OFFICE_WORDS.get(value, value))


@register.simple_tag
def with_services(results: Iterable[Any]) -> list[tuple[Any, selectors.ServiceRow | None]]:
    """Pair found pages with the price and term of those that are services."""
    found = list(results)
    rows = {row.pk: row for row in selectors.service_rows([result.pk for result in found])}
    return [(result, rows.get(result.pk)) for result in found]


@register.simple_tag
def json_ld(nodes: list[dict[str, Any]]) -> SafeString:
    """Return schema.org nodes as one JSON-LD document, safe inside a script element."""
    document = {"@context": "https://schema.org", "@graph": nodes}
    text = json.dumps(document, ensure_ascii=False, default=str)
    return mark_safe(text.translate(ESCAPES))  # noqa: S308 - escaped on the line above


@register.simple_tag
def icon(name: str, classes: str = "") -> SafeString:
    """Return an icon of the sprite; it says nothing to a screen reader."""
    return format_html(
        '<svg class="icon {}" aria-hidden="true"><use href="{}#{}"></use></svg>',
        classes,
        static("img/icons.svg"),
        name,
    )


@register.simple_tag
def drawing(name: str, classes: str = "") -> SafeString:
    """Return a drawing of the sprite; it says nothing to a screen reader."""
    return format_html(
        '<svg class="drawing {}" viewBox="0 0 120 120" aria-hidden="true">'
        '<use href="{}#{}"></use></svg>',
        classes,
        static("img/drawings.svg"),
        name,
    )


@register.simple_tag
def headings(body: Iterable[Any]) -> list[dict[str, Any]]:
    """Return the headings of a body, or the titles of groups of questions, with their places in it.

    The place numbers the anchor of the part (see components/body.html).
    """
    titles = {"heading": lambda value: value, "group": lambda value: value["title"]}
    return [
        {"number": number, "title": titles[block.block_type](block.value)}
        for number, block in enumerate(body, start=1)
        if block.block_type in titles
    ]


@register.simple_tag(takes_context=True)
def frame(context: Context, template_name: str) -> str:
    """Return a part of the frame around every page.

    It is the same on all pages but those that the menu names (they are marked in it) and the
    results of a search (its field holds the query), so it is kept.
    """
    values: dict[str, Any] = context.flatten()  # type: ignore[assignment]
    request: HttpRequest | None = values.get("request")
    if request is None or values.get("query"):
        return render_to_string(template_name, values, request)
    current = {entry.link.url for entry in values["chrome"].menu} & {request.path}
    return selectors.kept(
        f"{template_name} {request.get_host()} {current}",
        lambda: render_to_string(template_name, values, request),
    )


@register.simple_tag
@lru_cache(maxsize=500)
def qr_code(text: str) -> SafeString:
    """Return a QR code as an inline drawing, for print."""
    code = segno.make(text, error="m", micro=False)
    svg: str = code.svg_inline(border=2, omitsize=True, svgclass="qr", lineclass=None)
    return mark_safe(svg)  # noqa: S308 - drawn by segno, the text is only its pattern


@register.inclusion_tag("components/breadcrumbs.html")
def breadcrumbs(page: Any) -> dict[str, Any]:
    """Show the way from the home page to `page`."""
    return {"trail": page.trail[1:-1], "current": page.title}
