"""The small parts that schema.org nodes are made of."""

import html
import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin

from django.http import HttpRequest
from django.templatetags.static import static
from django.utils.html import strip_tags

from wagtail.images.exceptions import InvalidFilterSpecError
from wagtail.images.models import SourceImageIOError
from wagtail.models import Site

from pages.context_processors import chrome_of
from pages.links import path_of

Node = dict[str, Any]

ORGANISATION_TYPES = ["MedicalOrganization", "DiagnosticLab"]
COUNTRY = "RU"
SOCIAL_FILTER = "fill-1200x630|format-jpeg|jpegquality-80"
SOCIAL_SIZE = (1200, 630)

BLOCK_ENDS = re.compile(r"<br\s*/?>|</(?:p|li|h\d|td|tr)>")
# What neither XML nor a person can read; texts pasted from office programs bring some of them.
CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


@dataclass(frozen=True)
class SocialImage:
    """A picture as Open Graph wants it; the address is absolute."""

    url: str
    width: int
    height: int
    alt: str


def site_root(request: HttpRequest) -> str:
    """Return the address of the site without a slash at its end."""
    return Site.find_for_request(request).root_url


def absolute(request: HttpRequest, path: str) -> str:
    """Return the full address of a path on the site, or of a file that may lie on another host."""
    return urljoin(f"{site_root(request)}/", path)


def page_address(page: Any, request: HttpRequest) -> str:
    """Return the full address of a page, without a query for the site."""
    return absolute(request, path_of()(page.url_path))


def compact(node: Node) -> Node:
    """Return the node without the properties that have nothing to say (`False` says something)."""
    return {name: value for name, value in node.items() if value not in (None, "", [])}


def reference(node_id: str) -> Node:
    """Return a reference to a node that is described elsewhere."""
    return {"@id": node_id}


def plain(text: str) -> str:
    """Return a text, or the words of rich text, on one line without tags and control characters."""
    words = html.unescape(strip_tags(BLOCK_ENDS.sub(r"\g<0> ", str(text))))
    return " ".join(CONTROLS.sub(" ", words).split())


def organisation_id(request: HttpRequest) -> str:
    """Return the name of the laboratory's node."""
    return f"{site_root(request)}/#organization"


def web_site_id(request: HttpRequest) -> str:
    """Return the name of the node of the site."""
    return f"{site_root(request)}/#website"


def organisation_brief(request: HttpRequest) -> Node:
    """Return the laboratory in the few words that a publisher, seller or employer needs."""
    return {
        "@type": ORGANISATION_TYPES,
        "@id": organisation_id(request),
        "name": chrome_of(request).laboratory.brand,
        "url": f"{site_root(request)}/",
        "logo": logo(request),
    }


def logo(request: HttpRequest) -> Node:
    """Return the laboratory's mark."""
    url = absolute(request, static("img/icon-512.png"))
    return {"@type": "ImageObject", "url": url, "width": 512, "height": 512}


def person_brief(page: Any, request: HttpRequest) -> Node:
    """Return a specialist in the few words that a reviewed text needs."""
    url = page_address(page, request)
    return compact(
        {
            "@type": "Person",
            "@id": f"{url}#person",
            "name": page.title,
            "jobTitle": page.position,
            "url": url if page.live else None,
        }
    )


def page_image(page: Any, request: HttpRequest) -> SocialImage | None:
    """Return the picture of a page itself for machines, or None if it has none that can be read."""
    for name in ("social_image", "image", "photo"):
        image = getattr(page, name, None)
        if image and (found := social_image(image, request)):
            return found
    return None


def social_image(image: Any, request: HttpRequest) -> SocialImage | None:
    """Return a picture in the size of social networks, or None if its file cannot be read."""
    try:
        rendition = image.get_rendition(SOCIAL_FILTER)
    except (SourceImageIOError, InvalidFilterSpecError):
        return None
    url = absolute(request, rendition.url)
    return SocialImage(url, rendition.width, rendition.height, image.description or image.title)


def default_image(request: HttpRequest) -> SocialImage:
    """Return the picture for pages without one: the laboratory's, else that of the project."""
    laboratory = chrome_of(request).laboratory
    if laboratory.social_image and (found := social_image(laboratory.social_image, request)):
        return found
    url = absolute(request, static("img/og-default.png"))
    return SocialImage(url, *SOCIAL_SIZE, laboratory.brand)
