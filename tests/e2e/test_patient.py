"""What a patient comes for: the way from a question to an open door, a sheet on paper, no haste."""

import re

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.e2e


def test_from_a_question_to_an_open_office(visitor):
    page = visitor(360, 740, is_mobile=True, has_touch=True, device_scale_factor=2)
    page.goto("/")
    field = page.locator("main").get_by_role("searchbox")
    field.fill("глюкоза")
    field.press("Enter")
    page.locator(".results").get_by_role("link", name="Глюкоза", exact=True).tap()

    expect(page.get_by_role("heading", level=1)).to_have_text("Глюкоза")
    offer = page.get_by_role("complementary", name="Цена и срок")
    price = offer.locator(".offer-price").inner_text()
    assert re.fullmatch(r"\d[\d\s]*\s₽", price)
    # «и 190 ₽ — Взятие крови из вены, один раз за визит; всего 470 ₽»
    fee, total = re.findall(r"(\d[\d\s]*)\s₽", offer.locator(".offer-note").first.inner_text())
    assert digits(price) + digits(fee) == digits(total)
    expect(offer).to_contain_text("Взятие крови из вены")
    expect(offer).to_contain_text("Срок готовности")

    offer.locator("a[href='#preparation']").tap()
    preparation = page.locator("#preparation")
    expect(preparation.get_by_role("heading", level=2)).to_be_in_viewport()
    expect(preparation).to_contain_text("Последний приём пищи")

    offer.get_by_role("link", name="Где сдать").tap()
    line = page.locator("#offices li").filter(has_text="Открыто до").first
    expect(line).to_be_in_viewport()
    status = line.locator(".status").inner_text()
    line.get_by_role("link").tap()
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    expect(page.locator("main .status").first).to_have_text(status)
    expect(page.locator("main a[href^='tel:']").first).to_be_visible()

    page.goto("/ceny/?q=глюкоза")
    row = page.locator(".service").filter(has=page.get_by_role("link", name="Глюкоза", exact=True))
    assert digits(row.locator(".price").inner_text()) == digits(price)


def digits(text):
    """Return an amount as a number."""
    return int(re.sub(r"\D", "", text))


def test_old_version_of_a_document_says_so(visitor, site):
    page = visitor()
    page.goto(site.addresses["old version"])
    expect(page.locator("main")).to_contain_text("Это не действующая")
    page.get_by_role("link", name="Читать действующую").click()
    expect(page.locator("main")).not_to_contain_text("Это не действующая")


@pytest.mark.parametrize("kind", ["PriceListPage", "test", "PreparationPage"])
def test_sheet_on_paper(visitor, site, kind):
    page = visitor()
    page.goto(site.addresses[kind])
    page.emulate_media(media="print")
    for part in (".header", ".footer", ".toolbar", "main .button", ".notice", ".view-panel"):
        for found in page.locator(part).all():
            expect(found).not_to_be_visible()
    head = page.locator(".print-head")
    expect(head).to_contain_text("Дзагуров КДЛ")
    expect(head).to_contain_text("ул. ")
    expect(head).to_contain_text("+7 (8672)")
    expect(head).to_contain_text(f"{site.url}{site.addresses[kind]}")
    expect(head).to_contain_text(re.compile(r"\d{1,2} [а-я]+ 20\d\d"))
    code = head.locator("svg, img").bounding_box()
    assert min(code["width"], code["height"]) > 60
    colours = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert colours in {"rgb(255, 255, 255)", "rgba(0, 0, 0, 0)"}
    assert page.pdf(format="A4").startswith(b"%PDF")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_paper_is_white_in_every_theme(visitor, site, theme):
    page = visitor(color_scheme=theme)
    page.goto(site.addresses["test"])
    page.emulate_media(media="print")
    style = page.evaluate(
        """() => ["h1", ".offer-price", "#preparation"].map(
          (part) => getComputedStyle(document.querySelector(part)).color)"""
    )
    assert set(style) == {"rgb(0, 0, 0)"}


def test_desk_at_200_percent(visitor):
    page = visitor(640, 400, device_scale_factor=2)
    page.goto("/")
    page.locator("main").get_by_role("searchbox").fill("ТТГ")
    page.locator("main").get_by_role("button", name="Найти").click()
    page.locator(".results").get_by_role("link", name=re.compile("^ТТГ")).first.click()
    expect(page.locator(".offer-price")).to_contain_text("₽")
    page.locator(".sheet > summary").click()
    expect(page.get_by_role("navigation", name="Меню", exact=True)).to_be_in_viewport()
    page.get_by_role("button", name="Закрыть меню").click()
    expect(page.locator(".sheet-panel")).not_to_be_visible()


# Animations and transitions that last longer than a blink.
MOVING = """() => document.getAnimations().filter(
  (one) => one.effect.getComputedTiming().duration > 10).length"""


@pytest.mark.parametrize(("motion", "moves"), [("reduce", False), ("no-preference", True)])
def test_nothing_moves_for_who_asked_for_rest(visitor, motion, moves):
    page = visitor(360, reduced_motion=motion)
    page.goto("/")
    seen = page.evaluate(
        f"""async () => {{
          document.querySelector(".sheet").open = true;
          await new Promise((done) => requestAnimationFrame(done));
          return ({MOVING})();
        }}"""
    )
    assert bool(seen) == moves
