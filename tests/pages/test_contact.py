"""The contact form when something around it fails or somebody floods it."""

from wagtail.contrib.forms.models import FormSubmission

import pytest

from tests.factories import sections

pytestmark = pytest.mark.django_db


def test_a_letter_arrives_though_the_mail_server_is_away(client, settings):
    page = sections.contacts(
        to_address="lab@example.org", from_address="site@example.org", subject="Письмо"
    )
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    response = client.post(page.url, {"consent": "on"})
    assert response.status_code == 200
    assert FormSubmission.objects.count() == 1


def test_a_flood_from_one_network_is_stopped_whatever_its_addresses(client):
    page = sections.contacts()
    answers = [
        client.post(page.url, {}, REMOTE_ADDR=f"2001:db8:1:2::{number:x}").status_code
        for number in range(1, 22)
    ]
    assert answers[:20] == [200] * 20
    assert answers[20] == 429
    assert client.post(page.url, {}, REMOTE_ADDR="2001:db8:1:3::1").status_code == 200
