"""Purposes: why people come; services by purpose."""

from typing import Any

from django.db import models
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from wagtail import blocks
from wagtail.admin.panels import FieldPanel
from wagtail.fields import StreamField
from wagtail.search import index

from pages import selectors, seo
from pages.blocks import BodyBlock
from pages.models.base import BasePage, ReviewedMixin, SectionPage


class PurposeIcon(models.TextChoices):
    """The drawings a purpose can have; the names are those of the icon sprite."""

    PREGNANCY = "pregnancy", _("pregnancy")
    SCALPEL = "scalpel", _("scalpel")
    GLAND = "gland", _("thyroid gland")
    MAN = "man", _("man")
    WOMAN = "woman", _("woman")
    CHILD = "child", _("child")
    HEART = "heart", _("heart")
    SUGAR = "sugar", _("sugar")
    SHIELD = "shield", _("shield")
    TICK = "tick", _("tick")
    COW = "cow", _("cow")
    POOL = "pool", _("pool")
    HAIR = "hair", _("hair")
    LIVER = "liver", _("liver")


class Purpose(index.Indexed, models.Model):
    """A reason to take tests; services are marked with it."""

    name = models.CharField(_("name"), max_length=80, unique=True)
    icon = models.CharField(
        _("icon"), max_length=20, choices=PurposeIcon, default=PurposeIcon.SHIELD
    )
    order = models.PositiveSmallIntegerField(_("order"), default=0)

    panels = [FieldPanel("name"), FieldPanel("icon"), FieldPanel("order")]
    search_fields = [index.SearchField("name"), index.AutocompleteField("name")]

    class Meta:
        verbose_name = _("purpose")
        verbose_name_plural = _("purposes")
        ordering = ["order", "name"]

    def __str__(self) -> str:
        return self.name


class PurposeIndexPage(SectionPage):
    """All purposes."""

    subpage_types = ["pages.PurposePage"]
    page_description = _("The list of purposes")
    template = "pages/purpose_index_page.html"

    class Meta:
        verbose_name = _("list of purposes")

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """Add `items`: the published purpose pages."""
        context = super().get_context(request, *args, **kwargs)
        context["items"] = selectors.purpose_pages()
        return context


class PurposePage(ReviewedMixin, BasePage):
    """What is usually taken for one purpose, with a checklist."""

    purpose = models.OneToOneField(
        Purpose, verbose_name=_("purpose"), on_delete=models.PROTECT, related_name="page"
    )
    lead = models.CharField(_("lead"), max_length=300, blank=True)
    checklist = StreamField(
        [("item", blocks.CharBlock(max_length=250, label=_("item")))],
        verbose_name=_("checklist"),
        blank=True,
    )
    body = StreamField(BodyBlock(), verbose_name=_("text"), blank=True)

    content_panels = [
        *BasePage.content_panels,
        FieldPanel("purpose"),
        FieldPanel("lead"),
        FieldPanel("checklist"),
        FieldPanel("body"),
        ReviewedMixin.review_panel,
    ]
    search_fields = [
        *BasePage.search_fields,
        index.SearchField("lead"),
        index.SearchField("body"),
    ]
    parent_page_types = ["pages.PurposeIndexPage"]
    subpage_types: list[str] = []
    page_description = _("What is usually taken for one purpose")
    template = "pages/purpose_page.html"

    class Meta:
        verbose_name = _("purpose page")
        verbose_name_plural = _("purpose pages")

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """Add `panels` and `tests`: rows of the services marked with the purpose."""
        context = super().get_context(request, *args, **kwargs)
        context["panels"], context["tests"] = selectors.purpose_rows(self.purpose_id)
        return context

    def structured_data(self, request: HttpRequest) -> list[dict[str, Any]]:
        """Return the page as a MedicalWebPage with its reviewer."""
        return [seo.medical_page(self, request)]
