"""The widget's calls (docs/chat-protocol.md)."""

from http import HTTPStatus

from django.http import HttpRequest, HttpResponse, HttpResponseNotModified, JsonResponse
from django.middleware.csrf import get_token
from django.utils.translation import gettext as _

from chat.api import fields
from chat.api.http import drop_secret, endpoint, set_secret, visitor_of
from chat.api.state import blank_state, has_consented
from chat.errors import ChatOff, InvalidCursor, NotFound, ThreadChanged
from chat.events import Audience, message_json
from chat.models import ChatThread
from chat.permissions import Visitor
from chat.selectors import threads as selectors
from chat.selectors import widget as widgets
from chat.services import messages, protection, threads
from chat.services.messages import Page, Question
from site_config.common.errors import json_error


@endpoint("GET")
def state(request: HttpRequest) -> HttpResponse:
    """Return all that the widget needs to begin; makes no row and no visitor cookie."""
    visitor = visitor_of(request)
    threads.join(visitor)
    thread_id = selectors.thread_id_of(visitor)
    widget = widgets.current_widget()
    answer = blank_state(widget)
    answer |= {"csrf": get_token(request), "ticket": protection.new_ticket()}
    if thread_id is not None:
        threads.seen(thread_id)
        snapshot = selectors.snapshot(thread_id)
        answer |= {name: snapshot[name] for name in ("thread", "messages", "cursor", "more")}
        answer["merged"] = selectors.numbers_of(thread_id)[1:]
        answer["consented"] = has_consented(thread_id, widget)
    return JsonResponse(answer)


@endpoint("GET", "POST")
def messages_view(request: HttpRequest) -> HttpResponse:
    """Return older messages, or store a new one."""
    if request.method == "POST":
        return send(request)
    visitor = visitor_of(request)
    thread_id = selectors.require_thread_id(visitor)
    before = fields.query_number(request, "before")
    found, more = selectors.older_messages(thread_id, before, Audience.VISITOR)
    listed = [message_json(message, Audience.VISITOR) for message in found]
    return JsonResponse({"messages": listed, "more": more})


def send(request: HttpRequest) -> HttpResponse:
    """Store a patient's message: 201, or 200 if it was stored before."""
    data = fields.body_of(request)
    page = fields.part(data, "page")
    question = Question(
        client_id=fields.uuid(data, "client_id"),
        text=fields.text(data, "text"),
        page=Page(fields.text(page, "url"), fields.text(page, "title")),
        topic=fields.text(data, "topic"),
        consent=fields.text(data, "consent"),
        attachments=fields.uuids(data, "attachments"),
        ticket=fields.text(data, "ticket"),
        website=fields.text(data, "website"),
    )
    widget = widgets.current_widget()
    if widget is None:
        raise ChatOff(retry_after=600)
    sent = messages.send_as_visitor(visitor_of(request), question, widgets.consent_text(widget))
    thread = selectors.thread(sent.message.thread_id)
    response = JsonResponse(
        {
            "message": message_json(sent.message, Audience.VISITOR),
            "thread": selectors.visitor_thread_json(thread),
            "cursor": thread.last_version,
        },
        status=HTTPStatus.CREATED if sent.created else HTTPStatus.OK,
    )
    if sent.secret:
        set_secret(response, sent.secret)
    return response


@endpoint("POST")
def edit(request: HttpRequest, message_id: int) -> HttpResponse:
    """Change the text of an own message."""
    text = fields.text(fields.body_of(request), "text")
    changed = messages.edit_as_visitor(caller(request, "change"), message_id, text)
    return JsonResponse({"message": message_json(changed, Audience.VISITOR)})


@endpoint("POST")
def delete(request: HttpRequest, message_id: int) -> HttpResponse:
    """Take back an own message."""
    changed = messages.delete_as_visitor(caller(request, "change"), message_id)
    return JsonResponse({"message": message_json(changed, Audience.VISITOR)})


@endpoint("GET")
def events(request: HttpRequest) -> HttpResponse:
    """Return what has changed since the cursor, 304 if nothing has."""
    thread_id = selectors.require_thread_id(visitor_of(request))
    if fields.query_number(request, "thread", error=InvalidCursor) != thread_id:
        raise ThreadChanged
    after = fields.query_number(request, "after", error=InvalidCursor)
    threads.seen(thread_id)
    update = selectors.update_for_visitor(thread_id, after)
    return HttpResponseNotModified() if update is None else JsonResponse(update)


@endpoint("POST")
def read(request: HttpRequest) -> HttpResponse:
    """Note how far the patient has got."""
    data = fields.body_of(request)
    kind = fields.choice(data, "state", ("read", "delivered"))
    upto = fields.number(data, "upto")
    visitor = caller(request, "read")
    return answer_thread(threads.mark_visitor(visitor, upto, read=kind == "read"))


@endpoint("POST")
def typing(request: HttpRequest) -> HttpResponse:
    """Let operators know that the patient types."""
    visitor = caller(request, "typing")
    thread_id = selectors.require_thread_id(visitor)
    protection.refuse_blocked(thread_id, visitor.network_hash)
    threads.typing(thread_id, "visitor")
    return HttpResponse(status=HTTPStatus.NO_CONTENT)


@endpoint("POST")
def contact(request: HttpRequest) -> HttpResponse:
    """Note how to call the patient and where to answer."""
    data = fields.body_of(request)
    name = fields.text(data, "name")
    email = fields.email(data, "email") if "email" in data else None
    visitor = caller(request, "contact")
    return answer_thread(threads.set_contact(visitor, name=name, email=email))


@endpoint("POST")
def rating(request: HttpRequest) -> HttpResponse:
    """Note what the patient thinks of the dialogue that was closed."""
    data = fields.body_of(request)
    score, comment = fields.number(data, "score"), fields.text(data, "comment")
    visitor = caller(request, "rating")
    return answer_thread(threads.rate(visitor, score=score, comment=comment))


@endpoint("POST")
def forget(request: HttpRequest) -> HttpResponse:
    """Part this browser from its dialogue."""
    threads.forget(visitor_of(request))
    response = HttpResponse(status=HTTPStatus.NO_CONTENT)
    drop_secret(response)
    return response


@endpoint("GET")
def transcript(request: HttpRequest) -> HttpResponse:
    """Return the conversation as a text file."""
    text = selectors.transcript(selectors.require_thread_id(caller(request, "transcript")))
    response = HttpResponse(text, content_type="text/plain; charset=utf-8")
    response.headers["Content-Disposition"] = 'attachment; filename="dialog.txt"'
    return response


@endpoint("GET")
def no_stream(request: HttpRequest) -> HttpResponse:
    """Say that this server holds no streams: the widget asks `events` then."""
    detail = _("This server has no stream.")
    return json_error(HTTPStatus.NOT_IMPLEMENTED, "no_stream", detail)


@endpoint("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS")
def nothing_here(request: HttpRequest, rest: str) -> HttpResponse:
    """Answer an address of the chat that is none."""
    raise NotFound


def caller(request: HttpRequest, name: str) -> Visitor:
    """Return who makes a call that is counted. Raises TooMany."""
    visitor = visitor_of(request)
    protection.admit_call(name, visitor)
    return visitor


def answer_thread(thread: ChatThread) -> JsonResponse:
    """Return a thread after a change, with the cursor."""
    return JsonResponse(
        {"thread": selectors.visitor_thread_json(thread), "cursor": thread.last_version}
    )
