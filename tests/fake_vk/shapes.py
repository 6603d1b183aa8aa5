"""How VK writes things down: messages, people, conversations, events of each API version."""

from typing import Any

from tests.fake_vk.state import Community, Dialog, Message, User, World

BUTTON_ACTIONS = [
    "text",
    "vkpay",
    "open_app",
    "location",
    "open_link",
    "open_photo",
    "callback",
    "intent_subscribe",
    "intent_unsubscribe",
]
CLIENT_INFO = {
    "button_actions": BUTTON_ACTIONS,
    "keyboard": True,
    "inline_keyboard": True,
    "carousel": True,
    "lang_id": 0,
}
# Since 5.103 message_new holds {message, client_info}; before, the message itself.
WRAPPED_SINCE = (5, 103)


def message_json(message: Message) -> dict[str, Any]:
    """Return a message as the API and events of 5.199 hold it."""
    body: dict[str, Any] = {
        "date": message.date,
        "from_id": message.from_id,
        "id": message.id,
        "version": message.version,
        "out": int(message.out),
        "fwd_messages": [foreign_json(other) for other in message.forwarded],
        "important": False,
        "is_hidden": False,
        "attachments": message.attachments,
        "conversation_message_id": message.cmid,
        "text": message.text,
        "peer_id": message.peer_id,
        "random_id": message.random_id,
    }
    if message.reply:
        body["reply_message"] = {
            **foreign_json(message.reply),
            "id": message.reply.id,
            "peer_id": message.reply.peer_id,
        }
    optional = {
        "payload": message.payload,
        "keyboard": message.keyboard,
        "ref": message.ref,
        "ref_source": message.ref_source,
        "geo": message.geo,
        "action": message.action,
        "admin_author_id": message.admin_author_id,
        "update_time": message.update_time,
    }
    return body | {name: value for name, value in optional.items() if value is not None}


def foreign_json(message: Message) -> dict[str, Any]:
    """Return a message inside another one. A forwarded one has neither id nor peer_id."""
    body: dict[str, Any] = {
        "date": message.date,
        "from_id": message.from_id,
        "text": message.text,
        "attachments": message.attachments,
        "conversation_message_id": message.cmid,
    }
    if message.forwarded:
        body["fwd_messages"] = [foreign_json(other) for other in message.forwarded]
    return body


def user_json(world: World, user: User, fields: list[str]) -> dict[str, Any]:
    """Return a person with the fields that were asked for."""
    body: dict[str, Any] = {"id": user.id}
    if user.deactivated:
        return body | {"first_name": "DELETED", "last_name": "", "deactivated": "deleted"}
    body |= {
        "first_name": user.first_name,
        "last_name": user.last_name,
        "can_access_closed": True,
        "is_closed": False,
    }
    portrait = f"{world.files_url}/files/portrait-{user.id}.png"
    extra = {"sex": user.sex, "screen_name": user.screen_name, "domain": user.screen_name}
    extra |= {f"photo_{size}": portrait for size in (50, 100, 200)}
    return body | {name: extra[name] for name in fields if name in extra}


def community_json(world: World, community: Community) -> dict[str, Any]:
    """Return a community as groups.getById does."""
    portrait = f"{world.files_url}/files/portrait-club{community.id}.png"
    return {
        "id": community.id,
        "name": community.name,
        "screen_name": community.screen_name,
        "is_closed": 0,
        "type": "group",
        "photo_50": portrait,
        "photo_100": portrait,
        "photo_200": portrait,
    }


def conversation_json(dialog: Dialog) -> dict[str, Any]:
    """Return a conversation as messages.getConversations does."""
    last = dialog.visible[-1]
    by_cmid = {message.cmid: message.id for message in dialog.messages}
    body: dict[str, Any] = {
        "peer": {
            "id": dialog.peer_id,
            "type": "chat" if dialog.is_chat else "user",
            "local_id": dialog.peer_id % 2_000_000_000 if dialog.is_chat else dialog.peer_id,
        },
        "last_message_id": last.id,
        "last_conversation_message_id": last.cmid,
        "in_read": by_cmid.get(dialog.read_by_community, 0),
        "out_read": by_cmid.get(dialog.read_by_peer, 0),
        "unread_count": len(unread(dialog)),
        "can_write": {"allowed": dialog.allowed and not dialog.blocked},
        "version": last.version,
    }
    if is_unanswered(dialog):
        body["unanswered"] = True
    if not dialog.allowed:
        body["can_write"]["reason"] = 901
    return body


def unread(dialog: Dialog) -> list[Message]:
    """Return what the community has not read."""
    return [
        message
        for message in dialog.visible
        if not message.out and message.cmid > dialog.read_by_community
    ]


def is_unanswered(dialog: Dialog) -> bool:
    """Say whether the last word is not the community's."""
    return bool(dialog.visible) and not dialog.visible[-1].out


def reshape(kind: str, what: dict[str, Any], version: str) -> dict[str, Any]:
    """Return the object of an event as a server with this API version gets it."""
    major, minor = map(int, version.split("."))
    if kind == "message_new" and "message" in what and (major, minor) < WRAPPED_SINCE:
        message = dict(what["message"])
        message.pop("version", None)
        return message
    return what
