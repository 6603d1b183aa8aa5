"""`make run` brings up the whole site, says where it is and who may sign in, and ends by Ctrl-C."""

import pytest
from playwright.sync_api import expect

from accounts.demo import PEOPLE, password
from tests.e2e.newcomer import make_run

pytestmark = pytest.mark.e2e


def test_make_run(page, site, tmp_path):
    with make_run(site.database, tmp_path / "output.txt") as run:
        page.goto(run.url)
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        code = run.stop()
    said = run.said()
    assert code == 0, said
    assert f"{run.url}/admin/" in said
    assert run.vk_url in said
    assert all(person.email in said for person in PEOPLE)
    assert password() in said
