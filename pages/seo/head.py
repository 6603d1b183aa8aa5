"""The head of a page."""

from typing import Any

from django.http import HttpRequest
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from pages.seo.nodes import (
    Node,
    SocialImage,
    absolute,
    default_image,
    page_address,
    page_image,
)
from pages.seo.texts import body_questions, description_of

# Results of a search inside a page are not pages for search engines.
SEARCH_PARAMETERS = frozenset({"q"})


class Head:
    """The head of a page. Made in BasePage.get_context, read by components/head_meta.html."""

    def __init__(self, page: Any, request: HttpRequest) -> None:
        self.page = page
        self.request = request

    @cached_property
    def title(self) -> str:
        """The name of the page for the window and for search engines, without that of the site."""
        title = self.page.seo_title or self.page.title
        if self.number > 1:
            title = _("%(title)s, page %(number)d") % {"title": title, "number": self.number}
        return title

    @cached_property
    def number(self) -> int:
        """Which page of a long list this is; 1 for the first and for what is no list."""
        number = self.request.GET.get("page", "")
        if self.page.is_paginated and number.isascii() and number.isdigit() and len(number) <= 6:
            return int(number)
        return 1

    @cached_property
    def description(self) -> str:
        """The description for search engines; never empty."""
        return description_of(self.page, self.request)

    @cached_property
    def canonical(self) -> str:
        """The full address of the page, with the page number of a list if it is not the first."""
        query = f"?page={self.number}" if self.number > 1 else ""
        return f"{page_address(self.page, self.request)}{query}"

    @cached_property
    def robots(self) -> str:
        """What search engines may do with the page."""
        if not self.page.is_indexable or not SEARCH_PARAMETERS.isdisjoint(self.request.GET):
            return "noindex, follow"
        return "index, follow, max-image-preview:large"

    @cached_property
    def image(self) -> SocialImage:
        """The picture for social networks: the page's own, else the laboratory's."""
        return page_image(self.page, self.request) or default_image(self.request)

    @property
    def og_type(self) -> str:
        """The Open Graph type: texts with a date are articles."""
        return "article" if getattr(self.page, "date", None) else "website"

    @cached_property
    def json_ld(self) -> list[Node]:
        """The schema.org nodes of the page, with its breadcrumbs and the questions in its text."""
        nodes = [*self.page.structured_data(self.request), self._breadcrumbs()]
        questions = body_questions(self.page)
        if questions:
            address = page_address(self.page, self.request)
            nodes.append({"@type": "FAQPage", "@id": f"{address}#faq", "mainEntity": questions})
        return nodes

    def _breadcrumbs(self) -> Node:
        return {
            "@type": "BreadcrumbList",
            "@id": f"{page_address(self.page, self.request)}#breadcrumbs",
            "itemListElement": [
                {
                    "@type": "ListItem",
                    "position": position,
                    "name": crumb.title if position > 1 else _("Home"),
                    "item": absolute(self.request, crumb.url),
                }
                for position, crumb in enumerate(self.page.trail, start=1)
            ],
        }
