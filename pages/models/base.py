"""What every page of the site shares."""

from typing import Any, ClassVar

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, QueryDict
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from wagtail.admin.panels import FieldPanel, MultiFieldPanel
from wagtail.models import Page, PageViewRestriction

from pages import selectors, seo
from pages.page_cache import mark_cacheable
from pages.page_forms import PageForm


class BasePage(Page):
    """A page with a picture for social networks and data for machines."""

    social_image = models.ForeignKey(
        "pages.SiteImage",
        verbose_name=_("picture for social networks"),
        help_text=_("1200 × 630 pixels. The laboratory's own picture is used if there is none."),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )

    base_form_class = PageForm
    promote_panels = [*Page.promote_panels, FieldPanel("social_image")]

    # The schema.org type of the page itself; pages with more to say override structured_data.
    schema_type: ClassVar[str] = "WebPage"
    # Whether `?page=` leads to further parts of a list that search engines should know one by one.
    is_paginated: ClassVar[bool] = False

    class Meta:
        abstract = True

    @property
    def is_indexable(self) -> bool:
        """Whether search engines may show the page."""
        return True

    @cached_property
    def trail(self) -> list[selectors.Link]:
        """The way from the home page to this one, itself at the end."""
        return selectors.trail(self)

    def structured_data(self, request: HttpRequest) -> list[dict[str, Any]]:
        """Return the schema.org nodes that describe the page, without its breadcrumbs."""
        return [seo.web_page(self, request, self.schema_type)]

    def get_view_restrictions(self) -> QuerySet[PageViewRestriction]:
        """Return who may see the page; without a query while every page is open to everybody."""
        if not selectors.has_private_pages():
            return PageViewRestriction.objects.none()
        return super().get_view_restrictions()

    def serve(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Return the page; the same bytes for everybody, so the page cache may keep them."""
        return self.marked(request, super().serve(request, *args, **kwargs))

    def marked(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        """Mark a response as one to keep, if the page offers what it shows."""
        context = getattr(response, "context_data", None) or {}
        return mark_cacheable(response) if self.offers(request.GET, context) else response

    def offers(self, parameters: QueryDict, context: dict[str, Any]) -> bool:
        """Say whether the page itself links to what these parameters ask for.

        What it does not is shown, but not kept: there is no end of it.
        """
        return not parameters or (self.is_paginated and set(parameters) == {"page"})

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """Add `head`: canonical address, description, social picture and JSON-LD (see seo.Head)."""
        context = super().get_context(request, *args, **kwargs)
        context["head"] = seo.Head(self, request)
        return context


class SectionPage(BasePage):
    """The one page under the home page that holds a section and lists what is in it."""

    lead = models.CharField(_("lead"), max_length=300, blank=True)

    content_panels = [*BasePage.content_panels, FieldPanel("lead")]
    max_count = 1
    parent_page_types: ClassVar[list[str]] = ["pages.HomePage"]
    schema_type = "CollectionPage"

    class Meta:
        abstract = True


class ReviewedMixin(models.Model):
    """A medical text: who checked it, when, and when it is to be checked again."""

    reviewed_by = models.ForeignKey(
        "pages.SpecialistPage",
        verbose_name=_("checked by"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    reviewed_on = models.DateField(_("checked on"), null=True, blank=True)
    next_review = models.DateField(_("next check"), null=True, blank=True)

    review_panel = MultiFieldPanel(
        [FieldPanel("reviewed_by"), FieldPanel("reviewed_on"), FieldPanel("next_review")],
        heading=_("Medical review"),
    )

    class Meta:
        abstract = True

    @property
    def reviewer(self) -> Any | None:
        """The specialist who checked the text, if the page of this person is published."""
        return selectors.specialist(self.reviewed_by_id)

    def clean(self) -> None:
        """Refuse a next check that is not after the last one."""
        super().clean()
        if self.reviewed_on and self.next_review and self.next_review <= self.reviewed_on:
            raise ValidationError(
                {"next_review": _("The next check must come after the last one.")}
            )
