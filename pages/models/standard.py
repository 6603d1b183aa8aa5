"""Pages of plain text, and the questions people ask."""

from typing import Any

from django.db import models
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from wagtail import blocks
from wagtail.admin.panels import FieldPanel
from wagtail.fields import StreamField
from wagtail.search import index

from pages import seo
from pages.blocks import BodyBlock
from pages.blocks.text import QuestionsBlock
from pages.models.base import BasePage


class StandardPage(BasePage):
    """A page of text, with pages under it if need be."""

    lead = models.CharField(_("lead"), max_length=300, blank=True)
    body = StreamField(BodyBlock(), verbose_name=_("text"), blank=True)

    content_panels = [*BasePage.content_panels, FieldPanel("lead"), FieldPanel("body")]
    search_fields = [
        *BasePage.search_fields,
        index.SearchField("lead"),
        index.SearchField("body"),
    ]
    parent_page_types = ["pages.HomePage", "pages.StandardPage"]
    page_description = _("A page of text: about the laboratory, for organisations, for doctors")
    template = "pages/standard_page.html"

    class Meta:
        verbose_name = _("text page")
        verbose_name_plural = _("text pages")

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """Add `children`: the published pages under this one."""
        context = super().get_context(request, *args, **kwargs)
        context["children"] = self.get_children().live().in_menu().order_by("path")
        return context


class FaqPage(BasePage):
    """Questions people ask, in groups."""

    lead = models.CharField(_("lead"), max_length=300, blank=True)
    groups = StreamField(
        [
            (
                "group",
                blocks.StructBlock(
                    [
                        ("title", blocks.CharBlock(max_length=120, label=_("title"))),
                        ("questions", QuestionsBlock(label=_("questions"))),
                    ],
                    icon="help",
                    label=_("Group of questions"),
                    template="blocks/faq_group.html",
                ),
            )
        ],
        verbose_name=_("groups of questions"),
        blank=True,
    )

    content_panels = [*BasePage.content_panels, FieldPanel("lead"), FieldPanel("groups")]
    search_fields = [*BasePage.search_fields, index.SearchField("groups")]
    parent_page_types = ["pages.HomePage", "pages.StandardPage"]
    subpage_types: list[str] = []
    page_description = _("Questions and answers, in groups")
    template = "pages/faq_page.html"

    class Meta:
        verbose_name = _("questions and answers")
        verbose_name_plural = _("questions and answers")

    def structured_data(self, request: HttpRequest) -> list[dict[str, Any]]:
        """Return the page as a FAQPage with all its questions."""
        return [seo.faq_page(self, request)]
