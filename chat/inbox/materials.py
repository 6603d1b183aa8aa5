"""The calls for what an operator puts into an answer: canned replies, services, files."""

from collections.abc import Callable, Sequence
from dataclasses import asdict
from http import HTTPStatus
from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.utils.module_loading import import_string

from chat.api.attachments import file_response
from chat.errors import Invalid
from chat.events import Audience, attachment_json
from chat.inbox import log
from chat.inbox.http import OperatorRequest, operators_call, query_text
from chat.selectors import inbox
from chat.services import attachments


@operators_call("GET")
def replies(request: OperatorRequest) -> HttpResponse:
    """Return the canned replies that may be used today."""
    return JsonResponse({"replies": inbox.replies()})


@operators_call("GET")
def content(request: OperatorRequest) -> HttpResponse:
    """Return what the site has under some words (CHAT_CONTENT_SEARCH)."""
    query = query_text(request, "q")
    find: Callable[[str], Sequence[Any]] = import_string(settings.CHAT_CONTENT_SEARCH)
    return JsonResponse({"found": [asdict(one) for one in find(query)] if query else []})


@operators_call("POST")
def upload(request: OperatorRequest) -> HttpResponse:
    """Take in a file: 201 with the attachment that a message may name."""
    file = request.FILES.get("file")
    if file is None:
        raise Invalid(field="file")
    stored = attachments.store(file, uploader=request.user)
    return JsonResponse(attachment_json(stored, Audience.OPERATOR), status=HTTPStatus.CREATED)


@operators_call("GET")
def download(request: OperatorRequest, attachment_id: UUID) -> HttpResponseBase:
    """Return a file, always as a download."""
    file = inbox.attachment(request.user, attachment_id)
    if file.message:
        log.write(request.user, file.message.thread, "chat.download", seq=file.message.seq)
    return file_response(file)
