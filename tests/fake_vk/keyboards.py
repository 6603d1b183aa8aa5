"""Which keyboards VK takes."""

import json
from typing import Any

from tests.fake_vk.errors import VKError

COLORS = frozenset({"primary", "secondary", "negative", "positive"})
LABELLED = frozenset({"text", "callback", "open_link", "open_app"})
TYPES = LABELLED | {"location", "vkpay", "open_photo"}
LABEL_LIMIT = 40
PAYLOAD_LIMIT = 255
IN_ROW = 5


def read_keyboard(text: str) -> dict[str, Any]:
    """Return the keyboard of a message; error 911 on one that VK would refuse.

    What a button carries may come as an object; VK keeps and hands on its text.
    """
    try:
        keyboard = json.loads(text)
    except ValueError:
        raise VKError(911, "not JSON") from None
    problems = keyboard_problems(keyboard)
    if problems:
        raise VKError(911, problems[0])
    for row in keyboard["buttons"]:
        for button in row:
            if button.get("color") == "secondary":
                # Taken by this name, handed on by the one that it had before.
                button["color"] = "default"
            if isinstance(button["action"].get("payload"), dict):
                payload = json.dumps(button["action"]["payload"], ensure_ascii=False)
                button["action"]["payload"] = payload
    return {"one_time": False, "inline": False, **keyboard}


def keyboard_problems(keyboard: Any) -> list[str]:
    """Say what is wrong with a keyboard."""
    if not isinstance(keyboard, dict) or not isinstance(keyboard.get("buttons"), list):
        return ["buttons is not an array"]
    rows, inline = keyboard["buttons"], bool(keyboard.get("inline"))
    if not all(isinstance(row, list) and row for row in rows):
        return ["a row is not an array of buttons"]
    problems = [
        f"{name} is not allowed"
        for name in sorted(set(keyboard) - {"buttons", "inline", "one_time", "author_id"})
    ]
    if inline and keyboard.get("one_time"):
        problems.append("one_time is not for inline keyboards")
    if inline and not rows:
        problems.append("an inline keyboard without buttons")
    if len(rows) > (6 if inline else 10):
        problems.append("too many rows")
    if sum(map(len, rows)) > (10 if inline else 40):
        problems.append("too many buttons")
    for row in rows:
        if len(row) > IN_ROW:
            problems.append("too many buttons in a row")
        for button in row:
            problems += button_problems(button)
    return problems


def button_problems(button: Any) -> list[str]:
    """Say what is wrong with one button."""
    action = button.get("action") if isinstance(button, dict) else None
    if not isinstance(action, dict):
        return ["a button without an action"]
    problems = []
    kind, label = action.get("type"), action.get("label")
    if kind not in TYPES:
        problems.append("an unknown action type")
    if kind in LABELLED and not (isinstance(label, str) and 1 <= len(label) <= LABEL_LIMIT):
        problems.append("a label has 1 to 40 characters")
    if kind == "open_link" and not str(action.get("link", "")).startswith(("http://", "https://")):
        problems.append("open_link needs a link")
    if "color" in button and (button["color"] not in COLORS or kind not in {"text", "callback"}):
        problems.append("this button cannot have this color")
    if "payload" in action:
        problems += payload_problems(action["payload"])
    return problems


def payload_problems(payload: Any) -> list[str]:
    """Say what is wrong with what a button carries: JSON of an object, as text or as it is."""
    text = payload if isinstance(payload, str) else json.dumps(payload, ensure_ascii=False)
    if len(text) > PAYLOAD_LIMIT:
        return ["a payload is longer than 255"]
    try:
        value = json.loads(text)
    except ValueError:
        return ["a payload is not JSON"]
    return [] if isinstance(value, dict) else ["a payload is not an object"]


def payload_of(action: dict[str, Any]) -> Any:
    """Return what the button carries as an object, None for a button without."""
    payload = action.get("payload")
    return json.loads(payload) if isinstance(payload, str) else payload
