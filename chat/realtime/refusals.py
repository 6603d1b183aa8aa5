"""How the stream refuses: with the contract's errors, the same as the calls of the widget."""

from http import HTTPStatus

from django.utils.translation import gettext_lazy as _

from chat.errors import (
    ChatError,
    Forbidden,
    Invalid,
    InvalidCursor,
    NotFound,
    ThreadChanged,
    TooMany,
)
from chat.realtime.reads import dumps
from chat.realtime.transports import POLICY_VIOLATION, Receive, Send, answer

RETRY_AFTER_SECONDS = 30


class MethodNotAllowed(ChatError):
    """The stream is read, nothing else."""

    code = "method_not_allowed"
    text = _("This address does not take such requests.")


class Unavailable(ChatError):
    """The database is away, or the process is about to stop."""

    code = "unavailable"
    text = _("The chat is not available for a moment. It comes back by itself.")


STATUSES: dict[type[ChatError], HTTPStatus] = {
    Invalid: HTTPStatus.BAD_REQUEST,
    InvalidCursor: HTTPStatus.BAD_REQUEST,
    Forbidden: HTTPStatus.FORBIDDEN,
    NotFound: HTTPStatus.NOT_FOUND,
    MethodNotAllowed: HTTPStatus.METHOD_NOT_ALLOWED,
    ThreadChanged: HTTPStatus.CONFLICT,
    TooMany: HTTPStatus.TOO_MANY_REQUESTS,
    Unavailable: HTTPStatus.SERVICE_UNAVAILABLE,
}


class TooManyStreams(TooMany):
    """A thread, an operator or a network has as many streams as it may have."""

    text = _("The chat is open in too many windows. Close some of them.")

    def __init__(self) -> None:
        super().__init__(retry_after=RETRY_AFTER_SECONDS)


async def refuse(send: Send, error: ChatError) -> None:
    """Answer a plain request with an error."""
    body = {"code": error.code, "field": error.field, "detail": str(error.detail)}
    headers = []
    if error.retry_after is not None:
        headers.append((b"retry-after", b"%d" % error.retry_after))
    if isinstance(error, MethodNotAllowed):
        headers.append((b"allow", b"GET"))
    status = next(status for kind, status in STATUSES.items() if isinstance(error, kind))
    await answer(send, status, dumps(body), *headers)


async def turn_away(receive: Receive, send: Send) -> None:
    """Refuse a WebSocket before it is one: the browser learns no more than that."""
    await receive()
    await send({"type": "websocket.close", "code": POLICY_VIOLATION})
