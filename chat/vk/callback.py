"""The door that VK knocks at: checks who it is, keeps the event, answers. Nothing else.

No call to VK is made inside the request, so it is answered in milliseconds whatever VK does.
"""

import hmac
import logging
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError, InterfaceError, transaction
from django.http import HttpRequest, HttpResponse, UnreadablePostError
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from chat.services import vk_events
from chat.vk import arrival, config, payload

logger = logging.getLogger(__name__)

RETRY_AFTER_SECONDS = 10


# A transaction around the request would be begun, and could fail, out of our reach.
@transaction.non_atomic_requests
@login_not_required
@csrf_exempt
@require_POST
def callback(request: HttpRequest) -> HttpResponse:
    """Answer a call of VK's Callback API (https://dev.vk.ru/ru/api/callback/getting-started).

    200 `ok` for all that is authentic, 403 for what is not, 400 for what cannot be read, 413 for
    more than settings.VK_LARGEST_EVENT bytes, 503 while the database is away (VK repeats it then).
    """
    try:
        raw = request.read(settings.VK_LARGEST_EVENT + 1)
    except UnreadablePostError:
        return plain("", HTTPStatus.BAD_REQUEST)
    if len(raw) > settings.VK_LARGEST_EVENT:
        logger.warning("a VK event was too large")
        return plain("", HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    try:
        data = payload.load(raw)
    except payload.Unreadable:
        return plain("", HTTPStatus.BAD_REQUEST)
    vk = config.current()
    if not is_ours(data, vk):
        return plain("", HTTPStatus.FORBIDDEN)
    try:
        if data.get("type") == "confirmation":
            return confirm(data, vk)
        if not has_secret(data, vk):
            return plain("", HTTPStatus.FORBIDDEN)
        retries = request.headers.get("X-Retry-Counter", "")
        arrival.keep(data, vk.group_id, int(retries) if retries in set("0123456789") else 0)
    except (DatabaseError, InterfaceError) as error:
        # The type alone: what the database says may repeat what a patient wrote.
        name = type(error).__name__
        logger.error("a VK event could not be kept, VK will repeat it: %s", name)
        response = plain("", HTTPStatus.SERVICE_UNAVAILABLE)
        response.headers["Retry-After"] = str(RETRY_AFTER_SECONDS)
        return response
    return plain("ok")


def is_ours(data: dict[str, Any], vk: config.Config) -> bool:
    """Say whether an event is of our community (a number; its decimal spelling is accepted)."""
    group_id = data.get("group_id")
    if isinstance(group_id, str) and group_id.isascii() and group_id.isdigit():
        return bool(vk.group_id) and group_id == str(vk.group_id)
    return bool(vk.group_id) and payload.whole(group_id) == vk.group_id


def has_secret(data: dict[str, Any], vk: config.Config) -> bool:
    """Say whether an event carries the secret; without one in the settings nothing does."""
    given = data.get("secret")
    if not isinstance(given, str):
        return False
    # compare_digest refuses str beyond ASCII: bytes.
    given_bytes = given.encode("utf-8", "surrogatepass")
    matches = [hmac.compare_digest(given_bytes, secret.encode()) for secret in vk.secrets]
    return any(matches)


def confirm(data: dict[str, Any], vk: config.Config) -> HttpResponse:
    """Prove to VK that the address is ours. A wrong secret is refused, a missing one is not."""
    if "secret" in data and not has_secret(data, vk):
        return plain("", HTTPStatus.FORBIDDEN)
    code = vk_events.confirmation() or vk.confirmation
    if not code:
        logger.error("VK asks for the confirmation string and there is none")
        return plain("", HTTPStatus.SERVICE_UNAVAILABLE)
    return plain(code)


def plain(text: str, status: HTTPStatus = HTTPStatus.OK) -> HttpResponse:
    """Answer with exactly this text: VK takes a byte more for a failure."""
    return HttpResponse(text, content_type="text/plain", status=status)
