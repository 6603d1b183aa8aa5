"""The people of the laboratory, and the places that are free."""

from typing import Any

from django.db import models
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from wagtail.admin.panels import FieldPanel, MultiFieldPanel
from wagtail.fields import StreamField
from wagtail.search import index

from pages import selectors, seo
from pages.blocks import BodyBlock
from pages.models.base import BasePage, SectionPage


class SpecialistIndexPage(SectionPage):
    """The list of specialists (323-ФЗ art. 79: education and qualification are published)."""

    parent_page_types = ["pages.HomePage", "pages.StandardPage"]
    subpage_types = ["pages.SpecialistPage"]
    page_description = _("The list of specialists")
    template = "pages/specialist_index_page.html"

    class Meta:
        verbose_name = _("list of specialists")

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """Add `items`: the specialists in the editors' order."""
        context = super().get_context(request, *args, **kwargs)
        context["items"] = selectors.specialists()
        return context


class SpecialistPage(BasePage):
    """A doctor or a nurse: position, education, accreditation."""

    position = models.CharField(_("position"), max_length=200)
    education = models.TextField(_("education"), help_text=_("One line for each diploma."))
    accreditation = models.CharField(
        _("accreditation"),
        max_length=250,
        blank=True,
        help_text=_("Speciality, number, until when."),
    )
    experience_since = models.PositiveSmallIntegerField(
        _("works since (year)"), null=True, blank=True
    )
    reception_hours = models.CharField(_("reception hours"), max_length=200, blank=True)
    lead = models.CharField(_("lead"), max_length=300, blank=True)
    photo = models.ForeignKey(
        "pages.SiteImage",
        verbose_name=_("photo"),
        help_text=_("Only with the person's written consent."),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    body = StreamField(BodyBlock(), verbose_name=_("text"), blank=True)

    content_panels = [
        *BasePage.content_panels,
        MultiFieldPanel(
            [
                FieldPanel("position"),
                FieldPanel("education"),
                FieldPanel("accreditation"),
                FieldPanel("experience_since"),
                FieldPanel("reception_hours"),
            ],
            heading=_("Qualification"),
        ),
        FieldPanel("lead"),
        FieldPanel("photo"),
        FieldPanel("body"),
    ]
    search_fields = [
        *BasePage.search_fields,
        index.SearchField("position"),
        index.SearchField("lead"),
        index.SearchField("body"),
    ]
    parent_page_types = ["pages.SpecialistIndexPage"]
    subpage_types: list[str] = []
    page_description = _("A doctor or a nurse")
    template = "pages/specialist_page.html"

    class Meta:
        verbose_name = _("specialist")
        verbose_name_plural = _("specialists")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(experience_since__isnull=True)
                | models.Q(experience_since__range=(1940, 2100)),
                name="specialist_experience_year",
                violation_error_message=_("Give the year in full, for example 2009."),
            )
        ]

    def structured_data(self, request: HttpRequest) -> list[dict[str, Any]]:
        """Return the page and the person it is about."""
        return seo.profile(self, request)


class VacancyIndexPage(SectionPage):
    """The list of vacancies."""

    parent_page_types = ["pages.HomePage", "pages.StandardPage"]
    subpage_types = ["pages.VacancyPage"]
    page_description = _("The list of vacancies")
    template = "pages/vacancy_index_page.html"

    class Meta:
        verbose_name = _("list of vacancies")

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """Add `items`: the open vacancies, newest first."""
        context = super().get_context(request, *args, **kwargs)
        context["items"] = selectors.vacancies()
        return context


class VacancyPage(BasePage):
    """A place that is free."""

    place = models.CharField(_("place of work"), max_length=200)
    pay = models.CharField(_("pay"), max_length=120, blank=True)
    schedule = models.CharField(_("working hours"), max_length=200, blank=True)
    employment = models.CharField(_("kind of employment"), max_length=120, blank=True)
    duties = models.TextField(_("duties"), blank=True, help_text=_("One line for each."))
    requirements = models.TextField(
        _("requirements"), blank=True, help_text=_("One line for each.")
    )
    body = StreamField(BodyBlock(), verbose_name=_("text"), blank=True)

    content_panels = [
        *BasePage.content_panels,
        FieldPanel("place"),
        FieldPanel("pay"),
        FieldPanel("schedule"),
        FieldPanel("employment"),
        FieldPanel("duties"),
        FieldPanel("requirements"),
        FieldPanel("body"),
    ]
    search_fields = [
        *BasePage.search_fields,
        index.SearchField("duties"),
        index.SearchField("requirements"),
    ]
    parent_page_types = ["pages.VacancyIndexPage"]
    subpage_types: list[str] = []
    page_description = _("A place that is free")
    template = "pages/vacancy_page.html"

    class Meta:
        verbose_name = _("vacancy")
        verbose_name_plural = _("vacancies")

    def structured_data(self, request: HttpRequest) -> list[dict[str, Any]]:
        """Return the page and the JobPosting on it."""
        return [seo.web_page(self, request), seo.job_posting(self, request)]
