"""The calls of the list: the state to begin with, queues, search, the badge."""

from dataclasses import replace

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.urls import reverse
from django.utils import timezone

from chat.api import fields
from chat.errors import Invalid
from chat.events import moment, public_name
from chat.inbox.http import OperatorRequest, operators_call, query_text
from chat.models.messages import LONGEST_TEXT
from chat.permissions import may_manage
from chat.selectors import finding, inbox
from chat.selectors.inbox import Filters, Place, Queue
from chat.services.attachments import MOST_FILES
from chat.services.files import LARGEST_FILE
from chat.services.texts import CHANGE_WITHIN

MOST_NUMBERS = 100


@operators_call("GET")
def state(request: OperatorRequest) -> HttpResponse:
    """Return all that the inbox needs to begin."""
    user = request.user
    return JsonResponse(
        {
            "csrf": get_token(request),
            "now": moment(timezone.now()),
            "stream": reverse("chat_stream"),
            "me": {"id": user.pk, "name": str(user), "public": public_name(user)},
            "manager": may_manage(user),
            "operators": inbox.operators(),
            "topics": inbox.topics(),
            "limits": {
                "text": LONGEST_TEXT,
                "file": LARGEST_FILE,
                "files": MOST_FILES,
                "change": int(CHANGE_WITHIN.total_seconds()),
            },
        }
    )


@operators_call("GET")
def threads(request: OperatorRequest) -> HttpResponse:
    """Return the rows of a queue: from a place on, or those of some numbers."""
    queue, filters = read_queue(request), read_filters(request)
    counts = inbox.counts(request.user)
    if "numbers" in request.GET:
        numbers = read_numbers(request)
        rows, inside = inbox.rows_by_number(request.user, numbers, queue, filters)
        return JsonResponse({"threads": rows, "inside": inside, "counts": counts})
    rows, following = inbox.queue_rows(request.user, queue, filters, read_place(request))
    return JsonResponse({"threads": rows, "next": following, "counts": counts})


@operators_call("GET")
def common(request: OperatorRequest) -> HttpResponse:
    """Return the row of the common dialogue."""
    return JsonResponse({"thread": inbox.common_row(request.user)})


@operators_call("GET")
def search(request: OperatorRequest) -> HttpResponse:
    """Return the dialogues and messages that match."""
    query = query_text(request, "q")
    if not query:
        raise Invalid(field="q")
    found, following = finding.find(request.user, query, read_place(request))
    return JsonResponse({**found, "next": following})


@operators_call("GET")
def badge(request: OperatorRequest) -> HttpResponse:
    """Return the number in the menu."""
    return JsonResponse({"count": inbox.badge(request.user)})


def read_queue(request: HttpRequest) -> Queue:
    """Return the queue that is asked for. Raises Invalid."""
    try:
        return Queue(request.GET.get("queue", Queue.WAITING.value))
    except ValueError as error:
        raise Invalid(field="queue") from error


def read_filters(request: HttpRequest) -> Filters:
    """Return what the list is narrowed to. Raises Invalid."""
    filters = Filters(topic=query_text(request, "topic"), page=query_text(request, "page", 500))
    if request.GET.get("operator"):
        return replace(filters, operator=fields.query_number(request, "operator"))
    return filters


def read_place(request: HttpRequest) -> Place | None:
    """Return where the list goes on, None for its beginning. Raises InvalidCursor."""
    after = request.GET.get("after", "")
    return Place.parse(after) if after else None


def read_numbers(request: HttpRequest) -> list[int]:
    """Return the numbers of dialogues that are asked for. Raises Invalid."""
    parts = request.GET["numbers"].split(",")[: MOST_NUMBERS + 1]
    known = all(part.isascii() and part.isdigit() and len(part) <= 10 for part in parts)
    if len(parts) > MOST_NUMBERS or not known:
        raise Invalid(field="numbers")
    return [int(part) for part in parts if int(part) <= fields.LARGEST_NUMBER]
