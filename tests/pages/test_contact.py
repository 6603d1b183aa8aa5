"""The contact form: a letter arrives once, with a consent that can be proved, and stays private."""

import json
import logging
from datetime import date, timedelta
from email.header import decode_header, make_header

from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from wagtail.contrib.forms.models import FormSubmission

import pytest

from pages.models import ContactPageField, LegalVersion
from site_config.common.logs import JsonFormatter
from tests.factories import pages as make
from tests.factories import sections

pytestmark = pytest.mark.django_db

LETTER = {"name": "Залина Тестова", "email": "zalina@example.org", "question": "Когда готово?"}


@pytest.fixture
def page():
    """The contact page with three fields; a copy goes to the laboratory."""
    made = sections.contacts(
        to_address="lab@example.org", from_address="site@example.org", subject="Письмо с сайта"
    )
    for label, kind in (("name", "singleline"), ("email", "email"), ("question", "multiline")):
        made.form_fields.add(ContactPageField(label=label, field_type=kind, required=True))
    made.save()
    return made


def send(client, page, **fields):
    """Send the form with a consent."""
    return client.post(page.url, {**LETTER, "consent": "on", **fields})


def stored():
    """Return what was stored of the only letter."""
    return FormSubmission.objects.get().form_data


class TestLetter:
    """What is sent and what is kept."""

    def test_a_letter_with_a_consent_is_kept_and_sent_once(self, client, page):
        response = send(client, page)
        assert response.status_code == 200
        assert {name: stored()[name] for name in LETTER} == LETTER
        (message,) = mail.outbox
        assert message.to == ["lab@example.org"]
        assert message.from_email == "site@example.org"
        assert all(value in message.body for value in LETTER.values())

    @pytest.mark.parametrize("consent", [{}, {"consent": ""}, {"consent": "false"}])
    def test_nothing_is_taken_without_a_consent(self, client, page, consent):
        response = client.post(page.url, {**LETTER, **consent})
        assert response.status_code == 200
        assert "Без вашего согласия" in response.content.decode()
        assert not FormSubmission.objects.exists()
        assert not mail.outbox
        # What was typed is still there.
        assert LETTER["question"] in response.content.decode()

    def test_the_box_is_unticked_and_leads_to_the_document(self, client, page):
        words = client.get(page.url).content.decode()
        assert f'href="{page.consent_document.url}"' in words
        box = words.split('name="consent"')[1].split(">")[0]
        assert "checked" not in box

    def test_the_text_that_was_agreed_to_can_be_proved(self, client, page):
        document = page.consent_document
        send(client, page)
        version = document.versions.get()
        assert stored()["consent_document"] == document.title
        assert stored()["consent_version"] == "1.0"
        assert stored()["consent_text_hash"] == version.text_hash
        tomorrow = timezone.localdate() + timedelta(days=1)
        for number, day in (("2.0", timezone.localdate()), ("3.0", tomorrow)):
            document.versions.add(
                LegalVersion(number=number, effective_from=day, body=[("text", number)])
            )
        document.save()
        FormSubmission.objects.all().delete()
        send(client, page)
        assert stored()["consent_version"] == "2.0"
        assert stored()["consent_text_hash"] != version.text_hash

    def test_nobody_agrees_to_a_document_without_a_text(self, client, page):
        page.consent_document.versions.update(effective_from=date(2100, 1, 1))
        response = send(client, page)
        assert "Без вашего согласия" in response.content.decode()
        assert not FormSubmission.objects.exists()

    def test_staff_see_the_version_beside_the_letter(self, client, page):
        send(client, page)
        client.force_login(make.staff())
        listing = client.get(reverse("wagtailforms:list_submissions", args=[page.pk]))
        words = listing.content.decode()
        assert LETTER["name"] in words
        assert page.consent_document.versions.get().text_hash in words

    def test_the_letter_is_kept_though_the_mail_server_is_away(self, client, page, settings):
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
        assert send(client, page).status_code == 200
        assert stored()["name"] == LETTER["name"]


class TestAbuse:
    """Robots, floods, malice."""

    def test_who_fills_the_trap_is_refused(self, client, page):
        send(client, page, website="https://spam.example")
        assert not FormSubmission.objects.exists()
        assert not mail.outbox

    def test_a_flood_is_stopped_and_others_are_not(self, client, page):
        for _ in range(20):
            assert send(client, page).status_code == 200
        response = send(client, page)
        assert response.status_code == 429
        assert int(response["Retry-After"]) > 0
        assert FormSubmission.objects.count() == len(mail.outbox) == 20
        assert send(Client(REMOTE_ADDR="192.0.2.7"), page).status_code == 200
        # The page itself is open to everybody.
        assert client.get(page.url).status_code == 200

    def test_a_flood_from_one_network_of_many_addresses_is_stopped(self, page):
        for number in range(20):
            send(Client(REMOTE_ADDR=f"2001:db8::{number:x}"), page)
        assert send(Client(REMOTE_ADDR="2001:db8::ffff"), page).status_code == 429
        assert send(Client(REMOTE_ADDR="2001:db8:0:1::1"), page).status_code == 200

    @pytest.mark.parametrize(
        "text", ["a\r\nBcc: spam@example.org", "a\nSubject: spam", "a\r\n\r\nspam"]
    )
    @pytest.mark.parametrize("name", LETTER)
    def test_no_field_becomes_a_header_of_the_mail(self, client, page, name, text):
        assert send(client, page, **{name: text}).status_code == 200
        for message in mail.outbox:
            sent = message.message()
            assert str(make_header(decode_header(sent["Subject"]))) == "Письмо с сайта"
            assert sent["Bcc"] is None
            assert message.recipients() == ["lab@example.org"]

    @pytest.mark.parametrize("name", [*LETTER, "consent", "website", "unknown"])
    @pytest.mark.parametrize("broken", ["%00", "%ED%A0%80", "%FF"])
    def test_text_that_is_no_text(self, client, page, name, broken):
        data = {**LETTER, "consent": "on"}
        body = "&".join(f"{key}={value}" for key, value in data.items() if key != name)
        response = client.post(
            page.url,
            f"{body}&{name}=a{broken}b".encode(),
            content_type="application/x-www-form-urlencoded",
        )
        assert response.status_code in (200, 400)
        for submission in FormSubmission.objects.all():
            assert "\\u0000" not in json.dumps(submission.form_data)

    @pytest.mark.parametrize("name", LETTER)
    def test_a_text_without_end(self, client, page, name):
        response = send(client, page, **{name: "ы" * 100_000})
        assert response.status_code == 200
        assert not FormSubmission.objects.exists()

    def test_markup_is_shown_as_text(self, client, page):
        response = client.post(page.url, {**LETTER, "question": "<script>alert(1)</script>"})
        assert "<script>alert" not in response.content.decode()

    def test_a_letter_from_another_site_is_refused(self, page):
        visitor = Client(enforce_csrf_checks=True)
        visitor.get(page.url)
        assert send(visitor, page).status_code == 403
        assert not FormSubmission.objects.exists()


def test_nothing_of_a_letter_is_in_the_logs(client, page, caplog, monkeypatch):
    def fail(*args, **kwargs):
        raise OSError(f"cannot send {args}")

    monkeypatch.setattr("wagtail.contrib.forms.models.send_mail", fail)
    with caplog.at_level(logging.DEBUG):
        send(client, page)
        client.post(page.url, LETTER)
        send(client, page, website="spam")
    assert caplog.records
    lines = " ".join(JsonFormatter().format(record) for record in caplog.records)
    for value in LETTER.values():
        assert value not in lines
