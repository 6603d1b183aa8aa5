"""What a site decides about its chat."""

from django.core.validators import MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from wagtail.admin.panels import FieldPanel
from wagtail.contrib.settings.models import BaseSiteSetting, register_setting

from chat.models.widget import ChatWidget


@register_setting(icon="comment", order=120)
class ChatSettings(BaseSiteSetting):
    """Which widget is shown, how long conversations are kept, what VK is told."""

    class Alert(models.TextChoices):
        BRIEF = "brief", _("number and topic only")
        FULL = "full", _("the whole text")

    widget = models.ForeignKey(
        ChatWidget,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("widget"),
        help_text=_("Without one the site shows no chat."),
    )
    keep_days = models.PositiveIntegerField(
        _("keep dialogues, days"),
        default=1095,
        validators=[MinValueValidator(1)],
        help_text=_("Counted from the last message; then everything of the dialogue is erased."),
    )
    keep_files_days = models.PositiveIntegerField(
        _("keep files, days"), default=365, validators=[MinValueValidator(1)]
    )
    close_after_days = models.PositiveIntegerField(
        _("close answered dialogues after, days"), default=7, validators=[MinValueValidator(1)]
    )

    vk_alert = models.CharField(
        _("what operators are told in VK"),
        max_length=5,
        choices=Alert,
        default=Alert.BRIEF,
        help_text=_(
            "That a person turned to the laboratory is a medical secret (323-ФЗ art. 13) and "
            "special personal data (152-ФЗ art. 10). Choose the whole text only if the consent "
            "says so."
        ),
    )
    vk_greeting = models.TextField(
        _("first answer to a patient who writes in VK"),
        max_length=1000,
        blank=True,
        help_text=_("Say how personal data are handled, with the address of the document."),
    )
    vk_repeat_minutes = models.PositiveIntegerField(
        _("alert all operators again after, minutes"),
        default=10,
        validators=[MinValueValidator(1)],
        help_text=_("If nobody has answered by then."),
    )

    # Editors choose the widget; how long a patient's words are kept, and what VK is told of them,
    # is not theirs to say.
    panels = [
        FieldPanel("widget"),
        *[
            FieldPanel(name, permission="chat.manage_chat")
            for name in (
                "keep_days",
                "keep_files_days",
                "close_after_days",
                "vk_alert",
                "vk_greeting",
                "vk_repeat_minutes",
            )
        ],
    ]

    class Meta:
        verbose_name = _("chat")
        verbose_name_plural = _("chat")
