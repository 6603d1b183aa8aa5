"""The contact form: its fields, the consent box, what keeps robots away."""

from typing import Any

from django import forms
from django.core.validators import ProhibitNullCharactersValidator
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from wagtail.contrib.forms.forms import BaseForm, FormBuilder

from accounts.limits import FailureLimit
from site_config.common.client_ip import client_network

LETTERS = FailureLimit("letters", count=20, seconds=3600)


class ContactForm(BaseForm):
    """A form with a trap for robots and a consent of its own for personal data."""

    # Robots fill every field; people do not see this one.
    website = forms.CharField(required=False, label=_("Leave this field empty"))
    consent = forms.BooleanField(
        label=_("I agree to the processing of my personal data"),
        error_messages={"required": _("Without your consent we may not take your message.")},
    )

    def name_consent(self, document: Any) -> None:
        """Link the label of the box to the document that one agrees to."""
        self.document = document
        self.fields["consent"].label = format_html(
            '{} (<a href="{}">{}</a>)', self.fields["consent"].label, document.url, document.title
        )

    def clean_website(self) -> str:
        """Refuse whoever has filled the trap."""
        if self.cleaned_data["website"]:
            raise forms.ValidationError(_("Leave this field empty"))
        return ""

    def clean_consent(self) -> bool:
        """Refuse a consent to a document that has no text in force."""
        if self.document.current_version is None:
            raise forms.ValidationError(self.fields["consent"].error_messages["required"])
        return True

    def clean(self) -> dict[str, Any]:
        """Put into what is stored which text was agreed to (152-ФЗ art. 9); leave out the trap."""
        cleaned = super().clean() or self.cleaned_data
        cleaned.pop("website", None)
        if cleaned.pop("consent", False):
            version = self.document.current_version
            cleaned["consent_document"] = self.document.title
            cleaned["consent_version"] = version.number
            cleaned["consent_text_hash"] = version.text_hash
        return cleaned


class ContactFormBuilder(FormBuilder):
    """Makes the form of the editors' fields, then the trap and the consent; bounds every text."""

    MAX_LENGTH = 3000

    def get_form_class(self) -> type[ContactForm]:
        """Return the class of the form."""
        fields = {**self.formfields, **ContactForm.base_fields}
        return type("ContactPageForm", (ContactForm,), fields)

    def create_multiline_field(self, field: Any, options: dict[str, Any]) -> forms.Field:
        """Return a text area that takes at most MAX_LENGTH characters."""
        return forms.CharField(
            widget=forms.Textarea,
            max_length=self.MAX_LENGTH,
            validators=[ProhibitNullCharactersValidator()],
            **options,
        )


def too_many_requests(request: HttpRequest) -> bool:
    """Count a letter from the sender's network; say whether there were too many within the hour."""
    network = client_network(request)
    if LETTERS.is_reached(network):
        return True
    LETTERS.record(network)
    return False
