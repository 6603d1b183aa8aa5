"""The forms of the chat's page for browsers without scripts."""

from typing import Any
from uuid import UUID, uuid4

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.datastructures import MultiValueDict
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from chat.errors import ChatError, ClientIdReused
from chat.models import ChatThread, ChatWidget
from chat.models.messages import LONGEST_TEXT
from chat.services import protection
from chat.services.attachments import MOST_FILES
from chat.services.messages import Page, Question

FILE_TYPES = "image/jpeg,image/png,image/heic,image/heif,application/pdf"
# Where the services' names of fields differ from those of the form.
FIELDS = {"attachments": "uploads", "file": "uploads"}


class FilesInput(forms.FileInput):
    """A field for several files."""

    allow_multiple_selected = True


class FilesField(forms.Field):
    """Several files, none of them required; what they hold is for the services to judge."""

    widget = FilesInput(attrs={"multiple": True, "accept": FILE_TYPES})

    def clean(self, value: list[UploadedFile] | None) -> list[UploadedFile]:
        """Return the files that are there, at most as many as a message takes."""
        files = [file for file in value or [] if file]
        if len(files) > MOST_FILES:
            raise forms.ValidationError(
                _("At most %(count)d files in a message.") % {"count": MOST_FILES}
            )
        return files


class UuidsField(forms.CharField):
    """UUIDs in one hidden field, parted by blanks."""

    widget = forms.HiddenInput

    def clean(self, value: Any) -> list[UUID]:
        """Return the UUIDs; Invalid for anything else."""
        try:
            return [UUID(part) for part in str(value or "").split()]
        except ValueError as error:
            raise forms.ValidationError(_("A UUID is expected.")) from error


class ChatForm(forms.Form):
    """A form whose services refuse with ChatError."""

    def refuse(self, error: ChatError) -> None:
        """Show a refusal beside the field it names, else above the form."""
        field = FIELDS.get(error.field or "", error.field)
        self.add_error(field if field in self.fields else None, str(error.detail))


class QuestionForm(ChatForm):
    """A message. Its key is in the form, so that sending it twice makes one message."""

    # Robots fill every field; people do not see this one.
    website = forms.CharField(required=False, label=_("Leave this field empty"))
    text = forms.CharField(
        label=_("Message"),
        error_messages={"required": _("Write something first.")},
        max_length=LONGEST_TEXT,
        widget=forms.Textarea(attrs={"rows": 5}),
    )
    uploads = FilesField(
        label=_("Files"),
        required=False,
        help_text=_("JPEG, PNG, HEIC or PDF, at most five, up to 10 MB each, 18 MB in all"),
    )
    consent = forms.BooleanField(
        error_messages={"required": _("Without your consent we may not take your message.")}
    )
    consent_version = forms.CharField(required=False, widget=forms.HiddenInput)
    client_id = forms.UUIDField(widget=forms.HiddenInput)
    ticket = forms.CharField(required=False, widget=forms.HiddenInput)
    page = forms.CharField(required=False, max_length=500, widget=forms.HiddenInput)
    topic = forms.CharField(required=False, max_length=60, widget=forms.HiddenInput)
    attachments = UuidsField(required=False)

    def __init__(
        self,
        widget: ChatWidget,
        *,
        has_consented: bool,
        data: MultiValueDict[str, str] | None = None,
        **kwargs: Any,
    ) -> None:
        initial = {
            "client_id": uuid4(),
            "ticket": protection.new_ticket(),
            "consent_version": widget.consent_version,
        }
        kwargs["initial"] = initial | kwargs.pop("initial", {})
        super().__init__(data.copy() if data is not None else None, **kwargs)
        # Files may go without words.
        self.fields["text"].required = not (self.files or self.data.get("attachments"))
        self.consent_now = widget.consent_version
        if has_consented:
            del self.fields["consent"]
        else:
            self.fields["consent"].label = format_html(
                '{} <a href="{}">{}</a>',
                widget.consent_text,
                widget.consent_url,
                _("The whole document"),
            )

    def clean_website(self) -> str:
        """Refuse whoever has filled the trap."""
        if self.cleaned_data["website"]:
            raise forms.ValidationError(_("Leave this field empty"))
        return ""

    def question(self, page_title: str, attachments: list[UUID]) -> Question:
        """Return what is asked, once the form is valid."""
        given = self.cleaned_data
        return Question(
            client_id=given["client_id"],
            text=given["text"],
            page=Page(given["page"], page_title) if page_title else Page(),
            topic=given["topic"],
            consent=given["consent_version"] if given.get("consent") else "",
            attachments=attachments,
            ticket=given["ticket"],
        )

    def refuse(self, error: ChatError) -> None:
        """Show a refusal, and make ready what the next attempt needs."""
        super().refuse(error)
        if isinstance(error, ClientIdReused):
            self.renew("client_id", str(uuid4()))
        # Whoever is shown the form again agrees to the text that it shows now.
        self.renew("consent_version", self.consent_now)

    def keep_files(self, attachments: list[UUID]) -> None:
        """Remember files that are here already: a browser does not offer them a second time."""
        self.renew("attachments", " ".join(map(str, attachments)))

    def renew(self, name: str, value: str) -> None:
        """Change what a field holds when the form is shown again."""
        self.data[name] = value  # type: ignore[index]


class ContactForm(ChatForm):
    """How to call the patient and where to answer."""

    name = forms.CharField(
        label=_("What should we call you?"),
        required=False,
        max_length=80,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    email = forms.EmailField(
        label=_("E-mail"),
        required=False,
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )
    drop_email = forms.BooleanField(label=_("Forget my e-mail"), required=False)

    def __init__(self, thread: ChatThread, data: Any = None, **kwargs: Any) -> None:
        super().__init__(data, initial={"name": thread.name}, **kwargs)
        self.thread = thread
        if thread.email:
            self.fields["email"].help_text = _(
                "We have one. Leave the field empty to keep it; it is not shown here."
            )
        else:
            self.fields["email"].help_text = _(
                "We write that there is an answer; neither question nor answer is in the letter."
            )
            del self.fields["drop_email"]

    @property
    def chosen_email(self) -> str:
        """Where to answer from now on."""
        if self.cleaned_data.get("drop_email"):
            return ""
        return str(self.cleaned_data["email"] or self.thread.email)


class RatingForm(ChatForm):
    """What the patient thinks of the dialogue."""

    score = forms.TypedChoiceField(
        label=_("How did we help you?"),
        coerce=int,
        choices=[
            (5, _("5, very well")),
            (4, _("4, well")),
            (3, _("3, so-so")),
            (2, _("2, rather badly")),
            (1, _("1, badly")),
        ],
        widget=forms.RadioSelect,
    )
    comment = forms.CharField(
        label=_("What should we know?"),
        required=False,
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
