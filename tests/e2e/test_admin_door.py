"""Each role comes into the admin through a strict door, and Wagtail's screens work behind it."""

import pytest
from playwright.sync_api import expect

from accounts.demo import PEOPLE
from tests.e2e.staff import sign_in

pytestmark = pytest.mark.e2e


@pytest.mark.parametrize("person", PEOPLE, ids=lambda person: person.login)
def test_each_role_comes_in(visitor, site, person):
    page = sign_in(visitor(), person.login)
    expect(page.get_by_role("navigation").first).to_be_visible()
    assert page.url == f"{site.url}/admin/"


def test_screens_of_wagtail_work_under_their_policy(visitor):
    page = sign_in(visitor(), "admin")
    for address in (
        "/admin/pages/",
        "/admin/images/",
        "/admin/users/",
        "/admin/reports/site-history/",
    ):
        response = page.goto(address)
        assert response is not None
        assert response.status == 200
        expect(page.get_by_role("heading", level=1).first).to_be_visible()
