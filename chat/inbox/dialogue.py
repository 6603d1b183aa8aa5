"""The calls of one dialogue: reading it, writing into it, saying that one is there."""

from http import HTTPStatus

from django.db import transaction
from django.http import HttpResponse, HttpResponseNotModified, JsonResponse

from chat.api import fields
from chat.errors import InvalidCursor
from chat.events import Audience, message_json
from chat.inbox import log
from chat.inbox.http import OperatorRequest, operators_call
from chat.models import ChatMessage
from chat.selectors import inbox
from chat.selectors import threads as selectors
from chat.services import drafts, messages, threads, vk_answers
from chat.services.messages import Answer

JPEG = b"\xff\xd8"
KINDS = (ChatMessage.Kind.MESSAGE.value, ChatMessage.Kind.NOTE.value)
LOGGED = {ChatMessage.Kind.MESSAGE: "chat.reply", ChatMessage.Kind.NOTE: "chat.note"}


@operators_call("GET")
def opened(request: OperatorRequest, number: int) -> HttpResponse:
    """Return a dialogue as it is now; a merged one leads to its heir."""
    answer = inbox.opened(request.user, number)
    log.write_opening(request.user, answer["thread"]["number"])
    return JsonResponse(answer)


@operators_call("GET")
def picture(request: OperatorRequest, number: int) -> HttpResponse:
    """Return what a patient who writes from VK looks like."""
    data = inbox.picture(number)
    kind = "image/jpeg" if data.startswith(JPEG) else "image/png"
    return HttpResponse(data, content_type=kind)


@operators_call("GET")
def changes(request: OperatorRequest, number: int) -> HttpResponse:
    """Return what has changed since the cursor, 304 if nothing has."""
    update = inbox.changes(number, fields.query_number(request, "after", error=InvalidCursor))
    return HttpResponseNotModified() if update is None else JsonResponse(update)


@operators_call("GET", "POST")
def messages_view(request: OperatorRequest, number: int) -> HttpResponse:
    """Return older messages, or store a new one."""
    if request.method == "POST":
        return send(request, number)
    before = fields.query_number(request, "before")
    thread = inbox.thread_of(number)
    found, more = selectors.older_messages(thread.pk, before, Audience.OPERATOR)
    listed = [message_json(message, Audience.OPERATOR) for message in found]
    return JsonResponse({"messages": listed, "more": more})


def send(request: OperatorRequest, number: int) -> HttpResponse:
    """Store an answer or a note: 201, or 200 if it was stored before."""
    data = fields.body_of(request)
    answer = Answer(
        client_id=fields.uuid(data, "client_id"),
        text=fields.text(data, "text"),
        kind=ChatMessage.Kind(fields.choice(data, "kind", KINDS)),
        attachments=fields.uuids(data, "attachments"),
        seen_seq=fields.number_or_none(data, "seen_seq"),
        shown_seq=fields.number_or_none(data, "shown_seq"),
        anyway=fields.flag(data, "anyway"),
    )
    with transaction.atomic():
        sent = messages.send_as_operator(request.user, number, answer)
        thread_id = sent.message.thread_id
        if sent.created:
            drafts.drop(request.user, thread_id, answer.kind)
            log.write(request.user, sent.message.thread, LOGGED[answer.kind], seq=sent.message.seq)
    status = HTTPStatus.CREATED if sent.created else HTTPStatus.OK
    return JsonResponse(
        {"message": message_json(sent.message, Audience.OPERATOR), "number": thread_id},
        status=status,
    )


@operators_call("POST")
def edit(request: OperatorRequest, message_id: int) -> HttpResponse:
    """Change the text of an own message or note."""
    text = fields.text(fields.body_of(request), "text")
    with transaction.atomic():
        changed = messages.edit_as_operator(request.user, message_id, text)
        log.write(request.user, changed.thread, "chat.edit", seq=changed.seq)
    return JsonResponse({"message": message_json(changed, Audience.OPERATOR)})


@operators_call("POST")
def delete(request: OperatorRequest, message_id: int) -> HttpResponse:
    """Take back an own message or note."""
    with transaction.atomic():
        changed = messages.delete_as_operator(request.user, message_id)
        log.write(request.user, changed.thread, "chat.delete", seq=changed.seq)
    return JsonResponse({"message": message_json(changed, Audience.OPERATOR)})


@operators_call("POST")
def resend(request: OperatorRequest, message_id: int) -> HttpResponse:
    """Let an answer that did not get to a patient in VK be sent again."""
    number = inbox.message(message_id).thread_id
    with log.logged(request.user, number, "chat.vk_resend"):
        vk_answers.resend_answer(message_id)
    return JsonResponse({"message": message_json(inbox.message(message_id), Audience.OPERATOR)})


@operators_call("POST")
def read(request: OperatorRequest, number: int) -> HttpResponse:
    """Note how far the laboratory has got."""
    data = fields.body_of(request)
    kind = fields.choice(data, "state", ("read", "delivered"))
    upto = fields.number(data, "upto")
    threads.mark_operator(request.user, number, upto, read=kind == "read")
    return nothing()


@operators_call("POST")
def typing(request: OperatorRequest, number: int) -> HttpResponse:
    """Let the patient and the colleagues know that an answer is being written."""
    threads.typing(inbox.thread_of(number).pk, "operator", request.user.pk)
    return nothing()


@operators_call("POST")
def looking(request: OperatorRequest, number: int) -> HttpResponse:
    """Let the colleagues know who has the dialogue open."""
    threads.looking(inbox.thread_of(number).pk, request.user.pk)
    return nothing()


@operators_call("POST")
def draft(request: OperatorRequest, number: int) -> HttpResponse:
    """Keep what is typed and not sent."""
    data = fields.body_of(request)
    kind = ChatMessage.Kind(fields.choice(data, "kind", KINDS))
    drafts.save(request.user, number, kind, fields.text(data, "text"))
    return nothing()


def nothing() -> HttpResponse:
    """Return that it is done."""
    return HttpResponse(status=HTTPStatus.NO_CONTENT)
