"""The door of the admin opens to its people and tires out those who guess."""

from django.core.cache import cache

import pytest

from accounts import demo, views
from accounts.models import User

pytestmark = pytest.mark.django_db

PASSWORD = "верный-пароль-2026"


@pytest.fixture
def editor() -> User:
    """Somebody who may enter the admin."""
    return User.objects.create_superuser("Editor@example.org", PASSWORD)


def sign_in(client, login="editor@example.org", password=PASSWORD, address="192.0.2.1"):
    """Send the form of the door."""
    form = {"username": login, "password": password}
    return client.post("/admin/login/", form, REMOTE_ADDR=address)


def test_address_signs_in_whatever_the_case_of_its_letters(client, editor):
    assert sign_in(client, "EDITOR@EXAMPLE.ORG").status_code == 302


def test_guesser_of_one_login_is_stopped_also_from_other_addresses(client, editor):
    for number in range(views.BY_LOGIN.count):
        assert sign_in(client, password="x", address=f"192.0.2.{number}").status_code == 200
    response = sign_in(client, " Editor@example.org", address="198.51.100.1")
    assert response.status_code == 429
    assert "Слишком много попыток" in response.content.decode()
    assert "sessionid" not in client.cookies


def test_guesser_of_many_logins_is_stopped(client, editor):
    for number in range(views.BY_ADDRESS.count):
        sign_in(client, f"user{number}@example.org")
    assert sign_in(client).status_code == 429
    assert sign_in(client, address="198.51.100.1").status_code == 302


def test_success_forgives_earlier_slips(client, editor):
    for _round in range(2):
        for _slip in range(views.BY_LOGIN.count - 1):
            sign_in(client, password="x")
        assert sign_in(client).status_code == 302
        client.logout()


def test_cache_does_not_tell_who_failed(client):
    sign_in(client, "fatima@example.org")
    assert not any("fatima" in key for key in cache._cache)


def test_demo_people_are_made_once_and_each_can_enter(client):
    assert demo.add_people() == len(demo.PEOPLE)
    assert demo.add_people() == 0
    for _role, email, password in demo.logins():
        assert sign_in(client, email, password).status_code == 302
        assert client.get("/admin/").status_code == 200
        client.logout()
