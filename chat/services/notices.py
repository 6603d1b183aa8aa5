"""«You have been answered»: a letter to who left an address and went away.

One letter for each streak of unread answers, and nothing in it that anybody typed: an address may
have been mistyped into a stranger's, and mail is read by servers on the way.

A thread is marked before its letter goes out. So a crash in between, or a second clock, can lose a
letter but never double it; a failure that is noticed takes the mark back, and the next minute tries
again. A lost letter is made good by the answer itself, which waits in the chat; a doubled one looks
like spam, and mail servers judge the laboratory's other letters by it.
"""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from smtplib import SMTPRecipientsRefused

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db.models import F, Max, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from chat.models import ChatMessage, ChatThread

logger = logging.getLogger(__name__)

# An answer this old, to a patient who was not seen for as long, is worth a letter.
AWAY = timedelta(minutes=2)
# Longer than any mail server is away; what could not be told by then is no news any more.
NEWS = timedelta(days=1)
MOST_FAILURES = 3


@dataclass(frozen=True)
class Notice:
    """A letter that is due: of which thread, to whom, for the answers up to which place."""

    thread_id: int
    email: str
    upto: int
    notified_seq: int


def send_due(now: datetime | None = None) -> int:
    """Send the letters that are due; return how many went out."""
    sent = failures = 0
    connection = get_connection()
    for notice in due(now or timezone.now()):
        if not _mark(notice):
            continue
        try:
            letter(notice.email, connection).send()
            sent += 1
        except SMTPRecipientsRefused:
            logger.warning("chat notices: #%d has an address that takes no mail", notice.thread_id)
        except OSError as error:
            _unmark(notice)
            logger.warning("chat notices: the mail server failed, %s", type(error).__name__)
            failures += 1
            if failures == MOST_FAILURES:
                break
    return sent


def due(now: datetime) -> list[Notice]:
    """Return the letters that are due, in no order: none stands in another's way for long."""
    answer = Q(
        messages__sender=ChatMessage.Sender.OPERATOR,
        messages__kind=ChatMessage.Kind.MESSAGE,
        messages__deleted_at__isnull=True,
        messages__seq__gt=F("visitor_read_seq"),
        messages__created_at__lte=now - AWAY,
        messages__created_at__gt=now - NEWS,
    )
    found = (
        ChatThread.objects.exclude(email="")
        .filter(Q(visitor_seen_at__isnull=True) | Q(visitor_seen_at__lte=now - AWAY))
        # Who has not read what the last letter told of gets no other.
        .filter(last_seq__gt=F("visitor_read_seq"), notified_seq__lte=F("visitor_read_seq"))
        .annotate(upto=Max("messages__seq", filter=answer))
        .filter(upto__isnull=False)
        .order_by("?")
        .values_list("pk", "email", "upto", "notified_seq")
    )
    return [Notice(*row) for row in found]


def _mark(notice: Notice) -> bool:
    """Take a letter upon oneself; False if it is not due any more, or another clock has it."""
    marked = ChatThread.objects.filter(
        pk=notice.thread_id,
        email=notice.email,
        notified_seq=notice.notified_seq,
        visitor_read_seq__lt=notice.upto,
    ).update(notified_seq=notice.upto)
    return marked == 1


def _unmark(notice: Notice) -> None:
    ChatThread.objects.filter(pk=notice.thread_id, notified_seq=notice.upto).update(
        notified_seq=notice.notified_seq
    )


def letter(email: str, connection: BaseEmailBackend | None = None) -> EmailMessage:
    """Return the letter. It is the same for everybody."""
    text = _(
        "Hello!\n\n"
        "You have been answered in the chat on our site. To read the answer, open on the device "
        "that you wrote from:\n%(url)s\n\n"
        "You get this letter because this address was left in the chat. If it was not you, ignore "
        "it. Please do not reply to it: nobody reads the replies.\n\n"
        "%(site)s\n"
    ) % {
        "url": f"{settings.WAGTAILADMIN_BASE_URL.rstrip('/')}/chat/",
        "site": settings.WAGTAIL_SITE_NAME,
    }
    return EmailMessage(
        _("You have been answered on our site"),
        text,
        to=[email],
        headers={"Auto-Submitted": "auto-generated"},
        connection=connection,
    )
