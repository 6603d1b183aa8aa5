"""What the answers tell a browser to refuse."""

from django.http import HttpResponse
from django.test import RequestFactory

import pytest

from site_config.common.csp import admin_policy

pytestmark = pytest.mark.django_db

SITE_POLICY = {
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "frame-ancestors 'none'",
    "base-uri 'none'",
    "form-action 'self'",
}


def policy(response) -> set[str]:
    """Return the directives of a response's policy."""
    return set(response.headers["Content-Security-Policy"].split("; "))


def test_site_runs_nothing_inline_and_nothing_foreign(client):
    directives = policy(client.get("/net-takoy-stranicy/"))
    assert directives >= SITE_POLICY
    assert not any("unsafe" in directive or "//" in directive for directive in directives)


def test_way_into_the_admin_is_as_strict_as_the_site(client):
    assert policy(client.get("/admin/login/")) >= SITE_POLICY


def test_own_screens_of_the_admin_are_as_strict_as_the_site(admin_client):
    assert policy(admin_client.get("/admin/prices/")) >= SITE_POLICY


def test_screens_of_wagtail_get_what_they_need_and_no_foreign_host(admin_client):
    directives = policy(admin_client.get("/admin/pages/"))
    assert "script-src 'self' 'unsafe-inline'" in directives
    assert not any("//" in directive for directive in directives)


def test_preview_is_framed_by_the_admin_alone_and_stays_strict(client):
    @admin_policy
    def preview(request):
        # Wagtail renders the page as for a visitor, with the policy that visitors get.
        return HttpResponse(headers={"Content-Security-Policy": "frame-ancestors 'none'"})

    response = preview(RequestFactory().get("/admin/pages/3/edit/preview/"))
    assert "Content-Security-Policy" not in response.headers
    assert response._csp_replace == {"frame-ancestors": ["'self'"]}


@pytest.mark.parametrize("address", ["/net-takoy-stranicy/", "/admin/login/", "/?q=%00"])
def test_every_answer_carries_the_security_headers(client, address):
    headers = client.get(address).headers
    assert "camera=()" in headers["Permissions-Policy"]
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"


def test_django_admin_is_not_there(client):
    assert client.get("/django-admin/").status_code == 404
