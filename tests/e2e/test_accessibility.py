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
def test_nobody_stumbles(visitor, site, place):
    # Without motion the colours are at once what they will be.
    page = visitor(reduced_motion="reduce")
    go(page, site, place)
    found = {"desk": stumbling_blocks(page)}
    page.emulate_media(color_scheme="dark")
    found["dark"] = stumbling_blocks(page, *COLOURS)
    for scheme in SCHEMES:
        choose(page, "scheme", scheme)
        found[scheme] = stumbling_blocks(page, *COLOURS)
    choose(page, "scheme", "")
    page.set_viewport_size({"width": 360, "height": 800})
    found["dark phone"] = stumbling_blocks(page)
    page.emulate_media(color_scheme="light")
    found["phone"] = stumbling_blocks(page, *COLOURS)
    assert {name: blocks for name, blocks in found.items() if blocks} == {}


COLOUR_CHOICES = [{}, {"color_scheme": "dark"}, *({"scheme": scheme} for scheme in SCHEMES)]


@pytest.fixture(params=COLOUR_CHOICES, ids=lambda choice: " ".join(choice.values()) or "light")
def colours(request):
    """Each set of colours."""
    return request.param


def home(visitor, site, colours, **options):
    """Go home in these colours."""
    page = visitor(reduced_motion="reduce", color_scheme=colours.get("color_scheme"), **options)
    page.goto("/")
    if "scheme" in colours:
        choose(page, "scheme", colours["scheme"])
    return page


def test_open_menu(visitor, site, colours):
    page = home(visitor, site, colours)
    page.locator(".nav-toggle").first.click()
    page.locator(".mega").first.get_by_role("link").first.wait_for()
    assert stumbling_blocks(page) == []


def test_open_menu_of_a_phone(visitor, site, colours):
    page = home(visitor, site, colours, width=360)
    page.locator(".sheet > summary").click()
    page.locator(".sheet-list summary").first.click()
    assert stumbling_blocks(page) == []


def test_open_view_panel(visitor, site, colours):
    page = home(visitor, site, colours)
    page.locator("[data-view-panel]:visible").click()
    page.get_by_role("dialog").wait_for()
    assert stumbling_blocks(page) == []
