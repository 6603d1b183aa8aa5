"""How to prepare: shared snippets, and pages by biomaterial that show them."""

from typing import Any

from django.core.validators import MaxValueValidator
from django.db import models
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from modelcluster.fields import ParentalKey
from wagtail import blocks
from wagtail.admin.panels import FieldPanel, InlinePanel, PublishingPanel
from wagtail.fields import RichTextField, StreamField
from wagtail.models import (
    DraftStateMixin,
    LockableMixin,
    Orderable,
    PreviewableMixin,
    RevisionMixin,
    WorkflowMixin,
)
from wagtail.search import index

from pages import selectors, seo
from pages.blocks import BodyBlock
from pages.models.base import BasePage, SectionPage


class Preparation(
    WorkflowMixin,
    DraftStateMixin,
    LockableMixin,
    RevisionMixin,
    PreviewableMixin,
    index.Indexed,
    models.Model,
):
    """How to prepare for a kind of tests; written once, shown on every service that asks for it."""

    title = models.CharField(_("title"), max_length=120, unique=True)
    short = models.CharField(_("in one line"), max_length=160)
    text = RichTextField(_("text"), features=["bold", "italic", "ol", "ul", "link"])
    dos = StreamField(
        [("item", blocks.CharBlock(max_length=250, label=_("item")))],
        verbose_name=_("allowed"),
        blank=True,
    )
    donts = StreamField(
        [("item", blocks.CharBlock(max_length=250, label=_("item")))],
        verbose_name=_("not allowed"),
        blank=True,
    )
    hours_fasting = models.PositiveSmallIntegerField(
        _("hours without food"), null=True, blank=True, validators=[MaxValueValidator(24)]
    )

    panels = [
        FieldPanel("title"),
        FieldPanel("short"),
        FieldPanel("text"),
        FieldPanel("hours_fasting"),
        FieldPanel("dos"),
        FieldPanel("donts"),
        PublishingPanel(),
    ]
    search_fields = [
        index.SearchField("title"),
        index.AutocompleteField("title"),
        index.SearchField("text"),
    ]

    class Meta:
        verbose_name = _("preparation")
        verbose_name_plural = _("preparations")
        ordering = ["title"]

    def __str__(self) -> str:
        return self.title

    def get_preview_template(self, request: HttpRequest, mode_name: str) -> str:
        """Return the template of one preparation by itself."""
        return "pages/preparation_preview.html"


class PreparationIndexPage(SectionPage):
    """Preparation by biomaterial."""

    body = StreamField(BodyBlock(), verbose_name=_("text"), blank=True)

    content_panels = [*SectionPage.content_panels, FieldPanel("body")]
    subpage_types = ["pages.PreparationPage"]
    page_description = _("The list of preparations")
    template = "pages/preparation_index_page.html"

    class Meta:
        verbose_name = _("list of preparations")

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """Add `items`: the pages by biomaterial."""
        context = super().get_context(request, *args, **kwargs)
        context["items"] = selectors.preparation_pages()
        return context


class PreparationPage(BasePage):
    """How to prepare for tests of one biomaterial; prints as a memo."""

    lead = models.CharField(_("lead"), max_length=300, blank=True)
    body = StreamField(BodyBlock(), verbose_name=_("text"), blank=True)

    content_panels = [
        *BasePage.content_panels,
        FieldPanel("lead"),
        InlinePanel("shown", heading=_("Shared preparation"), label=_("preparation"), max_num=10),
        FieldPanel("body"),
    ]
    search_fields = [
        *BasePage.search_fields,
        index.SearchField("lead"),
        index.SearchField("body"),
    ]
    parent_page_types = ["pages.PreparationIndexPage"]
    subpage_types: list[str] = []
    page_description = _("How to prepare for tests of one biomaterial")
    template = "pages/preparation_page.html"

    class Meta:
        verbose_name = _("preparation page")
        verbose_name_plural = _("preparation pages")

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """Add `preparations`: the published snippets, in the page's order."""
        context = super().get_context(request, *args, **kwargs)
        context["preparations"] = [
            link.preparation
            for link in self.shown.select_related("preparation")
            if link.preparation.live
        ]
        return context

    def structured_data(self, request: HttpRequest) -> list[dict[str, Any]]:
        """Return the page as a MedicalWebPage."""
        return [seo.medical_page(self, request)]


class ShownPreparation(Orderable):
    """A snippet that a preparation page shows."""

    page = ParentalKey(PreparationPage, on_delete=models.CASCADE, related_name="shown")
    preparation = models.ForeignKey(
        Preparation, verbose_name=_("preparation"), on_delete=models.PROTECT, related_name="+"
    )

    panels = [FieldPanel("preparation")]

    class Meta(Orderable.Meta):
        verbose_name = _("shown preparation")
        constraints = [
            models.UniqueConstraint(
                fields=["page", "preparation"],
                name="shown_preparation_once",
                violation_error_message=_("This preparation is there twice."),
            )
        ]

    def __str__(self) -> str:
        return str(self.preparation)
