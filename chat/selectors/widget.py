"""The widget that a site shows, and its consent text."""

from dataclasses import dataclass

from wagtail.models import Page, Site

from chat.events import Json
from chat.models import ChatSettings, ChatWidget
from chat.models.facts import consent_hash
from site_config.common.kept import kept


@dataclass(frozen=True)
class ConsentText:
    """The text a patient agrees to: its version and the hash that proves what it said."""

    version: str
    text: str
    url: str

    @property
    def sha256(self) -> str:
        """The hash that is stored with a consent."""
        return consent_hash(self.text)


def current_settings() -> ChatSettings | None:
    """Return what the site decided about its chat, None if nobody has yet."""
    return (
        ChatSettings.objects.filter(site=Site.objects.filter(is_default_site=True)[:1])
        .select_related("widget")
        .first()
    )


def current_widget() -> ChatWidget | None:
    """Return the published widget that the site has chosen, or None."""
    found = current_settings()
    return found.widget if found and found.widget and found.widget.live else None


def consent_text(widget: ChatWidget) -> ConsentText:
    """Return the text that patients agree to in this widget."""
    return ConsentText(widget.consent_version, widget.consent_text, widget.consent_url)


@dataclass(frozen=True)
class Launcher:
    """What a page needs of the widget before anybody opens it."""

    title: str
    label: str
    side: str
    colour: str
    phone: str
    page_types: frozenset[str] = frozenset()

    def is_on(self, page: Page | None) -> bool:
        """Say whether it belongs on a page (None: on what is no page of the tree)."""
        return not self.page_types or (
            page is not None and page._meta.label_lower in self.page_types
        )


def launcher_of(widget: ChatWidget) -> Launcher:
    """Return the launcher of a widget, which may be a draft."""
    return Launcher(
        title=widget.title,
        label=widget.label,
        side=widget.side,
        colour=widget.colour,
        phone=widget.phone,
        page_types=frozenset(widget.page_types),
    )


def launcher() -> Launcher | None:
    """Return the launcher of the site's widget, None if it shows none. Kept with the content."""
    return kept("chat launcher", _launcher)


def _launcher() -> Launcher | None:
    widget = current_widget()
    return launcher_of(widget) if widget else None


def widget_json(widget: ChatWidget) -> Json:
    """Return a widget's texts and looks as docs/chat-protocol.md says."""
    return {
        "title": widget.title,
        "label": widget.label,
        "greeting": widget.greeting,
        "away": widget.away,
        "notice": widget.notice,
        "emergency": widget.emergency,
        "phone": widget.phone,
        "side": widget.side,
        "colour": widget.colour,
        "topics": [{"title": topic.title, "text": topic.text} for topic in widget.topics.all()],
        "consent": {
            "version": widget.consent_version,
            "text": widget.consent_text,
            "url": widget.consent_url,
        },
    }


def page_at(site: Site, path: str) -> Page | None:
    """Return the published page of a site at a path, if everybody may see it."""
    root = site.root_page.url_path.rstrip("/")
    pages = Page.objects.live().public().filter(url_path=f"{root}{path}")
    return pages.first()
