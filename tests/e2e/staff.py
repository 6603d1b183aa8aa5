"""The demo people at work in the admin."""

from playwright.sync_api import Page

from accounts.demo import DOMAIN, password


def sign_in(page: Page, login: str) -> Page:
    """Come into the admin as one of the demo people, through the form, and return the tab."""
    page.goto("/admin/login/")
    page.get_by_label("Электронная почта").fill(f"{login}@{DOMAIN}")
    page.get_by_label("Пароль").first.fill(password())
    page.get_by_role("button", name="Войти").click()
    page.wait_for_url("**/admin/")
    return page
