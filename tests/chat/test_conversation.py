"""A conversation through the patient's door: stored once, in order, and nobody else's."""

from datetime import datetime, timedelta
from uuid import uuid4

from django.utils import timezone

import pytest
import time_machine

from accounts.models import User
from chat.errors import AnsweredMeanwhile, Forbidden, TooLate
from chat.models import ChatConsent, ChatMessage, ChatSettings, ChatThread, ChatWait
from chat.services import drafts, messages, threads, vk_operators
from chat.services.messages import Answer
from tests.factories.chat import Patient, make_operator

pytestmark = pytest.mark.django_db


def texts(answer: dict) -> list[str]:
    """Return the texts of an update."""
    return [message["text"] for message in answer["messages"]]


def reply(operator: User, thread: int, text: str = "Да, 8 часов.", **fields) -> ChatMessage:
    """Let an operator answer."""
    return messages.send_as_operator(
        operator, thread, Answer(client_id=uuid4(), text=text, **fields)
    ).message


def waiting_since(thread: int) -> datetime | None:
    """Return since when a thread's patient waits."""
    return ChatThread.objects.get(pk=thread).waiting_since


def test_looking_makes_no_row_and_no_visitor_cookie(patient: Patient):
    answer = patient.state()
    assert answer["thread"] is None
    assert "kdl_chat" not in patient.client.cookies
    assert not ChatThread.objects.filter(is_common=False).exists()


def test_question_and_answer_are_found_again(patient: Patient, operator: User):
    sent = patient.send("Натощак?", page={"url": "/analizy/ttg/", "title": "ТТГ"})
    assert sent.status_code == 201
    number = sent.json()["thread"]["number"]
    reply(operator, number)
    state = patient.state()
    assert texts(state) == ["Натощак?", "Вам отвечает Светлана.", "Да, 8 часов."]
    assert [message["seq"] for message in state["messages"]] == [1, 2, 3]
    assert state["thread"]["unread"] == 1
    assert state["consented"] is True
    thread = ChatThread.objects.get(pk=number)
    assert (thread.page_url, thread.page_title) == ("/analizy/ttg/", "ТТГ")
    assert ChatConsent.objects.get().version == "1.0"


def test_cookie_is_out_of_reach_of_scripts_and_other_pages(patient: Patient):
    cookie = patient.send().cookies["kdl_chat"]
    assert cookie["httponly"]
    assert cookie["path"] == "/chat/"
    assert cookie["samesite"] == "Lax"
    assert not ChatThread.objects.filter(visitor_hash=cookie.value).exists()


def test_repeated_message_is_stored_once(patient: Patient):
    client_id = str(uuid4())
    first = patient.send("Раз", client_id=client_id)
    second = patient.send("Раз", client_id=client_id)
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json()["message"] == second.json()["message"]
    assert ChatMessage.objects.count() == 1


def test_first_message_whose_answer_was_lost_finds_its_thread_again(patient: Patient):
    client_id = str(uuid4())
    first = patient.send("Раз", client_id=client_id)
    del patient.client.cookies["kdl_chat"]
    second = patient.send("Раз", client_id=client_id)
    assert second.status_code == 200
    assert second.cookies["kdl_chat"].value == first.cookies["kdl_chat"].value
    assert ChatThread.objects.filter(is_common=False).count() == 1


@pytest.mark.parametrize("meanwhile", ["signed in", "signed in with a dialogue", "other tab"])
def test_first_message_whose_answer_was_lost_is_not_doubled_by_a_new_identity(
    patient: Patient, meanwhile: str
):
    client_id = str(uuid4())
    lost = patient.send("Раз", client_id=client_id).json()["message"]["id"]
    del patient.client.cookies["kdl_chat"]
    user = User.objects.create_user("p@example.org", "x")
    if meanwhile == "signed in with a dialogue":
        elsewhere = Patient()
        elsewhere.client.force_login(user)
        elsewhere.send("Дома")
    if meanwhile == "other tab":
        patient.send("Два")
    else:
        patient.client.force_login(user)
        patient.csrf = ""
    again = patient.send("Раз", client_id=client_id)
    assert (again.status_code, again.json()["message"]["id"]) == (200, lost)
    assert ChatMessage.objects.filter(text="Раз").count() == 1
    assert "Раз" in texts(patient.state())


def test_key_of_a_first_message_opens_nothing_once_the_cookie_came_back(patient: Patient):
    client_id = str(uuid4())
    patient.send("Раз", client_id=client_id)
    patient.state()
    stranger = Patient()
    answer = stranger.send("Раз", client_id=client_id)
    assert answer.status_code == 409
    assert answer.json()["code"] == "client_id_reused"
    assert "kdl_chat" not in stranger.client.cookies
    assert ChatThread.objects.filter(is_common=False).count() == 1


def test_known_key_with_another_text_is_refused(patient: Patient):
    client_id = str(uuid4())
    patient.send("Раз", client_id=client_id)
    answer = patient.send("Два", client_id=client_id)
    assert (answer.status_code, answer.json()["code"]) == (409, "client_id_reused")
    assert ChatMessage.objects.count() == 1


def test_first_message_needs_consent_and_later_ones_do_not(patient: Patient):
    refused = patient.send(consent="")
    assert (refused.status_code, refused.json()["code"]) == (400, "consent_required")
    assert not ChatThread.objects.filter(is_common=False).exists()
    assert patient.send().status_code == 201
    assert patient.send(consent="").status_code == 201


def test_changed_consent_text_is_asked_for_again(patient: Patient, widget):
    patient.send()
    widget.consent_text, widget.consent_version = "Другой текст.", "2.0"
    widget.save()
    assert patient.state()["consented"] is False
    assert patient.send(consent="").json()["code"] == "consent_required"
    assert patient.send(consent="2.0").status_code == 201


def test_events_bring_what_is_new_and_nothing_twice(patient: Patient, operator: User):
    sent = patient.send().json()
    number, cursor = sent["thread"]["number"], sent["cursor"]
    assert patient.events(cursor, number).status_code == 304
    reply(operator, number)
    update = patient.events(cursor, number).json()
    assert texts(update)[-1] == "Да, 8 часов."
    assert patient.events(update["cursor"], number).status_code == 304


def test_note_is_never_shown_to_the_patient(patient: Patient, operator: User):
    sent = patient.send().json()
    number = sent["thread"]["number"]
    reply(operator, number, "Сложный случай", kind=ChatMessage.Kind.NOTE)
    assert "Сложный случай" not in str(patient.events(sent["cursor"], number).json())
    assert "Сложный случай" not in str(patient.state())
    assert "Сложный" not in patient.client.get("/chat/api/transcript/").content.decode()


@pytest.mark.parametrize("cursor", ["-1", "x", "1.5", "999999", "9" * 30, "", "١"])
def test_cursor_that_was_never_given_is_refused(patient: Patient, cursor: str):
    number = patient.send().json()["thread"]["number"]
    answer = patient.events(cursor, number)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_cursor")


def test_foreign_and_missing_threads_look_the_same(patient: Patient):
    number = patient.send().json()["thread"]["number"]
    other = Patient()
    assert other.events(0, number).status_code == 404
    other.send()
    foreign, missing = other.events(0, number), other.events(0, 424242)
    assert foreign.status_code == missing.status_code == 409
    assert foreign.content == missing.content


def test_own_message_can_be_changed_and_taken_back(patient: Patient):
    message = patient.send("Пасспорт 90 00 123456").json()["message"]
    changed = patient.post(f"messages/{message['id']}/edit/", {"text": "Ой"}).json()["message"]
    assert (changed["text"], changed["edited"]) == ("Ой", True)
    assert changed["version"] > message["version"]
    gone = patient.post(f"messages/{message['id']}/delete/").json()["message"]
    assert (gone["text"], gone["deleted"], gone["seq"]) == ("", True, message["seq"])
    assert patient.post(f"messages/{message['id']}/delete/").json()["message"] == gone


def test_message_that_was_answered_says_what_was_answered(patient: Patient, operator: User):
    sent = patient.send("Натощак?").json()
    reply(operator, sent["thread"]["number"])
    later = patient.send("А воду?").json()["message"]
    refused = patient.post(f"messages/{sent['message']['id']}/edit/", {"text": "А ребёнку?"})
    assert (refused.status_code, refused.json()["code"]) == (400, "too_late")
    assert "новым сообщением" in refused.json()["detail"]
    assert patient.post(f"messages/{later['id']}/edit/", {"text": "А чай?"}).status_code == 200
    threads.close(operator, sent["thread"]["number"])
    assert patient.post(f"messages/{later['id']}/edit/", {"text": "А?"}).status_code == 400
    assert texts(patient.state())[0] == "Натощак?"
    # Taken back it can be nevertheless.
    assert patient.post(f"messages/{sent['message']['id']}/delete/").status_code == 200


def test_correcting_the_name_keeps_the_address_for_the_answer(patient: Patient):
    number = patient.send().json()["thread"]["number"]
    patient.post("contact/", {"name": "Ана", "email": "anna@example.ru"})
    patient.post("contact/", {"name": "Анна"})
    thread = ChatThread.objects.get(pk=number)
    assert (thread.name, thread.email) == ("Анна", "anna@example.ru")
    patient.post("contact/", {"name": "Анна", "email": ""})
    thread.refresh_from_db()
    assert thread.email == ""


def test_browser_knows_its_earlier_numbers_for_what_still_waits_to_be_sent(patient: Patient):
    number = patient.send().json()["thread"]["number"]
    earlier = Patient().send().json()["thread"]["number"]
    assert patient.state()["merged"] == []
    threads.merge(earlier, number)
    heir = ChatThread.objects.create(name="Карточка").pk
    threads.merge(number, heir)
    state = patient.state()
    assert state["thread"]["number"] == heir
    assert state["merged"] == [number, earlier]


def test_message_cannot_be_changed_after_a_quarter_of_an_hour(patient: Patient, operator: User):
    message = patient.send("Натощак?").json()["message"]
    answer = reply(operator, ChatThread.objects.get(is_common=False).pk)
    with time_machine.travel(timezone.now() + timedelta(minutes=16), tick=False):
        for action in ("edit", "delete"):
            refused = patient.post(f"messages/{message['id']}/{action}/", {"text": "x"})
            assert (refused.status_code, refused.json()["code"]) == (400, "too_late")
        with pytest.raises(TooLate):
            messages.edit_as_operator(operator, answer.pk, "Нет")
    assert texts(patient.state())[0] == "Натощак?"
    answer.refresh_from_db()
    assert answer.text == "Да, 8 часов."


def test_message_that_was_taken_back_cannot_be_changed(patient: Patient):
    message = patient.send("Личное").json()["message"]
    patient.post(f"messages/{message['id']}/delete/")
    refused = patient.post(f"messages/{message['id']}/edit/", {"text": "x"})
    assert refused.status_code == 404
    assert texts(patient.state()) == [""]


def test_who_may_no_longer_answer_changes_nothing(patient: Patient, operator: User):
    number = patient.send().json()["thread"]["number"]
    answer = reply(operator, number)
    operator.groups.clear()
    fired = User.objects.get(pk=operator.pk)
    for action in (
        lambda: reply(fired, number, "Ещё"),
        lambda: messages.edit_as_operator(fired, answer.pk, "Нет"),
        lambda: messages.delete_as_operator(fired, answer.pk),
        lambda: threads.close(fired, number),
        lambda: threads.assign(fired, number, None),
        lambda: drafts.save(fired, number, ChatMessage.Kind.MESSAGE, "Черновик"),
        lambda: vk_operators.new_code(fired),
    ):
        with pytest.raises(Forbidden):
            action()
    assert texts(patient.state())[-1] == "Да, 8 часов."


def test_chat_that_was_switched_off_takes_no_message(patient: Patient):
    patient.state()
    ChatSettings.objects.update(widget=None)
    refused = patient.send("Натощак?")
    assert (refused.status_code, refused.json()["code"]) == (503, "chat_off")
    assert not ChatMessage.objects.exists()


def test_foreign_message_cannot_be_changed(patient: Patient, operator: User):
    number = patient.send().json()["thread"]["number"]
    answer = reply(operator, number)
    other = Patient()
    other.send()
    for person, path in [(patient, answer.pk), (other, answer.pk), (other, 424242)]:
        refused = person.post(f"messages/{path}/edit/", {"text": "x"})
        assert (refused.status_code, refused.json()["code"]) == (404, "not_found")


def test_closed_dialogue_opens_again_when_the_patient_writes(patient: Patient, operator: User):
    number = patient.send().json()["thread"]["number"]
    threads.close(operator, number)
    assert patient.state()["thread"]["status"] == "closed"
    assert patient.send("Ещё вопрос").json()["thread"]["status"] == "open"
    assert patient.state()["thread"]["operator"] is None


def test_closed_dialogue_is_rated_and_the_rating_can_be_changed(patient: Patient, operator: User):
    number = patient.send().json()["thread"]["number"]
    reply(operator, number)
    assert patient.post("rating/", {"score": 5, "comment": ""}).status_code == 400
    threads.close(operator, number)
    assert patient.post("rating/", {"score": 6, "comment": ""}).status_code == 400
    patient.post("rating/", {"score": 3, "comment": "Долго"})
    answer = patient.post("rating/", {"score": 5, "comment": "Спасибо"})
    assert answer.json()["thread"]["rating"] == {"score": 5, "comment": "Спасибо"}


def test_forgotten_browser_knows_nothing_and_begins_anew(patient: Patient, operator: User):
    number = patient.send("Личное").json()["thread"]["number"]
    secret = patient.client.cookies["kdl_chat"].value
    assert patient.post("forget/").status_code == 204
    assert patient.state()["thread"] is None
    thief = Patient()
    thief.client.cookies["kdl_chat"] = secret
    assert thief.state()["thread"] is None
    assert patient.send("Новое").json()["thread"]["number"] != number
    assert ChatThread.objects.get(pk=number).messages.count() == 1


def test_sign_in_joins_the_browsers_dialogue_and_sign_out_leaves_nothing(patient: Patient):
    number = patient.send("Раз").json()["thread"]["number"]
    user = User.objects.create_user("p@example.org", "x")
    patient.client.force_login(user)
    assert patient.state()["thread"]["number"] == number
    patient.client.logout()
    patient.csrf = ""
    assert patient.state()["thread"] is None
    elsewhere = Patient()
    elsewhere.client.force_login(user)
    assert texts(elsewhere.state()) == ["Раз"]


def test_second_browsers_dialogue_is_added_to_the_accounts(patient: Patient, operator: User):
    user = User.objects.create_user("p@example.org", "x")
    patient.client.force_login(user)
    heir = patient.send("Дома").json()["thread"]["number"]
    phone = Patient()
    old = phone.send("С телефона").json()["thread"]["number"]
    phone.client.force_login(user)
    phone.csrf = ""
    state = phone.state()
    assert state["thread"]["number"] == heir
    assert texts(state)[0] == "Дома"
    assert texts(state)[-1] == "С телефона"
    assert [message["seq"] for message in state["messages"]] == [1, 2, 3]
    # The old number leads to the heir: an operator's answer is not lost.
    assert reply(operator, old).thread_id == heir


def test_wait_begins_with_the_first_question_and_ends_with_the_answer(
    patient: Patient, operator: User
):
    number = patient.send("Раз").json()["thread"]["number"]
    since = ChatThread.objects.get(pk=number).waiting_since
    patient.send("Два")
    assert ChatThread.objects.get(pk=number).waiting_since == since
    reply(operator, number)
    wait = ChatWait.objects.get()
    assert (wait.started_at, wait.answered, wait.operator, wait.is_first) == (
        since,
        True,
        operator,
        True,
    )
    assert ChatThread.objects.get(pk=number).waiting_since is None


def test_operator_is_told_that_a_colleague_answered_meanwhile(patient: Patient, operator: User):
    number = patient.send("Раз").json()["thread"]["number"]
    reply(operator, number, seen_seq=1)
    colleague = make_operator("Анна")
    with pytest.raises(AnsweredMeanwhile):
        reply(colleague, number, "Нет, не надо", seen_seq=1)
    assert reply(colleague, number, "Нет, не надо", seen_seq=1, anyway=True).seq == 4


def test_cross_site_post_is_refused(patient: Patient):
    patient.state()
    answer = patient.post("messages/", {}, **{"X-CSRFToken": "no"})
    assert (answer.status_code, answer.json()["code"]) == (403, "csrf")


def test_first_message_without_a_ticket_or_too_fast_is_refused(patient: Patient):
    fresh = patient.state()["ticket"]
    assert patient.send(ticket="").status_code == 400
    assert patient.send(ticket="chat:1:forged").status_code == 400
    too_fast = patient.send(ticket=fresh)
    assert (too_fast.status_code, too_fast.json()["code"]) == (429, "too_fast")
    assert too_fast.headers["Retry-After"]
    assert not ChatThread.objects.filter(is_common=False).exists()


def test_patient_of_a_merged_dialogue_still_finds_the_answers(patient: Patient, operator: User):
    old = patient.send("С этого телефона").json()["thread"]["number"]
    lost = Patient()
    heir = lost.send("Раньше").json()["thread"]["number"]
    lost.post("forget/")
    threads.merge(old, heir)
    reply(operator, heir)
    state = patient.state()
    assert state["thread"]["number"] == heir
    assert texts(state)[-1] == "Да, 8 часов."


def test_merging_gives_nobody_the_dialogue_of_somebody_elses_browser(patient: Patient):
    old = patient.send("Раз").json()["thread"]["number"]
    other = Patient()
    heir = other.send("Два").json()["thread"]["number"]
    threads.merge(old, heir)
    assert patient.state()["thread"] is None
    assert texts(other.state())[-1] == "Раз"


def test_taken_back_answer_leaves_the_patient_waiting(patient: Patient, operator: User):
    number = patient.send("Раз").json()["thread"]["number"]
    since = ChatThread.objects.get(pk=number).waiting_since
    wrong = reply(operator, number, "Не тому")
    assert ChatThread.objects.get(pk=number).waiting_since is None
    messages.delete_as_operator(operator, wrong.pk)
    waiting = ChatThread.objects.get(pk=number).waiting_since
    assert waiting is not None
    assert since is not None
    assert abs(waiting - since).total_seconds() < 1


def test_nobody_waits_for_a_question_that_was_taken_back(patient: Patient):
    message = patient.send("Ошибся").json()["message"]
    patient.post(f"messages/{message['id']}/delete/")
    assert ChatThread.objects.get(is_common=False).waiting_since is None


def test_question_still_waits_after_a_closed_dialogue_was_joined_to_it(
    patient: Patient, operator: User
):
    user = User.objects.create_user("p@example.org", "x")
    phone = Patient()
    old = phone.send("С телефона").json()["thread"]["number"]
    patient.client.force_login(user)
    patient.csrf = ""
    heir = patient.send("Дома").json()["thread"]["number"]
    asked = ChatMessage.objects.get(text="Дома").created_at
    # Answered and closed after the question at home was asked.
    reply(operator, old)
    threads.close(operator, old)
    unanswered = phone.send("Спасибо").json()["message"]["id"]
    threads.close(operator, old)
    phone.client.force_login(user)
    phone.csrf = ""
    phone.state()
    assert waiting_since(heir) is not None
    phone.post(f"messages/{unanswered}/delete/")
    assert waiting_since(heir) == asked
    slip = phone.send("Ой").json()["message"]["id"]
    phone.post(f"messages/{slip}/delete/")
    assert waiting_since(heir) == asked
    wrong = reply(operator, heir)
    assert waiting_since(heir) is None
    messages.delete_as_operator(operator, wrong.pk)
    assert waiting_since(heir) == asked
    reply(operator, heir)
    gone = phone.send("И ещё").json()["message"]["id"]
    phone.post(f"messages/{gone}/delete/")
    assert waiting_since(heir) is None


def test_what_was_closed_unanswered_does_not_wait_again_after_a_merge(
    patient: Patient, operator: User
):
    user = User.objects.create_user("p@example.org", "x")
    patient.client.force_login(user)
    heir = patient.send("Дома").json()["thread"]["number"]
    reply(operator, heir)
    phone = Patient()
    old = phone.send("Алло").json()["thread"]["number"]
    threads.close(operator, old)
    phone.client.force_login(user)
    phone.csrf = ""
    phone.state()
    slip = phone.send("Ой").json()["message"]["id"]
    phone.post(f"messages/{slip}/delete/")
    assert waiting_since(heir) is None


@pytest.mark.parametrize("url", ["/\\evil.example/", "//evil.example", "javascript:1", "\\\\x"])
def test_page_that_is_not_of_this_site_is_refused(patient: Patient, url: str):
    answer = patient.send(page={"url": url, "title": "ТТГ"})
    assert (answer.status_code, answer.json()["field"]) == (400, "page")
    assert not ChatMessage.objects.exists()
