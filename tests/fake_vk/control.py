"""What the demo page and shell scripts may do: /_fake/<action>, JSON in and out."""

import base64
import binascii
from collections.abc import Callable
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from tests.fake_vk import media
from tests.fake_vk.faults import EVENT_KINDS
from tests.fake_vk.shapes import message_json
from tests.fake_vk.state import Dialog, Message, Snackbar

if TYPE_CHECKING:
    from tests.fake_vk.fake import FakeVK

TEXT_LIMIT = 4096
LOG_LENGTH = 200


class ControlError(Exception):
    """An order that makes no sense."""


class Control:
    """Translates orders that came as JSON into calls of the handle."""

    def __init__(self, vk: "FakeVK") -> None:
        self._vk = vk

    def read(self, action: str, query: dict[str, str]) -> Any:
        """Answer a GET."""
        reads: dict[str, Callable[[dict[str, str]], Any]] = {
            "state": lambda query: self._state(),
            "dialog": lambda query: self._dialog(integer(query, "peer")),
            "history": lambda query: self._history(integer(query, "peer"), out=False),
            "outbox": lambda query: self._history(integer(query, "peer"), out=True),
            "requests": lambda query: [asdict(item) for item in self._vk.requests[-LOG_LENGTH:]],
            "attempts": lambda query: [asdict(item) for item in self._vk.attempts[-LOG_LENGTH:]],
        }
        if action not in reads:
            raise ControlError(f"No such view: {action}")
        return reads[action](query)

    def do(self, action: str, order: Any) -> Any:
        """Obey a POST."""
        if not isinstance(order, dict):
            raise ControlError("An object is needed")
        actions: dict[str, Callable[[dict[str, Any]], Any]] = {
            "user_writes": self._user_writes,
            "chat_writes": self._chat_writes,
            "manager_replies": lambda order: self._vk.manager_replies(
                integer(order, "peer"), text(order)
            ),
            "press_button": self._press,
            "edit": self._edit,
            "add_user": self._add_user,
            "read": lambda order: self._vk.user_reads(integer(order, "peer")),
            "typing": lambda order: self._vk.user_types(integer(order, "peer")),
            "allow": lambda order: self._vk.allow(integer(order, "peer")),
            "deny": lambda order: self._vk.deny(integer(order, "peer")),
            "advance_clock": lambda order: self._vk.clock.advance(integer(order, "seconds")),
            "deliver": lambda order: [asdict(item) for item in self._vk.deliver()],
            "vk_id_site": lambda order: self._vk.vk_id.register(
                text(order, "client_id"), text(order, "redirect_uri")
            ),
            "vk_id_visitor": self._visit,
            "fault": self._fault,
            "heal": lambda order: self._vk.heal(),
            "reset": lambda order: self._reset(),
        }
        if action not in actions:
            raise ControlError(f"No such action: {action}")
        try:
            result = actions[action](order)
        except (LookupError, TypeError) as error:
            raise ControlError(str(error)) from error
        if isinstance(result, Message):
            return message_json(result)
        return {"result": result}

    # --- Views -----------------------------------------------------------------------------------

    def _state(self) -> dict[str, Any]:
        vk = self._vk
        with vk.world.lock:
            return {
                "version": vk.world.version,
                "now": int(vk.clock.now()),
                "group": {"id": vk.group.id, "name": vk.group.name},
                "users": [
                    {"id": user.id, "name": f"{user.first_name} {user.last_name}".strip()}
                    for user in vk.world.users.values()
                ],
                "servers": [
                    {"url": server.url, "status": server.status}
                    for server in vk.group.servers.values()
                ],
                "pending": len(vk.emitter.pending),
                "gone": len(vk.emitter.gone),
            }

    def _dialog(self, peer: int) -> dict[str, Any]:
        vk = self._vk
        with vk.world.lock:
            dialog = vk.group.dialogs.get(peer) or Dialog(peer)
            last = dialog.snackbars[-1] if dialog.snackbars else None
            return {
                "version": vk.world.version,
                "allowed": dialog.allowed,
                "messages": [message_json(message) for message in dialog.visible],
                "keyboard": dialog.keyboard,
                "read_by_community": dialog.read_by_community,
                "typing": bool(dialog.typing) and dialog.typing[-1] > vk.clock.now() - 10,
                "snackbars": len(dialog.snackbars),
                "snackbar": snackbar_json(last),
            }

    def _history(self, peer: int, *, out: bool) -> list[dict[str, Any]]:
        messages = self._vk.received(peer) if out else self._vk.history(peer)
        return [message_json(message) for message in messages]

    # --- Actions ---------------------------------------------------------------------------------

    def _user_writes(self, order: dict[str, Any]) -> Message:
        peer = integer(order, "peer")
        return self._vk.user_writes(peer, text(order), **self._surroundings(peer, order))

    def _chat_writes(self, order: dict[str, Any]) -> Message:
        user = integer(order, "user")
        surroundings = self._surroundings(user, order)
        return self._vk.chat_writes(integer(order, "chat"), user, text(order), **surroundings)

    def _surroundings(self, owner: int, order: dict[str, Any]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        if order.get("reply_to"):
            found["reply_to"] = integer(order, "reply_to")
        if order.get("payload"):
            found["payload"] = str(order["payload"])
        file = order.get("file")
        if isinstance(file, dict):
            name = text(file, "name")
            try:
                content = base64.b64decode(file.get("data", ""), validate=True)
            except (binascii.Error, TypeError, ValueError):
                raise ControlError("file.data is base64") from None
            with self._vk.world.lock:
                found["attachments"] = [media.attachment(self._vk.world, owner, name, content)]
        return found

    def _press(self, order: dict[str, Any]) -> str:
        message = None
        if order.get("cmid"):
            message = self._vk.dialog(integer(order, "peer")).by_cmid(integer(order, "cmid"))
        return self._vk.press(integer(order, "peer"), text(order, "label"), message=message)

    def _edit(self, order: dict[str, Any]) -> Message:
        message = self._vk.dialog(integer(order, "peer")).by_cmid(integer(order, "cmid"))
        if not message or message.out:
            raise ControlError("Only a message of one's own can be edited")
        self._vk.user_edits(message, text(order))
        return message

    def _add_user(self, order: dict[str, Any]) -> int:
        first, _, last = text(order, "name").strip().partition(" ")
        if not first:
            raise ControlError("name is needed")
        return self._vk.add_user(integer(order, "id"), first, last).id

    def _visit(self, order: dict[str, Any]) -> None:
        self._vk.vk_id.visitor = integer(order, "user")

    def _fault(self, order: dict[str, Any]) -> str:
        how = {key: value for key, value in order.items() if key not in {"target", "kind"}}
        kind = text(order, "kind")
        put = self._vk.disturb if kind in EVENT_KINDS else self._vk.fail
        return put(text(order, "target"), kind, **how).kind

    def _reset(self) -> None:
        vk = self._vk
        with vk.world.lock:
            vk.heal()
            vk.group.dialogs.clear()
            vk.requests.clear()
            vk.emitter.forget()
            vk.world.touch()


def snackbar_json(snackbar: Snackbar | None) -> str:
    """Return the text of what answered a button."""
    return str((snackbar.data or {}).get("text", "")) if snackbar else ""


def integer(order: dict[str, Any], name: str) -> int:
    """Return a number of an order."""
    try:
        return int(order[name])
    except (KeyError, TypeError, ValueError):
        raise ControlError(f"{name} is a number") from None


def text(order: dict[str, Any], name: str = "text") -> str:
    """Return a text of an order."""
    value = order.get(name, "")
    if not isinstance(value, str) or len(value) > TEXT_LIMIT:
        raise ControlError(f"{name} is a text of at most {TEXT_LIMIT} characters")
    return value
