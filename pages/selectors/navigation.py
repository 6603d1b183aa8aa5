"""The frame of every page: requisites, menus, the notice, the state of the offices."""

from dataclasses import dataclass
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.http import HttpRequest

from wagtail.models import Page, Site

from pages import models
from pages.links import STEP, path_of
from pages.selectors.freshness import kept, published
from pages.selectors.offices import OfficeCard, main_office, offices


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
    return kept(f"chrome {site.pk}", lambda: _chrome(site))


def site_of(request: HttpRequest) -> Site | None:
    """Return the site that a request asks, with its home page."""
    return kept(f"site {request.get_host()}", lambda: _site(request))


def trail(page: Any) -> list[Link]:
    """Return the published pages from the home page down to `page`, which may be a draft itself."""
    parents = kept("pages with children", _parents)
    path = page.path or ""
    above = [path[:end] for end in range(2 * STEP, len(path), STEP)]
    links = [parents[step] for step in above if step in parents]
    return [*links, Link(page.title, path_of()(page.url_path))]


def page_addresses() -> dict[int, str]:
    """Return the addresses of all published pages by their primary keys."""
    return kept("page addresses", _addresses)


def _addresses() -> dict[int, str]:
    path = path_of()
    rows = Page.objects.live().filter(depth__gt=1).values_list("pk", "url_path")
    return {pk: path(url_path) for pk, url_path in rows}


def _parents() -> dict[str, Link]:
    """All published pages that have pages below them, by their place in the tree."""
    path = path_of()
    pages = Page.objects.live().filter(depth__gt=1, numchild__gt=0)
    rows = pages.values_list("path", "title", "url_path")
    return {place: Link(title, path(url_path)) for place, title, url_path in rows}


def _site(request: HttpRequest) -> Site | None:
    # Wagtail remembers for an hour where home pages stand; without Redis each process does, and
    # hears of no change made in another. Every state of the content begins here.
    Site.clear_site_root_paths_cache()
    site: Site | None = Site.find_for_request(request)
    if site:
        # Asked for once here, it is at hand for every request that gets this site.
        _ = site.root_page.specific
    return site


def _chrome(site: Site) -> Chrome:
    navigation = models.Navigation.for_site(site)
    ids = {
        value["page"].pk
        for block in [*navigation.menu, *navigation.footer]
        for value in [block.value, *block.value.get("children", []), *block.value.get("links", [])]
        if value.get("page")
    }
    pages = published(Page).filter(pk__in=ids).in_bulk()
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
    found = (
        Page.objects.live()
        .filter(content_type__in=types)
        .values_list("content_type_id", "url_path")
    )
    return {types[type_id]: path(url_path) for type_id, url_path in found}
