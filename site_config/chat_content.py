"""What operators put into an answer: pages of the site, services with today's price.

The chat knows neither the search nor the pages; settings lead it here (CHAT_CONTENT_SEARCH).
"""

from dataclasses import dataclass
from urllib.parse import urljoin

from django.conf import settings
from django.core.paginator import EmptyPage

from pages.money import format_roubles
from pages.selectors import service_rows
from search.engine import QueryTooLong, clean_query, find

MOST = 12


@dataclass(frozen=True)
class Found:
    """A page that can be put into an answer; `price` and `term` are empty where there is none."""

    title: str
    url: str
    kind: str
    price: str
    term: str
    text: str


def find_content(query: str) -> list[Found]:
    """Return published pages that have all words of the query, the most relevant first."""
    try:
        results = find(clean_query(query)).object_list[:MOST]
    except (EmptyPage, QueryTooLong):
        return []
    rows = {row.pk: row for row in service_rows(result.pk for result in results)}
    found = []
    for result in results:
        row = rows.get(result.pk)
        title = (row and row.short_name) or result.title
        price = format_roubles(row.price) if row and row.price is not None else ""
        term = row.turnaround if row else ""
        url = urljoin(settings.WAGTAILADMIN_BASE_URL, result.url)
        facts = ", ".join(filter(None, [price, term]))
        text = f"{title} — {facts}: {url}" if facts else f"{title}: {url}"
        found.append(Found(title, url, result.kind, price, term, text))
    return found
