"""Whatever happens in whatever order: every accepted message once, in one order, for everybody.

A person with two browsers of two tabs each, two operators at their desks, and a network that loses
requests and answers and repeats them. After every step the model's book is compared with the
database, and what each tab would have after catching up with what it would read anew.
"""

import os
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import invariant, rule
from hypothesis.stateful import run_state_machine_as_test as run

from chat.events import Audience, message_json
from chat.models import ChatMessage, ChatThread
from chat.selectors import inbox
from chat.selectors import threads as selectors
from chat.services import protection, threads
from tests.chat.delivery import Json, Patients, Tab
from tests.chat.desk import Operator
from tests.factories.chat import make_operator

pytestmark = pytest.mark.django_db

OPERATORS = [0, 1]


class Screen(Tab):
    """A tab of the inbox with a dialogue open, as its own calls tell of it."""

    def __init__(self, desk: Operator) -> None:
        super().__init__()
        self.desk = desk
        self.thread: Json = {}

    def open(self, number: int) -> None:
        """Open a dialogue; the number of a merged one leads to its heir."""
        answer = self.desk.get(f"threads/{number}/").json()
        self.begin(answer)
        self.thread = answer["thread"]

    def apply(self, update: Json) -> None:
        """Take an update in."""
        super().apply(update)
        self.thread = update["thread"]
        assert update["more"] == (self.cursor < self.thread["version"])

    def catch_up(self) -> None:
        """Ask for one portion of what is new."""
        answer = self.desk.get(f"threads/{self.number}/changes/", after=self.cursor)
        if answer.status_code == 304:
            return
        update = answer.json()
        if update["thread"]["merged_into"]:
            self.open(self.number)
        else:
            self.apply(update)

    def last_seq(self) -> int:
        """Return the last place before the operator's eyes."""
        return max((message["seq"] for message in self.known.values()), default=0)


class Delivery(Patients):
    """The machine: the patients' side, and the laboratory's."""

    def __init__(self) -> None:
        super().__init__()
        self.operators = [make_operator("Светлана"), make_operator("Анна")]
        self.screens = [Screen(Operator(user)) for user in self.operators]
        self.versions: dict[int, int] = {}

    # --- The laboratory ---------------------------------------------------------------------------

    def a_thread(self, which: int) -> ChatThread | None:
        """Return one of the dialogues; a merged one too: its number is on somebody's screen."""
        found = list(ChatThread.objects.filter(is_common=False).order_by("pk"))
        return found[which % len(found)] if found else None

    def an_open_screen(self, who: int, which: int) -> Screen | None:
        """Return an operator's screen with a dialogue on it, None if there is none yet."""
        if self.screens[who].number is None:
            self.look(who, which)
        return self.screens[who] if self.screens[who].number else None

    def questions_of(self, thread: ChatThread, upto: int | None = None) -> list[set[int | str]]:
        """Return what ended each of the questions of a dialogue (up to a place)."""
        asked = thread.messages.filter(pk__in=self.questions)
        if upto is not None:
            asked = asked.filter(seq__lte=upto)
        return [self.questions[number] for number in asked.values_list("pk", flat=True)]

    def unseen(self, thread: ChatThread, screen: Screen) -> tuple[int, list[int]]:
        """Return (the last place of a dialogue that a screen shows, those of questions behind)."""
        shown = screen.last_seq() if thread.pk == screen.number else 0
        behind = thread.messages.filter(pk__in=self.questions, seq__gt=shown)
        return shown, list(behind.order_by("seq").values_list("seq", flat=True))

    @rule(who=st.sampled_from(OPERATORS), which=st.integers(0, 99))
    def look(self, who: int, which: int) -> None:
        """Open a dialogue."""
        thread = self.a_thread(which)
        if thread:
            self.screens[who].open(thread.pk)

    @rule(who=st.sampled_from(OPERATORS), which=st.integers(0, 99))
    def follow(self, who: int, which: int) -> None:
        """Ask for one portion of what is new in the dialogue on the screen."""
        screen = self.an_open_screen(who, which)
        if screen:
            heir = inbox.thread_of(screen.number).pk
            screen.catch_up()
            assert screen.number == heir

    @rule(
        who=st.sampled_from(OPERATORS),
        which=st.integers(0, 99),
        kind=st.sampled_from(["message", "message", "note"]),
        tells=st.booleans(),
        twice=st.booleans(),
    )
    def answer(self, who: int, which: int, kind: str, tells: bool, twice: bool) -> None:
        """Answer or make a note, perhaps without having seen the newest (and telling so)."""
        screen = self.an_open_screen(who, which)
        if screen is None:
            return
        thread = inbox.thread_of(screen.number)
        shown, behind = self.unseen(thread, screen)
        data = {"client_id": str(uuid4()), "text": self.new_text(), "kind": kind}
        if tells:
            data |= {"seen_seq": screen.last_seq(), "shown_seq": screen.last_seq()}
        number = screen.number
        sent = screen.desk.send(number, **data)
        if tells and kind == "message" and self.a_colleague_wrote(thread, who, shown):
            assert (sent.status_code, sent.json()["code"]) == (409, "answered_meanwhile")
            return
        assert sent.status_code == 201, sent.content
        pk = sent.json()["message"]["id"]
        self.book[pk] = data["text"]
        if kind == "message":
            for ends in self.questions_of(thread, shown if tells else None):
                ends.add(pk)
            read = ChatThread.objects.get(pk=thread.pk).operator_read_seq
            unread = behind[0] - 1 if tells and behind else sent.json()["message"]["seq"]
            assert read == max(thread.operator_read_seq, unread)
        if twice:
            again = screen.desk.send(number, **data)
            assert (again.status_code, again.json()["message"]["id"]) == (200, pk)

    def a_colleague_wrote(self, thread: ChatThread, who: int, after: int) -> bool:
        """Say whether another operator's answer stands behind a place."""
        found = thread.messages.filter(sender="operator", kind="message", seq__gt=after)
        return found.exclude(author=self.operators[who]).filter(deleted_at=None).exists()

    @rule(who=st.sampled_from(OPERATORS), which=st.integers(0, 99), to_nothing=st.booleans())
    def change_answer(self, who: int, which: int, to_nothing: bool) -> None:
        """Change or take back an own answer."""
        own = list(
            ChatMessage.objects.filter(author=self.operators[who], sender="operator")
            .order_by("pk")
            .values_list("pk", flat=True)
        )
        if not own:
            return
        number, desk = own[which % len(own)], self.screens[who].desk
        if to_nothing:
            answer, text = desk.post(f"messages/{number}/delete/"), ""
            for ends in self.questions.values():
                ends.discard(number)
        else:
            text = self.new_text()
            answer = desk.post(f"messages/{number}/edit/", {"text": text})
        if answer.status_code == 200:
            self.book[number] = text
        else:
            # It was taken back before.
            assert (answer.status_code, self.book[number]) == (404, "")

    @rule(
        who=st.sampled_from(OPERATORS),
        which=st.integers(0, 99),
        what=st.sampled_from(["reopen", "take", "give up", "mark"]),
    )
    def handle(self, who: int, which: int, what: str) -> None:
        """Reopen, take, give up a dialogue; say how far one has read."""
        thread, operator = self.a_thread(which), self.operators[who]
        if thread is None:
            return
        if what == "reopen":
            threads.reopen(operator, thread.pk)
        elif what == "mark":
            threads.mark_operator(operator, thread.pk, thread.last_seq // 2, read=True)
        else:
            threads.assign(operator, thread.pk, operator if what == "take" else None)

    @rule(who=st.sampled_from(OPERATORS), which=st.integers(0, 99), tells=st.booleans())
    def close(self, who: int, which: int, tells: bool) -> None:
        """Close the dialogue on the screen, perhaps without having seen the newest."""
        screen = self.an_open_screen(who, which)
        if screen is None:
            return
        thread = inbox.thread_of(screen.number)
        _shown, behind = self.unseen(thread, screen)
        data = {"shown_seq": screen.last_seq()} if tells else {}
        answer = screen.desk.post(f"threads/{screen.number}/close/", data)
        if thread.status == ChatThread.Status.OPEN:
            if tells and behind:
                assert (answer.status_code, answer.json()["code"]) == (409, "written_meanwhile")
                return
            for ends in self.questions_of(thread):
                ends.add("closed")
        assert answer.status_code == 200, answer.content

    @rule(one=st.integers(0, 99), other=st.integers(0, 99))
    def merge(self, one: int, other: int) -> None:
        """Merge two dialogues: all of both is in the heir once, and the old number leads there."""
        chosen, into = self.a_thread(one), self.a_thread(other)
        if chosen is None or into is None:
            return
        old, heir = inbox.thread_of(chosen.pk), inbox.thread_of(into.pk)
        first, behind = (list(each.messages.values_list("pk", flat=True)) for each in (heir, old))
        threads.merge(chosen.pk, into.pk)
        if old.pk == heir.pk:
            return
        found = list(heir.messages.values_list("pk", "event"))
        line = [pk for pk, event in found if event == "merged" and pk not in first + behind]
        assert [pk for pk, _event in found] == first + line + behind
        assert len(line) == bool(behind)
        assert inbox.thread_of(chosen.pk).pk == heir.pk
        self.part(old, ChatThread.objects.get(pk=heir.pk))

    def part(self, old: ChatThread, heir: ChatThread) -> None:
        """Let browsers go whose dialogue became somebody else's: theirs is a new one from now."""
        for browser in self.browsers:
            secrets = browser.secrets()
            by_cookie = old.visitor_hash in secrets and heir.visitor_hash not in secrets
            by_account = old.user_id and old.user_id != heir.user_id and browser.user
            if by_cookie or by_account:
                browser.outbox, browser.sent = [], []

    # --- What must hold after every step ----------------------------------------------------------

    @invariant()
    def every_accepted_message_is_there_once(self) -> None:
        """What was accepted is stored once, with its newest words; nothing else is."""
        stored = ChatMessage.objects.exclude(sender="system").values_list("pk", "text")
        assert dict(stored) == self.book
        said = [text for _pk, text in stored if text]
        assert len(said) == len(set(said))

    @invariant()
    def places_have_no_gaps_and_versions_do_not_go_back(self) -> None:
        """Each thread counts 1, 2, 3 …; no two changes share a version."""
        for thread in ChatThread.objects.all():
            rows = list(thread.messages.order_by("seq").values_list("seq", "version"))
            if thread.merged_into_id:
                assert rows == []
                continue
            assert [seq for seq, _version in rows] == list(range(1, thread.last_seq + 1))
            versions = [version for _seq, version in rows]
            assert len(versions) == len(set(versions))
            assert max(versions, default=0) <= thread.last_version
            assert thread.last_version >= self.versions.get(thread.pk, 0)
            self.versions[thread.pk] = thread.last_version

    @invariant()
    def who_asked_and_was_not_answered_waits(self) -> None:
        """An open dialogue waits since its first question that nothing ended, or does not wait."""
        since = {}
        waiting = [number for number, ends in self.questions.items() if not ends]
        for message in ChatMessage.objects.filter(pk__in=waiting).order_by("-created_at"):
            since[message.thread_id] = message.created_at
        for thread in ChatThread.objects.filter(is_common=False):
            is_open = thread.status == ChatThread.Status.OPEN
            assert thread.waiting_since == (since.get(thread.pk) if is_open else None)

    @invariant()
    def patients_see_what_operators_see_but_their_notes(self) -> None:
        """Both sides have one order and the same words."""
        for thread in ChatThread.objects.filter(is_common=False, merged_into=None):
            lists = [
                [message_json(message, reader) for message in self.fresh(thread.pk, reader)]
                for reader in (Audience.VISITOR, Audience.OPERATOR)
            ]
            seen, inside = lists
            told = [message for message in inside if message["kind"] == "message"]
            same = ["id", "seq", "version", "sender", "name", "text", "event", "at", "deleted"]
            assert [[message[name] for name in same] for message in seen] == [
                [message[name] for name in same] for message in told
            ]

    @invariant()
    def snapshot_and_events_make_what_a_fresh_read_gives(self) -> None:
        """Each tab of a patient, once it has caught up, shows what a new one would."""
        for here in self.browsers:
            current = selectors.thread_id_of(here.visitor())
            for tab in here.tabs:
                if current is None or tab.number != current:
                    continue
                caught_up = tab.copy()
                while update := selectors.update_for_visitor(current, caught_up.cursor):
                    caught_up.apply(update)
                self.compare(caught_up, Audience.VISITOR)

    @invariant()
    def snapshot_and_changes_make_what_a_fresh_read_gives(self) -> None:
        """Each operator's screen, once it has caught up, shows what a new one would."""
        for screen in self.screens:
            if screen.number is None:
                continue
            thread = inbox.thread_of(screen.number)
            if thread.pk != screen.number:
                update = inbox.changes(screen.number, screen.cursor)
                assert update is not None
                assert update["thread"]["merged_into"]
                continue
            caught_up = screen.copy()
            while update := inbox.changes(thread.pk, caught_up.cursor):
                caught_up.apply(update)
            self.compare(caught_up, Audience.OPERATOR)
            # That the patient is there is no change.
            fresh = inbox.details(thread) | {"seen": caught_up.thread["seen"]}
            assert caught_up.thread == fresh

    def fresh(self, number: int, reader: Audience) -> list[ChatMessage]:
        """Return what a reader is shown of a dialogue."""
        return list(selectors.messages(number, reader).order_by("seq"))

    def compare(self, tab: Tab, reader: Audience) -> None:
        """Compare a tab with a new read."""
        fresh = [message_json(message, reader) for message in self.fresh(tab.number, reader)]
        got = tab.shown()
        # A snapshot begins with the newest; what is older is fetched by scrolling.
        assert got == fresh[len(fresh) - len(got) :]


# EXAMPLES=500 tries as many stories that nobody has seen before.
EXAMPLES = int(os.environ.get("EXAMPLES", "0"))


@pytest.fixture(autouse=True)
def no_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody is too quick here; portions and snapshots are small enough to be exceeded."""
    for name in ("MESSAGES_A_MINUTE", "MESSAGES_A_DAY", "NEW_THREADS_AN_HOUR"):
        monkeypatch.setattr(protection, name, 10_000)
    monkeypatch.setattr(protection.Limit, "admit", lambda *call: None)
    monkeypatch.setattr(selectors, "SNAPSHOT", 4)
    monkeypatch.setattr(selectors.changes, "__defaults__", (3,))


def test_nothing_is_lost_doubled_or_moved():
    run(
        Delivery,
        settings=settings(
            max_examples=EXAMPLES or 10,
            stateful_step_count=40,
            deadline=None,
            # The usual ten are the same each time: a red run is a change's fault.
            derandomize=not EXAMPLES,
            suppress_health_check=list(HealthCheck),
        ),
    )
