"""What open streams need to know, for many of them at once: whose they are and what is newer."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.db.models import Count, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from accounts.models import User
from chat.errors import InvalidCursor, NotFound
from chat.events import Audience, Json, public_name, thread_json, update_json
from chat.models import ChatMessage, ChatThread
from chat.permissions import may_answer
from chat.selectors.threads import (
    ANSWER,
    PORTION,
    messages_where,
    rating,
    update_for_visitor,
)


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a browser showed: the key of its session, the hash of its visitor secret, or neither."""

    session_key: str = ""
    secret_hash: str = ""


@dataclass(frozen=True, slots=True)
class Caller:
    """Who shows some credentials now: an account, a thread with its version, neither or both.

    `name` is how a patient sees the person, `operator` says whether they may answer.
    """

    user_id: int | None = None
    operator: bool = False
    thread_id: int | None = None
    version: int = 0


def callers(shown: Iterable[Credentials]) -> dict[Credentials, Caller]:
    """Return who shows these credentials now. Nobody's sessions and secrets are nobody's.

    Nothing is written: a session that is no longer good is left for its owner's next request.
    """
    shown = set(shown)
    people = people_of_sessions({each.session_key for each in shown if each.session_key})
    threads = ChatThread.objects.values_list("pk", "last_version")
    by_user = {
        user_id: (pk, version)
        for pk, version, user_id in threads.filter(
            user_id__in={user.pk for user in people.values()}
        ).values_list("pk", "last_version", "user_id")
    }
    by_hash = {
        secret_hash: (pk, version)
        for pk, version, secret_hash in threads.filter(
            visitor_hash__in={each.secret_hash for each in shown if each.secret_hash}
        ).values_list("pk", "last_version", "visitor_hash")
    }
    found = {}
    operators = {user.pk: may_answer(user) for user in people.values()}
    for each in shown:
        user = people.get(each.session_key)
        # The account's thread goes before the cookie's, as for every call (selectors.threads).
        thread = (user and by_user.get(user.pk)) or by_hash.get(each.secret_hash)
        found[each] = Caller(
            user_id=user.pk if user else None,
            operator=bool(user and operators[user.pk]),
            thread_id=thread[0] if thread else None,
            version=thread[1] if thread else 0,
        )
    return found


def updates_for_visitors(asked: Iterable[tuple[int, int]]) -> dict[tuple[int, int], Json | None]:
    """Return what is new in threads since cursors, by (thread, cursor); None if nothing is.

    It says the same as `update_for_visitor` for each, in as many queries for fifty as for one. A
    thread that is not there, or that never gave the cursor, is left out.
    """
    asked = set(asked)
    threads = threads_with_unread().in_bulk({pk for pk, _ in asked})
    found: dict[tuple[int, int], Json | None] = {}
    near: dict[int, list[int]] = defaultdict(list)
    for pk, after in asked:
        if pk not in threads or after > threads[pk].last_version:
            continue
        missed = threads[pk].last_version - after
        if missed == 0:
            found[pk, after] = None
        elif missed > PORTION:
            with suppress(NotFound, InvalidCursor):
                found[pk, after] = update_for_visitor(pk, after)
        else:
            near[pk].append(after)
    changed = changes_by_thread({pk: min(cursors) for pk, cursors in near.items()})
    for pk, cursors in near.items():
        thread = thread_json(threads[pk], threads[pk].unread, rating(threads[pk]))
        for after in cursors:
            # What was written since the thread's row was read comes with the next update.
            newest = threads[pk].last_version
            newer = [each for each in changed[pk] if after < each.version <= newest]
            found[pk, after] = update_json(
                thread, newer, Audience.VISITOR, cursor=newest, more=False
            )
    return found


def threads_with_unread() -> QuerySet[Any]:
    """Return threads with their assignees and how many answers the patient has not seen."""
    answers = ChatMessage.objects.filter(
        ANSWER, thread_id=OuterRef("pk"), seq__gt=OuterRef("visitor_read_seq")
    )
    # Without an order, or each message would be counted by itself.
    count = answers.order_by().values("thread_id").annotate(count=Count("pk")).values("count")
    return ChatThread.objects.select_related("assignee").annotate(
        unread=Coalesce(Subquery(count), 0)
    )


def changes_by_thread(cursors: Mapping[int, int]) -> dict[int, list[ChatMessage]]:
    """Return the messages changed since a cursor of each thread, as patients may see them."""
    changed: dict[int, list[ChatMessage]] = defaultdict(list)
    newer = Q()
    for pk, after in cursors.items():
        newer |= Q(thread_id=pk, version__gt=after)
    if newer:
        for message in messages_where(newer, Audience.VISITOR):
            changed[message.thread_id].append(message)
    return changed


def moved(thread_ids: Iterable[int]) -> set[int]:
    """Return those of the threads that went to an account or into another thread."""
    return set(
        ChatThread.objects.filter(
            Q(user__isnull=False) | Q(merged_into__isnull=False), pk__in=set(thread_ids)
        ).values_list("pk", flat=True)
    )


def people_of_sessions(keys: set[str]) -> dict[str, User]:
    """Return the active users who are signed in with these sessions.

    The rules are those of django.contrib.auth.get_user, except that a session which was made with
    a former SECRET_KEY keeps its key here: a stream could not hand the new one to the browser.
    """
    if not keys:
        return {}
    store = import_module(settings.SESSION_ENGINE).SessionStore()
    rows = store.get_model_class().objects.filter(
        session_key__in=keys, expire_date__gt=timezone.now()
    )
    signed_in = {
        key: data
        for key, data in ((row.session_key, store.decode(row.session_data)) for row in rows)
        if SESSION_KEY in data and data.get(BACKEND_SESSION_KEY) in settings.AUTHENTICATION_BACKENDS
    }
    users = User.objects.in_bulk({int(data[SESSION_KEY]) for data in signed_in.values()})
    return {
        key: user
        for key, data in signed_in.items()
        if (user := users.get(int(data[SESSION_KEY])))
        and user.is_active
        and password_is_the_same(user, data.get(HASH_SESSION_KEY, ""))
    }


def password_is_the_same(user: User, session_hash: str) -> bool:
    """Say whether a session was made since the user last changed the password."""
    hashes = (user.get_session_auth_hash(), *user.get_session_auth_fallback_hash())
    return any(constant_time_compare(session_hash, each) for each in hashes)


def public_names(user_ids: Sequence[int]) -> dict[int, str]:
    """Return how patients see these operators."""
    return {pk: public_name(user) for pk, user in User.objects.in_bulk(list(user_ids)).items()}
