"""The contact page with its form."""

import logging
from typing import Any

from django.db import models
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from modelcluster.fields import ParentalKey
from wagtail.admin.panels import FieldPanel, FieldRowPanel, InlinePanel, MultiFieldPanel
from wagtail.contrib.forms.models import AbstractEmailForm, AbstractFormField
from wagtail.contrib.forms.panels import FormSubmissionsPanel
from wagtail.fields import RichTextField

from pages import selectors, seo
from pages.contact import ContactFormBuilder, too_many_requests
from pages.models.base import BasePage
from site_config.common import errors

logger = logging.getLogger(__name__)


class ContactPageField(AbstractFormField):
    """A field of the contact form."""

    page = ParentalKey("pages.ContactPage", on_delete=models.CASCADE, related_name="form_fields")


class ContactPage(AbstractEmailForm, BasePage):
    """Phones, addresses and a form that reaches the laboratory.

    The one page that is not cached: its form carries a token of the visitor.
    """

    lead = models.CharField(_("lead"), max_length=300, blank=True)
    intro = RichTextField(_("text above the form"), blank=True, features=["bold", "ul", "link"])
    consent_document = models.ForeignKey(
        "pages.LegalDocumentPage",
        verbose_name=_("consent to the processing of personal data"),
        help_text=_("A separate unticked box under the form links to it (152-ФЗ art. 9)."),
        on_delete=models.PROTECT,
        related_name="+",
    )
    thank_you = RichTextField(_("text after sending"), blank=True, features=["bold", "ul", "link"])

    form_builder = ContactFormBuilder
    content_panels = [
        *BasePage.content_panels,
        FieldPanel("lead"),
        FieldPanel("intro"),
        InlinePanel("form_fields", heading=_("Fields of the form"), label=_("field"), max_num=12),
        FieldPanel("consent_document"),
        FieldPanel("thank_you"),
        MultiFieldPanel(
            [
                FieldRowPanel([FieldPanel("from_address"), FieldPanel("to_address")]),
                FieldPanel("subject"),
            ],
            heading=_("Copy by mail"),
        ),
        FormSubmissionsPanel(),
    ]
    max_count = 1
    parent_page_types = ["pages.HomePage"]
    subpage_types: list[str] = []
    page_description = _("Phones, addresses and a form")
    template = "pages/contact_page.html"
    landing_page_template = "pages/contact_page_sent.html"
    schema_type = "ContactPage"

    class Meta:
        verbose_name = _("contacts")

    def get_form(self, *args: Any, **kwargs: Any) -> Any:
        """Return the form; it names the consent document beside the box."""
        form = super().get_form(*args, **kwargs)
        form.name_consent(self.consent_document)
        return form

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """Add `offices` with their state at this moment."""
        context = super().get_context(request, *args, **kwargs)
        context["offices"] = selectors.offices()
        return context

    def structured_data(self, request: HttpRequest) -> list[dict[str, Any]]:
        """Return the page and the laboratory with its branches."""
        return [seo.web_page(self, request, self.schema_type), *seo.organisation(request)]

    def get_data_fields(self) -> list[tuple[str, Any]]:
        """Return the columns of the list of letters: the fields, and what was agreed to."""
        return [
            *super().get_data_fields(),
            ("consent_version", _("version of the consent")),
            ("consent_text_hash", _("SHA-256 of the consent's text")),
        ]

    def send_mail(self, form: Any) -> None:
        """Send a copy by mail. The letter is kept already: it is not lost if the mail fails."""
        try:
            super().send_mail(form)
        except OSError:
            logger.warning("contact: the copy by mail was not sent", exc_info=True)

    def serve(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Show the form or take it; too many letters from one address are refused with 429."""
        if request.method == "POST" and too_many_requests(request):
            return errors.too_many_requests(request, retry_after=3600)
        return AbstractEmailForm.serve(self, request, *args, **kwargs)
