"""Each role comes into the admin through a strict door, and Wagtail's screens work behind it."""

import pytest
from playwright.sync_api import Page, expect

from accounts.demo import PEOPLE, password

pytestmark = pytest.mark.e2e


def sign_in(page: Page, site: str, email: str) -> None:
    """Come in through the form."""
    page.goto(f"{site}/admin/login/")
    page.get_by_label("Электронная почта").fill(email)
    page.get_by_label("Пароль").first.fill(password())
    page.get_by_role("button", name="Войти").click()


@pytest.mark.parametrize("person", PEOPLE, ids=lambda person: person.login)
def test_each_role_comes_in(page, demo_site, person):
    sign_in(page, demo_site, person.email)
    expect(page.get_by_role("navigation").first).to_be_visible()
    assert page.url == f"{demo_site}/admin/"


def test_screens_of_wagtail_work_under_their_policy(page, demo_site):
    sign_in(page, demo_site, PEOPLE[0].email)
    for address in (
        "/admin/pages/",
        "/admin/images/",
        "/admin/users/",
        "/admin/reports/site-history/",
    ):
        response = page.goto(f"{demo_site}{address}")
        assert response is not None
        assert response.status == 200
        expect(page.get_by_role("heading", level=1).first).to_be_visible()
