"""What the stand-in remembers: people, communities, dialogues, messages, files. In memory only."""

import random
import threading
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from tests.fake_vk.clock import Clock
from tests.fake_vk.files import Files
from tests.fake_vk.judge import Judge

CHAT_BASE = 2_000_000_000
EVENT_TYPES = (
    "message_new",
    "message_reply",
    "message_edit",
    "message_allow",
    "message_deny",
    "message_event",
    "message_read",
    "message_typing_state",
)
# The other types that settings list; the stand-in never lets them happen.
OTHER_EVENT_TYPES = tuple(
    """
    message_reaction_event audio_new board_post_delete board_post_edit board_post_new
    board_post_restore donut_money_withdraw donut_money_withdraw_error donut_subscription_cancelled
    donut_subscription_create donut_subscription_expired donut_subscription_price_changed
    donut_subscription_prolonged group_change_photo group_change_settings group_join group_leave
    group_officers_edit lead_forms_new market_comment_delete market_comment_edit market_comment_new
    market_comment_restore market_order_edit market_order_new photo_comment_delete
    photo_comment_edit photo_comment_new photo_comment_restore photo_new poll_vote_new user_block
    user_unblock video_comment_delete video_comment_edit video_comment_new video_comment_restore
    video_new wall_post_new wall_reply_delete wall_reply_edit wall_reply_new wall_reply_restore
    wall_repost wall_schedule_post_delete wall_schedule_post_new
    """.split()  # noqa: SIM905 - fifty lines would say no more
)
API_VERSION = "5.199"
ALL_RIGHTS = frozenset({"messages", "manage", "photos", "docs"})


@dataclass
class Rules:
    """What VK does not document, or does one way here and another there: one switch for each."""

    message_limit: int = 9000
    # Whether that is counted in UTF-16 units, in which an emoji is two, or in code points.
    counts_utf16: bool = False
    requests_per_second: int | None = 20
    random_id_window: float = 3600.0
    random_id_messages: int = 100
    edit_window: float = 24 * 3600.0
    button_answer_window: float = 60.0
    # A bot in a group chat sees every message, or only those that mention it.
    chats_see_all: bool = True
    # Errors in a row after which a callback server is switched off; None is never.
    switch_off_after: int | None = 5
    callback_timeout: float = 3.0
    # Whether two servers of one community get the same event_id.
    shared_event_id: bool = False
    confirmation_has_secret: bool = True
    # How long a Long Poll request really waits, whatever it asks for.
    long_poll_patience: float = 0.2
    # How long a request that "times out" is kept before the connection is dropped.
    hang_limit: float = 30.0


@dataclass
class User:
    """A person in VK."""

    id: int
    first_name: str
    last_name: str
    sex: int = 0
    deactivated: bool = False

    @property
    def screen_name(self) -> str:
        """The last part of the address of their page."""
        return f"id{self.id}"


@dataclass
class Message:
    """One message of a dialogue or a chat."""

    peer_id: int
    cmid: int
    id: int
    from_id: int
    date: int
    text: str
    version: int
    out: bool = False
    random_id: int = 0
    attachments: list[dict[str, Any]] = field(default_factory=list)
    reply: "Message | None" = None
    forwarded: list["Message"] = field(default_factory=list)
    payload: str | None = None
    keyboard: dict[str, Any] | None = None
    ref: str | None = None
    ref_source: str | None = None
    geo: dict[str, Any] | None = None
    action: dict[str, Any] | None = None
    admin_author_id: int | None = None
    update_time: int | None = None
    deleted: bool = False


@dataclass
class Snackbar:
    """What VK shows a person in answer to a callback button."""

    message_cmid: int
    data: dict[str, Any] | None


@dataclass
class Dialog:
    """A conversation of the community with one peer: a person, or a chat of several."""

    peer_id: int
    allowed: bool = False
    blocked: bool = False
    messages: list[Message] = field(default_factory=list)
    read_by_community: int = 0
    read_by_peer: int = 0
    keyboard: dict[str, Any] | None = None
    members: set[int] = field(default_factory=set)
    typing: list[float] = field(default_factory=list)
    snackbars: list[Snackbar] = field(default_factory=list)
    last_cmid: int = 0

    @property
    def is_chat(self) -> bool:
        """Whether several people talk here."""
        return self.peer_id > CHAT_BASE

    @property
    def visible(self) -> list[Message]:
        """The messages that were not deleted, the oldest first."""
        return [message for message in self.messages if not message.deleted]

    def by_cmid(self, cmid: int) -> Message | None:
        """Return the message with this number of the conversation."""
        return next((message for message in self.visible if message.cmid == cmid), None)

    def by_random_id(self, random_id: int) -> list[Message]:
        """Return the community's messages sent with this random_id."""
        return [message for message in self.visible if message.random_id == random_id]


@dataclass
class Token:
    """A community's key to the API."""

    value: str
    rights: frozenset[str] = ALL_RIGHTS
    calls: deque[float] = field(default_factory=deque)


@dataclass
class CallbackServer:
    """An address that a community's events are posted to."""

    id: int
    url: str
    title: str
    secret: str = ""
    status: str = "unconfigured"
    api_version: str = API_VERSION
    events: set[str] = field(default_factory=set)
    failures: int = 0


@dataclass
class ButtonPress:
    """A pressed callback button that waits for sendMessageEventAnswer."""

    user_id: int
    peer_id: int
    cmid: int
    pressed: float


@dataclass
class LongPoll:
    """A community's Bots Long Poll: its settings and what it has to tell."""

    enabled: bool = False
    api_version: str = API_VERSION
    events: set[str] = field(default_factory=set)
    key: str = ""
    first_ts: int = 1
    updates: list[dict[str, Any]] = field(default_factory=list)

    @property
    def next_ts(self) -> int:
        """The number of the event that comes next."""
        return self.first_ts + len(self.updates)


@dataclass
class Community:
    """A community with its dialogues, keys and servers."""

    id: int
    name: str
    screen_name: str
    confirmation: str
    bots_enabled: bool = True
    tokens: dict[str, Token] = field(default_factory=dict)
    dialogs: dict[int, Dialog] = field(default_factory=dict)
    servers: dict[int, CallbackServer] = field(default_factory=dict)
    presses: dict[str, ButtonPress] = field(default_factory=dict)
    long_poll: LongPoll = field(default_factory=LongPoll)
    last_message_id: int = 0
    last_server_id: int = 0
    # Messages of every dialogue are numbered from here.
    count_from: int = 0

    def dialog(self, peer_id: int) -> Dialog:
        """Return the dialogue with a peer, begun if there was none."""
        return self.dialogs.setdefault(peer_id, Dialog(peer_id, last_cmid=self.count_from))

    def all_messages(self) -> Iterator[Message]:
        """Yield every message that was not deleted."""
        for dialog in self.dialogs.values():
            yield from dialog.visible

    def by_id(self, message_id: int) -> Message | None:
        """Return the message with this number of the community; chats have no such numbers."""
        if message_id <= 0:
            return None
        return next((found for found in self.all_messages() if found.id == message_id), None)


@dataclass
class Upload:
    """A place that waits for one file, and the file once it came."""

    kind: str
    peer_id: int
    name: str = ""
    data: bytes = b""


class World:
    """Everything there is. Whoever reads or changes it holds `lock`."""

    def __init__(self, clock: Clock, seed: int, rules: Rules, judge: Judge) -> None:
        self.clock, self.rules, self.judge = clock, rules, judge
        self.rng = random.Random(seed)
        self.lock = threading.RLock()
        self.changed = threading.Condition(self.lock)
        self.version = 0
        self.base_url = self.files_url = ""
        self.users: dict[int, User] = {}
        self.communities: dict[int, Community] = {}
        self.uploads: dict[str, Upload] = {}
        # Photos and documents by kind and the word that names them: "photo-1_2", "doc5_6".
        self.media: dict[str, dict[str, Any]] = {}
        self.last_media_id = 456_239_000
        self.files = Files()
        # Called with (community, type, object) whenever something happens.
        self.listeners: list[Callable[[Community, str, dict[str, Any]], None]] = []
        # Asks a callback server for its confirmation code.
        self.handshake: Callable[[Community, CallbackServer], bool]

    def hex_word(self, length: int) -> str:
        """Return a word of hexadecimal digits, the same for the same seed."""
        return f"{self.rng.getrandbits(length * 4):0{length}x}"

    def touch(self) -> None:
        """Tell those who wait that something changed."""
        self.version += 1
        self.changed.notify_all()

    def emit(self, community: Community, kind: str, what: dict[str, Any]) -> None:
        """Let an event happen in a community."""
        for listener in self.listeners:
            listener(community, kind, what)
        self.touch()

    def add_user(self, user_id: int, first_name: str, last_name: str = "", sex: int = 0) -> User:
        """Put a person into the world."""
        user = self.users[user_id] = User(user_id, first_name, last_name, sex)
        self.touch()
        return user

    def user(self, user_id: int) -> User:
        """Return a person, made up on first mention."""
        known = self.users.get(user_id)
        return known or self.add_user(user_id, "Гость", str(user_id))

    def next_media_id(self) -> int:
        """Return the number of a new photo or document."""
        self.last_media_id += 1
        return self.last_media_id
