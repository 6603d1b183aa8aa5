"""The handle for tests and the demo: a whole small VK, with a real socket.

    with FakeVK(callback="http://127.0.0.1:8000/chat/vk/callback/") as vk:
        vk.user_writes(555, "Здравствуйте")
        vk.deliver()
        assert vk.texts(555) == […]

On leaving the block, whatever the site sent or got that vkbottle-types, or the published schema
where it is at hand, does not know is an error.
"""

import threading
from collections.abc import Callable, Collection, Iterable
from types import TracebackType
from typing import Any, Self

from tests.fake_vk import dialogue, media, published
from tests.fake_vk.api import METHODS, Api, Request
from tests.fake_vk.clock import START, Clock
from tests.fake_vk.emitter import Attempt, Emitter
from tests.fake_vk.faults import API_KINDS, EVENT_KINDS, Fault, Faults
from tests.fake_vk.files import png
from tests.fake_vk.judge import Judge
from tests.fake_vk.longpoll import LongPolls, new_key
from tests.fake_vk.methods import execute, groups, messages, uploads, users
from tests.fake_vk.state import (
    ALL_RIGHTS,
    CHAT_BASE,
    EVENT_TYPES,
    CallbackServer,
    Community,
    Dialog,
    Message,
    Rules,
    Snackbar,
    Token,
    User,
    World,
)
from tests.fake_vk.transports import Transport, post_over_http
from tests.fake_vk.vk_id import VkId
from tests.fake_vk.web import WebServer

API_FAMILIES = (execute, groups, messages, uploads, users)
GROUP_ID = 224_584_658
TOKEN = "vk1.a.fake-token"
SECRET = "fake-secret"
CONFIRMATION = "fa4eb0d1"
PULSE = 0.1
# In the demo, a site that is not up yet is asked again and again.
PULSES_BETWEEN_HANDSHAKES = 10


class FakeVK:
    """A stand-in for VK with one community, its people and its callback server.

    `callback` is the site's address for events. `transport` says how they get there: over HTTP
    unless a test hands in `post_to_client(client)`. With `real` the clock runs and events are
    posted by themselves; else nothing is posted until `deliver` or `advance`. `files_url` is the
    host that pictures and documents claim to lie at, where it is not the stand-in's own. Messages
    are numbered after `count_from`: a site that remembers an earlier stand-in knows none of them.
    `with_schema` False spares the published schema, which costs a moment to load.
    """

    def __init__(
        self,
        *,
        callback: str = "",
        transport: Transport = post_over_http,
        token: str = TOKEN,
        group_id: int = GROUP_ID,
        secret: str = SECRET,
        confirmation: str = CONFIRMATION,
        seed: int = 1,
        start: float = START,
        real: bool = False,
        port: int = 0,
        files_url: str = "",
        count_from: int = 0,
        rules: Rules | None = None,
        with_schema: bool = True,
    ) -> None:
        self.clock = Clock(start, real=real)
        self.rules = rules or Rules()
        judge = Judge(published.read() if with_schema else None)
        self.world = World(self.clock, seed, self.rules, judge)
        self.faults = Faults(self.world.rng)
        self.emitter = Emitter(self.world, self.faults, transport)
        self.long_polls = LongPolls(self.world)
        self.api = Api(self.world, self.faults)
        self.vk_id = VkId(self.world)
        self.group = self.add_group(group_id, token, confirmation=confirmation)
        self.group.count_from = self.group.last_message_id = count_from
        self.web = WebServer(self, port)
        self.world.base_url = self.web.url
        self.world.files_url = files_url or self.web.url
        self._pulse: threading.Thread | None = None
        self._stopped = threading.Event()
        if callback:
            self.add_server(callback, secret=secret, status="wait" if real else "ok")

    # --- Life ------------------------------------------------------------------------------------

    def start(self) -> Self:
        """Open the socket; with a real clock also begin to post events."""
        self.web.start()
        if self.clock.real:
            self._pulse = threading.Thread(target=self._beat, daemon=True)
            self._pulse.start()
        return self

    def stop(self) -> None:
        """Close the socket and let go of those who wait."""
        self._stopped.set()
        self.web.stop()
        if self._pulse:
            self._pulse.join()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()
        if kind is None and self.violations:
            raise AssertionError("Not as VK has it:\n" + "\n".join(self.violations))

    def go_down(self) -> None:
        """VK is not there: connections are refused until `come_back`."""
        self.web.stop()

    def come_back(self) -> None:
        """VK is there again, at the same address."""
        self.web = WebServer(self, self.web.port)
        self.web.start()

    def _beat(self) -> None:
        beats = 0
        while not self._stopped.wait(PULSE):
            self.emitter.deliver_due()
            beats += 1
            if beats % PULSES_BETWEEN_HANDSHAKES == 0:
                for community in list(self.world.communities.values()):
                    for server in list(community.servers.values()):
                        if server.status != "ok":
                            self.emitter.handshake(community, server)

    # --- What is where ---------------------------------------------------------------------------

    @property
    def url(self) -> str:
        """The address of the stand-in."""
        return self.web.url

    @property
    def api_url(self) -> str:
        """What VK_API_BASE_URL has to be."""
        return f"{self.web.url}/method"

    @property
    def requests(self) -> list[Request]:
        """Every API call so far, without tokens."""
        return self.api.requests

    @property
    def attempts(self) -> list[Attempt]:
        """Every post of an event so far."""
        return self.emitter.attempts

    @property
    def violations(self) -> list[str]:
        """What passed through here that the independent sources do not know."""
        return self.world.judge.violations

    def calls(self, method: str) -> list[Request]:
        """Return the calls of one API method."""
        return [request for request in self.requests if request.method == method]

    def dialog(self, peer: int) -> Dialog:
        """Return the community's dialogue with a peer."""
        with self.world.lock:
            return self.group.dialog(peer)

    def history(self, peer: int) -> list[Message]:
        """Return what the peer sees in VK, the oldest first."""
        with self.world.lock:
            return self.group.dialog(peer).visible

    def received(self, peer: int) -> list[Message]:
        """Return what the community wrote to a peer."""
        return [message for message in self.history(peer) if message.out]

    def texts(self, peer: int) -> list[str]:
        """Return the texts of what the community wrote to a peer."""
        return [message.text for message in self.received(peer)]

    def snackbars(self, peer: int) -> list[Snackbar]:
        """Return the answers to callback buttons that the peer was shown."""
        return list(self.dialog(peer).snackbars)

    # --- The world -------------------------------------------------------------------------------

    def add_group(
        self,
        group_id: int,
        token: str = "",
        *,
        name: str = "Дзагуров КДЛ",
        confirmation: str = CONFIRMATION,
        rights: Iterable[str] = ALL_RIGHTS,
    ) -> Community:
        """Found another community."""
        with self.world.lock:
            community = Community(group_id, name, f"club{group_id}", confirmation)
            self.world.communities[group_id] = community
            new_key(self.world, community)
        if token:
            self.add_token(token, community=community, rights=rights)
        return community

    def add_token(
        self,
        value: str,
        *,
        community: Community | None = None,
        rights: Iterable[str] = ALL_RIGHTS,
    ) -> None:
        """Issue a token with these rights."""
        with self.world.lock:
            (community or self.group).tokens[value] = Token(value, frozenset(rights))

    def revoke_token(self, value: str = TOKEN) -> None:
        """Let a token be refused with error 5 from now on."""
        with self.world.lock:
            self.group.tokens.pop(value)

    def add_server(
        self,
        url: str,
        *,
        secret: str = SECRET,
        api_version: str = "5.199",
        events: Iterable[str] = EVENT_TYPES,
        status: str = "ok",
        community: Community | None = None,
    ) -> CallbackServer:
        """Add a callback server without a word to the site: it is confirmed already."""
        owner = community or self.group
        with self.world.lock:
            owner.last_server_id += 1
            server = CallbackServer(
                owner.last_server_id, url, "site", secret, status, api_version, set(events)
            )
            owner.servers[server.id] = server
            return server

    def confirm(self) -> list[bool]:
        """Ask every server for the confirmation code and say who answered it."""
        servers = list(self.group.servers.values())
        return [self.emitter.handshake(self.group, server) for server in servers]

    def add_user(self, user_id: int, first_name: str, last_name: str = "", sex: int = 0) -> User:
        """Let a person have an account; others are made up when they first write."""
        with self.world.lock:
            return self.world.add_user(user_id, first_name, last_name, sex)

    # --- People ----------------------------------------------------------------------------------

    def user_writes(
        self,
        user_id: int,
        text: str = "",
        *,
        reply_to: Message | int | None = None,
        forward: Iterable[Message] = (),
        attachments: Iterable[dict[str, Any]] = (),
        **more: Any,
    ) -> Message:
        """A person writes to the community.

        `reply_to` is VK's own reply, to a message or its number in the conversation; `more` are
        payload, ref, ref_source, geo of the message.
        """
        with self.world.lock:
            more |= self._surroundings(user_id, reply_to, forward, attachments)
            return dialogue.user_writes(self.world, self.group, user_id, text, **more)

    def chat_writes(
        self,
        chat: int,
        user_id: int,
        text: str = "",
        *,
        reply_to: Message | int | None = None,
        forward: Iterable[Message] = (),
        attachments: Iterable[dict[str, Any]] = (),
        **more: Any,
    ) -> Message:
        """A person writes in group chat number `chat`, where the community is a member."""
        with self.world.lock:
            more |= self._surroundings(CHAT_BASE + chat, reply_to, forward, attachments)
            return dialogue.chat_writes(self.world, self.group, chat, user_id, text, **more)

    def _surroundings(
        self,
        peer: int,
        reply_to: Message | int | None,
        forward: Iterable[Message],
        attachments: Iterable[dict[str, Any]],
    ) -> dict[str, Any]:
        found = self.group.dialog(peer).by_cmid(reply_to) if isinstance(reply_to, int) else reply_to
        if isinstance(reply_to, int) and not found:
            raise LookupError(f"There is no message {reply_to} in this conversation")
        return {"reply": found, "forwarded": list(forward), "attachments": list(attachments)}

    def manager_replies(self, peer: int, text: str, *, admin_id: int = 1) -> Message:
        """A manager answers in the community's own interface."""
        with self.world.lock:
            return dialogue.community_writes(
                self.world, self.group, peer, text, admin_author_id=admin_id
            )

    def press(
        self, peer: int, label: str, *, message: Message | None = None, user_id: int | None = None
    ) -> str:
        """A person presses the button with this label; see dialogue.press_button."""
        with self.world.lock:
            cmid = message.cmid if message else None
            return dialogue.press_button(
                self.world, self.group, peer, label, cmid=cmid, user_id=user_id
            )

    def forge_press(self, user_id: int, payload: Any, *, cmid: int = 1) -> str:
        """A person sends a callback payload that no button of theirs carries."""
        with self.world.lock:
            return dialogue.press_callback(self.world, self.group, user_id, user_id, cmid, payload)

    def user_edits(self, message: Message, text: str) -> None:
        """A person changes their message; the community gets no event."""
        with self.world.lock:
            dialogue.edit_by_user(self.world, message, text)

    def user_reads(self, user_id: int) -> None:
        """A person looks into the dialogue."""
        with self.world.lock:
            dialogue.read_by_user(self.world, self.group, user_id)

    def user_types(self, user_id: int) -> None:
        """A person types."""
        with self.world.lock:
            dialogue.type_by_user(self.world, self.group, user_id)

    def allow(self, user_id: int, key: str = "") -> None:
        """A person permits messages."""
        with self.world.lock:
            dialogue.allow(self.world, self.group, user_id, key)

    def deny(self, user_id: int) -> None:
        """A person forbids messages."""
        with self.world.lock:
            dialogue.deny(self.world, self.group, user_id)

    def delete(self, *messages: Message) -> None:
        """Messages disappear from VK."""
        with self.world.lock:
            dialogue.delete(self.world, messages)

    def photo(self, owner_id: int, *, width: int = 8, height: int = 6) -> dict[str, Any]:
        """Return a picture as an attachment; its file is served."""
        with self.world.lock:
            return media.attachment(self.world, owner_id, "photo.png", png(width, height))

    def document(
        self, owner_id: int, title: str = "Направление.pdf", data: bytes = b"%PDF-1.4\n%%EOF\n"
    ) -> dict[str, Any]:
        """Return a file as an attachment; it is served."""
        with self.world.lock:
            return media.attachment(self.world, owner_id, title, data)

    # --- Time and trouble ------------------------------------------------------------------------

    def deliver(self) -> list[Attempt]:
        """Post every event that is due now, and what follows from it."""
        return self.emitter.deliver_due()

    def advance(self, seconds: float) -> list[Attempt]:
        """Let time pass and post each event at the moment it falls due."""
        end = self.clock.now() + seconds
        attempts = self.deliver()
        while (due := self.emitter.next_due()) is not None and due <= end:
            self.clock.move_to(due)
            attempts += self.deliver()
        self.clock.move_to(end)
        return attempts

    def fail(self, method: str, kind: str, **how: Any) -> Fault:
        """Order a fault for an API method ("*" is any): see faults.API_KINDS and Fault."""
        return self._order(method, METHODS, kind, API_KINDS, how)

    def disturb(self, event: str, kind: str, **how: Any) -> Fault:
        """Order a fault for a type of events ("*" is any): see faults.EVENT_KINDS and Fault."""
        return self._order(event, EVENT_TYPES, kind, EVENT_KINDS, how)

    def _order(
        self,
        target: str,
        targets: Collection[str],
        kind: str,
        kinds: Collection[str],
        how: dict[str, Any],
    ) -> Fault:
        if kind not in kinds:
            raise ValueError(f"No such fault: {kind}")
        if target != "*" and target not in targets:
            raise ValueError(f"Nothing to go wrong: {target}")
        how["peers"] = frozenset(how.get("peers", ()))
        with self.world.lock:
            return self.faults.add(Fault(kind, target, **how))

    def wait_for(self, condition: Callable[[], object], timeout: float = 10) -> None:
        """Wait, in real time, until something that a process of the site does has happened."""
        with self.world.changed:
            if not self.world.changed.wait_for(condition, timeout):
                raise TimeoutError("VK waited in vain")

    def heal(self) -> None:
        """Take back all faults that were ordered."""
        with self.world.lock:
            self.faults.clear()

    def lose_long_poll_key(self) -> None:
        """Let the Long Poll key expire."""
        with self.world.lock:
            new_key(self.world, self.group)

    def fail_long_poll(self, *codes: int) -> None:
        """Let the next Long Poll requests fail with 1, 2 or 3."""
        with self.world.lock:
            self.long_polls.failures += codes
