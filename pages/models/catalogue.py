"""The catalogue: categories and services (tests, panels, procedures)."""

from typing import Any

from django import forms
from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import F, Q
from django.http import HttpRequest, QueryDict
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from modelcluster.fields import ParentalKey, ParentalManyToManyField
from wagtail.admin.panels import (
    FieldPanel,
    FieldRowPanel,
    InlinePanel,
    MultiFieldPanel,
    ObjectList,
    PageChooserPanel,
    TabbedInterface,
)
from wagtail.fields import RichTextField, StreamField
from wagtail.models import Orderable
from wagtail.search import index

from pages import selectors, seo
from pages.blocks import BodyBlock, ReferenceIntervalsBlock
from pages.codes import normalise_code, normalise_nomenclature_codes, validate_own_code
from pages.models.base import BasePage, ReviewedMixin, SectionPage
from pages.page_forms import PageForm
from pages.pagination import paginate

TEXT_FEATURES = ["bold", "italic", "ol", "ul", "link"]


class ServiceKind(models.TextChoices):
    """What a service is."""

    TEST = "test", _("test")
    PANEL = "panel", _("panel")
    PROCEDURE = "procedure", _("procedure")


class Sex(models.TextChoices):
    """For whom a service is meant."""

    ANY = "any", _("everybody")
    FEMALE = "female", _("women")
    MALE = "male", _("men")


class CategoryIcon(models.TextChoices):
    """The drawings a category can have; the names are those of the icon sprite."""

    DROP = "drop", _("drop")
    FLASK = "flask", _("flask")
    HEART = "heart", _("heart")
    GLAND = "gland", _("thyroid gland")
    PILL = "pill", _("pill")
    SHIELD = "shield", _("shield")
    MICROSCOPE = "microscope", _("microscope")
    DNA = "dna", _("DNA")
    TEST_TUBE = "test-tube", _("tube")
    TUBE_RACK = "tube-rack", _("rack of tubes")
    VIRUS = "virus", _("virus")
    BANDAGE = "bandage", _("plaster")
    LIVER = "liver", _("liver")
    KIDNEY = "kidney", _("kidney")


class Biomaterial(index.Indexed, models.Model):
    """What a test is made from, in which container, and what taking it costs."""

    name = models.CharField(_("name"), max_length=120, unique=True)
    container = models.CharField(_("container"), max_length=200, blank=True)
    taking = models.ForeignKey(
        "pages.ServicePage",
        verbose_name=_("taking"),
        help_text=_(
            "The procedure whose price is added once for a visit. Empty if the patient brings it."
        ),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        limit_choices_to={"kind": ServiceKind.PROCEDURE},
        related_name="+",
    )
    home = models.CharField(_("how to collect it at home"), max_length=300, blank=True)

    panels = [
        FieldPanel("name"),
        FieldPanel("container"),
        PageChooserPanel("taking", "pages.ServicePage"),
        FieldPanel("home"),
    ]
    search_fields = [index.SearchField("name"), index.AutocompleteField("name")]

    class Meta:
        verbose_name = _("biomaterial")
        verbose_name_plural = _("biomaterials")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class CataloguePage(SectionPage):
    """All services: by category and by letter."""

    subpage_types = ["pages.ServiceCategoryPage"]
    page_description = _("All tests, panels and procedures")
    template = "pages/catalogue_page.html"

    class Meta:
        verbose_name = _("catalogue")

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """Add `categories` with their counts, `purposes`, and for `?letter=` its `rows`.

        `letters` are the first letters that services have; `letter` is the chosen one or "".
        """
        context = super().get_context(request, *args, **kwargs)
        letters = selectors.service_letters()
        letter = request.GET.get("letter", "").upper()
        if letter not in letters:
            letter = ""
        context["letters"] = letters
        context["letter"] = letter
        context["categories"] = selectors.categories()
        context["purposes"] = selectors.purpose_pages()
        context["rows"] = selectors.service_rows_by_letter(letter) if letter else []
        return context

    def offers(self, parameters: QueryDict, context: dict[str, Any]) -> bool:
        """Say so of the letters that services begin with."""
        return not parameters or (set(parameters) == {"letter"} and bool(context["letter"]))


class ServiceCategoryPage(BasePage):
    """A group of services."""

    lead = models.CharField(_("lead"), max_length=300, blank=True)
    intro = RichTextField(_("about the group"), blank=True, features=TEXT_FEATURES)
    icon = models.CharField(
        _("icon"), max_length=20, choices=CategoryIcon, default=CategoryIcon.TEST_TUBE
    )

    content_panels = [
        *BasePage.content_panels,
        FieldPanel("lead"),
        FieldPanel("intro"),
        FieldPanel("icon"),
    ]
    search_fields = [
        *BasePage.search_fields,
        index.SearchField("lead"),
        index.SearchField("intro"),
    ]
    parent_page_types = ["pages.CataloguePage"]
    subpage_types = ["pages.ServicePage"]
    page_description = _("A group of services")
    template = "pages/service_category_page.html"
    schema_type = "CollectionPage"
    is_paginated = True

    PER_PAGE = 60

    class Meta:
        verbose_name = _("category of services")
        verbose_name_plural = _("categories of services")

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """Add `items`, a page of the category's services, and `categories`, all of them."""
        context = super().get_context(request, *args, **kwargs)
        page = paginate(request, selectors.category_services(self), self.PER_PAGE)
        context["items"] = page
        context["rows"] = selectors.service_rows(service.pk for service in page)
        context["categories"] = selectors.categories()
        return context


class ServicePageForm(PageForm):
    """Checks that panels are made of tests, and nothing else is made of anything."""

    def clean(self) -> dict[str, Any]:
        """Add an error for members of what is no panel, and for a member that is no
        longer a test.
        """
        cleaned = super().clean()
        kind = cleaned.get("kind")
        if kind != ServiceKind.PANEL and self.rows("members"):
            self.add_error("kind", _("Only a panel has members."))
        is_member = PanelMember.objects.filter(service_id=self.instance.pk).exists()
        if kind != ServiceKind.TEST and is_member:
            self.add_error("kind", _("This service is in a panel, so it stays a test."))
        return cleaned


class ServicePage(ReviewedMixin, BasePage):
    """A test, a panel of tests or a procedure. Its prices are rows of their own (ServicePrice)."""

    kind = models.CharField(_("kind"), max_length=10, choices=ServiceKind, default=ServiceKind.TEST)
    code = models.CharField(
        _("our code"),
        max_length=20,
        help_text=_("For example 02-001. It is printed on forms and is not changed later."),
        validators=[validate_own_code],
    )
    nomenclature_codes = ArrayField(
        models.CharField(max_length=30),
        verbose_name=_("codes of the nomenclature (Order 804н)"),
        help_text=_("Divided by commas, for example A09.05.023. Cyrillic А and В become Latin."),
        default=list,
        blank=True,
        size=12,
    )
    short_name = models.CharField(
        _("short name"), max_length=80, blank=True, help_text=_("As patients call it.")
    )
    official_name = models.CharField(
        _("official name"), max_length=300, blank=True, help_text=_("As in the nomenclature.")
    )
    summary = models.CharField(
        _("in one sentence"), max_length=250, blank=True, help_text=_("What it shows; for lists.")
    )
    biomaterial = models.ForeignKey(
        Biomaterial,
        verbose_name=_("biomaterial"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="services",
    )
    method = models.CharField(_("method"), max_length=160, blank=True)
    turnaround_days = models.PositiveSmallIntegerField(
        _("ready in, days"),
        null=True,
        blank=True,
        validators=[MaxValueValidator(120)],
        help_text=_("Without the day of taking; 0 means the same day."),
    )
    working_days_only = models.BooleanField(_("working days only"), default=False)
    turnaround_note = models.CharField(_("note on the term"), max_length=160, blank=True)
    own_preparation = RichTextField(
        _("preparation for this service"), blank=True, features=TEXT_FEATURES
    )
    purpose_text = RichTextField(_("what it is for"), blank=True, features=TEXT_FEATURES)
    limits = RichTextField(_("limits"), blank=True, features=TEXT_FEATURES)
    how = RichTextField(_("how it goes"), blank=True, features=TEXT_FEATURES)
    for_whom = models.CharField(_("for whom"), max_length=250, blank=True)
    intervals = StreamField(
        [("quantity", ReferenceIntervalsBlock())],
        verbose_name=_("reference intervals"),
        blank=True,
    )
    body = StreamField(BodyBlock(), verbose_name=_("more text"), blank=True)
    sex = models.CharField(_("sex"), max_length=6, choices=Sex, default=Sex.ANY)
    age_from = models.PositiveSmallIntegerField(
        _("age from"), null=True, blank=True, validators=[MaxValueValidator(120)]
    )
    age_to = models.PositiveSmallIntegerField(
        _("age to"), null=True, blank=True, validators=[MaxValueValidator(120)]
    )
    purposes = ParentalManyToManyField(
        "pages.Purpose", verbose_name=_("purposes"), blank=True, related_name="services"
    )
    not_taken_at = ParentalManyToManyField(
        "pages.OfficePage",
        verbose_name=_("offices where it is not taken"),
        blank=True,
        related_name="services_not_taken",
    )

    content_panels = [
        *BasePage.content_panels,
        MultiFieldPanel(
            [
                FieldRowPanel([FieldPanel("kind", required_on_save=True), FieldPanel("code")]),
                FieldPanel("nomenclature_codes"),
                FieldRowPanel([FieldPanel("short_name"), FieldPanel("official_name")]),
                FieldPanel("summary"),
            ],
            heading=_("Names and codes"),
        ),
        MultiFieldPanel(
            [
                FieldPanel("biomaterial"),
                FieldPanel("method"),
                FieldRowPanel([FieldPanel("turnaround_days"), FieldPanel("working_days_only")]),
                FieldPanel("turnaround_note"),
                FieldRowPanel([FieldPanel("sex"), FieldPanel("age_from"), FieldPanel("age_to")]),
                FieldPanel("not_taken_at", widget=forms.CheckboxSelectMultiple),
            ],
            heading=_("How it is done"),
        ),
        FieldPanel("purpose_text"),
        FieldPanel("for_whom"),
        FieldPanel("how"),
        FieldPanel("limits"),
        FieldPanel("intervals"),
        FieldPanel("body"),
        ReviewedMixin.review_panel,
    ]
    preparation_panels = [
        InlinePanel(
            "preparations", heading=_("Shared preparation"), label=_("preparation"), max_num=6
        ),
        FieldPanel("own_preparation"),
    ]
    link_panels = [
        InlinePanel("members", heading=_("Members of the panel"), label=_("service"), max_num=60),
        InlinePanel("related", heading=_("Related services"), label=_("service"), max_num=8),
        FieldPanel("purposes", widget=forms.CheckboxSelectMultiple),
        InlinePanel("synonyms", heading=_("Synonyms"), label=_("synonym"), max_num=60),
    ]
    base_form_class = ServicePageForm
    edit_handler = TabbedInterface(
        [
            ObjectList(content_panels, heading=_("Content")),
            ObjectList(preparation_panels, heading=_("Preparation")),
            ObjectList(link_panels, heading=_("Links and synonyms")),
            # The settings panels show nothing here; without them there is no scheduling.
            ObjectList([*BasePage.promote_panels, *BasePage.settings_panels], heading=_("Promote")),
        ]
    )
    search_fields = [
        *BasePage.search_fields,
        index.SearchField("short_name", boost=2),
        index.SearchField("official_name"),
        index.SearchField("summary"),
        index.SearchField("code_words", boost=2),
        index.SearchField("purpose_text"),
        index.RelatedFields("synonyms", [index.SearchField("text", boost=2)]),
        index.FilterField("kind"),
    ]
    parent_page_types = ["pages.ServiceCategoryPage"]
    subpage_types: list[str] = []
    page_description = _("A test, a panel of tests or a procedure")
    template = "pages/service_page.html"

    class Meta:
        verbose_name = _("service")
        verbose_name_plural = _("services")
        permissions = [("view_catalogue_gaps", _("Can see what published services lack"))]
        constraints = [
            models.UniqueConstraint(
                fields=["code"],
                condition=~Q(code=""),
                name="service_code_unique",
                violation_error_message=_("Another service has this code."),
            ),
            models.CheckConstraint(
                condition=Q(age_from__isnull=True)
                | Q(age_to__isnull=True)
                | Q(age_from__lte=F("age_to")),
                name="service_age_order",
                violation_error_message=_("“Age from” is greater than “age to”."),
            ),
        ]

    @property
    def turnaround(self) -> str:
        """When the result is ready, in words, or an empty string if it is not known."""
        if self.turnaround_days is None:
            return self.turnaround_note
        if self.turnaround_days == 0:
            return str(_("on the day of taking"))
        if self.working_days_only:
            text = ngettext("%(n)d working day", "%(n)d working days", self.turnaround_days)
        else:
            text = ngettext("%(n)d day", "%(n)d days", self.turnaround_days)
        return text % {"n": self.turnaround_days}

    def code_words(self) -> str:
        """Return the code in parts; the search would take a hyphen for a minus."""
        return self.code.replace("-", " ")

    def save(self, *args: Any, **kwargs: Any) -> Any:
        """Save the page and let the search read it anew: its synonyms are stored after it.

        A save of a few fields is that of a draft, whose words nobody may find.
        """
        result = super().save(*args, **kwargs)
        if kwargs.get("update_fields") is None:
            index.insert_or_update_object(self)
        return result

    def full_clean(self, *args: Any, **kwargs: Any) -> None:
        """Bring the code to its one spelling before anything compares it."""
        self.code = normalise_code(self.code)
        super().full_clean(*args, **kwargs)

    def clean(self) -> None:
        """Normalise the codes of the nomenclature; refuse what is not one."""
        super().clean()
        try:
            self.nomenclature_codes = normalise_nomenclature_codes(self.nomenclature_codes or [])
        except ValidationError as error:
            raise ValidationError({"nomenclature_codes": error}) from error

    @cached_property
    def quantities(self) -> list[Any]:
        """The measured quantities with their reference intervals."""
        return [block.value for block in self.intervals]

    @cached_property
    def card(self) -> selectors.ServiceCard:
        """All that the page shows of the service, to people and to machines; read once."""
        return selectors.service_card(self)

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """Add `card` (see selectors.ServiceCard)."""
        context = super().get_context(request, *args, **kwargs)
        context["card"] = self.card
        return context

    def structured_data(self, request: HttpRequest) -> list[dict[str, Any]]:
        """Return the test or procedure, its price as an Offer, and the page with its reviewer."""
        return seo.service(self, request)


class Synonym(Orderable):
    """Another name by which people look for a service."""

    class Kind(models.TextChoices):
        """What sort of name it is."""

        ABBREVIATION = "abbreviation", _("abbreviation")
        EVERYDAY = "everyday", _("everyday name")
        ENGLISH = "english", _("English name")
        SPELLING = "spelling", _("other spelling")

    page = ParentalKey(ServicePage, on_delete=models.CASCADE, related_name="synonyms")
    text = models.CharField(_("text"), max_length=120)
    kind = models.CharField(_("kind"), max_length=12, choices=Kind, default=Kind.EVERYDAY)

    panels = [FieldRowPanel([FieldPanel("text"), FieldPanel("kind")])]

    class Meta(Orderable.Meta):
        verbose_name = _("synonym")
        verbose_name_plural = _("synonyms")
        constraints = [
            models.UniqueConstraint(
                fields=["page", "text"],
                name="synonym_once",
                violation_error_message=_("This synonym is there twice."),
            )
        ]

    def __str__(self) -> str:
        return self.text


class ServicePreparation(Orderable):
    """A shared preparation that a service asks for."""

    page = ParentalKey(ServicePage, on_delete=models.CASCADE, related_name="preparations")
    preparation = models.ForeignKey(
        "pages.Preparation",
        verbose_name=_("preparation"),
        on_delete=models.PROTECT,
        related_name="service_links",
    )

    panels = [FieldPanel("preparation")]

    class Meta(Orderable.Meta):
        verbose_name = _("preparation of a service")
        constraints = [
            models.UniqueConstraint(
                fields=["page", "preparation"],
                name="service_preparation_once",
                violation_error_message=_("This preparation is there twice."),
            )
        ]

    def __str__(self) -> str:
        return str(self.preparation)


class PanelMember(Orderable):
    """A service that a panel is made of."""

    page = ParentalKey(ServicePage, on_delete=models.CASCADE, related_name="members")
    service = models.ForeignKey(
        ServicePage,
        verbose_name=_("service"),
        on_delete=models.PROTECT,
        limit_choices_to={"kind": ServiceKind.TEST},
        related_name="panel_links",
    )

    panels = [FieldPanel("service")]

    class Meta(Orderable.Meta):
        verbose_name = _("member of a panel")
        constraints = [
            models.UniqueConstraint(
                fields=["page", "service"],
                name="panel_member_once",
                violation_error_message=_("This service is in the panel twice."),
            ),
            models.CheckConstraint(
                condition=~Q(page=F("service")),
                name="panel_not_in_itself",
                violation_error_message=_("A panel cannot contain itself."),
            ),
        ]

    def __str__(self) -> str:
        return str(self.service)


class RelatedService(Orderable):
    """A service that people who take this one also look at; chosen by editors, not by behaviour."""

    page = ParentalKey(ServicePage, on_delete=models.CASCADE, related_name="related")
    service = models.ForeignKey(
        ServicePage, verbose_name=_("service"), on_delete=models.CASCADE, related_name="+"
    )

    panels = [FieldPanel("service")]

    class Meta(Orderable.Meta):
        verbose_name = _("related service")
        constraints = [
            models.UniqueConstraint(
                fields=["page", "service"],
                name="related_service_once",
                violation_error_message=_("This service is there twice."),
            ),
            models.CheckConstraint(
                condition=~Q(page=F("service")),
                name="related_not_itself",
                violation_error_message=_("A service is not related to itself."),
            ),
        ]

    def __str__(self) -> str:
        return str(self.service)
