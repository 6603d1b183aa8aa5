"""What operators have at hand."""

from django.conf import settings
from django.core.validators import MaxLengthValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from wagtail.admin.panels import FieldPanel, FieldRowPanel, PublishingPanel
from wagtail.models import DraftStateMixin, RevisionMixin
from wagtail.search import index

from chat.models.messages import LONGEST_TEXT, ChatMessage
from chat.models.threads import ChatThread


class ChatDraft(models.Model):
    """What an operator has typed and not sent: it waits at whatever desk they sit down next."""

    thread = models.ForeignKey(ChatThread, on_delete=models.CASCADE, related_name="drafts")
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="chat_drafts"
    )
    kind = models.CharField(max_length=7, choices=ChatMessage.Kind)
    text = models.TextField(validators=[MaxLengthValidator(LONGEST_TEXT)])
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = _("draft")
        verbose_name_plural = _("drafts")
        constraints = [
            # A note and a reply never share a draft: a slip of that kind reaches the patient.
            models.UniqueConstraint(fields=["thread", "author", "kind"], name="chat_draft_once"),
        ]

    def __str__(self) -> str:
        return f"#{self.thread_id} {self.kind}"


class ChatReply(DraftStateMixin, RevisionMixin, index.Indexed, models.Model):
    """A canned reply: approved by publishing it, read again by a date.

    In the text {name} stands for how the patient is called and {operator} for who answers.
    """

    title = models.CharField(_("title"), max_length=80)
    shortcut = models.SlugField(
        _("shortcut"), max_length=30, unique=True, help_text=_("Typed after a slash: /prep")
    )
    text = models.TextField(_("text"), validators=[MaxLengthValidator(LONGEST_TEXT)])
    review_by = models.DateField(
        _("read again by"),
        null=True,
        blank=True,
        help_text=_("From this day on it is no longer offered, until somebody has read it again."),
    )

    panels = [
        FieldRowPanel([FieldPanel("title"), FieldPanel("shortcut")]),
        FieldPanel("text"),
        FieldPanel("review_by"),
        PublishingPanel(),
    ]
    search_fields = [index.SearchField("title"), index.SearchField("text")]

    class Meta:
        verbose_name = _("canned reply")
        verbose_name_plural = _("canned replies")
        ordering = ["title"]

    def __str__(self) -> str:
        return self.title
