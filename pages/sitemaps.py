"""The map of the site for search engines: published public pages, in sections by type."""

from datetime import datetime

from django.contrib.sitemaps import Sitemap
from django.db.models import Max, Q
from django.db.models.functions import Coalesce, Greatest
from django.utils import timezone

from wagtail.models import Page, Site
from wagtail.query import PageQuerySet

from pages import models
from pages.links import path_of

Line = tuple[str, datetime | None]

SECTIONS: dict[str, type[Page]] = {
    "services": models.ServicePage,
    "categories": models.ServiceCategoryPage,
    "articles": models.ArticlePage,
    "news": models.NewsPage,
    "promotions": models.PromotionPage,
    "offices": models.OfficePage,
    "legal": models.LegalDocumentPage,
}
# Everything that has no section of its own.
REST = "pages"


class PageSitemap(Sitemap):
    """One section. It reads no more than the lines of the map need, whatever their number."""

    def __init__(self, site: Site, section: str) -> None:
        self.site = site
        self.section = section
        self.path = path_of()

    def items(self) -> list[Line]:
        """Return the path of each published public page and when it changed."""
        pages = _pages(self.section).live().public()
        pages = pages.descendant_of(self.site.root_page, inclusive=True).order_by("path")
        return list(pages.values_list("url_path", "changed"))

    def location(self, item: Line) -> str:
        """Return the path of a page on the site."""
        return self.path(item[0])

    def lastmod(self, item: Line) -> datetime | None:
        """Return when a page changed, if it is known."""
        return item[1]


def sitemaps(site: Site) -> dict[str, PageSitemap]:
    """Return the sections of the map by name."""
    return {section: PageSitemap(site, section) for section in (REST, *SECTIONS)}


def _pages(section: str) -> PageQuerySet:
    """The pages of a section with the time of their last change."""
    published = Coalesce("last_published_at", "latest_revision_created_at")
    if section == REST:
        return Page.objects.not_type(*SECTIONS.values()).annotate(changed=published)
    pages = SECTIONS[section].objects.annotate(changed=published)
    if section == "promotions":
        pages = pages.filter(Q(ends_on__isnull=True) | Q(ends_on__gte=timezone.localdate()))
    if section == "services":
        # A new price changes the page as much as a new text does.
        in_force = Q(prices__valid_from__lte=timezone.now())
        priced = Max("prices__valid_from", filter=in_force)
        pages = pages.annotate(changed=Greatest(published, priced))
    return pages
