"""The chat as a plain page: whoever has no scripts loses nothing and writes nothing twice."""

import re
from http.cookies import SimpleCookie
from uuid import uuid4

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils.html import escape

import pytest

from chat.models import (
    ChatConsent,
    ChatMessage,
    ChatRating,
    ChatSettings,
    ChatThread,
    ChatTopic,
)
from chat.permissions import Visitor
from chat.services import attachments, messages, protection, threads
from chat.services.messages import Answer
from tests.factories import pages as make
from tests.factories import sections
from tests.factories.chat import make_operator, make_widget, old_ticket
from tests.factories.files import picture

pytestmark = pytest.mark.django_db

FIELD = re.compile(r'<input[^>]*type="hidden"[^>]*>')


class Reader:
    """A browser without scripts: sends the form that it was given."""

    def __init__(self, client=None):
        self.client = client or Client(enforce_csrf_checks=True)
        self.response = None

    @property
    def words(self):
        """What stands on the page."""
        return self.response.content.decode()

    def read(self, address="/chat/"):
        """Open the page."""
        self.response = self.client.get(address)
        return self.words

    def hidden(self):
        """Return what the form of a message brings along unseen."""
        form = self.words[self.words.index('enctype="multipart/form-data"') :]
        fields = {}
        for tag in FIELD.findall(form[: form.index("</form>")]):
            value = re.search(r'value="([^"]*)"', tag)
            fields[re.search(r'name="([^"]*)"', tag)[1]] = value[1] if value else ""
        return fields

    def form(self, text="Натощак?", **fields):
        """Return the form as it is now, filled in by somebody who took their time."""
        if self.response is None:
            self.read()
        data = self.hidden() | {"ticket": old_ticket(), "text": text, "consent": "on"}
        return {name: value for name, value in (data | fields).items() if value is not None}

    def send(self, text="Натощак?", **fields):
        """Send a message."""
        return self.post("send", self.form(text, **fields))

    def act(self, action, **fields):
        """Send one of the other forms."""
        token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', self.read())[1]
        return self.post(action, {"csrfmiddlewaretoken": token, **fields})

    def post(self, action, data):
        """Post a form; follow where it leads."""
        self.response = self.client.post("/chat/", {**data, "action": action})
        status = self.response.status_code
        if status == 302:
            self.read(self.response["Location"].partition("#")[0])
        return status


@pytest.fixture
def widget(db):
    """The widget that the site shows."""
    return make_widget()


@pytest.fixture
def reader(widget):
    """Somebody without scripts."""
    return Reader()


def texts():
    """Return what patients have written."""
    return list(ChatMessage.objects.filter(sender="visitor").values_list("text", flat=True))


class TestPage:
    """Before anybody writes."""

    def test_opening_it_makes_no_row_and_no_cookie_of_ours(self, reader):
        words = reader.read()
        assert "Здравствуйте!" in words or "Сейчас нас нет" in words
        assert "Не присылайте паспортные данные." in words
        assert "103 или 112" in words
        assert "kdl_chat" not in reader.client.cookies
        assert not ChatThread.objects.filter(is_common=False)

    def test_nobody_keeps_or_finds_it(self, reader):
        words = reader.read()
        assert "no-store" in reader.response["Cache-Control"]
        assert '<meta name="robots" content="noindex">' in words
        assert reader.read() != words, "each form has a key of its own"

    def test_the_box_is_not_ticked(self, reader):
        box = re.search(r'<input type="checkbox" name="consent"[^>]*>', reader.read())[0]
        assert "checked" not in box
        assert 'href="/soglasie/"' in reader.words

    def test_topics_begin_the_text(self, reader, widget):
        ChatTopic.objects.create(widget=widget, title="Цена", text="Сколько стоит ")
        link = re.search(r'<a class="chip"[^>]*href="([^"]*)"', reader.read())[1]
        reader.read("/chat/" + link.partition("#")[0].replace("&amp;", "&"))
        assert re.search(r"<textarea[^>]*>\s*Сколько стоит", reader.words)
        assert reader.hidden()["topic"] == "Цена"

    def test_without_a_widget_there_is_a_word_and_no_form(self, db):
        reader = Reader()
        assert "Чат сейчас выключен" in reader.read()
        assert "textarea" not in reader.words
        assert reader.client.post("/chat/", {"action": "send"}).status_code == 403

    @pytest.mark.parametrize("method", ["put", "patch", "delete"])
    def test_other_methods(self, client, widget, method):
        assert getattr(client, method)("/chat/").status_code == 405


class TestContext:
    """The page that a patient asks from."""

    def test_is_shown_and_sent(self, reader):
        page = make.service(title="ТТГ")
        assert "«ТТГ»" in reader.read(f"/chat/?page={page.url}")
        assert reader.send() == 302
        thread = ChatThread.objects.get(is_common=False)
        assert (thread.page_url, thread.page_title) == (page.url, "ТТГ")

    def test_can_be_removed(self, reader):
        page = make.service(title="ТТГ")
        reader.read(f"/chat/?page={page.url}")
        assert '<a href="/chat/#write">' in reader.words
        reader.read("/chat/")
        reader.send()
        assert ChatThread.objects.get(is_common=False).page_url == ""

    @pytest.mark.parametrize(
        "page", ["//evil.example/", "https://evil.example/", "/net/", "x", "/" * 900, "/%00/"]
    )
    def test_pages_that_are_none(self, reader, page):
        response = reader.client.get("/chat/", {"page": page})
        assert response.status_code == 200
        assert "evil" not in response.content.decode()
        reader.response = response
        assert reader.send(page=page[:500]) == 302
        assert ChatThread.objects.get(is_common=False).page_url == ""

    def test_a_page_for_some_only_is_not_named(self, reader):
        page = sections.standard(title="Тайная страница")
        sections.hide(page)
        assert "Тайная" not in reader.read(f"/chat/?page={page.url}")

    def test_text_from_the_address_is_only_text(self, reader):
        text = '</textarea><script>alert("1")</script>'
        response = reader.client.get("/chat/", {"text": text, "topic": '"><b>'})
        assert escape(text) in response.content.decode()
        assert "<script>alert" not in response.content.decode()


class TestSending:
    """A message is stored once."""

    def test_is_stored_and_shown(self, reader):
        assert reader.send("Нужно ли натощак?\nИ воду?") == 302
        assert texts() == ["Нужно ли натощак?\nИ воду?"]
        assert "Нужно ли натощак?<br>И воду?" in reader.words
        assert "отправлено" in reader.words
        assert "kdl_chat" in reader.client.cookies
        assert ChatConsent.objects.get().version == "1.0"
        assert 'name="consent"' not in reader.words

    def test_leads_to_the_message(self, reader):
        data = reader.form()
        response = reader.client.post("/chat/", {**data, "action": "send"})
        message = ChatMessage.objects.get()
        assert response["Location"] == f"/chat/#message-{message.pk}"
        assert f'id="message-{message.pk}"' in reader.read()

    def test_what_was_taken_back_stands_there_as_such(self, reader):
        reader.send("Не туда")
        message = ChatMessage.objects.get()
        messages.delete_as_visitor(Visitor(message.thread.visitor_hash), message.pk)
        assert "Сообщение удалено" in reader.read()
        assert "Не туда" not in reader.words

    def test_chat_that_was_switched_off_meanwhile(self, reader):
        data = reader.form()
        ChatSettings.objects.update(widget=None)
        reader.post("send", data)
        assert "Чат сейчас выключен" in reader.words
        assert texts() == []

    def test_sent_twice_is_one(self, reader):
        data = reader.form()
        assert reader.post("send", data) == 302
        assert reader.post("send", data) == 302
        assert texts() == ["Натощак?"]
        assert ChatThread.objects.filter(is_common=False).count() == 1

    def test_sent_twice_before_the_first_answer_came_is_one(self, reader):
        data = reader.form()
        before = SimpleCookie(reader.client.cookies.output(header=""))
        reader.client.post("/chat/", {**data, "action": "send"})
        reader.client.cookies = before
        assert reader.post("send", data) == 302
        assert texts() == ["Натощак?"]
        assert "Натощак?" in reader.words

    def test_another_text_under_a_key_that_was_used(self, reader):
        data = reader.form()
        reader.post("send", data)
        assert reader.post("send", data | {"text": "Другое"}) == 409
        assert "Отправьте его заново" in reader.words
        assert reader.hidden()["client_id"] != data["client_id"]
        assert reader.send("Другое") == 302
        assert texts() == ["Натощак?", "Другое"]

    def test_a_second_message(self, reader):
        reader.send("Раз")
        reader.send("Два", consent=None)
        assert texts() == ["Раз", "Два"]
        assert ChatThread.objects.filter(is_common=False).count() == 1

    def test_a_closed_dialogue_goes_on(self, reader):
        reader.send("Раз")
        threads.close(make_operator(), ChatThread.objects.get(is_common=False).pk)
        reader.read()
        reader.send("Два")
        assert "Разговор продолжается." in reader.words


class TestRefusals:
    """What goes wrong is said in words, what was typed stays."""

    def refused(self, reader, status, said, **fields):
        """Send what is refused; nothing is written."""
        assert reader.send("Мой вопрос", **fields) == status
        assert said in reader.words
        assert "error-summary" in reader.words
        assert "Мой вопрос" in reader.words
        assert texts() == []
        assert not ChatThread.objects.filter(is_common=False)

    def test_no_consent(self, reader):
        self.refused(reader, 400, "Без вашего согласия", consent=None)

    def test_consent_to_a_text_that_is_no_longer_valid(self, reader, widget):
        reader.read()
        form = reader.form("Мой вопрос")
        widget.consent_text, widget.consent_version = "Новый текст согласия.", "2.0"
        widget.save()
        assert reader.post("send", form) == 400
        assert "Новый текст согласия." in reader.words
        assert texts() == []
        assert reader.send("Мой вопрос") == 302
        assert ChatConsent.objects.get().version == "2.0"

    def test_too_quick(self, reader):
        reader.read()
        ticket = protection.new_ticket()
        self.refused(reader, 429, "Секунду", ticket=ticket)
        assert reader.response["Retry-After"]
        assert reader.hidden()["ticket"] == ticket

    def test_no_ticket(self, reader):
        self.refused(reader, 400, "Не удалось разобрать запрос", ticket="")

    def test_a_robot_that_fills_every_field(self, reader):
        self.refused(reader, 400, "Оставьте это поле пустым", website="https://spam.example")

    def test_a_key_that_is_none(self, reader):
        self.refused(reader, 400, "UUID", client_id="1")

    @pytest.mark.parametrize("text", ["", "   ", "\n\t"])
    def test_nothing_written(self, reader, text):
        assert reader.send(text) == 400
        assert "Сначала напишите что-нибудь." in reader.words

    def test_too_long(self, reader):
        assert reader.send("я" * 4001) == 400
        assert texts() == []

    def test_control_characters(self, reader):
        assert reader.send("а\x07б") == 400
        assert "нельзя прочесть" in reader.words

    def test_without_a_token(self, reader):
        reader.read()
        assert reader.client.post("/chat/", {"action": "send", "text": "x"}).status_code == 403
        assert texts() == []

    @pytest.mark.parametrize("action", ["", "nothing", "rate", "contact", "forget"])
    def test_what_needs_a_dialogue_without_one(self, reader, action):
        assert reader.act(action) == 302
        assert not ChatThread.objects.filter(is_common=False)

    def test_markup_is_only_text(self, reader):
        reader.send('<img src=x onerror="alert(1)"> https://evil.example')
        assert "<img src=x" not in reader.words
        assert '<a href="https://evil' not in reader.words


class TestFiles:
    """Files go with the form."""

    @pytest.fixture
    def stored(self, monkeypatch):
        """Take files as they are: how they are judged is tested elsewhere."""
        taken = []

        def store(file, **context):
            taken.append(file.name)
            return attachments.ChatAttachment.objects.create(
                name=file.name, content_type="image/png", size=file.size, file="x"
            )

        monkeypatch.setattr(attachments, "store", store)
        return taken

    def upload(self):
        """Return a picture."""
        return SimpleUploadedFile("napravlenie.png", picture(), content_type="image/png")

    def test_go_along_without_words(self, reader, stored):
        assert reader.send("", uploads=[self.upload(), self.upload()]) == 302
        assert ChatMessage.objects.get().attachments.count() == 2
        assert "napravlenie.png" in reader.words

    def test_need_not_be_chosen_again(self, reader, stored):
        reader.read()
        assert reader.send(uploads=[self.upload()], consent_version="0.9") == 400
        assert "Выбранные файлы уже загружены" in reader.words
        assert reader.send() == 302
        assert ChatMessage.objects.get().attachments.count() == 1
        assert len(stored) == 1

    def test_are_not_worked_on_for_a_robot(self, reader, stored):
        assert reader.send(uploads=[self.upload()], ticket=protection.new_ticket()) == 429
        assert reader.send(uploads=[self.upload()], website="x") == 400
        assert stored == []

    def test_are_stored_for_real(self, reader, settings, tmp_path):
        assert reader.send(uploads=[self.upload()]) == 302
        link = re.search(r'<a class="chat-file"\s+href="([^"]+)"', reader.words)[1]
        answer = reader.client.get(link)
        assert answer.status_code == 200
        assert answer["Content-Disposition"].startswith("attachment")

    def test_too_many(self, reader, stored):
        assert reader.send(uploads=[self.upload() for _number in range(6)]) == 400
        assert "не больше 5 файлов" in reader.words
        assert stored == []

    def test_what_is_no_picture_is_refused_beside_the_field(self, reader):
        file = SimpleUploadedFile("virus.exe", b"MZ", content_type="image/png")
        assert reader.send(uploads=[file]) in (400, 415)
        assert "JPEG, PNG, HEIC" in reader.words
        assert texts() == []

    @pytest.mark.parametrize("ids", ["x", str(uuid4()), f"{uuid4()} {uuid4()}"])
    def test_files_that_are_not_theirs(self, reader, ids):
        assert reader.send(attachments=ids) == 400
        assert texts() == []


class TestDialogue:
    """The conversation on the page."""

    @pytest.fixture
    def thread(self, reader):
        """A dialogue with one question."""
        reader.send("Натощак?")
        return ChatThread.objects.get(is_common=False)

    def answer(self, thread, text="Да, 8 часов."):
        """Let an operator answer."""
        messages.send_as_operator(make_operator("Светлана"), thread.pk, Answer(uuid4(), text))

    def test_an_answer_is_shown_and_read(self, reader, thread):
        self.answer(thread)
        words = reader.read()
        assert "Светлана" in words
        assert "Да, 8 часов." in words
        assert "прочитано" in words
        thread.refresh_from_db()
        assert thread.visitor_read_seq == thread.last_seq

    def test_notes_are_not(self, reader, thread):
        note = Answer(uuid4(), "Тайна", kind=ChatMessage.Kind.NOTE)
        messages.send_as_operator(make_operator(), thread.pk, note)
        assert "Тайна" not in reader.read()

    def test_older_messages(self, reader, thread):
        for number in range(60):
            self.answer(thread, f"Ответ {number}.")
        words = reader.read()
        assert "Натощак?" not in words
        assert "Ответ 59." in words
        older = re.search(r'href="(\?before=\d+)"', words)[1]
        words = reader.read(f"/chat/{older}")
        assert "Натощак?" in words
        assert "Ответ 59." not in words

    @pytest.mark.parametrize("before", ["x", "-1", "9" * 30, ""])
    def test_places_that_are_none(self, reader, thread, before):
        assert reader.client.get("/chat/", {"before": before}).status_code == 404

    def test_nobody_else_sees_it(self, reader, thread):
        assert "Натощак?" not in Reader().read()

    def test_where_to_answer(self, reader, thread):
        fields = {"contact-name": "Анна", "contact-email": "anna@example.org"}
        assert reader.act("contact", **fields) == 302
        thread.refresh_from_db()
        assert (thread.name, thread.email) == ("Анна", "anna@example.org")
        assert "anna@example.org" not in reader.words
        reader.act("contact", **{"contact-name": "Анна К."})
        thread.refresh_from_db()
        assert (thread.name, thread.email) == ("Анна К.", "anna@example.org")
        reader.act("contact", **{"contact-name": "Анна", "contact-drop_email": "on"})
        thread.refresh_from_db()
        assert thread.email == ""

    def test_an_address_that_is_none(self, reader, thread):
        assert reader.act("contact", **{"contact-email": "anna"}) == 400
        assert "<details open>" in reader.words.replace("\n", " ").replace("  ", "")

    def test_rating(self, reader, thread):
        threads.close(make_operator(), thread.pk)
        assert 'name="rating-score"' in reader.read()
        assert reader.act("rate", **{"rating-score": "5", "rating-comment": "Спасибо"}) == 302
        assert ChatRating.objects.get().score == 5
        assert "Ваша оценка: 5 из 5" in reader.words

    @pytest.mark.parametrize("score", ["", "0", "6", "x"])
    def test_a_rating_that_is_none(self, reader, thread, score):
        threads.close(make_operator(), thread.pk)
        assert reader.act("rate", **{"rating-score": score}) == 400
        assert not ChatRating.objects.exists()

    def test_an_open_dialogue_is_not_rated(self, reader, thread):
        assert reader.act("rate", **{"rating-score": "5"}) == 400
        assert "Диалог ещё не закрыт." in reader.words

    @pytest.mark.parametrize(
        ("action", "call", "fields"),
        [
            ("contact", "contact", {"contact-name": "Анна"}),
            ("rate", "rating", {"rating-score": "5"}),
        ],
    )
    def test_too_often(self, reader, thread, monkeypatch, action, call, fields):
        threads.close(make_operator(), thread.pk)
        # One count with the widget's calls.
        monkeypatch.setitem(protection.CALLS, call, protection.Limit(3, 600))
        visitor = Visitor(secret_hash=thread.visitor_hash)
        protection.admit_call(call, visitor)
        assert [reader.act(action, **fields) for _ in range(3)] == [302, 302, 429]
        assert reader.response.headers["Retry-After"] == "600"
        assert "Подождите несколько минут" in reader.words

    def test_transcript(self, reader, thread):
        assert 'href="/chat/api/transcript/"' in reader.read()
        assert "Натощак?" in reader.client.get("/chat/api/transcript/").content.decode()

    def test_forgetting(self, reader, thread):
        cookie = reader.client.cookies["kdl_chat"].value
        assert reader.act("forget") == 302
        assert "Натощак?" not in reader.words
        reader.client.cookies["kdl_chat"] = cookie
        assert "Натощак?" not in reader.read()

    def test_an_account_keeps_its_dialogue(self, reader, thread, django_user_model):
        user = django_user_model.objects.create_user("anna@example.org")
        reader.client.force_login(user)
        assert "Натощак?" in reader.read()
        assert 'value="forget"' not in reader.words
        thread.refresh_from_db()
        assert thread.user == user
