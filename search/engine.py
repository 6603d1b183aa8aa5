"""Finds published pages by words."""

from dataclasses import dataclass
from typing import Any

from django.core.paginator import Page as PaginatorPage
from django.core.paginator import Paginator

from wagtail.models import Page

LONGEST_QUERY = 200
PER_PAGE = 20
# Nobody reads further; the count beyond it is not worth the work.
MOST_RESULTS = 500


class QueryTooLong(ValueError):
    """A query of more than LONGEST_QUERY characters."""


@dataclass(frozen=True)
class Result:
    """A found page: its id, address, title, kind in words, and a sentence about it."""

    pk: int
    url: str
    title: str
    kind: str
    text: str


def clean_query(text: str) -> str:
    """Return a query without needless spaces. Raises QueryTooLong."""
    query = " ".join(text.split())
    if len(query) > LONGEST_QUERY:
        raise QueryTooLong
    return query


def find(query: str, number: int = 1) -> PaginatorPage:
    """Return a page of `Result`s of the published, public pages that have all words of the query.

    The words are Russian: their endings do not matter. The most relevant comes first. Raises
    EmptyPage for a page beyond the last.
    """
    found = Page.objects.live().public().filter(depth__gt=2).search(query)[:MOST_RESULTS]
    page = Paginator(found, PER_PAGE).page(number)
    ids = [item.pk for item in page.object_list]
    by_pk = {item.pk: item for item in Page.objects.filter(pk__in=ids).specific()}
    page.object_list = [_result(by_pk[pk]) for pk in ids if pk in by_pk]
    return page


def _result(page: Any) -> Result:
    text = page.search_description or getattr(page, "lead", "")
    return Result(page.pk, page.url, page.title, str(page.page_type_display_name), text)
