"""What machines read on a page: canonical address, description, social picture,
schema.org nodes.
"""

from typing import Any

from django.http import HttpRequest
from django.utils.functional import cached_property

Node = dict[str, Any]


class Head:
    """The head of a page. Made in BasePage.get_context, read by the base template."""

    def __init__(self, page: Any, request: HttpRequest) -> None:
        self.page = page
        self.request = request

    @cached_property
    def title(self) -> str:
        """The title of the window."""
        return self.page.seo_title or self.page.title

    @cached_property
    def description(self) -> str:
        """The description for search engines, or an empty string."""
        for name in ("search_description", "summary", "lead", "hero_text"):
            text = getattr(self.page, name, "")
            if text:
                return str(text)
        return ""

    @cached_property
    def canonical(self) -> str:
        """The full address of the page, with the page number of a list if it is not the first."""
        number = self.request.GET.get("page", "")
        query = f"?page={number}" if number.isdigit() and number != "1" else ""
        return f"{self.page.full_url}{query}"

    @cached_property
    def json_ld(self) -> list[Node]:
        """The schema.org nodes of the page."""
        return self.page.structured_data(self.request)


def web_page(page: Any, request: HttpRequest, schema_type: str = "WebPage") -> Node:
    """Return the node of the page itself."""
    return {"@type": schema_type, "name": page.title, "url": page.full_url}


def organisation(request: HttpRequest) -> list[Node]:
    """Return the laboratory and its branches."""
    return []


def web_site(page: Any, request: HttpRequest) -> Node:
    """Return the site with its search."""
    return web_page(page, request, "WebSite")


def medical_page(page: Any, request: HttpRequest) -> Node:
    """Return a medical text with its reviewer."""
    return web_page(page, request, "MedicalWebPage")


def article(page: Any, request: HttpRequest, schema_type: str = "Article") -> Node:
    """Return an article or a piece of news."""
    return web_page(page, request, schema_type)


def faq_page(page: Any, request: HttpRequest) -> Node:
    """Return questions with their answers."""
    return web_page(page, request, "FAQPage")


def person(page: Any, request: HttpRequest) -> Node:
    """Return a specialist."""
    return {"@type": "Person", "name": page.title}


def job_posting(page: Any, request: HttpRequest) -> Node:
    """Return a vacancy."""
    return {"@type": "JobPosting", "title": page.title}


def service(page: Any, request: HttpRequest) -> list[Node]:
    """Return a service, its price and its page."""
    return [medical_page(page, request)]


def office(page: Any, request: HttpRequest) -> Node:
    """Return a branch of the laboratory."""
    return web_page(page, request)


def promotion(page: Any, request: HttpRequest) -> list[Node]:
    """Return a promotion and its offers."""
    return [web_page(page, request)]
