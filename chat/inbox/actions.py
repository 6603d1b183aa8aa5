"""The calls that do something with a dialogue as a whole."""

from datetime import datetime, timedelta
from typing import Any

from django.http import HttpResponse, JsonResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from chat.api import fields
from chat.errors import Invalid
from chat.inbox import log
from chat.inbox.http import OperatorRequest, managers_call, operators_call
from chat.models import ChatBlock
from chat.selectors import inbox
from chat.services import blocks, threads

BLOCK_KINDS = (ChatBlock.Kind.THREAD.value, ChatBlock.Kind.NETWORK.value)
LONGEST_BLOCK_HOURS = 24 * 365


@operators_call("POST")
def assign(request: OperatorRequest, number: int) -> HttpResponse:
    """Give a dialogue to `operator` (an id), or to nobody (null)."""
    data = fields.body_of(request)
    only_free = fields.flag(data, "only_free")
    chosen = None
    if data.get("operator") is not None:
        chosen = inbox.operator(fields.number(data, "operator"))
    with log.logged(request.user, number, "chat.assign", to=str(chosen or "")):
        threads.assign(request.user, number, chosen, only_free=only_free)
    return answer(number)


@operators_call("POST")
def close(request: OperatorRequest, number: int) -> HttpResponse:
    """Close a dialogue, unless the patient wrote after `shown_seq`."""
    shown_seq = fields.number_or_none(fields.body_of(request), "shown_seq")
    with log.logged(request.user, number, "chat.close"):
        threads.close(request.user, number, shown_seq=shown_seq)
    return answer(number)


@operators_call("POST")
def reopen(request: OperatorRequest, number: int) -> HttpResponse:
    """Open a closed dialogue again."""
    with log.logged(request.user, number, "chat.reopen"):
        threads.reopen(request.user, number)
    return answer(number)


@managers_call("POST")
def merge(request: OperatorRequest, number: int) -> HttpResponse:
    """Move all of a dialogue to another one, whose patient will see it."""
    into = fields.number(fields.body_of(request), "into")
    old, heir = inbox.thread_of(number), inbox.thread_of(into)
    if old.pk == heir.pk:
        raise Invalid(_("This is the same dialogue."), field="into")
    with log.logged(request.user, old.pk, "chat.merge", together_with=heir.pk, into=heir.pk):
        threads.merge(old.pk, heir.pk)
    return answer(heir.pk)


@managers_call("POST")
def block(request: OperatorRequest, number: int) -> HttpResponse:
    """Let a patient, or their whole network, write nothing for some `hours`."""
    data = fields.body_of(request)
    kind = ChatBlock.Kind(fields.choice(data, "kind", BLOCK_KINDS))
    reason = fields.text(data, "reason")
    blocks.block(request.user, inbox.thread_of(number).pk, kind, end_of_block(data), reason)
    return answer(number)


@managers_call("POST")
def unblock(request: OperatorRequest, number: int) -> HttpResponse:
    """Lift the `block` that keeps the patient of a dialogue from writing."""
    blocks.unblock(request.user, number, fields.number(fields.body_of(request), "block"))
    return answer(number)


def end_of_block(data: dict[str, Any]) -> datetime:
    """Return until when to block. Raises Invalid."""
    hours = fields.number(data, "hours")
    if not 1 <= hours <= LONGEST_BLOCK_HOURS:
        raise Invalid(_("From an hour to a year."), field="hours")
    return timezone.now() + timedelta(hours=hours)


def answer(number: int) -> JsonResponse:
    """Return the dialogue after a change."""
    thread = inbox.thread_of(number)
    return JsonResponse({"thread": inbox.details(thread), "cursor": thread.last_version})
