"""Every kind of page that a visitor can meet, and how to get there."""

from collections.abc import Callable

from playwright.sync_api import Page, Response

from pages.models import ServiceKind
from tests.e2e.site import TYPES, Site

# Addresses that are not in the tree, and the status of what stands there.
SEARCHES = {
    "search": ("/poisk/", 200),
    "search that finds": ("/poisk/?q=глюкоза", 200),
    "search in vain": ("/poisk/?q=фывапролдж", 200),
    "search too long": ("/poisk/?q=" + "а" * 300, 400),
    "prices in vain": ("/ceny/?q=фывапролдж", 200),
    "no such page": ("/takoy-stranitsy-net/", 404),
    "chat": ("/chat/?page=/kontakty/", 200),
}
# A service is visited once for each of its kinds.
IN_TREE = [*(name for name in TYPES if name != "ServicePage"), *ServiceKind.values, "old version"]


def fill_letter(page: Page) -> None:
    """Write a letter to the laboratory."""
    form = page.locator("main form.form")
    for box in form.locator(".field :is(input[type=text], textarea)").all():
        box.fill("Здравствуйте")
    for choice in form.locator("select").all():
        choice.select_option(index=1)
    for box in form.locator("input[type=checkbox]").all():
        box.check()


def send_letter(page: Page) -> None:
    """Press the button of the form."""
    page.locator("main form.form button[type=submit]").click()


def letter_sent(page: Page, site: Site) -> None:
    """Send a letter that is in order."""
    go(page, site, "ContactPage")
    fill_letter(page)
    send_letter(page)
    page.locator(".message-page").wait_for()


def letter_refused(page: Page, site: Site) -> None:
    """Send an empty letter."""
    go(page, site, "ContactPage")
    send_letter(page)
    page.locator(".error-summary").wait_for()


def send_message(page: Page) -> None:
    """Send what is in the chat's form; whoever is too quick for a first message sends again."""
    page.locator("main button[value=send]").click()
    while page.get_by_text("Секунду, сообщение отправляется.").count():
        page.locator("main button[value=send]").click()


LETTERS: dict[str, Callable[[Page, Site], None]] = {
    "letter sent": letter_sent,
    "letter refused": letter_refused,
}
PLACES = [*IN_TREE, *SEARCHES, *LETTERS]
# The form carries a token of the visitor, so these may set its cookie.
WITH_COOKIE = {"ContactPage", "chat", *LETTERS}


def go(page: Page, site: Site, place: str) -> Response | None:
    """Go to a place by its name. A page type that the demo content lacks is a KeyError."""
    if place in LETTERS:
        LETTERS[place](page, site)
        return None
    path, status = SEARCHES.get(place) or (site.addresses[place], 200)
    response = page.goto(path)
    assert response is not None
    assert response.status == status, f"{path}: {response.status}"
    return response
