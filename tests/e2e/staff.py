"""The demo people at work in the admin."""

from playwright.sync_api import Page

from accounts.demo import DOMAIN, password

# Wagtail takes what stands in a form two seconds after it opened for what was there at first.
WATCHED = "addEventListener('w-unsaved:watch-edits', () => document.body.classList.add('watched'))"


def sign_in(page: Page, login: str) -> Page:
    """Come into the admin as one of the demo people, through the form, and return the tab."""
    page.goto("/admin/login/")
    page.get_by_label("Электронная почта").fill(f"{login}@{DOMAIN}")
    page.get_by_label("Пароль").first.fill(password())
    page.get_by_role("button", name="Войти").click()
    page.wait_for_url("**/admin/")
    return page


def open_form(page: Page, path: str) -> None:
    """Open a form for editing and wait until Wagtail notices what is changed in it."""
    page.add_init_script(WATCHED)
    page.goto(path)
    page.locator("body.watched").wait_for()
