"""Offices: where tests are taken, and when."""

from datetime import time
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.http import HttpRequest
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from modelcluster.fields import ParentalKey
from wagtail import blocks
from wagtail.admin.panels import FieldPanel, FieldRowPanel, InlinePanel, MultiFieldPanel
from wagtail.fields import RichTextField, StreamField
from wagtail.search import index

from pages import selectors, seo
from pages.blocks import BodyBlock
from pages.models.base import BasePage, SectionPage
from pages.page_forms import PageForm
from site_config.common.hours import Day

MINUTES_A_DAY = 24 * 60

WEEKDAYS = [
    (1, _("Monday")),
    (2, _("Tuesday")),
    (3, _("Wednesday")),
    (4, _("Thursday")),
    (5, _("Friday")),
    (6, _("Saturday")),
    (7, _("Sunday")),
]

ACCESSIBILITY = [
    ("ramp", _("ramp")),
    ("lift", _("lift")),
    ("wide-door", _("wide doors")),
    ("call-button", _("call button at the entrance")),
    ("tactile", _("tactile signs")),
    ("toilet", _("accessible toilet")),
    ("parking", _("parking place for people with disabilities")),
    ("sign-language", _("help in sign language by appointment")),
]

PAYMENTS = [("cash", _("cash")), ("card", _("bank card")), ("sbp", _("Faster Payments System"))]


class OfficeIndexPage(SectionPage):
    """All offices."""

    subpage_types = ["pages.OfficePage"]
    page_description = _("The list of offices")
    template = "pages/office_index_page.html"

    class Meta:
        verbose_name = _("list of offices")

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """Add `offices` with their state at this moment (see selectors.OfficeCard)."""
        context = super().get_context(request, *args, **kwargs)
        context["offices"] = selectors.offices()
        return context

    def structured_data(self, request: HttpRequest) -> list[dict[str, Any]]:
        """Return the page and the laboratory with its branches."""
        return [seo.web_page(self, request, self.schema_type), *seo.organisation(request)]


class OfficePageForm(PageForm):
    """Checks the hours of an office together: no day may run into the next one's hours."""

    def clean(self) -> dict[str, Any]:
        """Add an error if a night shift ends after the next day has begun."""
        cleaned = super().clean()
        hours = {row["weekday"]: row for row in self.rows("hours")}
        for weekday, day in hours.items():
            following = hours.get(weekday % 7 + 1)
            if following and day["overnight"] and day["closes"] > following["opens"]:
                self.add_error(
                    None,
                    ValidationError(
                        _("%(day)s: the hours run into those of the next day."),
                        params={"day": dict(WEEKDAYS)[weekday]},
                    ),
                )
        return cleaned


class OfficePage(BasePage):
    """An office: address, hours, how to come, what is to be had there."""

    lead = models.CharField(_("lead"), max_length=300, blank=True)
    city = models.CharField(_("town"), max_length=80)
    address = models.CharField(_("address"), max_length=200, help_text=_("Street and house."))
    phone = models.CharField(_("phone"), max_length=30)
    latitude = models.DecimalField(
        _("latitude"),
        max_digits=9,
        decimal_places=6,
        null=True,
        blank=True,
        validators=[MinValueValidator(-90), MaxValueValidator(90)],
    )
    longitude = models.DecimalField(
        _("longitude"),
        max_digits=9,
        decimal_places=6,
        null=True,
        blank=True,
        validators=[MinValueValidator(-180), MaxValueValidator(180)],
    )
    head = models.CharField(_("head of the office"), max_length=120, blank=True)
    photo = models.ForeignKey(
        "pages.SiteImage",
        verbose_name=_("picture"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    how_to_come = RichTextField(_("how to come"), blank=True, features=["bold", "ol", "ul", "link"])
    accessibility = StreamField(
        [("item", blocks.ChoiceBlock(choices=ACCESSIBILITY, label=_("item")))],
        verbose_name=_("accessibility"),
        blank=True,
    )
    payments = StreamField(
        [("item", blocks.ChoiceBlock(choices=PAYMENTS, label=_("item")))],
        verbose_name=_("payment"),
        blank=True,
    )
    body = StreamField(BodyBlock(), verbose_name=_("text"), blank=True)

    base_form_class = OfficePageForm
    content_panels = [
        *BasePage.content_panels,
        FieldPanel("lead"),
        MultiFieldPanel(
            [
                FieldRowPanel([FieldPanel("city"), FieldPanel("address")]),
                FieldRowPanel([FieldPanel("phone"), FieldPanel("head")]),
                FieldRowPanel([FieldPanel("latitude"), FieldPanel("longitude")]),
                FieldPanel("photo"),
                FieldPanel("how_to_come"),
            ],
            heading=_("Address"),
        ),
        InlinePanel("hours", heading=_("Hours"), label=_("day"), max_num=7),
        InlinePanel(
            "exceptions", heading=_("Other hours on some dates"), label=_("date"), max_num=60
        ),
        FieldPanel("accessibility"),
        FieldPanel("payments"),
        FieldPanel("body"),
    ]
    search_fields = [
        *BasePage.search_fields,
        index.SearchField("lead"),
        index.SearchField("city"),
        index.SearchField("address"),
    ]
    parent_page_types = ["pages.OfficeIndexPage"]
    subpage_types: list[str] = []
    page_description = _("An office where tests are taken")
    template = "pages/office_page.html"

    class Meta:
        verbose_name = _("office")
        verbose_name_plural = _("offices")

    @cached_property
    def card(self) -> selectors.OfficeCard:
        """The office with its state at this moment, for people and for machines; read once."""
        return selectors.office_card(self)

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """Add `office` (see selectors.OfficeCard) and `not_taken`, rows of services."""
        context = super().get_context(request, *args, **kwargs)
        context["office"] = self.card
        # The preview of an office that was never saved has no relations yet.
        not_taken = self.services_not_taken.values_list("pk", flat=True) if self.pk else []
        context["not_taken"] = selectors.service_rows(not_taken)
        return context

    def structured_data(self, request: HttpRequest) -> list[dict[str, Any]]:
        """Return the page and the office as a branch of the laboratory with its hours."""
        return [seo.web_page(self, request), seo.office(self, request)]


class WorkingDay(models.Model):
    """Hours of one day, and the rules that make sense of them."""

    opens = models.TimeField(_("opens"), null=True, blank=True)
    closes = models.TimeField(_("closes"), null=True, blank=True)
    overnight = models.BooleanField(
        _("closes on the next day"),
        default=False,
        help_text=_("Also for 24 hours: from 0:00 to 0:00 of the next day."),
    )
    lunch_from = models.TimeField(_("lunch from"), null=True, blank=True)
    lunch_to = models.TimeField(_("lunch to"), null=True, blank=True)
    last_sampling = models.TimeField(_("blood is taken until"), null=True, blank=True)

    time_panels = [
        FieldRowPanel([FieldPanel("opens"), FieldPanel("closes"), FieldPanel("overnight")]),
        FieldRowPanel(
            [FieldPanel("lunch_from"), FieldPanel("lunch_to"), FieldPanel("last_sampling")]
        ),
    ]

    class Meta:
        abstract = True

    def clean(self) -> None:
        """Refuse an end before a start, half a lunch, and a lunch or sampling outside the hours."""
        super().clean()
        if not self.opens or not self.closes:
            return
        if not self.overnight and self.closes <= self.opens:
            raise ValidationError(
                {
                    "closes": _(
                        "Closes before it opens. For a night shift mark “closes on the next day”."
                    )
                }
            )
        if self.overnight and self.closes > self.opens:
            raise ValidationError(
                {"closes": _("More than 24 hours: take off “closes on the next day”.")}
            )
        # 24 hours, if it closes at the time at which it opened.
        length = minutes_after(self.opens, self.closes) or MINUTES_A_DAY
        if bool(self.lunch_from) != bool(self.lunch_to):
            raise ValidationError({"lunch_to": _("Give both ends of the lunch, or none.")})
        if self.lunch_from and self.lunch_to:
            start = minutes_after(self.opens, self.lunch_from)
            end = minutes_after(self.opens, self.lunch_to)
            if not 0 < start < end < length:
                raise ValidationError({"lunch_from": _("The lunch must lie within the hours.")})
        if self.last_sampling and not (0 < minutes_after(self.opens, self.last_sampling) <= length):
            raise ValidationError({"last_sampling": _("Must lie within the hours.")})

    @property
    def day(self) -> Day | None:
        """The hours as site_config.common.hours reckons with them, or None if there are none."""
        if self.opens is None or self.closes is None:
            return None
        return Day(
            self.opens,
            self.closes,
            self.overnight,
            self.lunch_from,
            self.lunch_to,
            self.last_sampling,
        )


def minutes_after(start: time, at: time) -> int:
    """Return the minutes from one time of day to the next moment when the clock shows the other."""
    return (at.hour * 60 + at.minute - start.hour * 60 - start.minute) % MINUTES_A_DAY


def day_constraints(name: str) -> list[models.CheckConstraint]:
    """Return what the database refuses in a row of hours."""
    return [
        models.CheckConstraint(
            condition=Q(opens__isnull=True)
            | Q(overnight=False, closes__gt=F("opens"))
            | Q(overnight=True, closes__lte=F("opens")),
            name=f"{name}_order",
            violation_error_message=_("The end of the hours comes before their start."),
        ),
        models.CheckConstraint(
            condition=Q(opens__isnull=True, closes__isnull=True)
            | Q(opens__isnull=False, closes__isnull=False),
            name=f"{name}_both_ends",
            violation_error_message=_("Give both ends of the hours."),
        ),
        models.CheckConstraint(
            condition=Q(lunch_from__isnull=True, lunch_to__isnull=True)
            | Q(lunch_from__isnull=False, lunch_to__isnull=False),
            name=f"{name}_lunch_both_ends",
            violation_error_message=_("Give both ends of the lunch, or none."),
        ),
    ]


class OfficeHours(WorkingDay):
    """The hours of an office on a weekday; a weekday without a row is a day off."""

    page = ParentalKey(OfficePage, on_delete=models.CASCADE, related_name="hours")
    weekday = models.PositiveSmallIntegerField(_("weekday"), choices=WEEKDAYS)

    panels = [FieldPanel("weekday"), *WorkingDay.time_panels]

    class Meta:
        verbose_name = _("hours")
        verbose_name_plural = _("hours")
        ordering = ["weekday"]
        constraints = [
            models.UniqueConstraint(
                fields=["page", "weekday"],
                name="office_weekday_once",
                violation_error_message=_("This weekday is there twice."),
            ),
            models.CheckConstraint(condition=Q(weekday__range=(1, 7)), name="office_weekday_range"),
            *day_constraints("office_hours"),
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


class OfficeException(WorkingDay):
    """Other hours on one date: a holiday, a sanitary day."""

    page = ParentalKey(OfficePage, on_delete=models.CASCADE, related_name="exceptions")
    date = models.DateField(_("date"))
    closed = models.BooleanField(_("closed all day"), default=False)
    note = models.CharField(_("why"), max_length=120, blank=True)

    panels = [
        FieldRowPanel([FieldPanel("date"), FieldPanel("closed"), FieldPanel("note")]),
        *WorkingDay.time_panels,
    ]

    class Meta:
        verbose_name = _("other hours on a date")
        verbose_name_plural = _("other hours on dates")
        ordering = ["date"]
        constraints = [
            models.UniqueConstraint(
                fields=["page", "date"],
                name="office_exception_once",
                violation_error_message=_("This date is there twice."),
            ),
            models.CheckConstraint(
                condition=Q(closed=True, opens__isnull=True) | Q(closed=False, opens__isnull=False),
                name="office_exception_closed_or_hours",
                violation_error_message=_("Either closed all day, or the hours of that day."),
            ),
            *day_constraints("office_exception"),
        ]

    def __str__(self) -> str:
        return f"{self.date:%d.%m.%Y}"
