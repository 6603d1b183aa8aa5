"""The operators' calls: what they see, what they do, what nobody else can."""

from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from django.contrib.auth.models import Group
from django.core.files.base import ContentFile
from django.test import Client
from django.utils import timezone

from wagtail.models import ModelLogEntry

import pytest

from accounts.models import User
from chat.models import ChatAttachment, ChatMessage, ChatReply, ChatThread
from chat.services import threads
from tests.chat.desk import API, Operator
from tests.factories.chat import Patient, make_operator

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(operator: User) -> Operator:
    """Светлана at her desk."""
    return Operator(operator)


@pytest.fixture
def head(db: None) -> Operator:
    """The head of the laboratory, who manages the chat."""
    user = User.objects.create_user("head@example.org", first_name="Фатима")
    user.groups.add(Group.objects.get(name="Заведующие"))
    return Operator(user)


def ask(patient: Patient, text: str = "Натощак?", **fields: Any) -> int:
    """Let a patient ask; return the number of the dialogue."""
    return patient.send(text, **fields).json()["thread"]["number"]


def log_of(number: int) -> list[str]:
    """The actions in the audit log of a dialogue, in order."""
    entries = ModelLogEntry.objects.for_instance(ChatThread(pk=number))
    return list(entries.order_by("timestamp", "pk").values_list("action", flat=True))


# --- Who comes in --------------------------------------------------------------------------------


def test_screen_is_for_operators(desk: Operator, client: Client):
    assert desk.client.get("/admin/chat/").status_code == 200
    editor = User.objects.create_user("editor@example.org")
    editor.groups.add(Group.objects.get(name="Редакторы"))
    client.force_login(editor)
    refused = client.get("/admin/chat/")
    assert refused.status_code == 403
    assert "sidebar" in refused.content.decode()
    assert "data-chat-waiting" not in client.get("/admin/").content.decode()


def test_screens_allow_nothing_inline(desk: Operator, head: Operator):
    for client, address in [
        (desk.client, "/admin/chat/"),
        (head.client, "/admin/chat/reports/"),
    ]:
        policy = client.get(address).headers["Content-Security-Policy"]
        assert "unsafe-inline" not in policy


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize(
    "path",
    ["state/", "threads/", "search/?q=a", "badge/", "replies/", "content/?q=a", "threads/1/",
     "threads/1/messages/", "threads/1/close/", "messages/1/edit/", "attachments/"],
)  # fmt: skip
def test_nobody_and_editors_get_no_call(client: Client, path: str, method: str):
    ask_call = getattr(client, method)
    answer = ask_call(API + path, headers={"Accept": "application/json"})
    assert answer.status_code in {401, 405}
    editor = User.objects.create_user("editor@example.org")
    editor.groups.add(Group.objects.get(name="Редакторы"))
    client.force_login(editor)
    answer = ask_call(API + path, headers={"Accept": "application/json"})
    assert answer.status_code in {403, 405}
    assert answer.json()["detail"]


def test_deactivated_operator_is_out_at_once(desk: Operator):
    desk.user.is_active = False
    desk.user.save()
    assert desk.get("threads/").status_code == 401


@pytest.mark.parametrize("action", ["merge", "block", "unblock"])
def test_only_heads_merge_and_block(desk: Operator, patient: Patient, action: str):
    number = ask(patient)
    assert desk.post(f"threads/{number}/{action}/", {"into": 1, "hours": 1}).status_code == 403


def test_call_from_another_site_changes_nothing(desk: Operator, patient: Patient):
    number = ask(patient)
    desk.csrf = "x" * 64
    refused = desk.send(number)
    assert refused.status_code == 403
    assert refused.json()["code"] == "csrf"
    assert not ChatMessage.objects.filter(sender="operator").exists()


# --- The list ------------------------------------------------------------------------------------


def waiting_since(number: int, minutes: int) -> None:
    """Let a patient wait for so long."""
    at = timezone.now() - timedelta(minutes=minutes)
    ChatThread.objects.filter(pk=number).update(waiting_since=at, last_message_at=at)


def make_waiting(count: int) -> list[int]:
    """Make dialogues that wait, the longest first; return their numbers."""
    at = timezone.now() - timedelta(hours=2)
    made = []
    for place in range(count):
        thread = ChatThread.objects.create(
            visitor_hash=uuid4().hex,
            waiting_since=at + timedelta(seconds=place // 3),
            last_message_at=at + timedelta(seconds=place // 3),
            last_seq=1,
            last_version=1,
        )
        ChatMessage.objects.create(
            thread=thread, seq=1, version=1, sender="visitor", text=f"Вопрос {place}"
        )
        made.append(thread.pk)
    return made


def test_who_waits_longest_stands_first(desk: Operator, widget: Any):
    second, first = ask(Patient()), ask(Patient())
    waiting_since(first, 10)
    waiting_since(second, 5)
    assert desk.numbers() == [first, second]
    desk.send(first)
    assert desk.numbers() == [second]
    assert desk.numbers(queue="mine") == [first]
    assert desk.numbers(queue="unassigned") == [second]
    assert set(desk.numbers(queue="open")) == {first, second}
    desk.post(f"threads/{first}/close/")
    assert desk.numbers(queue="closed") == [first]
    assert desk.numbers(queue="open") == [second]


def test_list_goes_on_without_a_gap_or_a_double(desk: Operator):
    made = make_waiting(113)
    for queue, expected in [("waiting", made), ("open", made[::-1])]:
        seen: list[int] = []
        after = ""
        while True:
            answer = desk.get("threads/", queue=queue, after=after).json()
            seen += [row["number"] for row in answer["threads"]]
            after = answer["next"]
            if not after:
                break
        if queue == "waiting":
            assert seen == expected
        assert sorted(seen) == sorted(expected)
        assert len(seen) == len(set(seen))


def test_row_tells_what_it_is_about(desk: Operator, patient: Patient):
    number = ask(patient, "Можно кофе?", topic="Подготовка", page={"url": "/ttg/", "title": "ТТГ"})
    patient.send("И чай?")
    row = desk.get("threads/").json()["threads"][0]
    assert row["unread"] == 2
    assert row["preview"]["text"] == "И чай?"
    assert (row["topic"], row["page"]["title"]) == ("Подготовка", "ТТГ")
    assert row["waiting_since"]
    desk.send(number, "Перезвонить", kind="note")
    assert desk.get("threads/").json()["threads"][0]["preview"]["kind"] == "note"
    desk.send(number)
    row = desk.get("threads/", queue="mine").json()["threads"][0]
    assert (row["unread"], row["waiting_since"]) == (0, None)


def test_filters_narrow_the_list(desk: Operator, widget: Any):
    one = ask(Patient(), topic="Цена")
    two = ask(Patient(), page={"url": "/ttg/", "title": "ТТГ"})
    desk.send(two)
    assert desk.numbers(queue="open", topic="Цена") == [one]
    assert desk.numbers(queue="open", page="/ttg/") == [two]
    assert desk.numbers(queue="open", operator=desk.user.pk) == [two]
    desk.post(f"threads/{two}/close/")
    assert desk.numbers(queue="closed", operator=desk.user.pk) == [two]
    assert desk.numbers(queue="closed", operator=make_operator().pk) == []


def test_hinted_rows_say_whether_they_belong_to_the_queue(desk: Operator, widget: Any):
    one, two = ask(Patient()), ask(Patient())
    desk.send(one)
    answer = desk.get("threads/", numbers=f"{one},{two},999999").json()
    assert {row["number"] for row in answer["threads"]} == {one, two}
    assert answer["inside"] == [two]
    assert answer["counts"] == {"waiting": 1, "mine": 1, "unassigned": 1, "badge": 1}


def test_badge_counts_the_free_and_the_own(desk: Operator, widget: Any):
    mine, others, _free = ask(Patient()), ask(Patient()), ask(Patient())
    other = Operator(make_operator("Мария"))
    desk.post(f"threads/{mine}/assign/", {"operator": desk.user.pk})
    other.post(f"threads/{others}/assign/", {"operator": other.user.pk})
    assert desk.get("badge/").json() == {"count": 2}
    assert 'data-chat-waiting": "2"' in desk.client.get("/admin/").content.decode()


@pytest.mark.parametrize(
    "query",
    [
        {"queue": "all"},
        {"after": "x"},
        {"after": "1"},
        {"after": "-1-1"},
        {"after": "9" * 30 + "-1"},
        {"after": "1-" + "9" * 30},
        {"after": "1٣-1"},
        {"numbers": "x"},
        {"numbers": ",".join(["1"] * 101)},
        {"operator": "x"},
        {"topic": "x" * 300},
    ],
)
def test_list_refuses_rubbish(desk: Operator, query: dict[str, str]):
    refused = desk.get("threads/", **query)
    assert refused.status_code == 400
    assert refused.json()["detail"]


# --- Search --------------------------------------------------------------------------------------


def test_words_are_found_in_any_form(desk: Operator, patient: Patient):
    number = ask(patient, "Когда будут готовы результаты анализов?")
    desk.send(number, "Пациентка звонила про результат", kind="note")
    hits = desk.get("search/", q="результатами анализа").json()["hits"]
    assert [(hit["number"], hit["seq"]) for hit in hits] == [(number, 1)]
    assert ["результаты", True] in hits[0]["pieces"]
    assert "".join(text for text, _ in hits[0]["pieces"]) == (
        "Когда будут готовы результаты анализов?"
    )
    kinds = [hit["kind"] for hit in desk.get("search/", q="результат").json()["hits"]]
    assert kinds == ["note", "message"]


def test_dialogue_is_found_by_number_name_and_email(desk: Operator, patient: Patient):
    number = ask(patient)
    patient.post("contact/", {"name": "Анна", "email": "anna@example.ru"})
    for query in (str(number), f"#{number}", f"№ {number}", "анн", "ANNA@example.ru"):
        found = desk.get("search/", q=query).json()["threads"]
        assert [row["number"] for row in found] == [number], query
    assert desk.get("search/", q="нна").json()["threads"] == []


def test_search_goes_on(desk: Operator, patient: Patient):
    ask(patient, "кровь")
    thread = ChatThread.objects.get(is_common=False)
    ChatMessage.objects.bulk_create(
        ChatMessage(thread=thread, seq=n, version=n, sender="visitor", text="кровь")
        for n in range(2, 71)
    )
    seqs, after = [], ""
    for _ in range(3):
        answer = desk.get("search/", q="крови", after=after).json()
        seqs += [hit["seq"] for hit in answer["hits"]]
        after = answer["next"]
    assert after is None
    assert sorted(seqs) == list(range(1, 71))


@pytest.mark.parametrize("query", ["", "   ", "x" * 201])
def test_search_refuses_rubbish(desk: Operator, query: str):
    assert desk.get("search/", q=query).status_code == 400


@pytest.mark.parametrize("query", ["и", "'\"&|!()<->:*\\", "%_", "<script>", "-", "\u202e"])
def test_search_takes_any_signs(desk: Operator, query: str):
    assert desk.get("search/", q=query).status_code == 200


# --- A dialogue ----------------------------------------------------------------------------------


def test_operator_sees_the_whole_dialogue(desk: Operator, head: Operator, patient: Patient):
    number = ask(patient, page={"url": "/ttg/", "title": "ТТГ"}, topic="Подготовка")
    patient.post("contact/", {"name": "Анна", "email": "anna@example.ru"})
    desk.send(number)
    head.send(number, "Перезвонить завтра", kind="note")
    desk.post(f"threads/{number}/close/")
    patient.post("rating/", {"score": 5, "comment": "Спасибо"})
    patient.send("Ещё вопрос")
    answer = desk.get(f"threads/{number}/").json()
    kinds = [(one["sender"], one["kind"], one["event"]) for one in answer["messages"]]
    assert kinds == [
        ("visitor", "message", ""),
        ("system", "message", "joined"),
        ("operator", "message", ""),
        ("operator", "note", ""),
        ("system", "message", "closed"),
        ("system", "message", "reopened"),
        ("visitor", "message", ""),
    ]
    thread = answer["thread"]
    assert (thread["name"], thread["email"]) == ("Анна", "anna@example.ru")
    assert thread["ratings"][0]["comment"] == "Спасибо"
    assert [wait["answered"] for wait in thread["waits"]] == [True]
    assert thread["consents"][0]["version"] == "1.0"
    assert answer["cursor"] == thread["version"]


def test_changes_follow_the_cursor(desk: Operator, patient: Patient):
    number = ask(patient)
    cursor = desk.get(f"threads/{number}/").json()["cursor"]
    assert desk.get(f"threads/{number}/changes/", after=cursor).status_code == 304
    desk.send(number, "Заметка", kind="note")
    patient.send("Ещё")
    update = desk.get(f"threads/{number}/changes/", after=cursor).json()
    assert [one["text"] for one in update["messages"]] == ["Заметка", "Ещё"]
    fresh = desk.get(f"threads/{number}/").json()
    assert update["thread"] == fresh["thread"]
    for wrong in ("x", "-1", "999"):
        refused = desk.get(f"threads/{number}/changes/", after=wrong)
        assert refused.json()["code"] == "invalid_cursor"


def test_older_messages_come_in_portions(desk: Operator, patient: Patient):
    number = ask(patient)
    ChatMessage.objects.bulk_create(
        ChatMessage(thread_id=number, seq=n, version=n, sender="visitor", text=str(n))
        for n in range(2, 121)
    )
    ChatThread.objects.filter(pk=number).update(last_seq=120, last_version=120)
    answer = desk.get(f"threads/{number}/").json()
    seqs = [one["seq"] for one in answer["messages"]]
    while answer["more"]:
        answer = desk.get(f"threads/{number}/messages/", before=seqs[0]).json()
        seqs = [one["seq"] for one in answer["messages"]] + seqs
    assert seqs == list(range(1, 121))


def test_repeated_answer_is_stored_once(desk: Operator, patient: Patient):
    number = ask(patient)
    client_id = str(uuid4())
    first, second = (desk.send(number, "Да", client_id=client_id) for _ in range(2))
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json()["message"] == second.json()["message"]
    assert log_of(number) == ["chat.reply"]


def test_second_operator_is_told_of_the_first_ones_answer(desk: Operator, patient: Patient):
    number = ask(patient)
    other = Operator(make_operator("Мария"))
    desk.send(number, "Да", seen_seq=1)
    refused = other.send(number, "Нет", seen_seq=1)
    assert refused.status_code == 409
    assert refused.json()["code"] == "answered_meanwhile"
    assert "Светлана" in refused.json()["detail"]
    assert other.send(number, "Нет", seen_seq=1, anyway=True).status_code == 201
    assert other.send(number, "Заметка", seen_seq=1, kind="note").status_code == 201


def test_patient_sees_no_note_and_no_draft(desk: Operator, patient: Patient):
    number = ask(patient)
    desk.send(number, "Сложный случай", kind="note")
    desk.post(f"threads/{number}/draft/", {"kind": "message", "text": "Черновик"})
    assert [one["text"] for one in patient.state()["messages"]] == ["Натощак?"]


def test_drafts_wait_apart_and_each_for_its_writer(desk: Operator, patient: Patient):
    number = ask(patient)
    other = Operator(make_operator("Мария"))
    for kind, text in [("message", "Здрав"), ("note", "Пров"), ("message", "Здравствуйте")]:
        assert (
            desk.post(f"threads/{number}/draft/", {"kind": kind, "text": text}).status_code == 204
        )
    drafts = desk.get(f"threads/{number}/").json()["drafts"]
    assert drafts == {"message": "Здравствуйте", "note": "Пров"}
    assert other.get(f"threads/{number}/").json()["drafts"] == {}
    assert desk.get("threads/").json()["threads"][0]["draft"] is True
    desk.send(number, "Здравствуйте")
    assert desk.get(f"threads/{number}/").json()["drafts"] == {"note": "Пров"}
    desk.post(f"threads/{number}/draft/", {"kind": "note", "text": ""})
    assert desk.get(f"threads/{number}/").json()["drafts"] == {}


def test_own_message_can_be_changed_and_taken_back_by_its_writer(desk: Operator, patient: Patient):
    number = ask(patient)
    message = desk.send(number).json()["message"]["id"]
    other = Operator(make_operator("Мария"))
    assert other.post(f"messages/{message}/edit/", {"text": "Нет"}).status_code == 404
    changed = desk.post(f"messages/{message}/edit/", {"text": "Нет"}).json()["message"]
    assert (changed["text"], changed["edited"]) == ("Нет", True)
    assert desk.post(f"messages/{message}/delete/").json()["message"]["deleted"] is True
    theirs = ChatMessage.objects.get(sender="visitor").pk
    assert desk.post(f"messages/{theirs}/delete/").status_code == 404


def test_marks_show_the_patient_that_we_have_read(desk: Operator, patient: Patient):
    number = ask(patient)
    desk.post(f"threads/{number}/read/", {"upto": 1, "state": "delivered"})
    assert patient.state()["thread"]["delivered"]["operator"] == 1
    assert patient.state()["thread"]["read"]["operator"] == 0
    desk.post(f"threads/{number}/read/", {"upto": 1})
    assert patient.state()["thread"]["read"]["operator"] == 1
    assert desk.post(f"threads/{number}/read/", {"upto": 9}).status_code == 400


@pytest.mark.parametrize("call", ["typing", "looking"])
def test_signs_of_life_store_nothing(desk: Operator, patient: Patient, call: str):
    number = ask(patient)
    before = ChatThread.objects.get(pk=number).last_version
    assert desk.post(f"threads/{number}/{call}/").status_code == 204
    assert desk.post(f"threads/999999/{call}/").status_code == 404
    assert ChatThread.objects.get(pk=number).last_version == before


def test_dialogue_that_is_not_there(desk: Operator):
    for path in ("threads/999999/", "threads/999999/changes/?after=0"):
        assert desk.get(path).status_code == 404
    for path in ("assign/", "close/", "reopen/", "read/", "draft/", "messages/"):
        data = {"operator": None, "upto": 1, "text": "a", "client_id": str(uuid4())}
        assert desk.post(f"threads/999999/{path}", data).status_code == 404, path


# --- Taking, handing over, closing ---------------------------------------------------------------


def test_two_cannot_take_the_same_dialogue_unawares(desk: Operator, patient: Patient):
    number = ask(patient)
    other = Operator(make_operator("Мария"))
    take = f"threads/{number}/assign/"
    assert desk.post(take, {"operator": desk.user.pk, "only_free": True}).status_code == 200
    refused = other.post(take, {"operator": other.user.pk, "only_free": True})
    assert (refused.status_code, refused.json()["code"]) == (409, "taken_meanwhile")
    assert "Светлана" in refused.json()["detail"]
    assert ChatThread.objects.get(pk=number).assignee == desk.user
    assert other.post(take, {"operator": other.user.pk}).status_code == 200
    assert ChatThread.objects.get(pk=number).assignee == other.user


def test_dialogue_is_handed_over_to_operators_only(desk: Operator, patient: Patient):
    number = ask(patient)
    other = make_operator("Мария")
    answer = desk.post(f"threads/{number}/assign/", {"operator": other.pk}).json()
    assert answer["thread"]["assignee"]["id"] == other.pk
    stranger = User.objects.create_user("someone@example.org")
    assert desk.post(f"threads/{number}/assign/", {"operator": stranger.pk}).status_code == 400
    assert desk.post(f"threads/{number}/assign/", {"operator": 999999}).status_code == 404
    answer = desk.post(f"threads/{number}/assign/", {"operator": None}).json()
    assert answer["thread"]["assignee"] is None
    people = {one["id"] for one in desk.get("state/").json()["operators"]}
    assert {desk.user.pk, other.pk} <= people
    assert stranger.pk not in people


def test_closing_and_opening_again(desk: Operator, patient: Patient):
    number = ask(patient)
    closed = desk.post(f"threads/{number}/close/").json()["thread"]
    assert (closed["status"], closed["waiting_since"]) == ("closed", None)
    assert closed["waits"][0]["answered"] is False
    opened = desk.post(f"threads/{number}/reopen/").json()["thread"]
    assert (opened["status"], opened["assignee"]["id"]) == ("open", desk.user.pk)
    common = desk.get("common/").json()["thread"]["number"]
    assert desk.post(f"threads/{common}/close/").status_code == 400


def test_merged_dialogue_leads_to_its_heir(head: Operator, widget: Any):
    old, heir = ask(Patient(), "Первый"), ask(Patient(), "Второй")
    assert head.post(f"threads/{old}/merge/", {"into": old}).status_code == 400
    assert head.post(f"threads/{old}/merge/", {"into": 999999}).status_code == 404
    common = head.get("common/").json()["thread"]["number"]
    assert head.post(f"threads/{old}/merge/", {"into": common}).status_code == 400
    assert head.post(f"threads/{old}/merge/", {"into": heir}).status_code == 200
    answer = head.get(f"threads/{old}/").json()
    assert answer["thread"]["number"] == heir
    assert answer["thread"]["merged_from"] == [old]
    assert "Первый" in [one["text"] for one in answer["messages"]]
    assert head.numbers(queue="open") == [heir]
    assert head.numbers(queue="closed") == []


def test_draft_of_a_merged_dialogue_is_there_in_its_heir(head: Operator, widget: Any):
    old, heir, other = (ask(Patient(), text) for text in ("Первый", "Второй", "Третий"))
    head.post(f"threads/{old}/draft/", {"kind": "message", "text": "Начатый ответ"})
    head.post(f"threads/{old}/merge/", {"into": heir})
    assert head.get(f"threads/{heir}/").json()["drafts"]["message"] == "Начатый ответ"
    head.post(f"threads/{other}/draft/", {"kind": "message", "text": "Другой"})
    head.post(f"threads/{heir}/merge/", {"into": other})
    drafts = head.get(f"threads/{other}/").json()["drafts"]
    assert drafts["message"] == "Другой\nНачатый ответ"


@pytest.mark.parametrize(("heirs", "left"), [(None, 24), (2, 24), (48, 48)])
def test_merge_lifts_no_block(head: Operator, widget: Any, heirs: int | None, left: int):
    patient, neighbour = Patient(), Patient()
    old, heir = ask(patient, "Первый"), ask(neighbour, "Второй")
    data = {"kind": "thread", "hours": 24, "reason": "Спам"}
    head.post(f"threads/{old}/block/", data)
    if heirs:
        head.post(f"threads/{heir}/block/", data | {"hours": heirs})
    head.post(f"threads/{old}/merge/", {"into": heir})
    assert neighbour.send("Ещё").json()["code"] == "blocked"
    block = head.get(f"threads/{heir}/").json()["thread"]["block"]
    left_over = datetime.fromisoformat(block["until"]) - timezone.now()
    assert left_over.total_seconds() == pytest.approx(left * 3600, abs=300)
    head.post(f"threads/{heir}/unblock/", {"block": block["id"]})
    assert neighbour.send("Ещё").status_code == 201


def test_blocked_patient_cannot_write_until_unblocked(head: Operator, patient: Patient):
    number = ask(patient)
    data = {"kind": "thread", "hours": 24, "reason": "Спам"}
    block = head.post(f"threads/{number}/block/", data).json()["thread"]["block"]
    assert block["reason"] == "Спам"
    assert patient.send("Ещё").status_code == 403
    answer = head.post(f"threads/{number}/unblock/", {"block": block["id"]}).json()
    assert answer["thread"]["block"] is None
    assert patient.send("Ещё").status_code == 201
    for hours in (0, 10**6, "1"):
        data = {"kind": "thread", "hours": hours, "reason": ""}
        assert head.post(f"threads/{number}/block/", data).status_code == 400


def test_block_is_lifted_from_its_own_dialogue_only(head: Operator, patient: Patient):
    number, other = ask(patient), ask(Patient())
    ChatThread.objects.filter(pk=other).update(network_hash="elsewhere")
    for kind in ("thread", "network"):
        data = {"kind": kind, "hours": 24, "reason": ""}
        block = head.post(f"threads/{number}/block/", data).json()["thread"]["block"]["id"]
        for wrong in (other, 999_999):
            refused = head.post(f"threads/{wrong}/unblock/", {"block": block})
            assert (refused.status_code, refused.json()["code"]) == (404, "not_found")
        assert patient.send("Ещё").status_code == 403
        assert head.post(f"threads/{number}/unblock/", {"block": block}).status_code == 200
        assert patient.send("Ещё").status_code == 201


# --- At hand -------------------------------------------------------------------------------------


def test_only_replies_that_are_approved_and_in_date_are_offered(desk: Operator):
    today = timezone.localdate()
    for shortcut, live, review_by in [
        ("good", True, None),
        ("still", True, today + timedelta(days=1)),
        ("stale", True, today),
        ("draft", False, None),
    ]:
        ChatReply.objects.create(
            title=shortcut, shortcut=shortcut, text="Да", live=live, review_by=review_by
        )
    offered = [one["shortcut"] for one in desk.get("replies/").json()["replies"]]
    assert offered == ["good", "still"]


def test_file_of_a_message_is_read_by_operators(desk: Operator, patient: Patient):
    number = ask(patient)
    message = ChatMessage.objects.get(thread_id=number)
    file = ChatAttachment.objects.create(
        message=message,
        name="analiz.pdf",
        content_type="application/pdf",
        size=4,
        file=ContentFile(b"%PDF", name="x.pdf"),
    )
    address = desk.get(f"threads/{number}/").json()["messages"][0]["attachments"][0]["url"]
    answer = desk.client.get(address)
    assert answer.status_code == 200
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert log_of(number) == ["chat.open", "chat.download"]
    message.deleted_at, message.text = timezone.now(), ""
    message.save()
    assert desk.client.get(address).status_code == 404
    assert desk.client.get(f"{API}attachments/{uuid4()}/").status_code == 404
    file.file.delete()


# --- The audit log and the cost ------------------------------------------------------------------


def test_every_action_is_in_the_audit_log(desk: Operator, head: Operator, patient: Patient):
    number = ask(patient)
    for _ in range(2):
        desk.get(f"threads/{number}/")
    message = desk.send(number).json()["message"]["id"]
    desk.send(number, "Заметка", kind="note")
    desk.post(f"messages/{message}/edit/", {"text": "Нет"})
    desk.post(f"messages/{message}/delete/")
    for _ in range(2):
        desk.post(f"threads/{number}/assign/", {"operator": head.user.pk})
        desk.post(f"threads/{number}/close/")
    desk.post(f"threads/{number}/reopen/")
    head.post(f"threads/{number}/block/", {"hours": 1, "reason": ""})
    assert log_of(number) == [
        "chat.open", "chat.reply", "chat.note", "chat.edit", "chat.delete", "chat.assign",
        "chat.close", "chat.assign", "chat.reopen", "chat.block",
    ]  # fmt: skip
    admin = Client()
    admin.force_login(User.objects.create_superuser("boss@example.org"))
    history = admin.get("/admin/reports/site-history/").content.decode()
    assert "Ответ пациенту" in history
    assert f"/admin/chat/?thread={number}" in history
    texts = str(list(ModelLogEntry.objects.values_list("data", flat=True)))
    assert "Натощак" not in texts


@pytest.mark.parametrize("path", ["threads/", "threads/?queue=open", "search/?q=вопрос", "badge/"])
def test_more_dialogues_cost_no_more_queries(
    desk: Operator, path: str, django_assert_max_num_queries: Any
):
    make_waiting(3)
    desk.get(path)
    with django_assert_max_num_queries(30) as few:
        desk.get(path)
    budget = len(few)
    make_waiting(60)
    with django_assert_max_num_queries(budget):
        desk.get(path)


def test_opening_a_long_dialogue_costs_no_more_queries(
    desk: Operator, patient: Patient, django_assert_max_num_queries: Any
):
    number = ask(patient)
    desk.get(f"threads/{number}/")
    with django_assert_max_num_queries(30) as few:
        desk.get(f"threads/{number}/")
    budget = len(few)
    for place in range(12):
        threads.close(desk.user, number)
        desk.send(number, f"Ответ {place}")
        patient.send(f"Вопрос {place}")
    with django_assert_max_num_queries(budget):
        desk.get(f"threads/{number}/")
