"""The widget on pages: there where it was chosen, at once when it was changed."""

from datetime import time

from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

import pytest
import time_machine

from chat.models import (
    ChatHours,
    ChatHoursException,
    ChatReply,
    ChatSettings,
    ChatTopic,
    ChatWidget,
)
from chat.selectors import inbox
from pages.selectors import content_version
from tests.factories import pages as make
from tests.factories import sections
from tests.factories.chat import make_widget

pytestmark = pytest.mark.django_db


def has_chat(client, url="/"):
    """Say whether a page has the widget."""
    words = client.get(url).content.decode()
    assert ("<kdl-chat" in words) == ("chat_widget.js" in words)
    return "<kdl-chat" in words


def test_no_widget_no_chat(client):
    page = make.service()
    assert not has_chat(client)
    assert "/chat/" not in client.get(page.url).content.decode()


def test_the_launcher_has_what_it_needs(client):
    make_widget(title='«Чат» <b>"да"</b>', label="Спросить", side="left", colour="accent")
    page = sections.standard(title="О <i>нас</i>")
    words = client.get(page.url).content.decode()
    for attribute in [
        'href="/chat/"',
        'src-panel="/static/js/chat/panel.js"',
        'title="«Чат» &lt;b&gt;&quot;да&quot;&lt;/b&gt;"',
        'label="Спросить"',
        'side="left"',
        'accent="accent"',
        'page-title="О &lt;i&gt;нас&lt;/i&gt;"',
        '<a class="chat-link" href="/chat/">',
        '<script src="/static/js/chat_widget.js" type="module">',
    ]:
        assert attribute in words


def test_it_makes_no_cookie(client):
    make_widget()
    assert has_chat(client)
    assert not client.cookies


def test_a_draft_is_not_shown(client):
    make_widget(live=False)
    assert not has_chat(client)


class TestPageTypes:
    """An editor chooses where it appears."""

    def test_only_there(self, client):
        make_widget(page_types=["pages.servicepage"])
        assert has_chat(client, make.service().url)
        assert not has_chat(client, "/")
        assert not has_chat(client, "/poisk/")

    def test_everywhere(self, client):
        make_widget()
        assert has_chat(client, "/")
        assert client.get("/net-takoj/").status_code == 404
        assert "<kdl-chat" in client.get("/net-takoj/").content.decode()


class TestService:
    """«Спросить оператора» on the page of a service."""

    def test_leads_to_the_chat_with_the_page(self, client):
        make_widget()
        page = make.service()
        words = client.get(page.url).content.decode()
        address = f"/chat/?page={page.url.replace('/', '%2F')}"
        assert f'href="{address}"' in words
        assert "data-chat-open" in words
        assert page.title in client.get(address).content.decode()

    def test_not_where_the_widget_is_not(self, client):
        make_widget(page_types=["pages.homepage"])
        assert "data-chat-open" not in client.get(make.service().url).content.decode()


class TestFreshness:
    """Pages are kept whole; a change of the widget is there with the next request."""

    def test_what_an_editor_changes_is_seen_at_once(self, client):
        widget = make_widget()
        assert "Спросить" in client.get("/").content.decode()
        widget.label = "Написать нам"
        widget.save_revision().publish()
        assert 'label="Написать нам"' in client.get("/").content.decode()
        ChatSettings.objects.get().delete()
        assert not has_chat(client)

    def test_a_draft_leaves_the_pages_alone(self, client):
        widget = make_widget()
        before = content_version()
        widget.label = "Черновик"
        widget.save_revision()
        assert content_version() == before
        assert "Черновик" not in client.get("/").content.decode()

    @pytest.mark.parametrize(
        "change",
        [
            lambda widget: widget.save(),
            lambda widget: widget.delete(),
            lambda widget: ChatSettings.objects.get().save(),
            lambda widget: ChatTopic.objects.create(widget=widget, title="Цена", text="Сколько"),
            lambda widget: ChatHours.objects.create(widget=widget, weekday=1),
            lambda widget: ChatHoursException.objects.create(widget=widget, date="2026-12-31"),
        ],
        ids=["widget", "no widget", "settings", "topic", "hours", "exception"],
    )
    def test_every_change_counts(self, change):
        widget = make_widget()
        before = content_version()
        change(widget)
        assert content_version() > before

    def test_published_and_taken_down_by_the_clock(self, client):
        with time_machine.travel(make.moscow(2026, 3, 2, 10), tick=False) as clock:
            widget = make_widget(live=False)
            widget.go_live_at = make.moscow(2026, 3, 2, 12)
            widget.expire_at = make.moscow(2026, 3, 2, 14)
            widget.save()
            widget.save_revision(approved_go_live_at=widget.go_live_at).publish()
            assert not has_chat(client)
            clock.move_to(make.moscow(2026, 3, 2, 12, 1))
            call_command("publish_scheduled")
            assert has_chat(client)
            clock.move_to(make.moscow(2026, 3, 2, 14, 1))
            call_command("publish_scheduled")
            assert not has_chat(client)


def test_it_costs_no_query_of_its_own(client):
    page, other = make.service(), make.service()

    def queries(url):
        client.get(page.url)
        with CaptureQueriesContext(connection) as captured:
            client.get(url)
        return len(captured)

    queries(other.url)
    sections.laboratory()
    without = queries(other.url)
    make_widget()
    assert queries(other.url) <= without


class TestDemo:
    """`manage.py load_chat_demo`."""

    def test_makes_a_widget_that_an_editor_could_save(self, client, capsys):
        document = sections.legal(slug="soglasie-personalnye-dannye")
        call_command("load_chat_demo")
        widget = ChatWidget.objects.get()
        widget.full_clean()
        assert has_chat(client)
        assert widget.consent_url == document.url
        assert client.get(widget.consent_url).status_code == 200
        assert widget.hours.get(weekday=6).closes == time(14)
        assert not widget.hours.filter(weekday=7)
        assert widget.exceptions.filter(opens=None).count() == 2

    def test_gives_operators_replies_to_put_in(self, capsys):
        sections.legal(slug="soglasie-personalnye-dannye")
        call_command("load_chat_demo")
        assert len(inbox.replies()) >= 5

    def test_a_second_time_adds_nothing(self, capsys):
        sections.legal(slug="soglasie-personalnye-dannye")
        call_command("load_chat_demo")
        call_command("load_chat_demo")
        assert ChatWidget.objects.count() == 1
        assert ChatReply.objects.count() == len(inbox.replies())
