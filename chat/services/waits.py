"""How long patients wait: the state in the thread, and the facts that reports count."""

from django.db.models import Exists, OuterRef, Q, QuerySet

from accounts.models import User
from chat.models import ChatMessage, ChatThread, ChatWait
from chat.selectors.threads import ANSWER
from chat.services.writing import ThreadWriter

# What ends a question: an answer whose author saw it, or that the dialogue was closed.
ANSWERING = ANSWER & (Q(answers_upto__isnull=True) | Q(answers_upto__gte=OuterRef("seq")))
CLOSING = Q(event=ChatMessage.Event.CLOSED)


def begin(writer: ThreadWriter, question: ChatMessage) -> None:
    """Note that the patient waits since their question, unless they do already."""
    if writer.thread.waiting_since is None:
        writer.thread.waiting_since = question.created_at


def recount(writer: ThreadWriter) -> None:
    """Say anew since when the patient waits, after a message was taken back.

    A taken-back answer leaves the question open; a taken-back question leaves nothing to wait for.
    """
    thread = writer.thread
    if thread.is_common or thread.status == ChatThread.Status.CLOSED:
        return
    question = _open_question(thread)
    thread.waiting_since = question.created_at if question else None


def is_settled(question: ChatMessage) -> bool:
    """Say whether somebody has answered a patient's message, or closed the dialogue behind it."""
    ended = Exists(_ends(question.thread, ANSWERING | CLOSING))
    return ChatMessage.objects.filter(ended, pk=question.pk).exists()


def _open_question(thread: ChatThread) -> ChatMessage | None:
    """Return the first message of the patient that nothing has answered or closed."""
    said = ChatMessage.objects.filter(thread=thread, sender=ChatMessage.Sender.VISITOR)
    ended = Exists(_ends(thread, ANSWERING | CLOSING))
    return said.filter(~ended, deleted_at__isnull=True).order_by("created_at", "seq").first()


def _ends(thread: ChatThread, ending: Q) -> QuerySet[ChatMessage]:
    """Return what ended the question of an outer query: it stands behind it and is younger.

    What came late is older than what stands before it. And what a merged thread brought along (it
    stands behind the line that says so and is older) ended what came with it, nothing of the heir.
    """
    came_later = ChatMessage.objects.filter(
        thread=thread,
        event=ChatMessage.Event.MERGED,
        seq__gt=OuterRef(OuterRef("seq")),
        seq__lt=OuterRef("seq"),
        created_at__gt=OuterRef("created_at"),
    )
    return ChatMessage.objects.filter(
        ending,
        ~Exists(came_later),
        thread=thread,
        seq__gt=OuterRef("seq"),
        created_at__gte=OuterRef("created_at"),
    )


def answer(writer: ThreadWriter, operator: User | None) -> None:
    """End the wait for the answer that was just stored; what its author did not see waits on."""
    thread = writer.thread
    if thread.waiting_since is None:
        return
    question = _open_question(thread)
    if question is None or question.created_at > thread.waiting_since:
        end(writer, operator)
        thread.waiting_since = question.created_at if question else None


def end(writer: ThreadWriter, operator: User | None, *, answered: bool = True) -> None:
    """End the patient's wait by the line that was just stored.

    It was answered (by whom, if that is known), or given up.
    """
    thread = writer.thread
    if thread.waiting_since is None:
        return
    before = Q(seq__lt=thread.last_seq)
    answered_before = ChatMessage.objects.filter(
        Exists(_ends(thread, ANSWERING & before)),
        ~Exists(_ends(thread, CLOSING & before)),
        thread=thread,
        sender=ChatMessage.Sender.VISITOR,
    )
    ChatWait.objects.create(
        thread=thread,
        started_at=thread.waiting_since,
        ended_at=max(writer.now, thread.waiting_since),
        operator=operator,
        answered=answered,
        is_first=not answered_before.exists(),
    )
    thread.waiting_since = None
