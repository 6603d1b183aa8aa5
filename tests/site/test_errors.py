"""What a visitor sees when something goes wrong: a page in Russian with the right status."""

import json

from django.core.exceptions import PermissionDenied
from django.db import OperationalError
from django.http import Http404
from django.test import Client
from django.urls import path

import pytest

from site_config import urls as site_urls
from site_config.common.errors import Gone, too_many_requests

pytestmark = pytest.mark.django_db


def failing(error):
    """A view that fails in the given way."""

    def view(request):
        raise error

    return view


class Urls:
    """The addresses of the site, and one for each way to fail."""

    handler400 = site_urls.handler400
    handler403 = site_urls.handler403
    handler404 = site_urls.handler404
    handler500 = site_urls.handler500
    urlpatterns = [
        path("forbidden/", failing(PermissionDenied)),
        path("missing/", failing(Http404)),
        path("gone/", failing(Gone)),
        path("slow-down/", lambda request: too_many_requests(request, retry_after=60)),
        path("broken/", failing(ValueError("Фатима, +7 900 000-00-00"))),
        path("database-away/", failing(OperationalError("connection refused"))),
    ]


@pytest.fixture
def visitor(settings):
    """A client that gets answers, not exceptions."""
    settings.ROOT_URLCONF = Urls
    return Client(raise_request_exception=False)


@pytest.mark.parametrize(
    ("address", "status", "words"),
    [
        ("/forbidden/", 403, "Нет доступа"),
        ("/missing/", 404, "Такой страницы нет"),
        ("/gone/", 410, "Этой страницы больше нет"),
        ("/slow-down/", 429, "Слишком много попыток"),
        ("/broken/", 500, "У нас что-то сломалось"),
        ("/database-away/", 503, "Сайт ненадолго недоступен"),
    ],
)
def test_failure_is_told_in_russian_with_its_status(visitor, address, status, words):
    response = visitor.get(address)
    assert response.status_code == status
    assert words in response.content.decode()
    assert response.headers["Cache-Control"] == "no-store"


def test_failure_shows_nothing_of_its_cause(visitor):
    assert "Фатима" not in visitor.get("/broken/").content.decode()


def test_visitor_learns_when_to_come_back(visitor):
    assert visitor.get("/slow-down/").headers["Retry-After"] == "60"
    assert int(visitor.get("/database-away/").headers["Retry-After"]) > 0


def test_page_about_a_dead_database_asks_the_database_nothing(
    visitor, django_assert_num_queries, settings
):
    settings.MIDDLEWARE = []
    with django_assert_num_queries(0):
        assert visitor.get("/database-away/").status_code == 503


def test_error_page_that_cannot_be_made_leaves_a_bare_one(visitor, monkeypatch):
    def no_chrome(*args):
        raise OperationalError("connection refused")

    monkeypatch.setattr("pages.selectors.chrome", no_chrome)
    response = visitor.get("/broken/")
    assert response.status_code == 500
    assert "У нас что-то сломалось" in response.content.decode()


def test_form_without_token_says_how_to_send_it_again():
    client = Client(enforce_csrf_checks=True)
    response = client.post("/admin/login/", {"username": "a@example.org", "password": "x"})
    assert response.status_code == 403
    assert "обновите страницу" in response.content.decode()


@pytest.mark.parametrize(
    "address", ["/%00/", "/%ED%A0%80/", "/%FF/", "/?q=%00", "/?q=%ED%A0%80", "/?%FF=1"]
)
def test_address_that_is_no_text_is_a_bad_request(client, address):
    response = client.get(address)
    assert response.status_code == 400
    assert "Не удалось понять запрос" in response.content.decode()
    assert "Content-Security-Policy" in response.headers


@pytest.mark.parametrize(
    "value",
    ["a\x00b", json.dumps({"text": ["a\x00b"]}), json.dumps("\ud800"), json.dumps({"\x00": 1})],
)
def test_field_that_is_no_text_is_a_bad_request(client, value):
    response = client.post("/admin/login/", {"username": value, "password": "x"})
    assert response.status_code == 400


@pytest.mark.parametrize(
    "value",
    ["ӕ 😀 №", r"C:\u0000", json.dumps("😀"), r'{"path": "\\u0000"}', "[" * 100_000 + r"\u0000"],
)
def test_field_that_only_looks_odd_is_taken(client, value):
    response = client.post("/admin/login/", {"username": value, "password": "x"})
    assert response.status_code == 200


def test_malformed_cookie_locks_nobody_out(client):
    client.cookies["sessionid"] = "a"
    client.cookies["sessionid"].set("sessionid", "a\x00", '"a\\000"')
    assert client.get("/admin/login/").status_code == 200
