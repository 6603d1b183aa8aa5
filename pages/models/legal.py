"""Legal documents: every version is kept with its date (lab-site law list; 152-ФЗ art. 9)."""

import hashlib
from typing import Any

from django.core.validators import RegexValidator
from django.db import models
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from modelcluster.fields import ParentalKey
from wagtail.admin.panels import FieldPanel, FieldRowPanel, InlinePanel
from wagtail.contrib.routable_page.models import RoutablePageMixin, path
from wagtail.fields import StreamField
from wagtail.models import Orderable
from wagtail.search import index

from pages import selectors
from pages.blocks import BodyBlock
from pages.models.base import BasePage, SectionPage

VERSION_NUMBER = r"\A[0-9]{1,3}(\.[0-9]{1,3}){0,2}\Z"


class LegalKind(models.TextChoices):
    """What sort of document it is."""

    INFO = "info", _("information")
    CONTRACT = "contract", _("contract")
    CONSENT = "consent", _("consent")
    POLICY = "policy", _("policy")
    RULES = "rules", _("rules")


class LegalIndexPage(SectionPage):
    """All legal documents."""

    subpage_types = ["pages.LegalDocumentPage"]
    page_description = _("The list of legal documents")
    template = "pages/legal_index_page.html"

    class Meta:
        verbose_name = _("list of legal documents")

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """Add `groups`: (kind in words, documents of that kind)."""
        context = super().get_context(request, *args, **kwargs)
        context["groups"] = selectors.legal_groups()
        return context


class LegalDocumentPage(RoutablePageMixin, BasePage):
    """A document with all its versions; the newest one in force is shown."""

    kind = models.CharField(_("kind"), max_length=10, choices=LegalKind, default=LegalKind.INFO)
    lead = models.CharField(_("lead"), max_length=300, blank=True)
    approved_by = models.CharField(_("approved by"), max_length=200, blank=True)

    content_panels = [
        *BasePage.content_panels,
        FieldPanel("kind"),
        FieldPanel("lead"),
        FieldPanel("approved_by"),
        InlinePanel("versions", heading=_("Versions"), label=_("version"), min_num=1, max_num=60),
    ]
    search_fields = [*BasePage.search_fields, index.SearchField("lead")]
    parent_page_types = ["pages.LegalIndexPage"]
    subpage_types: list[str] = []
    page_description = _("A legal document with its versions")
    template = "pages/legal_document_page.html"

    class Meta:
        verbose_name = _("legal document")
        verbose_name_plural = _("legal documents")

    @cached_property
    def ordered_versions(self) -> list["LegalVersion"]:
        """All versions, newest first."""
        return sorted(self.versions.all(), key=lambda item: item.effective_from, reverse=True)

    @property
    def current_version(self) -> "LegalVersion | None":
        """The newest version in force today, or None if none is yet."""
        today = timezone.localdate()
        return next((item for item in self.ordered_versions if item.effective_from <= today), None)

    def serve(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Return the page for the page cache; the views of the mixin pass BasePage.serve by."""
        return self.marked(request, super().serve(request, *args, **kwargs))

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """Add `version` (the one shown), `current` and `versions` (all, newest first)."""
        context = super().get_context(request, *args, **kwargs)
        context["current"] = self.current_version
        context["versions"] = self.ordered_versions
        context["version"] = kwargs.get("version") or self.current_version
        return context

    @path("")
    def show_current(self, request: HttpRequest) -> HttpResponse:
        """Show the version in force."""
        return self.render(request)

    @path("versions/<slug:slug>/", name="version")
    def show_version(self, request: HttpRequest, slug: str) -> HttpResponse:
        """Show one version by its slug. Raises Http404 if there is none."""
        version = next((item for item in self.ordered_versions if item.slug == slug), None)
        if version is None:
            raise Http404
        return self.render(request, context_overrides={"version": version})


class LegalVersion(Orderable):
    """The text of a document from a date on."""

    page = ParentalKey(LegalDocumentPage, on_delete=models.CASCADE, related_name="versions")
    number = models.CharField(
        _("number"),
        max_length=12,
        help_text=_("For example 1.1."),
        validators=[RegexValidator(VERSION_NUMBER, _("For example 1.1."))],
    )
    effective_from = models.DateField(_("in force from"))
    note = models.CharField(_("what has changed"), max_length=250, blank=True)
    body = StreamField(BodyBlock(), verbose_name=_("text"))

    panels = [
        FieldRowPanel([FieldPanel("number"), FieldPanel("effective_from")]),
        FieldPanel("note"),
        FieldPanel("body"),
    ]

    class Meta(Orderable.Meta):
        verbose_name = _("version of a document")
        verbose_name_plural = _("versions of a document")
        constraints = [
            models.UniqueConstraint(
                fields=["page", "number"],
                name="legal_version_number_once",
                violation_error_message=_("This number is there twice."),
            ),
            models.UniqueConstraint(
                fields=["page", "effective_from"],
                name="legal_version_date_once",
                violation_error_message=_("Two versions come into force on one day."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number} ({self.effective_from:%d.%m.%Y})"

    @property
    def slug(self) -> str:
        """The number as it stands in an address, where Wagtail takes no dots."""
        return self.number.replace(".", "-")

    @property
    def text_hash(self) -> str:
        """SHA-256 of the text, in hexadecimal: what a consent keeps beside the version number."""
        return hashlib.sha256(str(self.body.raw_data).encode()).hexdigest()
