"""Every kind of page: whole on every screen, silent in the console, alone on its host."""

import pytest

from tests.e2e.places import PLACES, WITH_COOKIE, go

pytestmark = pytest.mark.e2e

# The first two are also a desk at 400 % and at 200 %: 1280 pixels of glass.
WIDTHS = (320, 640, 360, 768, 1440)
# What sticks out beyond the window, unless it scrolls in a box of its own.
OUTSIDE = """
() => {
  const root = document.documentElement;
  const scrolls = (node) => node && node !== document.body &&
    (["auto", "scroll", "hidden"].includes(getComputedStyle(node).overflowX) ||
      scrolls(node.parentElement));
  const out = [...document.querySelectorAll("main *, header *, footer *")].filter((node) => {
    const box = node.getBoundingClientRect();
    return box.width > 1 && box.right > root.clientWidth + 1 && !scrolls(node.parentElement);
  });
  const wide = root.scrollWidth > root.clientWidth;
  const parts = out.map((node) => node.outerHTML.slice(0, 120));
  return wide ? [`page ${root.scrollWidth}`, ...parts] : [];
}
"""


@pytest.mark.parametrize("place", PLACES)
def test_page_is_whole_and_quiet(visitor, site, place):
    page = visitor()
    go(page, site, place)
    page.wait_for_load_state()
    assert page.locator("h1").count() == 1
    assert page.locator("h1").inner_text().strip()
    assert page.title()
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 800})
        assert (width, page.evaluate(OUTSIDE)) == (width, [])
    page.set_viewport_size({"width": 360, "height": 800})
    page.evaluate("Object.assign(document.documentElement.dataset, {size: 3, spacing: 'wide'})")
    assert page.evaluate(OUTSIDE) == []
    cookies = {cookie["name"] for cookie in page.context.cookies()}
    assert cookies <= ({"csrftoken"} if place in WITH_COOKIE else set())
