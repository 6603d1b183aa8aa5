"""Many at once, on a database of their own, with commits that take their time: nothing is lost,
doubled, out of order or stuck.
"""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import uuid4

from django.core import mail
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, connections, transaction
from django.utils import timezone

import pytest

from accounts.models import User
from chat.errors import AnsweredMeanwhile, ChatError, Invalid, NotFound
from chat.events import Audience, message_json
from chat.models import (
    ChatAttachment,
    ChatMessage,
    ChatThread,
    ChatWait,
    ChatWidget,
    VkEvent,
    VkReply,
)
from chat.permissions import Visitor, hash_of
from chat.selectors import threads as selectors
from chat.selectors.widget import consent_text
from chat.services import (
    attachments,
    files,
    messages,
    notices,
    protection,
    retention,
    threads,
    vk_replies,
)
from chat.services.files import Stored
from chat.services.messages import Answer, Question
from chat.services.writing import locked
from chat.vk import inbound
from tests.databases import connected_to, database_copy
from tests.factories.chat import Patient, make_operator, make_widget, old_ticket
from tests.factories.vk import make_vk_operator, message_new, receive

# A commit waits until its message has been written and its place been taken.
SLOW_COMMITS = """
CREATE FUNCTION slow_commit() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_sleep(random() * 0.01);
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER slow_commit AFTER INSERT ON chat_chatmessage
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION slow_commit();
"""


@pytest.fixture(scope="module")
def database(suite_database: None, django_db_blocker: Any) -> Iterator[str]:
    """A database in which transactions are real, and slow."""
    with django_db_blocker.unblock(), database_copy("concurrency") as name:
        with connected_to(name), connection.cursor() as cursor:
            cursor.execute(SLOW_COMMITS)
            make_widget()
        yield name


@pytest.fixture(autouse=True)
def committed(
    database: str, django_db_blocker: Any, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    """Lead all queries to that database; nobody is too quick in it."""
    for name in ("MESSAGES_A_MINUTE", "MESSAGES_A_DAY", "NEW_THREADS_AN_HOUR"):
        monkeypatch.setattr(protection, name, 10_000)
    monkeypatch.setattr(protection.Limit, "admit", lambda self, name, subject: None)
    with django_db_blocker.unblock(), connected_to(database):
        yield


@pytest.fixture
def operators() -> list[User]:
    """Two people who answer."""
    return [make_operator("Светлана"), make_operator("Анна")]


def together(*jobs: Callable[[], Any]) -> list[Any]:
    """Do all at once, each over a connection of its own; return what came of each, or its error."""
    start = threading.Barrier(len(jobs))

    def run(job: Callable[[], Any]) -> Any:
        try:
            start.wait()
            return job()
        except ChatError as error:
            return error
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(jobs)) as pool:
        return [future.result() for future in [pool.submit(run, job) for job in jobs]]


def someone() -> tuple[Visitor, int]:
    """Return a patient with a dialogue of one message, and its number."""
    secret = hash_of(uuid4().hex)
    visitor = Visitor(secret_hash=secret)
    number = ChatThread.objects.create(visitor_hash=secret).pk
    ask(visitor, "Первое")
    return visitor, number


def ask(visitor: Visitor, text: str, **fields: Any) -> messages.Sent:
    """Let a patient write."""
    question = Question(client_id=uuid4(), text=text, consent="1.0", ticket=old_ticket(), **fields)
    return messages.send_as_visitor(visitor, question, consent_text(ChatWidget.objects.get()))


def reply(operator: User, number: int, text: str, **fields: Any) -> messages.Sent:
    """Let an operator answer."""
    answer = Answer(client_id=uuid4(), text=text, **fields)
    return messages.send_as_operator(operator, number, answer)


def places(number: int) -> list[int]:
    """Return the places of a thread's messages."""
    return list(
        ChatMessage.objects.filter(thread_id=number).order_by("seq").values_list("seq", flat=True)
    )


def assert_whole(number: int) -> None:
    """Check that a thread has neither gaps nor two changes of one version."""
    thread = ChatThread.objects.get(pk=number)
    assert places(number) == list(range(1, thread.last_seq + 1))
    versions = list(thread.messages.values_list("version", flat=True))
    assert len(set(versions)) == len(versions)
    assert max(versions) <= thread.last_version


def test_readers_miss_nothing_although_commits_are_slow(operators: list[User]):
    visitor, number = someone()
    finished: list[str] = []
    writers = 5

    def write(job: Callable[[str], Any], name: str) -> list[str]:
        said = [f"{name} {count}" for count in range(12)]
        try:
            for text in said:
                job(text)
        finally:
            finished.append(name)
        return said

    def follow() -> tuple[list[Any], int]:
        """Read from a cursor, over and over, until all have written and nothing is new."""
        known: dict[int, Any] = {}
        cursor = 0
        while True:
            was_last = len(finished) == writers
            update = selectors.update_for_visitor(number, cursor)
            if update:
                assert update["cursor"] > cursor
                cursor = update["cursor"]
                known |= {message["id"]: message for message in update["messages"]}
            elif was_last:
                return sorted(known.values(), key=lambda message: message["seq"]), cursor

    *written, first, second, third = together(
        partial(write, partial(ask, visitor), "п1"),
        partial(write, partial(ask, visitor), "п2"),
        partial(write, partial(reply, operators[0], number), "о1"),
        partial(write, partial(reply, operators[1], number), "о2"),
        partial(write, partial(reply, operators[1], number, kind=ChatMessage.Kind.NOTE), "н1"),
        follow,
        follow,
        follow,
    )
    assert_whole(number)
    fresh = [
        message_json(message, Audience.VISITOR)
        for message in selectors.messages(number, Audience.VISITOR).order_by("seq")
    ]
    for seen, cursor in (first, second, third):
        assert seen == fresh
        assert cursor == ChatThread.objects.get(pk=number).last_version
    everything = sorted(text for texts in written for text in texts)
    stored = ChatMessage.objects.filter(thread_id=number).exclude(sender="system")
    assert sorted(stored.exclude(text="Первое").values_list("text", flat=True)) == everything
    # Each one's own words stand in the order in which they were said.
    for texts in written:
        own = stored.filter(text__in=texts).order_by("seq").values_list("text", flat=True)
        assert list(own) == texts


def test_twenty_copies_of_a_first_message_make_one_dialogue():
    body = {
        "client_id": str(uuid4()),
        "text": "Раз",
        "consent": "1.0",
        "ticket": old_ticket(),
    }
    browser = Patient()
    browser.state()
    before = ChatThread.objects.count()

    def send() -> Any:
        copy = Patient()
        copy.client.cookies, copy.csrf = deepcopy(browser.client.cookies), browser.csrf
        return copy.post("messages/", body)

    answers = together(*[send] * 20)
    assert sorted(answer.status_code for answer in answers) == [200] * 19 + [201]
    assert len({answer.json()["message"]["id"] for answer in answers}) == 1
    assert len({answer.cookies["kdl_chat"].value for answer in answers}) == 1
    assert ChatThread.objects.count() == before + 1
    assert_whole(answers[0].json()["thread"]["number"])


def test_fifty_copies_of_a_message_make_one():
    visitor, number = someone()
    question = Question(client_id=uuid4(), text="Много раз", consent="1.0")
    consent = consent_text(ChatWidget.objects.get())
    sent = together(*[partial(messages.send_as_visitor, visitor, question, consent)] * 50)
    assert sum(one.created for one in sent) == 1
    assert len({one.message.pk for one in sent}) == 1
    assert ChatMessage.objects.filter(thread_id=number, text="Много раз").count() == 1
    assert_whole(number)


def test_two_operators_close_and_open_a_dialogue_once(operators: list[User]):
    _visitor, number = someone()
    for _ in range(5):
        together(*[partial(threads.close, operator, number) for operator in operators * 2])
        together(*[partial(threads.reopen, operator, number) for operator in operators * 2])
    events = list(
        ChatMessage.objects.filter(thread_id=number, sender="system")
        .order_by("seq")
        .values_list("event", flat=True)
    )
    assert events == ["closed", "reopened"] * 5
    assert ChatWait.objects.filter(thread_id=number).count() == 1
    assert_whole(number)


def test_of_two_operators_who_answer_at_once_one_is_told(operators: list[User]):
    _visitor, number = someone()
    for place in range(6):
        seen = ChatThread.objects.get(pk=number).last_seq
        results = together(
            *[
                partial(reply, operator, number, f"{operator} {place}", seen_seq=seen)
                for operator in operators
            ]
        )
        assert sum(isinstance(one, AnsweredMeanwhile) for one in results) == 1
    assert ChatMessage.objects.filter(thread_id=number, event="joined").count() == 1
    assert_whole(number)


def test_patient_who_writes_while_the_dialogue_is_closed_is_never_overlooked(
    operators: list[User],
):
    visitor, number = someone()
    for place in range(8):
        together(
            partial(ask, visitor, f"Ещё {place}"),
            partial(threads.close, operators[0], number),
            partial(reply, operators[1], number, f"Ответ {place}"),
        )
        thread = ChatThread.objects.get(pk=number)
        last = thread.messages.exclude(event="joined").order_by("-seq").first()
        assert (thread.status == "closed") == (last.event == "closed")
        if last.sender == "visitor":
            assert thread.waiting_since is not None
    assert_whole(number)


def test_signing_in_while_everybody_writes_ends_in_one_dialogue(operators: list[User]):
    for _ in range(6):
        user = User.objects.create_user(f"{uuid4().hex}@example.org")
        phone, old = someone()
        ask(Visitor(user_id=user.pk), "Дома")
        heir = ChatThread.objects.get(user=user).pk
        signed_in = Visitor(secret_hash=phone.secret_hash, user_id=user.pk)
        results = together(
            *[partial(threads.join, signed_in)] * 3,
            partial(ask, signed_in, "С телефона"),
            partial(ask, Visitor(user_id=user.pk), "С компьютера"),
            partial(reply, operators[0], old, "На старый номер"),
            partial(reply, operators[1], heir, "На новый номер", anyway=True),
            partial(threads.close, operators[1], old),
        )
        assert not [one for one in results if isinstance(one, ChatError)]
        assert ChatThread.objects.get(pk=old).merged_into_id == heir
        assert places(old) == []
        assert_whole(heir)
        said = ChatMessage.objects.filter(thread_id=heir).exclude(sender="system")
        assert sorted(said.values_list("text", flat=True)) == sorted(
            [
                "Первое",
                "Дома",
                "С телефона",
                "С компьютера",
                "На старый номер",
                "На новый номер",
            ]
        )


def test_old_number_is_not_locked_on_the_way_to_its_heir(operators: list[User]):
    # Who holds the heir may be about to ask for the old number: with both locked, a deadlock.
    (_, old), (_, heir) = someone(), someone()
    threads.merge(old, heir)

    def is_free(number: int) -> bool:
        row = ChatThread.objects.select_for_update(skip_locked=True).filter(pk=number)
        with transaction.atomic():
            return row.exists() and row.first() is not None

    with transaction.atomic():
        assert locked(old).pk == heir
        (old_is_free,), (heir_is_free,) = (together(partial(is_free, n)) for n in (old, heir))
    assert old_is_free
    assert not heir_is_free


def test_two_dialogues_merged_into_each_other_at_once_become_one():
    for _ in range(5):
        (_, first), (_, second) = someone(), someone()
        together(
            partial(threads.merge, first, second),
            partial(threads.merge, second, first),
            partial(threads.merge, first, second),
        )
        living = ChatThread.objects.filter(pk__in=[first, second], merged_into__isnull=True)
        assert living.get().messages.filter(text="Первое").count() == 2
        assert_whole(living.get().pk)


def test_dialogue_that_is_erased_while_it_is_written_leaves_nothing(operators: list[User]):
    for _ in range(5):
        visitor, number = someone()
        together(
            partial(retention.erase_thread, None, number),
            partial(ask, visitor, "Ещё"),
            partial(reply, operators[0], number, "Ответ"),
            partial(threads.close, operators[1], number),
        )
        assert not ChatThread.objects.filter(pk=number).exists()
        with pytest.raises(NotFound):
            reply(operators[0], number, "Поздно")


def test_upload_is_either_claimed_or_thrown_away(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(files, "rewrite", lambda data: Stored(data, "image/jpeg", ".jpg"))
    visitor, _number = someone()
    for place in range(8):
        file = attachments.store(SimpleUploadedFile("x.jpg", b"x"))
        later = timezone.now() + timedelta(seconds=1)
        sent, *_counts = together(
            partial(ask, visitor, f"Вот {place}", attachments=[file.pk]),
            partial(attachments.throw_away_unclaimed, later),
        )
        kept = ChatAttachment.objects.filter(pk=file.pk).first()
        if isinstance(sent, Invalid):
            assert kept is None
            assert not ChatMessage.objects.filter(text=f"Вот {place}").exists()
        else:
            assert kept.message_id == sent.message.pk
        assert file.file.storage.exists(file.file.name) == (kept is not None)


def test_four_clocks_send_one_letter(operators: list[User]):
    visitor, number = someone()
    threads.set_contact(visitor, name="", email="a@example.org")
    reply(operators[0], number, "Да")
    mail.outbox = []
    later = timezone.now() + timedelta(minutes=3)
    assert sum(together(*[partial(notices.send_due, later)] * 4)) == 1


def test_event_that_vk_delivers_fifty_times_at_once_is_one_message():
    data = message_new(7_001, "Раз")
    answers = together(*[partial(receive, data)] * 50)
    assert {(answer.status_code, answer.content) for answer in answers} == {(200, b"ok")}
    assert VkEvent.objects.filter(event_id=data["event_id"]).count() == 1
    together(*[partial(inbound.process_due, lambda pressed: None)] * 4)
    assert ChatMessage.objects.get(thread__vk_peer_id=7_001).text == "Раз"


def test_two_messages_of_one_stranger_at_once_make_one_dialogue_in_their_order():
    events = [message_new(7_002, text) for text in ("Раз", "Два", "Три")]
    together(*[partial(receive, data) for data in events])
    together(*[partial(inbound.process_due, lambda pressed: None)] * 3)
    thread = ChatThread.objects.get(vk_peer_id=7_002)
    assert_whole(thread.pk)
    assert sorted(thread.messages.values_list("text", flat=True)) == ["Два", "Раз", "Три"]


def test_answers_from_vk_and_the_patients_words_at_once_are_all_kept_once():
    visitor, number = someone()
    operators = [make_vk_operator(7_003), make_vk_operator(7_004, "Анна")]
    thread = ChatThread.objects.get(pk=number)
    for count, operator in enumerate(operators):
        vk_replies.hold(
            operator, thread, vk_message_id=f"v{count}", text=f"Ответ {count}", shown_seq=0
        )
    VkReply.objects.update(deliver_at=timezone.now())
    outcomes = together(
        vk_replies.deliver_due,
        vk_replies.deliver_due,
        partial(ask, visitor, "Второе"),
        partial(ask, visitor, "Третье"),
    )
    assert outcomes[0] + outcomes[1] == 2
    assert_whole(number)
    texts = ChatMessage.objects.filter(thread_id=number).exclude(sender="system")
    assert sorted(texts.values_list("text", flat=True)) == [
        "Второе",
        "Ответ 0",
        "Ответ 1",
        "Первое",
        "Третье",
    ]


def test_dialogue_erased_while_its_answer_goes_out_holds_nobody_up():
    for _ in range(5):
        _visitor, number = someone()
        operator = make_operator()
        thread = ChatThread.objects.get(pk=number)
        vk_replies.hold(operator, thread, vk_message_id=uuid4().hex, text="Ответ", shown_seq=0)
        VkReply.objects.update(deliver_at=timezone.now())
        together(vk_replies.deliver_due, partial(retention.erase_thread, None, number))
        assert not ChatThread.objects.filter(pk=number).exists()
        assert not VkReply.objects.filter(state=VkReply.State.HELD).exists()


def test_dialogue_erased_while_its_patient_writes_from_vk_holds_nobody_up():
    for peer_id in range(7_100, 7_110):
        receive(message_new(peer_id, "Раз"))
        inbound.process_due(lambda pressed: None)
        number = ChatThread.objects.get(vk_peer_id=peer_id).pk
        receive(message_new(peer_id, "Два"))
        together(
            partial(inbound.process_due, lambda pressed: None),
            partial(retention.erase_thread, None, number),
        )
        assert not ChatThread.objects.filter(pk=number).exists()


def test_what_an_old_patient_has_just_written_from_vk_is_not_swept_away_unread():
    receive(message_new(7_120, "Раз"))
    inbound.process_due(lambda pressed: None)
    ChatThread.objects.filter(vk_peer_id=7_120).update(
        last_message_at=timezone.now() - timedelta(days=4_000)
    )
    receive(message_new(7_120, "Два"))
    retention.sweep()
    inbound.process_due(lambda pressed: None)
    assert ChatMessage.objects.filter(thread__vk_peer_id=7_120, text="Два").exists()
