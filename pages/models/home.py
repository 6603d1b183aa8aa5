"""The home page."""

from typing import Any

from django.db import models
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from modelcluster.fields import ParentalKey
from wagtail.admin.panels import FieldPanel, InlinePanel, MultiFieldPanel
from wagtail.fields import StreamField
from wagtail.models import Orderable, Page
from wagtail.url_routing import RouteResult

from pages import selectors, seo
from pages.blocks import BodyBlock
from pages.blocks.text import FactsBlock, StepsBlock
from pages.models.base import BasePage


class HomePage(BasePage):
    """The first page: search, what is often taken, purposes, the nearest office, what
    people trust.
    """

    hero_title = models.CharField(_("main sentence"), max_length=120)
    hero_text = models.CharField(_("sentence under it"), max_length=250, blank=True)
    search_examples = models.CharField(
        _("examples of searches"),
        max_length=200,
        blank=True,
        help_text=_("Divided by commas; each becomes a button under the search field."),
    )
    steps = StreamField(
        [("steps", StepsBlock())],
        verbose_name=_("preparation in three steps"),
        blank=True,
        max_num=1,
    )
    facts = StreamField(
        [("facts", FactsBlock())], verbose_name=_("what people trust"), blank=True, max_num=1
    )
    body = StreamField(BodyBlock(), verbose_name=_("about the laboratory"), blank=True)

    content_panels = [
        *BasePage.content_panels,
        MultiFieldPanel(
            [FieldPanel("hero_title"), FieldPanel("hero_text"), FieldPanel("search_examples")],
            heading=_("Top of the page"),
        ),
        InlinePanel("popular_services", heading=_("Often taken"), label=_("service"), max_num=12),
        FieldPanel("steps"),
        FieldPanel("facts"),
        FieldPanel("body"),
    ]
    max_count = 1
    parent_page_types = ["wagtailcore.Page"]
    page_description = _("The first page of the site")
    template = "pages/home_page.html"

    class Meta:
        verbose_name = _("home page")

    @property
    def search_example_list(self) -> list[str]:
        """The examples of searches, one by one."""
        return [text.strip() for text in self.search_examples.split(",") if text.strip()]

    def route(self, request: HttpRequest, path_components: list[str]) -> RouteResult:
        """Find the page by its whole address at once, else as Wagtail does, level by level."""
        if path_components:
            url_path = f"{self.url_path}{'/'.join(path_components)}/"
            page = Page.objects.filter(url_path=url_path).first()
            if page:
                return page.specific.route(request, [])
            return super().route(request, path_components)
        # The home page in hand is shared by all requests; what is served is read anew.
        return RouteResult(type(self).objects.get(pk=self.pk))

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """Add `popular`, `purposes`, `offices`, `promotions` and `news`."""
        context = super().get_context(request, *args, **kwargs)
        chosen = [item.service_id for item in self.popular_services.all()]
        context["popular"] = selectors.service_rows(chosen)
        context["purposes"] = selectors.purpose_pages()
        context["offices"] = selectors.offices()
        context["promotions"] = selectors.running_promotions()[:3]
        context["news"] = selectors.latest_news(3)
        return context

    def structured_data(self, request: HttpRequest) -> list[dict[str, Any]]:
        """Return the page, the laboratory with its branches, and the site with its search."""
        page = seo.web_page(self, request)
        return [page, *seo.organisation(request), seo.web_site(self, request)]


class PopularService(Orderable):
    """A service among those often taken."""

    page = ParentalKey(HomePage, on_delete=models.CASCADE, related_name="popular_services")
    service = models.ForeignKey(
        "pages.ServicePage", verbose_name=_("service"), on_delete=models.CASCADE, related_name="+"
    )

    panels = [FieldPanel("service")]

    class Meta(Orderable.Meta):
        verbose_name = _("often taken service")
        constraints = [
            models.UniqueConstraint(fields=["page", "service"], name="popular_service_once")
        ]

    def __str__(self) -> str:
        return str(self.service)
