"""What an operator is told in VK."""

from django.utils.translation import gettext as _

from accounts.models import User
from chat.events import public_name
from chat.models import ChatSettings, ChatThread, VkReply
from chat.selectors.widget import current_settings
from chat.services.texts import LONGEST_FROM_VK

PREVIEW = 40


def whose(thread: ChatThread) -> str:
    """Return a thread's number and how its patient is called, without a family name.

    No name where the site lets VK have none: that somebody turned to a laboratory is a secret.
    """
    found = current_settings()
    if found is None or found.vk_alert == ChatSettings.Alert.BRIEF:
        return f"#{thread.pk}"
    return " · ".join([f"#{thread.pk}", *thread.name.split()[:1]])


def preview(said: str) -> str:
    """Return the beginning of a text, in one line; as long as a button of VK's may be."""
    text = " ".join(said.split())
    return text if len(text) <= PREVIEW else text[: PREVIEW - 1] + "…"


def echo(thread: ChatThread, said: str, seconds: int) -> str:
    """Return the echo of an answer that is held: to whom it goes, what, how to take it back."""
    return _("→ %(thread)s: “%(text)s”. Goes out in %(seconds)d s; “undo” takes it back.") % {
        "thread": whose(thread),
        "text": said,
        "seconds": seconds,
    }


def undo() -> str:
    """Return the words on the button that takes an answer back."""
    return _("Take back")


def overtaken() -> str:
    """Return the warning that an answer came after one that was written later."""
    return _("It came after what you wrote later, and will stand after it.")


def taken_back(reply: VkReply | None) -> str:
    """Return what became of the wish to take an answer back by a word."""
    if reply is None:
        return _("There is nothing to take back: your last answer has gone.")
    return _("Taken back: nothing was sent to %(thread)s.") % {"thread": whose(reply.thread)}


def choose_reply(thread: ChatThread) -> str:
    """Return the words above the canned replies."""
    return _("What shall %(thread)s be told?") % {"thread": whose(thread)}


def more_replies() -> str:
    """Return the words on the button that shows other canned replies."""
    return _("More…")


def went_to_common() -> str:
    """Return the notice about a message without an address."""
    return _(
        "Nobody but operators has got this: it went to the common dialogue. To answer a patient, "
        "reply to the alert or begin with the number: #50 text."
    )


def no_such_thread() -> str:
    """Return the notice about a number that cannot be used."""
    return _("There is no dialogue with this number. Nothing was sent to anybody.")


def nothing_said(number: int) -> str:
    """Return the notice about a number without a text."""
    return _("What shall #%(number)d be told? Write the text after the number.") % {
        "number": number
    }


def not_readable() -> str:
    """Return the notice about an address that cannot be read."""
    return _(
        "The number could not be read. Nothing was sent to anybody. Write it like this: #50 text."
    )


def too_long() -> str:
    """Return the notice that an operator's message is longer than can be kept."""
    return _("Too long: at most %(count)d characters. Nothing was sent to anybody.") % {
        "count": LONGEST_FROM_VK
    }


def shortened(text: str) -> str:
    """Return what can be kept of a text; that something is missing is said at its end."""
    return text if len(text) <= LONGEST_FROM_VK else cropped(text)


def cropped(text: str) -> str:
    """Return a text of which VK gave the beginning only; that something is missing is said."""
    end = "…\n" + _("[The message is longer. The rest of it is in VK.]")
    return text[: LONGEST_FROM_VK - len(end)] + end


def was_shortened() -> str:
    """Return the notice to a patient whose message is longer than can be kept."""
    return _("Your message is too long: the end of it has not arrived. Please send it again.")


def bound(name: str) -> str:
    """Return the answer to a good binding code."""
    return _(
        "%(name)s, this account is bound to you. New questions come here while you are on duty. "
        "Write “duty off” or “duty on” to change that."
    ) % {"name": name}


def code_not_good() -> str:
    """Return the answer to a binding code that is not good."""
    return _("This code is not good any more. Ask for a new one in the inbox.")


def duty(on: bool) -> str:
    """Return the answer to a change of duty."""
    return _("You are on duty.") if on else _("You are off duty: no alerts.")


def placeholder(kind: str, link: str = "") -> str:
    """Return the line that stands for an attachment, and where to look at it."""
    names = {
        "sticker": _("sticker"),
        "audio_message": _("voice message"),
        "audio": _("audio"),
        "video": _("video"),
        "photo": _("picture"),
        "doc": _("document"),
        "link": _("link"),
        "wall": _("post"),
        "call": _("call"),
        "gift": _("gift"),
        "graffiti": _("drawing"),
        "story": _("story"),
        "market": _("goods"),
        "geo": _("place on the map"),
        "forward": _("forwarded message"),
    }
    return f"[{names.get(kind, _('attachment'))}] {link}".strip()


def has_it(colleague: User | None) -> str:
    """Return the words under a button with which a colleague's dialogue cannot be taken."""
    return _("%(name)s has this dialogue already.") % {"name": public_name(colleague)}


def snackbar(done: bool) -> str:
    """Return the words under a pressed button."""
    return _("Done.") if done else _("This cannot be done any more.")
