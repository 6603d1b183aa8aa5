"""The patients' side of the delivery model: browsers, their tabs, and what is done with them."""

from copy import copy, deepcopy
from typing import Any, Self
from uuid import UUID, uuid4

from django.db import transaction

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from accounts.models import User
from chat.permissions import Visitor, hash_of, new_secret
from tests.factories.chat import Patient, make_widget, old_ticket

Json = dict[str, Any]
BROWSERS = [0, 1]
TABS = [0, 1]
FATES = st.sampled_from(["good", "no answer", "twice", "no request"])


class Tab:
    """What a tab knows: the thread, the messages it has got, its cursor."""

    def __init__(self) -> None:
        self.number: int | None = None
        self.cursor = 0
        self.known: dict[int, Json] = {}

    def begin(self, state: Json) -> None:
        """Take a snapshot."""
        number = state["thread"]["number"] if state["thread"] else None
        if number == self.number:
            assert state["cursor"] >= self.cursor, "the cursor went back"
        self.number, self.cursor, self.known = number, state["cursor"], {}
        self.put(state["messages"])

    def put(self, found: list[Json]) -> None:
        """Take messages in: of two versions the newer stays."""
        for message in found:
            known = self.known.get(message["id"])
            if known is None or known["version"] <= message["version"]:
                self.known[message["id"]] = message

    def apply(self, update: Json) -> None:
        """Take an update in."""
        self.put(update["messages"])
        assert update["cursor"] > self.cursor, "an update without progress"
        self.cursor = update["cursor"]

    def shown(self) -> list[Json]:
        """Return what the tab shows, in its order."""
        return sorted(self.known.values(), key=lambda message: message["seq"])

    def copy(self) -> Self:
        """Return a copy, to try what would become of it."""
        tried = copy(self)
        tried.known = dict(self.known)
        return tried


class Browser:
    """A browser: cookies, an outbox that all tabs share, and the tabs."""

    def __init__(self) -> None:
        self.patient = Patient()
        self.outbox: list[tuple[UUID, str]] = []
        self.sent: list[tuple[UUID, str]] = []
        self.tabs = [Tab(), Tab()]
        self.user: User | None = None

    def visitor(self) -> Visitor:
        """Return who the browser is to the server."""
        cookie = self.patient.client.cookies.get("kdl_chat")
        secret = cookie.value if cookie else ""
        return Visitor(
            secret_hash=hash_of(secret) if secret else None,
            user_id=self.user.pk if self.user else None,
        )

    def secrets(self) -> set[str]:
        """Return the hashes of all secrets by which the browser's dialogue may be found."""
        first = {hash_of(new_secret(client_id)) for client_id, _text in self.outbox}
        return first | {self.visitor().secret_hash or ""}

    def post_message(self, client_id: UUID, text: str) -> Any:
        """Try to send a message, as often as one likes."""
        return self.patient.post(
            "messages/",
            {
                "client_id": str(client_id),
                "text": text,
                "consent": "1.0",
                "ticket": old_ticket(),
            },
        )


class Patients(RuleBasedStateMachine):
    """Two browsers of two tabs each, and a network that loses requests and answers.

    `book`: the words of what the server has accepted, by the id of the message. `questions`: what
    has ended each question that stands, the ids of answers or "closed"; nothing: it waits.
    """

    def __init__(self) -> None:
        super().__init__()
        self.rollback = transaction.atomic()
        self.rollback.__enter__()
        make_widget()
        self.user = User.objects.create_user(f"{uuid4().hex}@example.org")
        self.browsers = [Browser(), Browser()]
        self.said = 0
        self.book: dict[int, str] = {}
        self.questions: dict[int, set[int | str]] = {}

    def teardown(self) -> None:
        """Forget all."""
        transaction.set_rollback(True)
        self.rollback.__exit__(None, None, None)

    def new_text(self) -> str:
        """Return words that were never said."""
        self.said += 1
        return f"слова {self.said}"

    def accept(self, answer: Any, text: str) -> Json:
        """Enter an accepted message into the book; its repetition must be the same one."""
        assert answer.status_code in {200, 201}, answer.content
        message: Json = answer.json()["message"]
        if answer.status_code == 201:
            assert message["id"] not in self.book
            self.book[message["id"]] = text
            self.questions[message["id"]] = set()
        assert message["id"] in self.book
        return answer.json()

    @initialize(fates=st.tuples(FATES, FATES))
    def begin(self, fates: tuple[str, str]) -> None:
        """Let both browsers ask: without a dialogue most of what follows would do nothing."""
        for browser, fate in zip(BROWSERS, fates, strict=True):
            self.send(browser, 0, fate)

    @rule(browser=st.sampled_from(BROWSERS))
    def write(self, browser: int) -> None:
        """Put a message into the outbox."""
        self.browsers[browser].outbox.append((uuid4(), self.new_text()))

    @rule(
        browser=st.sampled_from(BROWSERS),
        tab=st.sampled_from(TABS),
        fate=FATES,
    )
    def send(self, browser: int, tab: int, fate: str) -> None:
        """Try the oldest message of the outbox; the network does what it does."""
        here = self.browsers[browser]
        if not here.outbox:
            self.write(browser)
        if fate == "no request":
            return
        client_id, text = here.outbox[0]
        if not here.patient.csrf:
            here.patient.state()
        cookies = deepcopy(here.patient.client.cookies)
        if fate == "twice":
            # The first copy is on its own: its cookie never comes back.
            self.accept(here.post_message(client_id, text), text)
            here.patient.client.cookies = deepcopy(cookies)
        taken = self.accept(here.post_message(client_id, text), text)
        if fate == "no answer":
            here.patient.client.cookies = cookies
            return
        here.sent.append(here.outbox.pop(0))
        tab_ = here.tabs[tab]
        number = taken["thread"]["number"]
        if tab_.number is None:
            tab_.number = number
        if tab_.number == number:
            tab_.put([taken["message"]])

    @precondition(lambda self: any(browser.sent for browser in self.browsers))
    @rule(browser=st.sampled_from(BROWSERS), which=st.integers(0, 99))
    def repeat(self, browser: int, which: int) -> None:
        """Send again what was accepted long ago: another tab had not heard of it."""
        here = self.browsers[browser]
        if here.sent:
            client_id, text = here.sent[which % len(here.sent)]
            answer = here.post_message(client_id, text)
            assert answer.status_code == 200, answer.content
            assert answer.json()["message"]["id"] in self.book

    @rule(browser=st.sampled_from(BROWSERS), tab=st.sampled_from(TABS))
    def catch_up(self, browser: int, tab: int) -> None:
        """Ask for one portion of what is new."""
        here, tab_ = self.browsers[browser], self.browsers[browser].tabs[tab]
        if tab_.number is None:
            return
        answer = here.patient.events(tab_.cursor, tab_.number)
        if answer.status_code == 200:
            tab_.apply(answer.json())
        elif answer.status_code != 304:
            assert answer.status_code in {404, 409}
            self.reload(browser, tab)

    @rule(browser=st.sampled_from(BROWSERS), tab=st.sampled_from(TABS))
    def reload(self, browser: int, tab: int) -> None:
        """Open the page anew, or come back after the connection was lost for long."""
        self.browsers[browser].tabs[tab].begin(self.browsers[browser].patient.state())

    @rule(
        browser=st.sampled_from(BROWSERS),
        tab=st.sampled_from(TABS),
        which=st.integers(0, 99),
        to_nothing=st.booleans(),
    )
    def change_own(self, browser: int, tab: int, which: int, to_nothing: bool) -> None:
        """Change or take back an own message that a tab shows."""
        here = self.browsers[browser]
        own = [m["id"] for m in here.tabs[tab].shown() if m["sender"] == "visitor"]
        if not own:
            return
        number = own[which % len(own)]
        if to_nothing:
            answer, text = here.patient.post(f"messages/{number}/delete/"), ""
            if answer.status_code == 200:
                self.questions.pop(number, None)
        else:
            text = self.new_text()
            answer = here.patient.post(f"messages/{number}/edit/", {"text": text})
            if answer.status_code != 404:
                # Behind an answer nobody would read what it says now.
                assert (answer.status_code == 200) == (not self.questions[number])
        if answer.status_code == 200:
            self.book[number] = text
        elif answer.status_code != 404:
            assert answer.json()["code"] == "too_late", answer.content

    @rule(browser=st.sampled_from(BROWSERS), tab=st.sampled_from(TABS), read=st.booleans())
    def mark(self, browser: int, tab: int, read: bool) -> None:
        """Say how far a tab has got."""
        here, tab_ = self.browsers[browser], self.browsers[browser].tabs[tab]
        if tab_.known:
            upto = tab_.shown()[-1]["seq"]
            state = "read" if read else "delivered"
            answer = here.patient.post("read/", {"upto": upto, "state": state})
            # 400: the dialogue is another one now, and shorter.
            assert answer.status_code in {200, 400, 404}, answer.content

    @precondition(lambda self: any(browser.user is None for browser in self.browsers))
    @rule(browser=st.sampled_from(BROWSERS))
    def sign_in(self, browser: int) -> None:
        """Sign in: what the browser has and what the account has become one."""
        here = self.browsers[browser]
        if here.user is None:
            here.patient.client.force_login(self.user)
            here.patient.csrf, here.user = "", self.user

    @rule(browser=st.sampled_from(BROWSERS))
    def leave(self, browser: int) -> None:
        """Sign out, or forget on this device; not with something unsent."""
        here = self.browsers[browser]
        if here.outbox:
            return
        if here.user:
            here.patient.client.logout()
        else:
            here.patient.post("forget/")
        here.patient.csrf, here.user, here.sent = "", None, []
