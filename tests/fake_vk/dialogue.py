"""What people and the community do in dialogues, and the events that follow from it."""

import json
from collections.abc import Iterable
from typing import Any

from tests.fake_vk.keyboards import payload_of
from tests.fake_vk.shapes import CLIENT_INFO, message_json
from tests.fake_vk.state import CHAT_BASE, ButtonPress, Community, Dialog, Message, World

FIRST_VERSION = 10_000_000


def add_message(
    world: World, community: Community, dialog: Dialog, from_id: int, text: str, **more: Any
) -> Message:
    """Put a message at the end of a dialogue. Chats have no numbers of the community."""
    dialog.last_cmid += 1
    message_id = 0
    if not dialog.is_chat:
        community.last_message_id += 1
        message_id = community.last_message_id
    message = Message(
        peer_id=dialog.peer_id,
        cmid=dialog.last_cmid,
        id=message_id,
        from_id=from_id,
        date=int(world.clock.now()),
        text=text,
        version=FIRST_VERSION + world.version,
        **more,
    )
    dialog.messages.append(message)
    world.touch()
    return message


def user_writes(
    world: World, community: Community, user_id: int, text: str, **more: Any
) -> Message:
    """A person writes to the community, which by that may write to them."""
    world.user(user_id)
    dialog = community.dialog(user_id)
    if not dialog.allowed:
        allow(world, community, user_id)
    message = add_message(world, community, dialog, user_id, text, **more)
    announce_new(world, community, message)
    return message


def chat_writes(
    world: World, community: Community, chat: int, user_id: int, text: str, **more: Any
) -> Message:
    """A person writes in a group chat that the community takes part in."""
    world.user(user_id)
    dialog = community.dialog(CHAT_BASE + chat)
    dialog.allowed = True
    dialog.members.add(user_id)
    message = add_message(world, community, dialog, user_id, text, **more)
    mentions = any(
        f"[{word}{community.id}|" in text or f"@{community.screen_name}" in text
        for word in ("club", "public")
    )
    answers = message.reply is not None and message.reply.from_id == -community.id
    if world.rules.chats_see_all or mentions or answers or message.action:
        announce_new(world, community, message)
    return message


def announce_new(world: World, community: Community, message: Message) -> None:
    """Emit message_new."""
    what = {"message": message_json(message), "client_info": CLIENT_INFO}
    world.emit(community, "message_new", what)


def community_writes(
    world: World, community: Community, peer_id: int, text: str, **more: Any
) -> Message:
    """The community writes, by its token or by a manager's hand."""
    dialog = community.dialog(peer_id)
    message = add_message(world, community, dialog, -community.id, text, out=True, **more)
    keyboard = message.keyboard
    if keyboard and not keyboard["inline"]:
        dialog.keyboard = keyboard if keyboard["buttons"] else None
    dialog.typing.clear()
    world.emit(community, "message_reply", message_json(message))
    return message


def edit_by_community(world: World, community: Community, message: Message, **changes: Any) -> None:
    """The community changes its own message."""
    for name, value in changes.items():
        setattr(message, name, value)
    message.update_time = int(world.clock.now())
    world.emit(community, "message_edit", message_json(message))


def edit_by_user(world: World, message: Message, text: str) -> None:
    """A person changes their message: communities are not told."""
    message.text = text
    message.update_time = int(world.clock.now())
    world.touch()


def delete(world: World, messages: Iterable[Message]) -> None:
    """Messages disappear; no event tells of it."""
    for message in messages:
        message.deleted = True
    world.touch()


def allow(world: World, community: Community, user_id: int, key: str = "") -> None:
    """A person permits messages from the community."""
    community.dialog(user_id).allowed = True
    world.emit(community, "message_allow", {"user_id": user_id, "key": key})


def deny(world: World, community: Community, user_id: int) -> None:
    """A person forbids messages from the community."""
    community.dialog(user_id).allowed = False
    world.emit(community, "message_deny", {"user_id": user_id})


def read_by_user(world: World, community: Community, user_id: int) -> None:
    """A person opens the dialogue and sees all that is there."""
    dialog = community.dialog(user_id)
    sent = [message for message in dialog.visible if message.out]
    if not sent or sent[-1].cmid <= dialog.read_by_peer:
        return
    last = sent[-1]
    dialog.read_by_peer = last.cmid
    what = {
        "from_id": user_id,
        "peer_id": user_id,
        "read_message_id": last.id,
        "conversation_message_id": last.cmid,
    }
    world.emit(community, "message_read", what)


def type_by_user(world: World, community: Community, user_id: int) -> None:
    """A person types."""
    what = {"state": "typing", "from_id": user_id, "to_id": -community.id}
    world.emit(community, "message_typing_state", what)


def find_button(dialog: Dialog, label: str, cmid: int | None) -> tuple[dict[str, Any], int]:
    """Return the action of a button with this label and the message it belongs to.

    Without a message, the newest one that has such a button; then the dialogue's own keyboard.
    """
    with_buttons = [
        message
        for message in reversed(dialog.visible)
        if message.keyboard and message.keyboard["inline"] and cmid in (None, message.cmid)
    ]
    keyboards = [(message.keyboard, message.cmid) for message in with_buttons]
    if dialog.keyboard and cmid is None:
        keyboards.append((dialog.keyboard, dialog.visible[-1].cmid if dialog.visible else 0))
    for keyboard, owner in keyboards:
        for row in (keyboard or {})["buttons"]:
            for button in row:
                if button["action"].get("label") == label:
                    return button["action"], owner
    raise LookupError(f"There is no button «{label}»")


def press_button(
    world: World,
    community: Community,
    peer_id: int,
    label: str,
    *,
    cmid: int | None = None,
    user_id: int | None = None,
) -> str:
    """A person presses a button; return the event's id for sendMessageEventAnswer, or ""."""
    dialog, who = community.dialog(peer_id), user_id or peer_id
    action, owner = find_button(dialog, label, cmid)
    if action["type"] == "callback":
        return press_callback(world, community, who, peer_id, owner, payload_of(action))
    if action["type"] != "text":
        return ""
    payload = payload_of(action)
    more = {} if payload is None else {"payload": json.dumps(payload, ensure_ascii=False)}
    if dialog.keyboard and dialog.keyboard["one_time"]:
        dialog.keyboard = None
    if dialog.is_chat:
        chat_writes(world, community, peer_id - CHAT_BASE, who, label, **more)
    else:
        user_writes(world, community, peer_id, label, **more)
    return ""


def press_callback(
    world: World, community: Community, user_id: int, peer_id: int, cmid: int, payload: Any
) -> str:
    """A callback button is pressed, with this payload; a forged one arrives just the same."""
    event_id = world.hex_word(12)
    community.presses[event_id] = ButtonPress(user_id, peer_id, cmid, world.clock.now())
    what = {
        "user_id": user_id,
        "peer_id": peer_id,
        "event_id": event_id,
        "payload": payload,
        "conversation_message_id": cmid,
    }
    world.emit(community, "message_event", what)
    return event_id
