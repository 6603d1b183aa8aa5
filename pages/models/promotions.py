"""Promotions: they begin and end by themselves."""

from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.http import HttpRequest
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from modelcluster.fields import ParentalKey
from wagtail.admin.panels import FieldPanel, FieldRowPanel, InlinePanel, MultiFieldPanel
from wagtail.fields import RichTextField, StreamField
from wagtail.models import Orderable
from wagtail.search import index

from pages import selectors, seo
from pages.blocks import BodyBlock
from pages.models.base import BasePage, SectionPage


class PromotionIndexPage(SectionPage):
    """Promotions that run, and those to come."""

    subpage_types = ["pages.PromotionPage"]
    page_description = _("The list of promotions")
    template = "pages/promotion_index_page.html"

    class Meta:
        verbose_name = _("list of promotions")

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """Add `running`, `coming` and `ended` promotions of the last year."""
        context = super().get_context(request, *args, **kwargs)
        context["running"] = selectors.running_promotions()
        context["coming"] = selectors.coming_promotions()
        context["ended"] = selectors.ended_promotions()
        return context


class PromotionPage(BasePage):
    """A promotion with its dates and conditions (38-ФЗ art. 24 part 7: the
    contraindication line).
    """

    lead = models.CharField(_("lead"), max_length=300)
    starts_on = models.DateField(_("first day"))
    ends_on = models.DateField(_("last day"), null=True, blank=True)
    discount_percent = models.PositiveSmallIntegerField(
        _("discount, %"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(90)],
    )
    conditions = RichTextField(_("conditions"), blank=True, features=["bold", "ol", "ul", "link"])
    legal_note = models.CharField(_("legal note"), max_length=300, blank=True)
    image = models.ForeignKey(
        "pages.SiteImage",
        verbose_name=_("picture"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    body = StreamField(BodyBlock(), verbose_name=_("text"), blank=True)

    content_panels = [
        *BasePage.content_panels,
        FieldPanel("lead"),
        MultiFieldPanel(
            [
                FieldRowPanel([FieldPanel("starts_on"), FieldPanel("ends_on")]),
                FieldPanel("discount_percent"),
                FieldPanel("conditions"),
                FieldPanel("legal_note"),
                FieldPanel("image"),
            ],
            heading=_("Conditions"),
        ),
        InlinePanel("promoted", heading=_("Services"), label=_("service"), max_num=60),
        FieldPanel("body"),
    ]
    search_fields = [
        *BasePage.search_fields,
        index.SearchField("lead"),
        index.SearchField("conditions"),
    ]
    parent_page_types = ["pages.PromotionIndexPage"]
    subpage_types: list[str] = []
    page_description = _("A promotion with its dates")
    template = "pages/promotion_page.html"

    class Meta:
        verbose_name = _("promotion")
        verbose_name_plural = _("promotions")
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_on__isnull=True) | Q(ends_on__gte=F("starts_on")),
                name="promotion_dates_order",
                violation_error_message=_("The last day comes before the first."),
            )
        ]

    def clean(self) -> None:
        """Refuse a last day before the first."""
        super().clean()
        if self.starts_on and self.ends_on and self.ends_on < self.starts_on:
            raise ValidationError({"ends_on": _("The last day comes before the first.")})

    @property
    def state(self) -> str:
        """`coming`, `running` or `ended`, by the laboratory's date today."""
        today = timezone.localdate()
        if today < self.starts_on:
            return "coming"
        if self.ends_on and today > self.ends_on:
            return "ended"
        return "running"

    @property
    def is_indexable(self) -> bool:
        """Nobody should find a promotion that is over."""
        return self.state != "ended"

    @cached_property
    def rows(self) -> list[selectors.PromotionRow]:
        """The services of the promotion, as people and machines see them; read once."""
        return selectors.promotion_rows(self)

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """Add `rows`: the services with their promotion price and a true old price, if there is
        one.
        """
        context = super().get_context(request, *args, **kwargs)
        context["rows"] = self.rows
        return context

    def structured_data(self, request: HttpRequest) -> list[dict[str, Any]]:
        """Return the page and, while the promotion runs, its offers."""
        return seo.promotion(self, request)


class PromotionService(Orderable):
    """A service in a promotion."""

    page = ParentalKey(PromotionPage, on_delete=models.CASCADE, related_name="promoted")
    service = models.ForeignKey(
        "pages.ServicePage", verbose_name=_("service"), on_delete=models.CASCADE, related_name="+"
    )

    panels = [FieldPanel("service")]

    class Meta(Orderable.Meta):
        verbose_name = _("service in a promotion")
        constraints = [
            models.UniqueConstraint(
                fields=["page", "service"],
                name="promotion_service_once",
                violation_error_message=_("This service is there twice."),
            )
        ]

    def __str__(self) -> str:
        return str(self.service)
