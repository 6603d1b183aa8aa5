"""messages.*: sending, changing, reading."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.fake_vk import dialogue
from tests.fake_vk.api import Call, method
from tests.fake_vk.errors import MESSAGES, VKError, invalid
from tests.fake_vk.keyboards import read_keyboard
from tests.fake_vk.shapes import (
    community_json,
    conversation_json,
    is_unanswered,
    message_json,
    unread,
    user_json,
)
from tests.fake_vk.state import CHAT_BASE, Dialog, Message, Snackbar

INT32 = 2**31
PEERS_LIMIT = 100
IDS_LIMIT = 100
PAGE_LIMIT = 200
ATTACHMENTS_LIMIT = 10
FORWARDED_LIMIT = 100
PAYLOAD_LIMIT = 1000
ANSWER_LIMIT = 1000
ATTACHMENT = re.compile(r"(?P<name>[a-z_]+-?\d+_\d+)(?:_(?P<key>\w+))?", re.ASCII)
RECIPIENTS = ("peer_id", "peer_ids", "user_id", "user_ids", "chat_id", "domain")
ACTIVITIES = frozenset({"typing", "audiomessage", "photo", "video", "file"})
FILTERS = frozenset({"all", "archive", "important", "unanswered", "unread"})
ANSWERS = frozenset({"show_snackbar", "open_link", "open_app"})


@dataclass
class Content:
    """What a call wants to say."""

    text: str
    attachments: list[dict[str, Any]]
    reply: Message | None
    forwarded: list[Message]
    keyboard: dict[str, Any] | None
    payload: str | None

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to say."""
        return not (self.text.strip() or self.attachments or self.forwarded)

    def fields(self) -> dict[str, Any]:
        """Return everything but the text, by the fields of a message."""
        return {name: value for name, value in vars(self).items() if name != "text"}


@method("messages.send", "messages")
def send(call: Call) -> int | list[dict[str, Any]]:
    """Send to one peer, or to many with an answer for each."""
    params = call.params
    given = [name for name in RECIPIENTS if params.given(name)]
    if len(given) != 1:
        raise invalid("peer_id", "is undefined: name the recipient in one way")
    random_id = params.number("random_id", low=-INT32, high=INT32 - 1)
    content = read_content(call)
    if content.is_empty:
        raise invalid("message", "is empty or invalid")
    if given[0] in {"peer_ids", "user_ids"}:
        peers = params.integers(given[0], limit=PEERS_LIMIT)
        return [send_to_one_of_many(call, peer, random_id, content) for peer in peers]
    return deliver(call, single_peer(call, given[0]), random_id, content).id


def single_peer(call: Call, name: str) -> int:
    """Return the peer that a parameter names."""
    if name == "domain":
        people = [
            user for user in call.world.users.values() if user.screen_name == call.params["domain"]
        ]
        if not people:
            raise invalid("domain")
        return people[0].id
    number = call.params.number(name)
    return CHAT_BASE + number if name == "chat_id" else number


def send_to_one_of_many(
    call: Call, peer_id: int, random_id: int, content: Content
) -> dict[str, Any]:
    """Send to one of peer_ids; a refusal concerns this one alone."""
    try:
        message = deliver(call, peer_id, random_id, content)
    except VKError as error:
        refusal = {"code": error.code, "description": error.brief}
        nothing = {"message_id": 0, "conversation_message_id": 0}
        return {"peer_id": peer_id, **nothing, "error": refusal}
    numbers = {"message_id": message.id, "conversation_message_id": message.cmid}
    return {"peer_id": peer_id, **numbers}


def deliver(call: Call, peer_id: int, random_id: int, content: Content) -> Message:
    """Put the message into the dialogue, once for each random_id."""
    if peer_id in call.partial:
        raise VKError(call.partial[peer_id])
    dialog = writable_dialog(call, peer_id)
    if content.keyboard and not call.community.bots_enabled:
        raise VKError(912)
    known = sent_before(call, dialog, random_id)
    if known:
        return known
    return dialogue.community_writes(
        call.world,
        call.community,
        peer_id,
        content.text,
        random_id=random_id,
        **content.fields(),
    )


def writable_dialog(call: Call, peer_id: int) -> Dialog:
    """Return the dialogue with a peer that may be written to."""
    dialog = call.community.dialogs.get(peer_id)
    if peer_id > CHAT_BASE:
        if not dialog or not dialog.allowed:
            raise VKError(917)
        return dialog
    if peer_id <= 0:
        raise invalid("peer_id")
    user = call.world.users.get(peer_id)
    if user and user.deactivated:
        raise VKError(18)
    if dialog and dialog.blocked:
        raise VKError(900)
    if not dialog or not dialog.allowed:
        raise VKError(901)
    return dialog


def sent_before(call: Call, dialog: Dialog, random_id: int) -> Message | None:
    """Return the message that was sent with this random_id lately: VK sends none twice."""
    if not random_id:
        return None
    rules, now = call.world.rules, call.world.clock.now()
    recent = dialog.messages[-rules.random_id_messages :]
    return next(
        (
            message
            for message in recent
            if message.out
            and message.random_id == random_id
            and message.date > now - rules.random_id_window
        ),
        None,
    )


def read_content(call: Call) -> Content:
    """Read text, attachments, reply, keyboard; errors 100, 911, 913, 914 on what VK refuses."""
    params = call.params
    text = params.text("message")
    rules = call.world.rules
    size = len(text.encode("utf-16-le")) // 2 if rules.counts_utf16 else len(text)
    if size > rules.message_limit:
        raise VKError(914)
    keyboard = read_keyboard(params["keyboard"]) if params.given("keyboard") else None
    if keyboard:
        keyboard["author_id"] = -call.community.id
    reply, forwarded = read_forward(call)
    return Content(
        text=text,
        attachments=read_attachments(call),
        reply=reply,
        forwarded=forwarded,
        keyboard=keyboard,
        payload=params.text("payload", limit=PAYLOAD_LIMIT) or None,
    )


def read_attachments(call: Call) -> list[dict[str, Any]]:
    """Return the photos and documents that the attachment string names."""
    if not call.params.given("attachment"):
        return []
    words = call.params["attachment"].split(",")
    if len(words) > ATTACHMENTS_LIMIT:
        raise invalid("attachment", "holds too many")
    attachments = []
    for word in words:
        match = ATTACHMENT.fullmatch(word.strip())
        media = call.world.media.get(match["name"]) if match else None
        if not match or not media:
            raise invalid("attachment", f"{word} is not there")
        attachments.append(media)
    return attachments


def read_forward(call: Call) -> tuple[Message | None, list[Message]]:
    """Return the message replied to and those forwarded."""
    if call.params.given("reply_to"):
        replied = call.community.by_id(call.params.number("reply_to"))
        if not replied:
            raise invalid("reply_to")
        return replied, []
    forward = call.params.json_object("forward")
    if forward is None:
        return None, []
    numbers = forward.get("conversation_message_ids", forward.get("cmids", []))
    peer_id = forward.get("peer_id")
    if not isinstance(numbers, list) or not numbers or not isinstance(peer_id, int):
        raise invalid("forward")
    if len(numbers) > FORWARDED_LIMIT:
        raise VKError(913)
    dialog = call.community.dialogs.get(peer_id, Dialog(peer_id))
    found = [message for number in numbers if (message := dialog.by_cmid(number))]
    if len(found) != len(numbers):
        raise invalid("forward", "names a message that is not there")
    if not forward.get("is_reply"):
        return None, found
    if len(found) > 1:
        raise invalid("forward", "replies to more than one")
    return found[0], []


@method("messages.edit", "messages")
def edit(call: Call) -> int:
    """Change a message of the community that is not older than a day."""
    call.params.require("peer_id")
    message = named_message(call)
    if message.from_id != -call.community.id or message.admin_author_id:
        raise VKError(920)
    if message.date <= call.world.clock.now() - call.world.rules.edit_window:
        raise VKError(909)
    content = read_content(call)
    if content.is_empty:
        raise invalid("message", "is empty or invalid")
    changes = {
        "text": content.text,
        "attachments": content.attachments,
        "keyboard": content.keyboard,
    }
    if not call.params.flag("keep_forward_messages"):
        changes |= {"reply": None, "forwarded": []}
    dialogue.edit_by_community(call.world, call.community, message, **changes)
    return 1


def named_message(call: Call) -> Message:
    """Return the message that peer_id with cmid or message_id names."""
    params = call.params
    dialog = call.community.dialogs.get(params.number("peer_id"))
    if dialog and params.given("cmid"):
        message = dialog.by_cmid(params.number("cmid"))
    elif params.given("message_id"):
        message = call.community.by_id(params.number("message_id"))
    else:
        message = None
    if not message or (dialog and message.peer_id != dialog.peer_id):
        raise invalid("message_id")
    return message


@method("messages.delete", "messages")
def delete(call: Call) -> list[dict[str, Any]]:
    """Delete messages of the community, for everybody if they are young enough."""
    params, results = call.params, []
    for message, number in named_messages(call):
        answer: dict[str, Any] = {
            "peer_id": message.peer_id if message else params.integer("peer_id", 0),
            "message_id": message.id if message else number,
            "conversation_message_id": message.cmid if message else number,
        }
        refusal = deletion_refusal(call, message)
        if refusal:
            answer["error"] = {"code": refusal, "description": MESSAGES[refusal]}
        elif message:
            dialogue.delete(call.world, [message])
            answer["response"] = 1
        results.append(answer)
    return results


def deletion_refusal(call: Call, message: Message | None) -> int | None:
    """Return the error that forbids a deletion."""
    if message is None:
        return 104
    young = message.date > call.world.clock.now() - call.world.rules.edit_window
    own = message.from_id == -call.community.id
    return None if own and young else 924


def named_messages(call: Call) -> list[tuple[Message | None, int]]:
    """Return the messages that message_ids, or peer_id and cmids, name, with the numbers."""
    params = call.params
    if params.given("message_ids"):
        numbers = params.integers("message_ids", limit=IDS_LIMIT)
        return [(call.community.by_id(number), number) for number in numbers]
    params.require("peer_id", "cmids")
    dialog = call.community.dialogs.get(params.number("peer_id"), Dialog(0))
    numbers = params.integers("cmids", limit=IDS_LIMIT)
    return [(dialog.by_cmid(number), number) for number in numbers]


def with_people(call: Call, body: dict[str, Any], peer_ids: set[int]) -> dict[str, Any]:
    """Add profiles and groups if `extended` asks for them."""
    if not call.params.flag("extended"):
        return body
    fields = [word for word in call.params.text("fields").split(",") if word]
    people = [call.world.users[peer] for peer in sorted(peer_ids) if peer in call.world.users]
    body["profiles"] = [user_json(call.world, user, fields) for user in people]
    body["groups"] = [community_json(call.world, call.community)]
    return body


def page(call: Call, messages: list[Message]) -> dict[str, Any]:
    """Return messages as getById and its kin do."""
    body = {"count": len(messages), "items": [message_json(message) for message in messages]}
    return with_people(call, body, {message.from_id for message in messages})


@method("messages.getByConversationMessageId", "messages")
def get_by_conversation_message_id(call: Call) -> dict[str, Any]:
    """Return the messages with these numbers of the conversation that are there."""
    call.params.require("conversation_message_ids")
    dialog = call.community.dialogs.get(call.params.number("peer_id"), Dialog(0))
    numbers = call.params.integers("conversation_message_ids", limit=IDS_LIMIT)
    return page(call, [found for number in numbers if (found := dialog.by_cmid(number))])


@method("messages.getById", "messages")
def get_by_id(call: Call) -> dict[str, Any]:
    """Return the messages with these numbers of the community that are there."""
    return page(call, [message for message, _ in named_messages(call) if message])


@method("messages.getHistory", "messages")
def get_history(call: Call) -> dict[str, Any]:
    """Return a part of a dialogue, the newest first unless `rev` asks for the oldest."""
    params = call.params
    peer_id = params.integer("peer_id") or params.number("user_id")
    count = params.integer("count", 20, low=0, high=PAGE_LIMIT) or 0
    offset = params.integer("offset", 0) or 0
    dialog = call.community.dialogs.get(peer_id, Dialog(peer_id))
    messages = dialog.visible if params.flag("rev") else dialog.visible[::-1]
    start = params.integer("start_message_id")
    first = next((index for index, found in enumerate(messages) if found.id == start), 0)
    first = max(0, first + offset)
    shown = messages[first : first + count]
    body = {
        "count": len(messages),
        "items": [message_json(message) for message in shown],
    }
    if params.flag("extended") and messages:
        body["conversations"] = [conversation_json(dialog)]
    return with_people(call, body, {message.from_id for message in shown})


@method("messages.getConversations", "messages")
def get_conversations(call: Call) -> dict[str, Any]:
    """Return the conversations, the last changed first."""
    params = call.params
    chosen = params.choice("filter", "all", FILTERS)
    tests: dict[str, Callable[[Dialog], object]] = {
        "all": lambda dialog: True,
        "unread": unread,
        "unanswered": is_unanswered,
    }
    count = params.integer("count", 20, low=0, high=PAGE_LIMIT) or 0
    offset = params.integer("offset", 0, low=0) or 0
    begun = [dialog for dialog in call.community.dialogs.values() if dialog.visible]
    fits = tests.get(chosen, lambda dialog: False)
    found = sorted(filter(fits, begun), key=lambda dialog: -dialog.visible[-1].version)
    shown = found[offset : offset + count]
    body = {
        "count": len(found),
        "unread_count": sum(1 for dialog in begun if unread(dialog)),
        "items": [
            {
                "conversation": conversation_json(dialog),
                "last_message": message_json(dialog.visible[-1]),
            }
            for dialog in shown
        ],
    }
    return with_people(call, body, {dialog.peer_id for dialog in shown})


@method("messages.markAsRead", "messages")
def mark_as_read(call: Call) -> int:
    """The community has read a dialogue up to a message, or all of it."""
    params = call.params
    dialog = call.community.dialogs.get(params.number("peer_id"))
    if not dialog:
        raise invalid("peer_id")
    start = call.community.by_id(params.integer("start_message_id", 0) or 0)
    last = params.integer("up_to_cmid") or (start.cmid if start else dialog.last_cmid)
    dialog.read_by_community = max(dialog.read_by_community, last)
    call.world.touch()
    return 1


@method("messages.setActivity", "messages")
def set_activity(call: Call) -> int:
    """The community types."""
    call.params.choice("type", "typing", ACTIVITIES)
    peer_id = call.params.integer("peer_id") or call.params.number("user_id")
    writable_dialog(call, peer_id).typing.append(call.world.clock.now())
    call.world.touch()
    return 1


@method("messages.sendMessageEventAnswer", "messages")
def send_message_event_answer(call: Call) -> int:
    """Answer a pressed callback button, once and within a minute."""
    params, community = call.params, call.community
    params.require("event_id")
    user_id, peer_id = params.number("user_id"), params.number("peer_id")
    if len(params.text("event_data")) > ANSWER_LIMIT:
        raise invalid("event_data", "is too long")
    data = params.json_object("event_data")
    if data is not None and data.get("type") not in ANSWERS:
        raise invalid("event_data")
    press = community.presses.get(params["event_id"])
    late = call.world.clock.now() - call.world.rules.button_answer_window
    if not press or (press.user_id, press.peer_id) != (user_id, peer_id) or press.pressed < late:
        raise invalid("event_id")
    del community.presses[params["event_id"]]
    community.dialog(peer_id).snackbars.append(Snackbar(press.cmid, data))
    call.world.touch()
    return 1


@method("messages.isMessagesFromGroupAllowed", "messages")
def is_messages_from_group_allowed(call: Call) -> dict[str, int]:
    """Say whether a person may be written to."""
    dialog = call.own_group().dialogs.get(call.params.number("user_id", low=1))
    return {"is_allowed": int(bool(dialog and dialog.allowed and not dialog.blocked))}
