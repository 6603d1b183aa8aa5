"""The chat as patients see it: texts, topics, hours, where it appears."""

import re
from datetime import time
from typing import Any

from django import forms
from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.http import HttpRequest
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from modelcluster.fields import ParentalKey
from modelcluster.models import ClusterableModel
from wagtail.admin.forms import WagtailAdminModelForm
from wagtail.admin.panels import (
    FieldPanel,
    FieldRowPanel,
    InlinePanel,
    MultiFieldPanel,
    ObjectList,
    PublishingPanel,
    TabbedInterface,
)
from wagtail.models import (
    DraftStateMixin,
    Orderable,
    PreviewableMixin,
    RevisionMixin,
    get_page_models,
)

from chat.models.facts import ChatConsent, consent_hash

WEEKDAYS = [
    (1, _("Monday")),
    (2, _("Tuesday")),
    (3, _("Wednesday")),
    (4, _("Thursday")),
    (5, _("Friday")),
    (6, _("Saturday")),
    (7, _("Sunday")),
]


AWAY_PREVIEW = "away"

# A path of this site: one slash first, nothing that a browser would take for another host.
LOCAL_PATH = re.compile(r"/(?!/)[^\s\\]*")


def page_type_choices() -> list[tuple[str, str]]:
    """Return the kinds of pages of this site, by the names that editors know."""
    choices = [
        (model._meta.label_lower, capfirst(model._meta.verbose_name))
        for model in get_page_models()
        if model._meta.app_label != "wagtailcore"
    ]
    return sorted(choices, key=lambda choice: choice[1])


class ChatWidgetForm(WagtailAdminModelForm):
    """The form of a widget: page types are ticked, not typed."""

    page_types = forms.MultipleChoiceField(
        label=capfirst(_("page types")),
        choices=page_type_choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )


class ChatWidget(PreviewableMixin, DraftStateMixin, RevisionMixin, ClusterableModel):
    """A widget's texts and looks. Site settings choose which one the site shows."""

    class Side(models.TextChoices):
        RIGHT = "right", _("right")
        LEFT = "left", _("left")

    class Colour(models.TextChoices):
        """Tokens of the site's palette: whatever is chosen, contrast holds in light and dark."""

        PRIMARY = "primary", _("teal")
        ACCENT = "accent", _("coral")
        INK = "ink", _("ink")

    title = models.CharField(_("title"), max_length=60)
    label = models.CharField(_("words on the button"), max_length=40)
    greeting = models.TextField(_("greeting"), max_length=500)
    away = models.TextField(
        _("when nobody is there"), max_length=500, help_text=_("Shown outside the working hours.")
    )
    notice = models.TextField(
        _("what not to send"),
        max_length=300,
        help_text=_("Always visible: service questions only, no diagnosis, no passport data."),
    )
    emergency = models.CharField(_("line for emergencies"), max_length=200)
    phone = models.CharField(_("phone"), max_length=30, blank=True)
    side = models.CharField(_("side"), max_length=5, choices=Side, default=Side.RIGHT)
    colour = models.CharField(_("colour"), max_length=7, choices=Colour, default=Colour.PRIMARY)
    page_types = ArrayField(
        models.CharField(max_length=100),
        verbose_name=_("page types"),
        default=list,
        blank=True,
        help_text=_("Where it appears; nothing chosen means everywhere."),
    )
    consent_text = models.TextField(_("text of the consent"), max_length=1000)
    consent_version = models.CharField(_("version of the consent"), max_length=20)
    consent_url = models.CharField(
        _("address of the whole document"), max_length=300, help_text=_("An address of this site.")
    )

    base_form_class = ChatWidgetForm
    edit_handler = TabbedInterface(
        [
            ObjectList(
                [
                    FieldPanel("title"),
                    FieldPanel("label"),
                    FieldPanel("greeting"),
                    FieldPanel("away"),
                    FieldPanel("notice"),
                    FieldRowPanel([FieldPanel("emergency"), FieldPanel("phone")]),
                    InlinePanel("topics", heading=_("Topics"), label=_("topic"), max_num=8),
                    PublishingPanel(),
                ],
                heading=_("Texts"),
            ),
            ObjectList(
                [
                    InlinePanel(
                        "hours",
                        heading=_("Working hours"),
                        label=_("weekday"),
                        help_text=_("A weekday without a row is a day off."),
                        min_num=1,
                        max_num=7,
                    ),
                    InlinePanel(
                        "exceptions",
                        heading=_("Other hours on dates"),
                        label=_("date"),
                        help_text=_("Without times nobody answers on that date."),
                        max_num=60,
                    ),
                ],
                heading=_("Hours"),
            ),
            ObjectList(
                [
                    FieldRowPanel([FieldPanel("side"), FieldPanel("colour")]),
                    FieldPanel(
                        "page_types",
                        help_text=_("Where it appears; nothing chosen means everywhere."),
                    ),
                ],
                heading=_("Look and place"),
            ),
            ObjectList(
                [
                    MultiFieldPanel(
                        [
                            FieldPanel("consent_text"),
                            FieldPanel("consent_version"),
                            FieldPanel("consent_url"),
                        ],
                        heading=_("Consent to the processing of personal data"),
                        help_text=_(
                            "The patient ticks a box beside this text before the first message. "
                            "Who agreed to another version is asked again."
                        ),
                    ),
                ],
                heading=_("Consent"),
            ),
        ]
    )

    class Meta:
        verbose_name = _("chat widget")
        verbose_name_plural = _("chat widgets")

    def __str__(self) -> str:
        return self.title

    @property
    def preview_modes(self) -> list[tuple[str, Any]]:
        """The states in which an editor can look at it."""
        return [
            ("", _("During the working hours")),
            (AWAY_PREVIEW, _("Outside the working hours")),
        ]

    def get_preview_template(self, request: HttpRequest, mode_name: str) -> str:
        """Return the template of a page with nothing but the open widget."""
        return "chat/widget_preview.html"

    def get_preview_context(self, request: HttpRequest, mode_name: str) -> dict[str, Any]:
        """Add `is_away`: how to show it."""
        context: dict[str, Any] = super().get_preview_context(request, mode_name)
        return context | {"is_away": mode_name == AWAY_PREVIEW}

    def clean(self) -> None:
        """Refuse a consent document elsewhere, and another consent text under a version that stands
        for one already.
        """
        super().clean()
        if self.consent_url and not LOCAL_PATH.fullmatch(self.consent_url):
            raise ValidationError(
                {"consent_url": _("An address of this site begins with one slash.")}
            )
        # A browser sends its own kind of line ends: they are no other text.
        self.consent_text = "\n".join(self.consent_text.splitlines()).strip()
        if self._version_is_taken():
            raise ValidationError(
                {"consent_version": _("The text has changed: give it a new version.")}
            )

    def _version_is_taken(self) -> bool:
        """Say whether the version is that of another text: the published one, or one that
        somebody has agreed to.
        """
        published = ChatWidget.objects.filter(pk=self.pk, live=True)
        agreed = ChatConsent.objects.filter(version=self.consent_version)
        return (
            published.filter(consent_version=self.consent_version)
            .exclude(consent_text=self.consent_text)
            .exists()
            or agreed.exclude(text_sha256=consent_hash(self.consent_text)).exists()
        )


class ChatTopic(Orderable):
    """A question the patient can begin with by one touch."""

    widget = ParentalKey(ChatWidget, on_delete=models.CASCADE, related_name="topics")
    title = models.CharField(_("title"), max_length=60)
    text = models.CharField(
        _("text put into the field"), max_length=200, help_text=_("The patient can change it.")
    )

    panels = [FieldPanel("title"), FieldPanel("text")]

    class Meta(Orderable.Meta):
        verbose_name = _("topic")
        verbose_name_plural = _("topics")

    def __str__(self) -> str:
        return self.title


class WorkingHours(models.Model):
    """When operators answer on one day, by the laboratory's clock."""

    opens = models.TimeField(_("from"), default=time(8), null=True, blank=True)
    closes = models.TimeField(_("to"), default=time(18), null=True, blank=True)
    lunch_from = models.TimeField(_("lunch from"), null=True, blank=True)
    lunch_to = models.TimeField(_("lunch to"), null=True, blank=True)

    time_panels = [
        FieldRowPanel([FieldPanel("opens"), FieldPanel("closes")]),
        FieldRowPanel([FieldPanel("lunch_from"), FieldPanel("lunch_to")]),
    ]

    class Meta:
        abstract = True


def hours_constraints(name: str) -> list[models.CheckConstraint]:
    """Return what the database refuses in a row of hours."""
    both = {"lunch_from__isnull": False, "lunch_to__isnull": False}
    return [
        models.CheckConstraint(
            name=f"{name}_order",
            condition=Q(opens__isnull=True, closes__isnull=True)
            | Q(opens__isnull=False, closes__isnull=False, closes__gt=models.F("opens")),
            violation_error_message=_("The end of the hours comes before their start."),
        ),
        models.CheckConstraint(
            name=f"{name}_lunch",
            condition=Q(lunch_from__isnull=True, lunch_to__isnull=True)
            | Q(
                **both,
                lunch_from__gt=models.F("opens"),
                lunch_to__gt=models.F("lunch_from"),
                lunch_to__lt=models.F("closes"),
            ),
            violation_error_message=_("The lunch must lie within the hours."),
        ),
    ]


class ChatHours(WorkingHours):
    """The hours of a weekday; a weekday without a row is a day off."""

    widget = ParentalKey(ChatWidget, on_delete=models.CASCADE, related_name="hours")
    weekday = models.PositiveSmallIntegerField(_("weekday"), choices=WEEKDAYS)

    panels = [FieldPanel("weekday"), *WorkingHours.time_panels]

    class Meta:
        verbose_name = _("hours")
        verbose_name_plural = _("hours")
        ordering = ["weekday"]
        constraints = [
            models.UniqueConstraint(
                fields=["widget", "weekday"],
                name="chat_weekday_once",
                violation_error_message=_("This weekday is there twice."),
            ),
            models.CheckConstraint(
                condition=Q(weekday__range=(1, 7), opens__isnull=False), name="chat_weekday_range"
            ),
            *hours_constraints("chat_hours"),
        ]

    def __str__(self) -> str:
        return str(self.get_weekday_display())

    def clean(self) -> None:
        """Require both times: a day off has no row."""
        super().clean()
        if not self.opens or not self.closes:
            raise ValidationError(
                {"opens": _("Give both times, or delete the day if it is a day off.")}
            )


class ChatHoursException(WorkingHours):
    """Other hours on one date; without times nobody answers all day."""

    widget = ParentalKey(ChatWidget, on_delete=models.CASCADE, related_name="exceptions")
    date = models.DateField(_("date"))
    note = models.CharField(_("why"), max_length=120, blank=True)

    panels = [
        FieldRowPanel([FieldPanel("date"), FieldPanel("note")]),
        *WorkingHours.time_panels,
    ]

    class Meta:
        verbose_name = _("other hours on a date")
        verbose_name_plural = _("other hours on dates")
        ordering = ["date"]
        constraints = [
            models.UniqueConstraint(
                fields=["widget", "date"],
                name="chat_exception_once",
                violation_error_message=_("This date is there twice."),
            ),
            *hours_constraints("chat_exception"),
        ]

    def __str__(self) -> str:
        return f"{self.date:%d.%m.%Y}"
