"""Nobody stumbles: axe finds nothing on any kind of page, in any colours, with anything open."""

import pytest

from tests.e2e.axe import COLOURS, stumbling_blocks
from tests.e2e.places import PLACES, go

pytestmark = pytest.mark.e2e

SCHEMES = ("contrast-light", "contrast-dark", "blue")


def choose(page, name, value):
    """Set what the view panel sets."""
    page.evaluate(
        "([name, value]) => (document.documentElement.dataset[name] = value)", [name, value]
    )


@pytest.mark.parametrize("place", PLACES)
def test_nobody_stumbles(reader, site, place):
    reader.emulate_media(color_scheme="light")
    reader.set_viewport_size({"width": 1440, "height": 900})
    go(reader, site, place)
    found = {"light desk": stumbling_blocks(reader)}
    # A colour that does not follow the scheme shows against a black or a white ground.
    for scheme in ("contrast-light", "contrast-dark"):
        choose(reader, "scheme", scheme)
        found[scheme] = stumbling_blocks(reader, *COLOURS)
    choose(reader, "scheme", "")
    reader.emulate_media(color_scheme="dark")
    reader.set_viewport_size({"width": 360, "height": 800})
    found["dark phone"] = stumbling_blocks(reader)
    assert {name: blocks for name, blocks in found.items() if blocks} == {}


COLOUR_CHOICES = [{}, {"color_scheme": "dark"}, *({"scheme": scheme} for scheme in SCHEMES)]


@pytest.fixture(params=COLOUR_CHOICES, ids=lambda choice: " ".join(choice.values()) or "light")
def colours(request):
    """Each set of colours."""
    return request.param


@pytest.fixture
def home(reader, colours):
    """Show the home page in these colours at a width."""

    def show(width=1440):
        reader.emulate_media(color_scheme=colours.get("color_scheme", "light"))
        reader.set_viewport_size({"width": width, "height": 900})
        reader.goto("/")
        choose(reader, "scheme", colours.get("scheme", ""))
        return reader

    return show


def test_open_menu(home):
    page = home()
    page.locator(".nav-toggle").first.click()
    page.locator(".mega").first.get_by_role("link").first.wait_for()
    assert stumbling_blocks(page) == []


def test_open_menu_of_a_phone(home):
    page = home(360)
    page.locator(".sheet > summary").click()
    page.locator(".sheet-list summary").first.click()
    assert stumbling_blocks(page) == []


def test_open_view_panel(home):
    page = home()
    page.locator("[data-view-panel]:visible").click()
    page.get_by_role("dialog").wait_for()
    assert stumbling_blocks(page) == []
