"""Adds pages where they are missing, and binds the links between them once all are there."""

import json
import re
from typing import Any
from uuid import uuid5

from wagtail.fields import RichTextField, StreamField
from wagtail.models import Page

LINK = re.compile(r'<a href=(\\?["\'])(service|page):([\w-]+)\1>')


class DemoTree:
    """The pages of one run, by slug, and what has been added in it."""

    def __init__(self) -> None:
        self.by_slug: dict[str, Page] = {}
        self.service_ids: dict[str, int] = {}
        self.added: list[Page] = []

    def add(self, parent: Page, page: Page) -> Any:
        """Return the page that has this slug under `parent`; `page` becomes it if there is none.

        Of what a site has one only (the catalogue, the price list …), it is that one, whatever its
        slug.
        A new page is published only by `finish`, since its links may lead to pages yet to come.
        """
        slug = page.slug
        # An editor may have given it another slug or another place: then the key tells it.
        key = uuid5(parent.translation_key, f"{page._meta.label}:{slug}")
        found = (
            parent.get_children().filter(slug=slug).first()
            or Page.objects.filter(translation_key=key).first()
        )
        if found is None and type(page).max_count == 1:
            found = type(page).objects.first()
        if found:
            page = found.specific
        else:
            page.live = False
            page.translation_key = key
            parent.add_child(instance=page)
            self.added.append(page)
        self.by_slug[slug] = page
        return page

    def is_new(self, page: Page) -> bool:
        """Say whether this run has added the page."""
        return page in self.added

    def finish(self) -> int:
        """Bind the links of the new pages, publish them, and return how many there are."""
        for page in self.added:
            for field in page._meta.get_fields():
                if isinstance(field, RichTextField):
                    setattr(page, field.name, self.bind(getattr(page, field.name)))
                elif isinstance(field, StreamField):
                    setattr(page, field.name, self.bind_stream(getattr(page, field.name)))
            # Logged as an edit, without which the history offers no way back to it.
            page.save_revision(log_action=True).publish()
        return len(self.added)

    def bind_stream(self, value: Any) -> str:
        """Return a stream with its links bound."""
        return self.bind(json.dumps(list(value.raw_data), ensure_ascii=False))

    def bind(self, text: str) -> str:
        """Return rich text (or JSON that holds some) with links to keys and slugs bound to pages.

        A link to a page that the site does not have loses its address and stays as text.
        """

        def replace(match: re.Match[str]) -> str:
            quote, kind, key = match.groups()
            page_id = self.service_ids.get(key) if kind == "service" else None
            if page_id is None and key in self.by_slug:
                page_id = self.by_slug[key].pk
            if page_id is None:
                return "<a>"
            return f"<a linktype={quote}page{quote} id={quote}{page_id}{quote}>"

        return LINK.sub(replace, text)
