"""The frame of every page: requisites, menus, the notice, the state of the offices."""

from dataclasses import dataclass
from typing import Any

from django.contrib.contenttypes.models import ContentType

from wagtail.models import Page, Site

from pages import models
from pages.links import path_of
from pages.selectors.freshness import kept
from pages.selectors.offices import OfficeCard, main_office, offices
from pages.selectors.published import published


@dataclass(frozen=True)
class Link:
    """A link of a menu."""

    title: str
    url: str
    text: str = ""


@dataclass(frozen=True)
class MenuEntry:
    """An entry of the main menu with the links under it."""

    link: Link
    children: list[Link]


@dataclass(frozen=True)
class FooterColumn:
    """A column of the footer."""

    title: str
    links: list[Link]


@dataclass(frozen=True)
class Chrome:
    """What stands around the content of every page. `urls` are the sections by name."""

    laboratory: Any
    menu: list[MenuEntry]
    footer: list[FooterColumn]
    notice: Any | None
    notice_url: str
    offices: list[OfficeCard]
    office: OfficeCard | None
    urls: dict[str, str]


SECTIONS = {
    "catalogue": "CataloguePage",
    "prices": "PriceListPage",
    "offices": "OfficeIndexPage",
    "promotions": "PromotionIndexPage",
    "purposes": "PurposeIndexPage",
    "preparation": "PreparationIndexPage",
    "news": "NewsIndexPage",
    "articles": "ArticleIndexPage",
    "faq": "FaqPage",
    "specialists": "SpecialistIndexPage",
    "legal": "LegalIndexPage",
    "contacts": "ContactPage",
}


def chrome(site: Site) -> Chrome:
    """Return the frame for a site."""
    return _chrome(site.pk)


def trail(page: Any) -> list[Link]:
    """Return the published pages from the home page down to `page`, which may be a draft itself."""
    path = path_of()
    above = Page.objects.ancestor_of(page).filter(depth__gt=1).live().order_by("path")
    links = [Link(title, path(url)) for title, url in above.values_list("title", "url_path")]
    return [*links, Link(page.title, path(page.url_path))]


@kept
def _chrome(site_id: int) -> Chrome:
    site = Site.objects.get(pk=site_id)
    navigation = models.Navigation.for_site(site)
    ids = {
        value["page"].pk
        for block in [*navigation.menu, *navigation.footer]
        for value in [block.value, *block.value.get("children", []), *block.value.get("links", [])]
        if value.get("page")
    }
    pages = published(Page).in_bulk(ids)
    path = path_of()

    def link(value: Any) -> Link | None:
        page = pages.get(value["page"].pk) if value.get("page") else None
        if page is None:
            return None
        return Link(value.get("title") or page.title, path(page.url_path), value.get("text") or "")

    def links(values: Any) -> list[Link]:
        return [made for made in map(link, values) if made]

    notice = models.NoticeBar.objects.filter(live=True).select_related("page").first()
    cards = offices()
    return Chrome(
        laboratory=models.LaboratorySettings.for_site(site),
        menu=[
            MenuEntry(entry, links(block.value["children"]))
            for block in navigation.menu
            if (entry := link(block.value))
        ],
        footer=[
            FooterColumn(block.value["title"], links(block.value["links"]))
            for block in navigation.footer
        ],
        notice=notice,
        notice_url=path(notice.page.url_path)
        if notice and notice.page and notice.page.live
        else "",
        offices=cards,
        office=main_office(cards),
        urls=_sections(path),
    )


def _sections(path: Any) -> dict[str, str]:
    """The addresses of the published section pages; a section that is not there is left out."""

    types = {
        ContentType.objects.get_for_model(getattr(models, name)).pk: key
        for key, name in SECTIONS.items()
    }
    found = published(Page).filter(content_type__in=types)
    return {types[type_id]: path(url_path) for type_id, url_path in found.values_list("content_type_id", "url_path")}
