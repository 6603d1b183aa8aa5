"""RSS of news and promotions."""

from abc import ABC, abstractmethod
from datetime import datetime, time
from typing import Any

from django.contrib.syndication.views import Feed
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from pages import selectors
from pages.context_processors import chrome_of
from pages.seo.nodes import absolute, plain
from pages.seo.texts import description_of

LONGEST = 30


class PageFeed(ABC, Feed):
    """A feed of pages; the request is the object that it is about."""

    section: str
    url_name: str

    def get_object(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpRequest:
        """Keep the request: addresses and names come from its site."""
        return request

    @abstractmethod
    def name(self) -> str:
        """What the feed is of."""

    @abstractmethod
    def pages(self) -> QuerySet[Any]:
        """The pages of the feed."""

    def title(self, request: HttpRequest) -> str:
        """Return the title of the feed."""
        return plain(f"{self.name()} — {chrome_of(request).laboratory.brand}")

    def description(self, request: HttpRequest) -> str:
        """Return the description of the feed; RSS wants one."""
        laboratory = chrome_of(request).laboratory
        return plain(laboratory.slogan or laboratory.brand)

    def link(self, request: HttpRequest) -> str:
        """Return the address of the page that lists the same for people."""
        return absolute(request, chrome_of(request).urls.get(self.section, "/"))

    def feed_url(self, request: HttpRequest) -> str:
        """Return the address of the feed itself."""
        return absolute(request, reverse(self.url_name))

    def items(self, request: HttpRequest) -> list[dict[str, Any]]:
        """Return the items: the page with its full address and its description."""
        return [
            {
                "page": page,
                "url": absolute(request, page.get_url(request)),
                "text": description_of(page, request),
            }
            for page in self.pages()[:LONGEST]
        ]

    def item_title(self, item: dict[str, Any]) -> str:
        """Return the title of a page."""
        return plain(item["page"].title)

    def item_description(self, item: dict[str, Any]) -> str:
        """Return the description of a page."""
        return item["text"]

    def item_link(self, item: dict[str, Any]) -> str:
        """Return the address of a page."""
        return item["url"]

    def item_updateddate(self, item: dict[str, Any]) -> datetime | None:
        """Return when the page was last published."""
        return item["page"].last_published_at


class NewsFeed(PageFeed):
    """The latest news."""

    section = "news"
    url_name = "pages:rss-news"

    def name(self) -> str:
        """Return the name of the section."""
        return _("News")

    def pages(self) -> QuerySet[Any]:
        """Return the news, newest first."""
        return selectors.news()

    def item_pubdate(self, item: dict[str, Any]) -> datetime:
        """Return the beginning of the day that the piece of news is dated."""
        zone = timezone.get_default_timezone()
        return datetime.combine(item["page"].date, time.min, tzinfo=zone)


class PromotionFeed(PageFeed):
    """The promotions that run."""

    section = "promotions"
    url_name = "pages:rss-promotions"

    def name(self) -> str:
        """Return the name of the section."""
        return _("Promotions")

    def pages(self) -> QuerySet[Any]:
        """Return the promotions of today."""
        return selectors.running_promotions()

    def item_description(self, item: dict[str, Any]) -> str:
        """Return the description of a promotion, and until when it runs."""
        ends_on = item["page"].ends_on
        if not ends_on:
            return item["text"]
        until = _("Until %(date)s inclusive.") % {"date": date_format(ends_on, "j E Y")}
        return f"{item['text']} {until}"

    def item_pubdate(self, item: dict[str, Any]) -> datetime | None:
        """Return when the promotion was first published."""
        return item["page"].first_published_at
