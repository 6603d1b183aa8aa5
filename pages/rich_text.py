"""Links to pages in rich text, without a query for each of them."""

from typing import Any

from django.utils.html import escape

from wagtail.rich_text.pages import PageLinkHandler

from pages import selectors


class KeptPageLinkHandler(PageLinkHandler):
    """Finds the addresses of pages among those that are kept. A page that is not
    published has none.
    """

    @classmethod
    def expand_db_attributes_many(cls, attrs_list: list[dict[str, Any]]) -> list[str]:
        """Return an opening tag for each link of a text."""
        addresses = selectors.page_addresses()
        return [cls._tag(addresses.get(cls._page_id(attrs))) for attrs in attrs_list]

    @staticmethod
    def _page_id(attrs: dict[str, Any]) -> int:
        number = str(attrs.get("id", ""))
        return int(number) if number.isascii() and number.isdigit() else 0

    @staticmethod
    def _tag(address: str | None) -> str:
        return f'<a href="{escape(address)}">' if address else "<a>"


def register(features: Any) -> None:
    """Put the handler in place of Wagtail's own."""
    features.register_link_type(KeptPageLinkHandler)
