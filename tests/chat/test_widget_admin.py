"""The widget in the admin: who may change it, what is refused, what an editor sees before."""

import json
import re

from django.contrib.auth.models import Group
from django.urls import reverse

from wagtail.models import Site
from wagtail.test.utils.form_data import inline_formset, nested_form_data

import pytest
import time_machine

from accounts.models import User
from chat.models import ChatConsent, ChatThread, ChatWidget
from chat.models.facts import consent_hash
from tests.factories import pages as make
from tests.factories.chat import OPERATORS, make_widget

pytestmark = pytest.mark.django_db

EDITORS, HEADS = "Редакторы", "Заведующие"
ADD = "wagtailsnippets_chat_chatwidget:add"
EDIT = "wagtailsnippets_chat_chatwidget:edit"
PREVIEW = "wagtailsnippets_chat_chatwidget:preview_on_edit"
LUNCH = {"lunch_from": "13:00", "lunch_to": "14:00"}
MONDAY = {"weekday": "1", "opens": "08:00", "closes": "18:00", "lunch_from": "", "lunch_to": ""}


def form(page_types=(), **fields):
    """Return the whole form of a widget; `fields` replace those it has."""
    data = {
        "title": "Спросите лабораторию",
        "label": "Спросить",
        "greeting": "Здравствуйте!",
        "away": "Ответим утром.",
        "notice": "Без диагнозов.",
        "emergency": "103 или 112",
        "phone": "",
        "side": "right",
        "colour": "primary",
        "consent_text": "Я согласен на обработку персональных данных.",
        "consent_version": "1.0",
        "consent_url": "/soglasie/",
        "topics": inline_formset([{"title": "Цена", "text": "Сколько стоит ", "ORDER": "1"}]),
        "hours": inline_formset([MONDAY]),
        "exceptions": inline_formset([]),
        "go_live_at": "",
        "expire_at": "",
        "action-publish": "1",
    }
    return {**nested_form_data({**data, **fields}), "page_types": list(page_types)}


@pytest.fixture
def editor(client):
    """An editor at their desk."""
    user = make.staff(EDITORS)
    client.force_login(user)
    return user


def edit(client, widget, **fields):
    """Publish a widget with other values; return the form's errors, none if it was taken."""
    response = client.post(reverse(EDIT, args=[widget.pk]), form(**fields))
    return {} if response.status_code == 302 else errors_of(response)


def errors_of(response):
    """Return all errors of a form that came back."""
    assert response.status_code == 200
    shown = response.context["form"]
    found = {name: [str(error) for error in errors] for name, errors in shown.errors.items()}
    for name, formset in shown.formsets.items():
        lines = [
            str(error) for row in formset.errors for errors in row.values() for error in errors
        ]
        lines += [str(error) for error in formset.non_form_errors()]
        if lines:
            found[name] = lines
    return found


class TestRights:
    """The groups that migrations make."""

    @pytest.mark.parametrize(
        ("group", "may"),
        [(EDITORS, True), (HEADS, True), (OPERATORS, False), ("Менеджеры цен", False)],
    )
    def test_who_may_change_it(self, client, group, may):
        widget = make_widget()
        client.force_login(make.staff(group))
        site = Site.objects.get()
        for address in [
            reverse(ADD),
            reverse(EDIT, args=[widget.pk]),
            reverse(PREVIEW, args=[widget.pk]),
            reverse("wagtailsettings:edit", args=["chat", "chatsettings", site.pk]),
        ]:
            assert (client.get(address).status_code == 200) == may

    def test_nobody_else(self, client):
        widget = make_widget()
        assert client.post(reverse(EDIT, args=[widget.pk]), form()).status_code == 302
        assert ChatWidget.objects.get().title == widget.title
        assert ChatWidget.objects.get().greeting == widget.greeting


class TestEditing:
    """An editor's form."""

    def test_a_new_widget(self, client, editor):
        response = client.post(reverse(ADD), form(page_types=["pages.servicepage"]))
        assert response.status_code == 302, errors_of(response)
        widget = ChatWidget.objects.get()
        assert widget.live
        assert widget.page_types == ["pages.servicepage"]
        assert [topic.title for topic in widget.topics.all()] == ["Цена"]
        assert widget.hours.get().weekday == 1

    def test_page_types_have_their_names(self, client, editor):
        make.service()
        words = client.get(reverse(ADD)).content.decode()
        assert "pages.servicepage" in words
        assert "Главная страница" in words
        assert "wagtailcore.page" not in words

    def test_chosen_page_types_stay_chosen(self, client, editor):
        widget = make_widget(page_types=["pages.servicepage"])
        assert not edit(client, widget, page_types=["pages.homepage", "pages.servicepage"])
        words = client.get(reverse(EDIT, args=[widget.pk])).content.decode()
        boxes = re.findall(r'<input[^>]*name="page_types"[^>]*checked[^>]*>', words)
        assert len(boxes) == 2

    def test_a_page_type_that_does_not_exist(self, client, editor):
        assert "page_types" in edit(client, make_widget(), page_types=["pages.nosuchpage"])

    def test_a_draft_may_be_half_done(self, client, editor):
        data = form(consent_url="", consent_text="", greeting="")
        del data["action-publish"]
        assert client.post(reverse(ADD), data).status_code == 302
        assert not ChatWidget.objects.get().live

    def test_a_draft_changes_nothing_yet_and_history_keeps_both(self, client, editor):
        widget = make_widget(greeting="Было")
        data = form(greeting="Стало")
        del data["action-publish"]
        client.post(reverse(EDIT, args=[widget.pk]), data)
        widget.refresh_from_db()
        assert widget.greeting == "Было"
        assert widget.latest_revision.as_object().greeting == "Стало"
        address = reverse("wagtailsnippets_chat_chatwidget:history", args=[widget.pk])
        assert client.get(address).status_code == 200
        client.post(reverse(EDIT, args=[widget.pk]), form(greeting="Ещё раз"))
        first, last = widget.revisions.first(), widget.revisions.last()
        address = "wagtailsnippets_chat_chatwidget:revisions_compare"
        words = client.get(reverse(address, args=[widget.pk, first.pk, last.pk])).content.decode()
        assert "Стало" in words or "Ещё" in words

    def test_a_schedule(self, client, editor):
        widget = make_widget(live=False)
        with time_machine.travel(make.moscow(2026, 3, 2, 10), tick=False):
            assert not edit(client, widget, go_live_at="2026-03-02 12:00")
        widget.refresh_from_db()
        assert not widget.live
        assert widget.scheduled_revision.as_object().greeting == "Здравствуйте!"


class TestConsent:
    """What patients have agreed to stays what it was."""

    def test_another_text_needs_another_version(self, client, editor):
        widget = make_widget(consent_text="Я согласен.", consent_version="1.0")
        wrong = edit(client, widget, consent_text="Я согласен на всё.")
        assert wrong == {"consent_version": ["Текст изменился: укажите новую редакцию."]}
        assert not edit(client, widget, consent_text="Я согласен на всё.", consent_version="1.1")

    def test_a_version_is_not_used_again(self, client, editor):
        widget = make_widget(consent_text="Новый.", consent_version="2.0")
        ChatConsent.objects.create(
            thread=ChatThread.objects.create(), version="1.0", text_sha256=consent_hash("Старый.")
        )
        taken = edit(client, widget, consent_text="Третий.", consent_version="1.0")
        assert "consent_version" in taken
        assert not edit(client, widget, consent_text="Старый.", consent_version="1.0")

    def test_line_ends_are_no_other_text(self, client, editor):
        widget = make_widget(consent_text="Раз.\nДва.")
        assert not edit(client, widget, consent_text="Раз.\r\nДва.\r\n")
        widget.refresh_from_db()
        assert widget.consent_text == "Раз.\nДва."

    @pytest.mark.parametrize(
        "url",
        [
            "https://evil.example/",
            "//evil.example/",
            "/\\evil.example",
            "javascript:alert(1)",
            "soglasie",
            "/a b/",
        ],
    )
    def test_the_document_is_here(self, client, editor, url):
        assert "consent_url" in edit(client, make_widget(), consent_url=url)


class TestHours:
    """Rows that nobody could keep to."""

    @pytest.mark.parametrize(
        "row",
        [
            {"opens": "18:00", "closes": "08:00"},
            {"opens": "08:00", "closes": "08:00"},
            {"opens": "", "closes": ""},
            {"opens": "08:00", "closes": ""},
            {"lunch_from": "13:00"},
            {"lunch_from": "14:00", "lunch_to": "13:00"},
            {"lunch_from": "07:00", "lunch_to": "07:30"},
            {"weekday": "8"},
        ],
    )
    def test_are_refused_in_words(self, client, editor, row):
        wrong = edit(client, make_widget(), hours=inline_formset([{**MONDAY, **row}]))
        assert wrong["hours"]
        assert "chat_" not in str(wrong)

    def test_a_weekday_twice(self, client, editor):
        twice = inline_formset([MONDAY, {**MONDAY, "opens": "09:00"}])
        assert "hours" in edit(client, make_widget(), hours=twice)

    def test_none_at_all(self, client, editor):
        assert "hours" in edit(client, make_widget(), hours=inline_formset([]))

    def test_an_exception_without_times_is_a_day_off(self, client, editor):
        row = {"date": "2026-12-31", "note": "", "opens": "", "closes": ""}
        row |= {"lunch_from": "", "lunch_to": ""}
        widget = make_widget()
        assert not edit(client, widget, exceptions=inline_formset([row]))
        assert widget.exceptions.get().opens is None


class TestPreview:
    """The real widget with the draft's words, in a frame of the admin."""

    def preview(self, client, widget, mode="", **fields):
        """Return the preview's page and the state that its widget begins with."""
        address = reverse(PREVIEW, args=[widget.pk])
        answer = client.post(address, form(**fields)).json()
        assert answer == {"is_valid": True, "is_available": True}
        response = client.get(address, {"mode": mode})
        words = response.content.decode()
        found = re.search(r'<script id="chat-preview"[^>]*>(.*?)</script>', words, re.DOTALL)
        return response, json.loads(found[1])

    def test_shows_the_draft(self, client, editor):
        widget = make_widget(greeting="Было")
        greeting = "Стало </script><b>жирно</b>"
        response, state = self.preview(client, widget, greeting=greeting, side="left")
        assert state["widget"]["greeting"] == greeting
        assert [topic["title"] for topic in state["widget"]["topics"]] == ["Цена"]
        assert state["hours"]["open"] is True
        assert state["thread"] is None
        words = response.content.decode()
        assert 'side="left"' in words
        assert words.index("chat_preview.js") < words.index("chat_widget.js")
        assert words.count("<kdl-chat") == 1
        assert "<b>жирно</b>" not in words

    def test_shows_it_when_nobody_is_there(self, client, editor):
        _response, state = self.preview(client, make_widget(), mode="away")
        assert state["hours"]["open"] is False

    def test_keeps_the_strict_policy(self, client, editor):
        response, _state = self.preview(client, make_widget())
        policy = response.headers["Content-Security-Policy"]
        assert "frame-ancestors 'self'" in policy
        assert "unsafe-inline" not in policy

    def test_half_a_widget_does_not_break_it(self, client, editor):
        data = {
            name: "" if name in {"title", "consent_url"} else value
            for name, value in form().items()
        }
        address = reverse("wagtailsnippets_chat_chatwidget:preview_on_add")
        assert client.post(address, data).status_code == 200
        assert client.get(address).status_code == 200


def test_editor_chooses_the_widget_and_not_how_long_words_are_kept(client, db):
    make_widget()
    editor = User.objects.create_user("settings-editor@example.org")
    editor.groups.add(Group.objects.get(name="Редакторы"))
    client.force_login(editor)
    site = Site.objects.get(is_default_site=True)
    page = client.get(f"/admin/settings/chat/chatsettings/{site.pk}/").content.decode()
    assert 'name="widget"' in page
    assert 'name="keep_days"' not in page
