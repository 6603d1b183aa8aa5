"""Files: sent up by a patient, and given back to the people of their thread."""

from http import HTTPStatus
from uuid import UUID

from django.http import FileResponse, HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _

from chat.api.http import endpoint, visitor_of
from chat.errors import Invalid, NotFound
from chat.events import Audience, attachment_json
from chat.models import ChatAttachment
from chat.selectors import threads as selectors
from chat.services import attachments, protection


@endpoint("POST")
def upload(request: HttpRequest) -> HttpResponse:
    """Take in a file: 201 with the attachment that a message may name."""
    file = request.FILES.get("file")
    if file is None:
        raise Invalid(_("A file is expected."), field="file")
    visitor = visitor_of(request)
    thread_id = selectors.thread_id_of(visitor)
    if thread_id is None:
        # Before the file is worked on: who has a dialogue has shown that they are no robot.
        protection.check_ticket(request.POST.get("ticket", ""))
    stored = attachments.store(file, network_hash=visitor.network_hash, thread_id=thread_id)
    return JsonResponse(attachment_json(stored, Audience.VISITOR), status=HTTPStatus.CREATED)


@endpoint("GET")
def download(request: HttpRequest, attachment_id: UUID) -> HttpResponseBase:
    """Return a file of the visitor's own thread."""
    return file_response(selectors.attachment_for_visitor(visitor_of(request), attachment_id))


def file_response(file: ChatAttachment) -> FileResponse:
    """Return a file as a download that no browser shows or runs in place. Raises NotFound."""
    try:
        content = file.file.open("rb")
    except FileNotFoundError as error:
        raise NotFound from error
    response = FileResponse(
        content,
        as_attachment=True,
        filename=file.name,
        content_type=file.content_type,
    )
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response.headers["Cache-Control"] = "private, no-store"
    return response
