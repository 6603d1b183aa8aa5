"""What keeps floods out and lets thirty patients behind one address in.

What a message costs is counted in the database, exactly and for all processes. Calls that store
little or nothing are counted in the cache, cheaply: without REDIS_URL each process counts alone.
"""

import hashlib
import logging
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta

from django.core.cache import cache
from django.core.signing import BadSignature, TimestampSigner
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from chat.errors import Blocked, Invalid, TooFast, TooMany
from chat.models import ChatAttachment, ChatBlock, ChatMessage, ChatThread
from chat.permissions import Visitor
from chat.selectors.threads import thread_id_of

logger = logging.getLogger(__name__)

# A person needs this long from opening the chat to the first message.
PACE = timedelta(seconds=2)

MESSAGES_A_MINUTE = 20
MESSAGES_A_DAY = 300
NEW_THREADS_AN_HOUR = 60
FILES_AN_HOUR = 300
FILES_A_DAY = 30

# «Алло?» may be said three times; a text that nobody types twice is the same bot in another guise.
SAME_TEXTS = 3
SAME_TEXT_WITHIN = timedelta(minutes=10)
LONG_TEXT = 80

_signer = TimestampSigner(salt="chat.ticket")


@dataclass(frozen=True)
class Limit:
    """At most `count` in `seconds` for one subject, counted in the cache."""

    count: int
    seconds: int

    def admit(self, name: str, subject: str, detail: str | None = None) -> None:
        """Count one. Raises TooMany, with a sentence of its own if there is one."""
        key = self._key(name, subject)
        if self._count(key) > self.count:
            raise TooMany(detail, retry_after=self.seconds)

    def refuse_if_reached(self, name: str, subject: str) -> None:
        """Raise TooMany if as many as may be were counted; counts nothing."""
        try:
            reached = cache.get(self._key(name, subject), 0) >= self.count
        except Exception:
            logger.warning("the cache is away: limits are not counted", exc_info=True)
            return
        if reached:
            raise TooMany(retry_after=self.seconds)

    def _key(self, name: str, subject: str) -> str:
        # Hashed: what is in a cache may be read by people who need not know whose it is.
        return "chat:" + hashlib.sha256(f"{name} {subject}".encode()).hexdigest()

    def _count(self, key: str) -> int:
        try:
            cache.add(key, 0, self.seconds)
            used: int = cache.incr(key)
        except ValueError:
            # The window ended between the two calls: this one begins the next.
            cache.set(key, 1, self.seconds)
            return 1
        except Exception:
            # A cache that is away must cost no patient a message.
            logger.warning("the cache is away: limits are not counted", exc_info=True)
            return 0
        return used


# A whole waiting room behind one address writes less; a bot with a thousand cookies writes more.
NETWORK_MESSAGES = Limit(300, 60)
LONG_TEXTS = Limit(30, 3600)
# Working on a file costs far more than taking it in, and a refused one leaves no row to count.
UPLOADS = Limit(300, 600)
# One prankster must not stop the files of a waiting room: whoever has a dialogue is counted alone.
REFUSED_FILES = Limit(10, 600)
REFUSED_FILES_OF_NEWCOMERS = Limit(100, 600)
CALLS = {
    "read": Limit(120, 60),
    "typing": Limit(60, 60),
    "change": Limit(30, 60),
    "contact": Limit(20, 600),
    "rating": Limit(20, 600),
    "transcript": Limit(20, 600),
}


def new_ticket() -> str:
    """Return the proof that somebody opened the chat, and when."""
    return _signer.sign("chat")


def check_ticket(ticket: str) -> None:
    """Raise Invalid without a ticket of ours, TooFast if it was given a moment ago.

    A ticket does not grow old: an outbox may wait for days.
    """
    try:
        _signer.unsign(ticket)
    except BadSignature as error:
        raise Invalid(field="ticket") from error
    try:
        _signer.unsign(ticket, max_age=PACE)
    except BadSignature:
        return
    raise TooFast(retry_after=PACE.seconds)


def refuse_trap(value: str) -> None:
    """Raise Invalid if a field is filled that no person sees."""
    if value:
        raise Invalid(_("Leave this field empty: it is there to stop robots."), field="website")


def admit_call(name: str, visitor: Visitor) -> None:
    """Raise TooMany if a patient makes a call of CALLS more often than a person's widget would."""
    # Counted for the dialogue: cookies cost nothing. Who has none is told so, and costs no more.
    thread_id = thread_id_of(visitor)
    if thread_id is not None:
        CALLS[name].admit(name, str(thread_id), _("Wait a few minutes and try again."))


def admit_thread(network_hash: str) -> None:
    """Raise Blocked or TooMany if no new dialogue may begin from a network."""
    refuse_blocked(None, network_hash)
    since = timezone.now() - timedelta(hours=1)
    recent = ChatThread.objects.filter(network_hash=network_hash, created_at__gt=since)
    if network_hash and recent[:NEW_THREADS_AN_HOUR].count() >= NEW_THREADS_AN_HOUR:
        raise TooMany(retry_after=600)


def admit_message(thread: ChatThread, text: str, network_hash: str) -> None:
    """Raise Blocked or TooMany if a patient may not write this now."""
    refuse_blocked(thread.pk, network_hash)
    now = timezone.now()
    own = ChatMessage.objects.filter(thread=thread, sender=ChatMessage.Sender.VISITOR)
    for most, within, retry_after in [
        (MESSAGES_A_MINUTE, timedelta(minutes=1), 30),
        (MESSAGES_A_DAY, timedelta(days=1), 3600),
    ]:
        if own.filter(created_at__gt=now - within)[:most].count() >= most:
            raise TooMany(retry_after=retry_after)
    same = own.filter(created_at__gt=now - SAME_TEXT_WITHIN, text=text)
    if text and same[:SAME_TEXTS].count() >= SAME_TEXTS:
        raise TooMany(
            _("You have sent this several times already. We have it and will answer."),
            retry_after=SAME_TEXT_WITHIN.seconds,
        )
    if network_hash:
        NETWORK_MESSAGES.admit("message", network_hash)
        if len(text) >= LONG_TEXT:
            LONG_TEXTS.admit("text", f"{network_hash} {text.casefold()}")


def admit_upload(network_hash: str, thread_id: int | None) -> None:
    """Raise Blocked or TooMany if no file may be sent up from a network, to a thread if any."""
    refuse_blocked(thread_id, network_hash)
    since = timezone.now() - timedelta(hours=1)
    recent = ChatAttachment.objects.filter(network_hash=network_hash, created_at__gt=since)
    if network_hash:
        if recent[:FILES_AN_HOUR].count() >= FILES_AN_HOUR:
            raise _too_many_files(600)
        UPLOADS.admit("upload", network_hash)
    limit, subject = _refused_files(network_hash, thread_id)
    if subject:
        limit.refuse_if_reached("refused", subject)
    if thread_id is not None:
        admit_files(thread_id, 1)


def note_refused_file(network_hash: str, thread_id: int | None) -> None:
    """Count a file that was none: who sends many of them has to wait."""
    limit, subject = _refused_files(network_hash, thread_id)
    with suppress(TooMany):
        limit.admit("refused", subject)


def _refused_files(network_hash: str, thread_id: int | None) -> tuple[Limit, str]:
    """Return how many refused files are borne, and of whom."""
    if thread_id is None:
        return REFUSED_FILES_OF_NEWCOMERS, network_hash
    return REFUSED_FILES, str(thread_id)


def admit_files(thread_id: int, count: int) -> None:
    """Raise TooMany if a thread's patient has sent too many files to send these too."""
    since = timezone.now() - timedelta(days=1)
    sent = ChatAttachment.objects.filter(
        message__thread_id=thread_id, from_operator=False, created_at__gt=since
    )
    if sent[:FILES_A_DAY].count() + count > FILES_A_DAY:
        raise _too_many_files(3600)


def _too_many_files(retry_after: int) -> TooMany:
    return TooMany(_("Too many files for now. Try again later."), retry_after=retry_after)


def refuse_blocked(thread_id: int | None, network_hash: str) -> None:
    """Raise Blocked if a thread or a network may not write now."""
    Kind = ChatBlock.Kind
    found = Q(kind=Kind.THREAD, value=str(thread_id)) if thread_id is not None else Q()
    if network_hash:
        found |= Q(kind=Kind.NETWORK, value=network_hash)
    if found and ChatBlock.objects.filter(found, until__gt=timezone.now()).exists():
        raise Blocked
