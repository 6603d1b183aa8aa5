"""Why the chat refuses something. Doors make answers of these; a client acts on `code`."""

from typing import ClassVar

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Text = str | Promise


class ChatError(Exception):
    """A refusal: nothing was written. `detail` is for the person, `field` names what was wrong."""

    code: ClassVar[str] = "invalid"
    text: ClassVar[Text] = _("The request could not be understood.")

    def __init__(
        self,
        detail: Text | None = None,
        *,
        field: str | None = None,
        retry_after: int | None = None,
    ) -> None:
        super().__init__(self.code)
        self.detail = detail or self.text
        self.field = field
        self.retry_after = retry_after


class Invalid(ChatError):
    """A field does not hold what it must."""


class NotFound(ChatError):
    """Not there, or not theirs: nobody can tell which."""

    code = "not_found"
    text = _("There is no such dialogue or message.")


class Forbidden(ChatError):
    """The person has no right to do it."""

    code = "forbidden"
    text = _("You have no right to do this.")


class SignedOut(ChatError):
    """The call is for operators, and nobody is signed in."""

    code = "signed_out"
    text = _("You are signed out. Sign in again; what you wrote is kept.")


class Blocked(ChatError):
    """The patient was blocked."""

    code = "blocked"
    text = _("Writing here is closed for you for now. Please call the laboratory.")


class ConsentRequired(ChatError):
    """The patient has not agreed to the text that is valid now."""

    code = "consent_required"
    text = _("Please agree to the processing of personal data, then send the message again.")


class ClientIdReused(ChatError):
    """A known idempotency key came with another text."""

    code = "client_id_reused"
    text = _("This message was sent before with another text. Send it anew.")


class ThreadChanged(ChatError):
    """The browser belongs to another dialogue than it thinks."""

    code = "thread_changed"
    text = _("The conversation has moved. It is being loaded anew.")


class InvalidCursor(ChatError):
    """A cursor that this dialogue never gave."""

    code = "invalid_cursor"
    text = _("The conversation is being loaded anew.")


class AnsweredMeanwhile(ChatError):
    """Another operator answered since this one last looked."""

    code = "answered_meanwhile"


class WrittenMeanwhile(ChatError):
    """The patient has written since the operator last looked."""

    code = "written_meanwhile"
    text = _("The patient has written meanwhile. Read it, then close the dialogue.")


class TakenMeanwhile(ChatError):
    """Another operator has taken the dialogue since this one last looked."""

    code = "taken_meanwhile"


class TooLate(ChatError):
    """The time in which a message may be changed is over."""

    code = "too_late"
    text = _("A message can be changed within 15 minutes after it was sent.")


class TooMany(ChatError):
    """More than a person would write."""

    code = "too_many"
    text = _("Too many messages at once. They will be sent in a moment.")


class TooFast(ChatError):
    """Sent before a person could have typed it."""

    code = "too_fast"
    text = _("One moment, the message is being sent.")


class TooLarge(ChatError):
    """More than is taken in one piece."""

    code = "too_large"
    text = _("This is too large.")


class UnsupportedType(ChatError):
    """A file that is none of the kinds we take."""

    code = "unsupported_type"
    text = _("Only JPEG, PNG, HEIC and PDF files can be sent.")


class ChatOff(ChatError):
    """The site shows no chat."""

    code = "chat_off"
    text = _("The chat is off for now. Please call the laboratory.")
