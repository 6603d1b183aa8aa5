"""The keyboard alone: menu, sheet of a phone, view panel; the focus is always seen."""

import re

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.e2e

# Where the focus is, and what is wrong with how it is shown.
FOCUS = """
() => {
  let here = document.activeElement;
  if (!here || here === document.body) return null;
  while (here.shadowRoot?.activeElement) here = here.shadowRoot.activeElement;
  const words = (here.textContent || here.name || "").trim().slice(0, 40);
  const name = `${here.tagName} ${here.className} ${words}`;
  const ringed = [here, here.parentElement, here.nextElementSibling].filter(Boolean).some((node) =>
    ["", "::before", "::after"].some((part) => {
      const style = getComputedStyle(node, part || null);
      return style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
    }));
  // A link over two lines has a box on each.
  const [box] = [...here.getClientRects()].sort((a, b) => b.width - a.width);
  const x = Math.min(Math.max(box.x + box.width / 2, 0), innerWidth - 1);
  const y = box.y + Math.min(box.height / 2, 20);
  const top = here.getRootNode().elementFromPoint(x, y);
  const label = here.closest("label");
  const seen = top && (here.contains(top) || top.contains(here) || label?.contains(top));
  const place = `${Math.round(x)} ${Math.round(y)}`;
  return { name, ringed, hidden: seen ? "" : `at ${place} by ${top?.outerHTML.slice(0, 80)}` };
}
"""


def tab_through(page, key="Tab", most=400):
    """Press the key until the focus leaves the page; return what was met on the way."""
    met = []
    for _step in range(most):
        page.keyboard.press(key)
        here = page.evaluate(FOCUS)
        if here is None:
            return met
        met.append(here)
    raise AssertionError("The focus never leaves the page.")


def has_focus(page, selector):
    """Say whether the focused element is the one meant."""
    expect(page.locator(selector).first).to_be_focused()


@pytest.mark.parametrize("width", [360, 1440])
@pytest.mark.parametrize("kind", ["HomePage", "test", "ContactPage", "FaqPage", "OfficePage"])
def test_focus_is_always_seen(visitor, site, kind, width):
    page = visitor(width, reduced_motion="reduce")
    page.goto(site.addresses[kind])
    met = tab_through(page)
    assert "skip-link" in met[0]["name"]
    assert len(met) > 15
    assert [one for one in met if not one["ringed"] or one["hidden"]] == []


@pytest.mark.parametrize("width", [360, 1440])
def test_focus_is_seen_on_the_way_back_up(visitor, site, width):
    page = visitor(width, reduced_motion="reduce")
    page.goto(site.addresses["HomePage"])
    page.evaluate("scrollTo(0, document.body.scrollHeight)")
    page.locator("footer a").last.focus()
    met = tab_through(page, "Shift+Tab")
    assert "skip-link" in met[-1]["name"]
    assert [one for one in met if not one["ringed"] or one["hidden"]] == []


def test_skip_link_leads_to_the_content(visitor):
    page = visitor()
    page.goto("/ceny/")
    page.keyboard.press("Tab")
    expect(page.locator(".skip-link")).to_be_in_viewport()
    page.keyboard.press("Enter")
    has_focus(page, "main")
    page.keyboard.press("Tab")
    assert page.evaluate("document.querySelector('main').contains(document.activeElement)")


class TestMenuOfADesk:
    """The mega-menu: opened by Enter or an arrow, walked by arrows, left by Esc or Tab."""

    @pytest.fixture
    def page(self, visitor):
        """A desk with the focus on the button of the first section."""
        page = visitor()
        page.goto("/")
        page.locator(".nav-link").first.focus()
        page.keyboard.press("Tab")
        has_focus(page, ".nav-toggle")
        return page

    def test_enter_opens_and_esc_gives_the_focus_back(self, page):
        toggle, panel = page.locator(".nav-toggle").first, page.locator(".mega").first
        page.keyboard.press("Enter")
        expect(toggle).to_have_attribute("aria-expanded", "true")
        expect(panel).to_be_visible()
        page.keyboard.press("Tab")
        expect(panel.get_by_role("link").first).to_be_focused()
        page.keyboard.press("Escape")
        expect(toggle).to_be_focused()
        expect(toggle).to_have_attribute("aria-expanded", "false")
        expect(panel).not_to_be_visible()

    def test_arrows_walk_the_links(self, page):
        links = page.locator(".mega").first.get_by_role("link")
        page.keyboard.press("ArrowDown")
        expect(links.first).to_be_focused()
        for key, link in (
            ("ArrowDown", links.nth(1)),
            ("End", links.last),
            ("Home", links.first),
            ("ArrowUp", page.locator(".nav-toggle").first),
        ):
            page.keyboard.press(key)
            expect(link).to_be_focused()

    def test_arrows_walk_the_sections(self, page):
        page.keyboard.press("ArrowRight")
        expect(page.locator(".nav-link").nth(1)).to_be_focused()
        page.keyboard.press("ArrowLeft")
        has_focus(page, ".nav-toggle")

    def test_going_on_shuts_the_panel(self, page):
        page.keyboard.press("ArrowDown")
        links = page.locator(".mega").first.get_by_role("link")
        expect(links.first).to_be_focused()
        page.keyboard.press("End")
        page.keyboard.press("Tab")
        expect(page.locator(".nav-link").nth(1)).to_be_focused()
        expect(page.locator(".mega").first).not_to_be_visible()


class TestMenuOfAPhone:
    """The sheet: opened by Enter, holds the focus, gives it back."""

    @pytest.fixture
    def page(self, visitor):
        """A phone with the sheet open."""
        page = visitor(360, reduced_motion="reduce")
        page.goto("/")
        page.locator(".sheet > summary").focus()
        page.keyboard.press("Enter")
        has_focus(page, ".sheet-close")
        return page

    def test_esc_gives_the_focus_back(self, page):
        page.keyboard.press("Escape")
        has_focus(page, ".sheet > summary")
        expect(page.locator(".sheet-panel")).not_to_be_visible()
        expect(page.locator("main[inert]")).to_have_count(0)

    def test_sections_open_by_keyboard(self, page):
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        page.keyboard.press("Tab")
        link = page.locator(".sheet-list details a").first
        expect(link).to_be_focused()
        address = link.get_attribute("href")
        page.keyboard.press("Enter")
        expect(page).to_have_url(re.compile(f"{address}$"))

    def test_panel_of_the_sheet_gives_the_focus_back(self, page):
        page.locator(".sheet [data-view-panel]").focus()
        page.keyboard.press("Enter")
        expect(page.get_by_role("dialog")).to_be_visible()
        page.keyboard.press("Escape")
        has_focus(page, ".sheet > summary")


class TestViewPanel:
    """«Версия для слабовидящих»: by keyboard, kept over pages and visits."""

    @pytest.fixture
    def page(self, visitor):
        """A desk with the panel open."""
        page = visitor(reduced_motion="reduce")
        page.goto("/")
        page.locator("[data-view-panel]:visible").focus()
        page.keyboard.press("Enter")
        expect(page.get_by_role("dialog", name="Вид сайта")).to_be_visible()
        return page

    def choose(self, page, name, steps):
        """Move by arrows within a group of choices."""
        page.locator(f".view-panel [name={name}]:checked").focus()
        for _step in range(steps):
            page.keyboard.press("ArrowRight")

    def look(self, page):
        """Return how the page looks."""
        return page.evaluate(
            """() => {
              const style = getComputedStyle(document.body);
              const shown = [...document.querySelectorAll("main :is(img, .drawing)")].filter(
                (image) => image.checkVisibility());
              return [getComputedStyle(document.documentElement).fontSize, style.backgroundColor,
                style.color, style.letterSpacing !== "normal", shown.length > 0];
            }"""
        )

    def test_focus_stays_inside_and_comes_back(self, page):
        stops = set()
        for _step in range(12):
            page.keyboard.press("Tab")
            stops.add(
                page.evaluate(
                    """() => document.activeElement === document.body ? "browser" :
                      document.querySelector(".view-panel").contains(document.activeElement)"""
                )
            )
        assert False not in stops
        page.keyboard.press("Escape")
        has_focus(page, "[data-view-panel].not-small")

    def test_settings_are_remembered(self, page, site):
        ordinary = self.look(page)
        for name, steps in (("size", 2), ("scheme", 2), ("spacing", 1), ("pictures", 1)):
            self.choose(page, name, steps)
        chosen = ["24px", "rgb(0, 0, 0)", "rgb(255, 255, 255)", True, False]
        assert self.look(page) == chosen
        page.keyboard.press("Escape")
        for address in (site.addresses["test"], "/"):
            page.goto(address)
            assert self.look(page) == chosen
        page.reload()
        assert self.look(page) == chosen
        later = page.context.new_page()
        later.goto("/")
        assert self.look(later) == chosen
        later.locator("[data-view-panel]:visible").first.click()
        assert later.locator(".view-panel :checked").evaluate_all(
            "(boxes) => boxes.map((box) => box.value)"
        ) == ["3", "contrast-dark", "", "wide", "off"]
        later.get_by_role("button", name="Вернуть обычный вид").press("Enter")
        expect(later.locator("html")).not_to_have_attribute("data-size", "3")
        assert self.look(later) == ordinary
        later.reload()
        assert self.look(later) == ordinary

    def test_hidden_pictures_are_described(self, page, site):
        self.choose(page, "pictures", 1)
        page.goto(site.addresses["ArticlePage"])
        picture = page.locator("main img[alt]:not([alt=''])").first
        expect(picture).not_to_be_visible()
        words = picture.get_attribute("alt")
        expect(page.locator(".picture-text").first).to_have_text(words)

    def test_theme(self, page):
        self.choose(page, "theme", 2)
        page.keyboard.press("Escape")
        page.goto("/ceny/")
        assert page.evaluate("getComputedStyle(document.documentElement).colorScheme") == "dark"
