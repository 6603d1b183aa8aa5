"""The invariants I1 to I9 of a bridge between a site and VK, asserted once the dust has settled."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from itertools import pairwise

from django.apps import apps
from django.core.serializers import serialize

from chat.models import ChatMessage, ChatReply, ChatThread, VkEvent, VkFile, VkOutbox, VkReply
from tests.chat.vk.schedules.people import OPERATORS, PATIENTS, People, Said
from tests.chat.vk.schedules.trouble import FINAL, Trouble
from tests.fake_vk.fake import FakeVK


def check(people: People, trouble: Trouble) -> None:
    """Assert that nothing was lost, doubled or misdirected."""
    vk = people.loop.vk
    each_text_stands_where_it_belongs(people)
    files_are_with_their_texts(people)
    each_canned_reply_is_there_as_often_as_it_was_chosen(people)
    answers_that_were_wanted_back_in_time_are_back(people)
    vk_has_what_was_sent_and_nothing_else(people, vk)
    questions_reach_an_operator(people)
    answers_reach_patients_in_their_order(people, trouble)
    all_events_were_taken(vk)
    patients_stand_in_the_order_in_which_they_wrote()
    vk_was_never_hurried(vk)
    no_secret_is_kept(trouble)
    assert not trouble.amid_transactions
    for thread in ChatThread.objects.all():
        seqs = list(thread.messages.order_by("seq").values_list("seq", flat=True))
        assert seqs == list(range(1, thread.last_seq + 1))


def of_peers() -> dict[int, int]:
    """Return the dialogue of each person in VK."""
    known = ChatThread.objects.filter(vk_peer_id__isnull=False)
    return dict(known.values_list("vk_peer_id", "pk"))


def in_dialogues() -> list[ChatMessage]:
    """Return what people wrote, as it stands on the site."""
    found = ChatMessage.objects.exclude(sender="system").filter(deleted_at=None)
    return list(found.order_by("thread", "seq"))


def stored(people: People) -> Iterator[tuple[ChatMessage, Said]]:
    """Yield each message that was not a canned one, with what its author meant."""
    canned = set(ChatReply.objects.values_list("text", flat=True))
    for message in in_dialogues():
        if message.text not in canned:
            said = people.find(message.text)
            assert said, message.text
            yield message, said


def was_withdrawn(people: People, said: Said) -> bool:
    """Say whether an answer was taken back, and assert that somebody asked for that."""
    held = VkReply.objects.filter(text__contains=said.word).select_related("operator__vk_account")
    for reply in held.filter(state="withdrawn"):
        vk_id = reply.operator.vk_account.vk_id
        assert reply.pk in people.taken_back or vk_id in people.said_undo
        return True
    return False


def each_text_stands_where_it_belongs(people: People) -> None:
    """I1: once. I3: in the dialogue that is named. I4: a stranger's in their own."""
    where: dict[str, list[tuple[int, str]]] = defaultdict(list)
    for message, said in stored(people):
        where[said.word].append((message.thread_id, message.text))
    peers = of_peers()
    for said in people.said.values():
        thread = said.thread if said.thread is None or said.thread > 0 else peers[-said.thread]
        gone = thread is None or said.is_deleted or was_withdrawn(people, said)
        assert where[said.word] == ([] if gone else [(thread, said.text)]), said
    # Nothing is stuck, and nothing was refused that could have been delivered.
    assert not VkReply.objects.filter(state__in=["held", "refused"]).exists()


def files_are_with_their_texts(people: People) -> None:
    """A picture is with its text, once; who wrote without one has none."""
    for message, said in stored(people):
        assert message.attachments.count() == said.has_file, said
    assert not VkFile.objects.filter(state="waiting").exists()


def each_canned_reply_is_there_as_often_as_it_was_chosen(people: People) -> None:
    """A reply that was chosen at a place in VK is one answer, unless it was taken back."""
    for reply in ChatReply.objects.all():
        for thread in ChatThread.objects.all():
            chosen = sum((one.reply, one.thread) == (reply.pk, thread.pk) for one in people.chosen)
            held = VkReply.objects.filter(thread=thread, text=reply.text)
            arrived = thread.messages.filter(text=reply.text).count()
            assert chosen - held.filter(state="withdrawn").count() <= arrived <= chosen


def answers_that_were_wanted_back_in_time_are_back(people: People) -> None:
    """A press that came before its answer went took it back; what was taken back never went."""
    # What was read keeps its numbers alone; the other buttons name a dialogue too.
    pressed = VkEvent.objects.filter(
        type="message_event", body__object__payload__has_key="r"
    ).exclude(body__object__payload__has_key="t")
    since = {
        event.body["object"]["payload"]["r"]: event.received_at
        for event in pressed.order_by("-received_at")
    }
    assert set(since) == people.taken_back
    must = VkReply.objects.filter(pk__in=people.must_be_back)
    assert set(must.values_list("state", flat=True)) <= {"withdrawn"}
    for reply in VkReply.objects.all():
        went = ChatMessage.objects.filter(vk_message_id=reply.vk_message_id).first()
        assert (went is None) == (reply.state == "withdrawn")
        if went and reply.pk in since:
            assert went.created_at <= since[reply.pk]


def vk_has_what_was_sent_and_nothing_else(people: People, vk: FakeVK) -> None:
    """I2: what we say was sent is there once, as it is here; what failed is not there at all."""
    rows = {row.random_id: row for row in VkOutbox.objects.select_related("message")}
    for peer in {row.peer_id for row in rows.values()} | {*OPERATORS, *PATIENTS}:
        received = [one for one in vk.received(peer) if one.admin_author_id is None]
        counts = Counter(one.random_id for one in received)
        assert set(counts) <= set(rows)
        assert set(counts.values()) <= {1}
        for one in received:
            row = rows[one.random_id]
            assert row.peer_id == peer
            if not (row.message and row.message.deleted_at):
                assert (row.state, one.text) == ("sent", row.text)
                assert len(one.attachments) == len(row.attachment_ids)
        sent = {
            row.random_id for row in rows.values() if (row.state, row.peer_id) == ("sent", peer)
        }
        assert sent <= set(counts)
    assert {row.state for row in rows.values()} <= {"sent", "failed", "withdrawn"}
    # I7: nothing is given up but what VK does not want.
    assert {row.error_code for row in rows.values() if row.state == "failed"} <= set(FINAL)


def questions_reach_an_operator(people: People) -> None:
    """I2: each question reaches somebody with its number, unless it was settled before."""
    messages = list(ChatMessage.objects.order_by("seq"))
    for question, said in stored(people):
        if not said.is_question:
            continue
        alerts = VkOutbox.objects.filter(purpose="alert", message=question)
        # A corrected question may have been told before, in the words of then.
        assert all(alert.text.split()[0] == f"#{question.thread_id}" for alert in alerts)
        assert all(said.word in alert.text for alert in alerts)
        counts = Counter(alert.peer_id for alert in alerts)
        assert set(counts) <= set(OPERATORS)
        assert set(counts.values()) <= {1}
        is_settled = any(
            one.seq > question.seq and (one.sender == "operator" or one.event == "closed")
            for one in messages
            if one.thread_id == question.thread_id
        )
        states = {alert.state for alert in alerts}
        assert states & {"sent", "failed"} or (states == {"withdrawn"} and is_settled), said


def answers_reach_patients_in_their_order(people: People, trouble: Trouble) -> None:
    """Answers to patients in VK: each once, in the order of the dialogue, or marked as failed."""
    vk = people.loop.vk
    for peer, number in of_peers().items():
        answers = [
            (message, said)
            for message, said in stored(people)
            if message.thread_id == number and message.sender == "operator"
        ]
        assert {message.delivery for message, _said in answers} <= {"sent", "failed"}
        read = [said for text in vk.texts(peer) if (said := people.find(text))]
        arrived = [said for message, said in answers if message.delivery == "sent"]
        assert Counter(said.word for said in read if not said.is_deleted) == Counter(
            said.word for said in arrived
        )
        # What was refused, or renewed, goes out later.
        if peer not in trouble.forbade:
            assert [said for said in read if not (said.is_renewed or said.is_deleted)] == [
                said for said in arrived if not said.is_renewed
            ]


def all_events_were_taken(vk: FakeVK) -> None:
    """I5: whatever is authentic was answered with ok (and, by the loop, without a call to VK)."""
    assert {(one.status, one.answer) for one in vk.attempts if one.status} == {(200, "ok")}
    assert not VkEvent.objects.filter(state__in=["new", "quarantined"]).exists()


def patients_stand_in_the_order_in_which_they_wrote() -> None:
    """I6: each one's messages, or a line says when they were written."""
    for number in of_peers().values():
        last = 0
        messages = ChatMessage.objects.filter(thread=number).order_by("seq")
        for before, message in pairwise([None, *messages]):
            if message and message.sender == "visitor":
                place = int(message.vk_message_id)
                assert (before and before.event == "late") or place > last, message.text
                last = max(last, place)


def vk_was_never_hurried(vk: FakeVK) -> None:
    """I7: never more calls than VK allows."""
    assert not [one for one in vk.requests if one.error_code == 6 and not one.fault]


def no_secret_is_kept(trouble: Trouble) -> None:
    """I8: nobody who reads the database finds what opens the door."""
    rows = "".join(
        serialize("json", model.objects.all()) for model in apps.get_app_config("chat").get_models()
    )
    assert not [secret for secret in trouble.secrets if secret in rows]
