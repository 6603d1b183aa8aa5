"""News of the laboratory."""

from typing import Any

from django.db import models
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from wagtail.admin.panels import FieldPanel
from wagtail.fields import StreamField
from wagtail.search import index

from pages import selectors, seo
from pages.blocks import BodyBlock
from pages.models.base import BasePage, SectionPage
from pages.pagination import paginate


class NewsIndexPage(SectionPage):
    """The list of news."""

    subpage_types = ["pages.NewsPage"]
    page_description = _("The list of news")
    template = "pages/news_index_page.html"
    is_paginated = True

    class Meta:
        verbose_name = _("list of news")

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """Add `items`, a page of news, newest first. Raises Http404 beyond the last page."""
        context = super().get_context(request, *args, **kwargs)
        context["items"] = paginate(request, selectors.news())
        return context


class NewsPage(BasePage):
    """A piece of news."""

    lead = models.CharField(_("lead"), max_length=300)
    date = models.DateField(_("date"), default=timezone.localdate)
    image = models.ForeignKey(
        "pages.SiteImage",
        verbose_name=_("picture"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    body = StreamField(BodyBlock(), verbose_name=_("text"), blank=True)

    content_panels = [
        *BasePage.content_panels,
        FieldPanel("lead"),
        FieldPanel("date"),
        FieldPanel("image"),
        FieldPanel("body"),
    ]
    search_fields = [
        *BasePage.search_fields,
        index.SearchField("lead"),
        index.SearchField("body"),
        index.FilterField("date"),
    ]
    parent_page_types = ["pages.NewsIndexPage"]
    subpage_types: list[str] = []
    page_description = _("A piece of news")
    template = "pages/news_page.html"

    class Meta:
        verbose_name = _("news")
        verbose_name_plural = _("news")

    def structured_data(self, request: HttpRequest) -> list[dict[str, Any]]:
        """Return the page and the NewsArticle on it."""
        return [seo.web_page(self, request), seo.article(self, request, "NewsArticle")]
