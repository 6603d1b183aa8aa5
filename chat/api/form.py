"""The chat as a plain page: the same dialogue and the same services, without a script."""

from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from wagtail.models import Page, Site

from chat.api import fields
from chat.api.forms import ChatForm, ContactForm, QuestionForm, RatingForm
from chat.api.http import STATUSES, drop_secret, set_secret, visitor_of
from chat.api.state import has_consented
from chat.errors import ChatError, ChatOff, Invalid
from chat.events import Audience, public_name, system_text
from chat.models import ChatMessage, ChatThread
from chat.models.messages import LONGEST_TEXT
from chat.permissions import Visitor
from chat.selectors import threads as selectors
from chat.selectors import widget as widgets
from chat.selectors.hours import hours_json
from chat.services import attachments, messages, protection, threads

Sender = ChatMessage.Sender


@dataclass(frozen=True)
class Line:
    """A message as the page shows it."""

    message: ChatMessage
    name: str
    text: str
    state: str


class Dialogue:
    """The page: who asks, their thread, and the forms, of which one may come back with errors."""

    def __init__(self, request: HttpRequest) -> None:
        self.request = request
        self.visitor: Visitor = visitor_of(request)
        threads.join(self.visitor)
        self.widget = widgets.current_widget()
        thread_id = selectors.thread_id_of(self.visitor)
        self.thread: ChatThread | None = selectors.thread(thread_id) if thread_id else None

    def show(self, wrong: ChatForm | None = None, error: ChatError | None = None) -> HttpResponse:
        """Return the page; `wrong` is a form that was refused, `error` why."""
        context: dict[str, Any] = {
            "widget": self.widget,
            "thread": self.thread,
            "hours": hours_json(self.widget) if self.widget else None,
            "off": ChatOff.text,
            "signed_in": self.visitor.user_id is not None,
        }
        if self.thread:
            context |= self._conversation(self.thread)
            context["contact_form"] = ContactForm(self.thread, prefix="contact")
            if self.thread.status == ChatThread.Status.CLOSED:
                context["rating"] = selectors.rating(self.thread)
                context["rating_form"] = RatingForm(prefix="rating")
        if self.widget:
            context |= self._composer()
        status = HTTPStatus.OK
        if wrong:
            name = {ContactForm: "contact_form", RatingForm: "rating_form"}.get(type(wrong), "form")
            context |= {name: wrong, "wrong_form": wrong}
            status = STATUSES[error.code] if error else HTTPStatus.BAD_REQUEST
        response = render(self.request, "chat/dialogue.html", context, status=status)
        if error and error.retry_after:
            response.headers["Retry-After"] = str(error.retry_after)
        return response

    def _conversation(self, thread: ChatThread) -> dict[str, Any]:
        """The messages: the newest, or those before a place; seeing the newest is reading them."""
        before = self._before()
        found, more = selectors.older_messages(
            thread.pk, before or thread.last_seq + 1, Audience.VISITOR
        )
        threads.seen(thread.pk)
        if before is None and thread.visitor_read_seq < thread.last_seq:
            threads.mark_visitor(self.visitor, thread.last_seq, read=True)
        return {
            "lines": [line_of(message, thread) for message in found],
            "older": found[0].seq if found and more else None,
            "is_older": before is not None,
        }

    def _before(self) -> int | None:
        if "before" not in self.request.GET:
            return None
        try:
            return fields.query_number(self.request, "before")
        except Invalid as error:
            raise Http404 from error

    def _composer(self) -> dict[str, Any]:
        """An empty form, begun with what the address brings along."""
        asked = self.request.GET
        about = self.page(asked.get("page", ""))
        initial = {
            "text": asked.get("text", "")[:LONGEST_TEXT],
            "topic": asked.get("topic", "")[:60],
            "page": asked.get("page", "") if about else "",
        }
        return {"form": self.question_form(initial=initial), "about": about}

    def page(self, path: str) -> Page | None:
        """Return the page that the patient asks from, if it is one of ours."""
        site = Site.find_for_request(self.request)
        return widgets.page_at(site, path) if site and path.startswith("/") else None

    def question_form(self, **kwargs: Any) -> QuestionForm:
        """Return the form of a message."""
        if self.widget is None:
            raise ChatOff
        agreed = self.thread is not None and has_consented(self.thread.pk, self.widget)
        return QuestionForm(self.widget, has_consented=agreed, **kwargs)


def line_of(message: ChatMessage, thread: ChatThread) -> Line:
    """Return a message in words, with how far a patient's own has got."""
    name = state = ""
    text = system_text(message) if message.event else message.text
    if message.deleted_at:
        text = _("The message was deleted.")
    if message.sender == Sender.OPERATOR:
        name = public_name(message.author)
    if message.sender == Sender.VISITOR:
        name, state = _("You"), _("sent")
        if message.seq <= thread.operator_delivered_seq:
            state = _("delivered")
        if message.seq <= thread.operator_read_seq:
            state = _("read")
    return Line(message, name, text, state)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def dialogue(request: HttpRequest) -> HttpResponse:
    """Show the dialogue, or do what one of its forms asks for."""
    page = Dialogue(request)
    if request.method != "POST":
        return page.show()
    action = request.POST.get("action", "")
    if action == "send":
        return send(page)
    act = ACTIONS.get(action)
    return act(page, page.thread) if act and page.thread else redirect("chat")


def send(page: Dialogue) -> HttpResponse:
    """Store a message; the same form sent twice makes one."""
    if page.widget is None:
        return page.show()
    form = page.question_form(data=page.request.POST, files=page.request.FILES)
    if not form.is_valid():
        return page.show(form)
    ids = list(form.cleaned_data["attachments"])
    about = page.page(form.cleaned_data["page"])
    try:
        if page.thread is None:
            # Before files are worked on.
            protection.check_ticket(form.cleaned_data["ticket"])
        for file in form.cleaned_data["uploads"]:
            stored = attachments.store(
                file,
                network_hash=page.visitor.network_hash,
                thread_id=page.thread.pk if page.thread else None,
            )
            ids.append(stored.pk)
        sent = messages.send_as_visitor(
            page.visitor,
            form.question(about.title if about else "", ids),
            widgets.consent_text(page.widget),
        )
    except ChatError as error:
        form.keep_files(ids)
        form.refuse(error)
        return page.show(form, error)
    response = redirect(f"{reverse('chat')}#message-{sent.message.pk}")
    if sent.secret:
        set_secret(response, sent.secret)
    return response


def save_contact(page: Dialogue, thread: ChatThread) -> HttpResponse:
    """Note how to call the patient and where to answer."""
    form = ContactForm(thread, page.request.POST, prefix="contact")
    return attempt(
        page,
        form,
        "contact",
        lambda: threads.set_contact(
            page.visitor, name=form.cleaned_data["name"], email=form.chosen_email
        ),
    )


def rate(page: Dialogue, thread: ChatThread) -> HttpResponse:
    """Note what the patient thinks of a dialogue that was closed."""
    form = RatingForm(page.request.POST, prefix="rating")
    return attempt(
        page,
        form,
        "rating",
        lambda: threads.rate(
            page.visitor, score=form.cleaned_data["score"], comment=form.cleaned_data["comment"]
        ),
    )


def attempt(page: Dialogue, form: ChatForm, call: str, do: Callable[[], object]) -> HttpResponse:
    """Do what a form asks for and come back to the page; show the form again if it is refused.

    It is counted with the widget's calls of that name.
    """
    if not form.is_valid():
        return page.show(form)
    try:
        protection.admit_call(call, page.visitor)
        do()
    except ChatError as error:
        form.refuse(error)
        return page.show(form, error)
    return redirect("chat")


def forget(page: Dialogue, thread: ChatThread) -> HttpResponse:
    """Part this browser from its dialogue."""
    threads.forget(page.visitor)
    response = redirect("chat")
    drop_secret(response)
    return response


ACTIONS: dict[str, Callable[[Dialogue, ChatThread], HttpResponse]] = {
    "contact": save_contact,
    "rate": rate,
    "forget": forget,
}
