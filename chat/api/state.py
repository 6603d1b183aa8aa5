"""What the widget begins with."""

from django.utils import timezone

from chat.events import Json, moment
from chat.models import ChatWidget
from chat.models.messages import LONGEST_TEXT
from chat.selectors import threads
from chat.selectors.hours import hours_json
from chat.selectors.widget import consent_text, widget_json
from chat.services.attachments import MOST_FILES
from chat.services.files import LARGEST_FILE


def blank_state(widget: ChatWidget | None) -> Json:
    """Return the state of somebody without dialogue and token (docs/chat-protocol.md)."""
    return {
        "csrf": "",
        "ticket": "",
        "stream": "/chat/stream/",
        "now": moment(timezone.now()),
        "widget": widget_json(widget) if widget else None,
        "hours": hours_json(widget) if widget else None,
        "limits": {"text": LONGEST_TEXT, "file": LARGEST_FILE, "files": MOST_FILES},
        "thread": None,
        "merged": [],
        "messages": [],
        "cursor": 0,
        "more": False,
        "consented": False,
    }


def has_consented(thread_id: int, widget: ChatWidget | None) -> bool:
    """Say whether the patient agreed to the text that is valid now."""
    if widget is None:
        return False
    text = consent_text(widget)
    return threads.has_consented(thread_id, text.version, text.sha256)
