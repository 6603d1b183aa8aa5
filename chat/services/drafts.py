"""What an operator has typed and not sent."""

from django.db import transaction

from accounts.models import User
from chat.errors import Forbidden
from chat.models import ChatDraft, ChatMessage, ChatThread
from chat.models.messages import LONGEST_TEXT
from chat.permissions import may_answer
from chat.services.texts import clean_text
from chat.services.writing import locked


@transaction.atomic
def save(operator: User, thread_id: int, kind: ChatMessage.Kind, text: str) -> None:
    """Keep a draft for the operator's next desk; an empty one is thrown away.

    It is no change of the dialogue: nobody is told. Raises Forbidden, NotFound, Invalid.
    """
    if not may_answer(operator):
        raise Forbidden
    text = clean_text(text)
    thread = locked(thread_id)
    if text:
        ChatDraft.objects.update_or_create(
            thread=thread, author=operator, kind=kind, defaults={"text": text}
        )
    else:
        drop(operator, thread.pk, kind)


def hand_on(old: ChatThread, heir: ChatThread) -> None:
    """Give the drafts of a dialogue to the one it is merged into, behind what was begun there."""
    for draft in ChatDraft.objects.filter(thread=old):
        begun = ChatDraft.objects.filter(thread=heir, author=draft.author, kind=draft.kind).first()
        if begun is None:
            draft.thread = heir
            draft.save(update_fields=["thread"])
        else:
            begun.text = f"{begun.text}\n{draft.text}"[:LONGEST_TEXT]
            begun.save(update_fields=["text", "updated_at"])
            draft.delete()


def drop(operator: User, thread_id: int, kind: ChatMessage.Kind) -> None:
    """Throw a draft away, because it was sent."""
    ChatDraft.objects.filter(thread_id=thread_id, author=operator, kind=kind).delete()
