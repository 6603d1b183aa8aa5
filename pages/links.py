"""Addresses of pages, made from their place in the tree without a query for each."""

from collections.abc import Callable

from wagtail.models import Page, Site

# Width of one level of a tree path (django-treebeard's materialised path).
STEP: int = Page.steplen


def path_of() -> Callable[[str], str]:
    """Return a function that turns a page's `url_path` into its address on the site."""
    roots = Site.get_site_root_paths()
    root = roots[0].root_path if roots else "/"

    def path(url_path: str) -> str:
        return "/" + url_path.removeprefix(root)

    return path
