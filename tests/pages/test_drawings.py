"""Every icon and drawing that a page or an editor can name is in its sprite."""

import re
from pathlib import Path

import pytest

from pages.models.catalogue import CategoryIcon
from pages.models.offices import ACCESSIBILITY, PAYMENTS
from pages.models.purposes import PurposeIcon

ROOT = Path(__file__).resolve().parents[2]
TONES = {"info", "warning", "urgent"}


def names_in(sprite: str) -> set[str]:
    """Return the names a sprite holds."""
    text = (ROOT / "static" / "img" / sprite).read_text(encoding="utf-8")
    return set(re.findall(r'<symbol id="([^"]+)"', text))


def names_used(tag: str) -> set[str]:
    """Return the names that templates give to a tag word for word."""
    found: set[str] = set()
    for path in (ROOT / "templates").rglob("*.html"):
        found.update(re.findall(rf'{{% {tag} "([^"]+)"', path.read_text(encoding="utf-8")))
    return found


@pytest.mark.parametrize(
    ("sprite", "names"),
    [
        ("icons.svg", names_used("icon")),
        ("icons.svg", TONES),
        ("icons.svg", {value for value, _words in [*ACCESSIBILITY, *PAYMENTS]}),
        ("icons.svg", set(CategoryIcon.values)),
        ("icons.svg", set(PurposeIcon.values)),
        ("drawings.svg", names_used("drawing")),
        ("drawings.svg", set(PurposeIcon.values)),
    ],
)
def test_no_page_shows_a_hole_where_a_drawing_should_be(sprite: str, names: set[str]) -> None:
    assert names
    assert names <= names_in(sprite)
