"""The laboratory's journal: articles for patients, checked by a doctor."""

from typing import Any

from django.core.paginator import Page as PaginatorPage
from django.db import models
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from modelcluster.contrib.taggit import ClusterTaggableManager
from modelcluster.fields import ParentalKey
from wagtail.admin.panels import FieldPanel, MultiFieldPanel
from wagtail.fields import StreamField
from wagtail.search import index

from taggit.models import TaggedItemBase

from pages import selectors, seo
from pages.blocks import BodyBlock
from pages.models.base import BasePage, ReviewedMixin, SectionPage
from pages.pagination import paginate


class ArticleIndexPage(SectionPage):
    """The list of articles."""

    subpage_types = ["pages.ArticlePage"]
    page_description = _("The list of articles")
    template = "pages/article_index_page.html"
    is_paginated = True

    class Meta:
        verbose_name = _("list of articles")

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """Add `items`, a page of articles, newest first. Raises Http404 beyond the last page."""
        context = super().get_context(request, *args, **kwargs)
        items: PaginatorPage = paginate(request, selectors.articles())
        context["items"] = items
        return context


class ArticleTag(TaggedItemBase):
    """A subject of an article."""

    content_object = ParentalKey(
        "pages.ArticlePage", on_delete=models.CASCADE, related_name="tagged_items"
    )


class ArticlePage(ReviewedMixin, BasePage):
    """An article: what a test shows, how to prepare, when to see a doctor."""

    lead = models.CharField(_("lead"), max_length=300)
    date = models.DateField(_("published on"))
    author = models.CharField(_("author"), max_length=120, blank=True)
    image = models.ForeignKey(
        "pages.SiteImage",
        verbose_name=_("picture"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    body = StreamField(BodyBlock(), verbose_name=_("text"))
    tags = ClusterTaggableManager(through=ArticleTag, blank=True, verbose_name=_("subjects"))

    content_panels = [
        *BasePage.content_panels,
        FieldPanel("lead"),
        MultiFieldPanel(
            [FieldPanel("date"), FieldPanel("author"), FieldPanel("image"), FieldPanel("tags")],
            heading=_("About the article"),
        ),
        FieldPanel("body"),
        ReviewedMixin.review_panel,
    ]
    search_fields = [
        *BasePage.search_fields,
        index.SearchField("lead"),
        index.SearchField("body"),
        index.FilterField("date"),
    ]
    parent_page_types = ["pages.ArticleIndexPage"]
    subpage_types: list[str] = []
    page_description = _("An article for patients")
    template = "pages/article_page.html"

    class Meta:
        verbose_name = _("article")
        verbose_name_plural = _("articles")

    def structured_data(self, request: HttpRequest) -> list[dict[str, Any]]:
        """Return the article and the medical page it stands on, with its reviewer."""
        return [seo.medical_page(self, request), seo.article(self, request)]
