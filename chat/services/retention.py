"""What is kept and for how long, and how a dialogue is erased so that nothing of it is left."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.db.models import QuerySet
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext as _

from wagtail.models import ModelLogEntry

from accounts.models import User
from chat.errors import Forbidden, Invalid, NotFound
from chat.models import ChatAttachment, ChatBlock, ChatMessage, ChatSettings, ChatThread
from chat.models.attachments import private_storage
from chat.permissions import may_manage
from chat.selectors.threads import numbers_of
from chat.selectors.widget import current_settings
from chat.services import attachments, audit, threads, vk_replies, vk_retention
from chat.services.writing import locked, notify, writing

# What a patient sends up and then does not send, or what a crash left on the disk.
UNCLAIMED = timedelta(hours=24)


@dataclass(frozen=True)
class Contents:
    """What is stored of a dialogue: all its numbers, and how much."""

    numbers: list[int]
    messages: int
    files: int


@dataclass(frozen=True)
class Swept:
    """How much a night has done away with, or would."""

    closed: int
    erased: int
    common_messages: int
    files: int
    unclaimed: int
    orphans: int
    blocks: int
    vk: int


# --- One dialogue --------------------------------------------------------------------------------


def contents(thread_id: int) -> Contents:
    """Return what erasing a dialogue would do away with. Raises NotFound."""
    found = _living(thread_id)
    if found is None:
        raise NotFound
    return _contents(found)


def _living(thread_id: int) -> ChatThread | None:
    found = ChatThread.objects.filter(pk=thread_id).first()
    while found and found.merged_into:
        found = found.merged_into
    return found


def _contents(thread: ChatThread) -> Contents:
    numbers = numbers_of(thread.pk)
    return Contents(
        numbers,
        messages=ChatMessage.objects.filter(thread_id__in=numbers).count(),
        files=ChatAttachment.objects.filter(message__thread_id__in=numbers).count(),
    )


@transaction.atomic
def erase_thread(user: User | None, thread_id: int) -> Contents:
    """Erase a dialogue with all that was merged into it (None: the clock, or a command).

    Rows, files, and whatever the audit log says beside the number; that it was erased stays on
    record. Raises Forbidden, NotFound, and Invalid for the common dialogue.
    """
    if user and not may_manage(user):
        raise Forbidden
    _hold_unread(thread_id)
    thread = locked(thread_id)
    if thread.is_common:
        raise Invalid(_("The common dialogue is nobody's."))
    gone = _contents(thread)
    numbers = [str(number) for number in gone.numbers]
    attachments.throw_away(ChatAttachment.objects.filter(message__thread_id__in=gone.numbers))
    ChatBlock.objects.filter(kind=ChatBlock.Kind.THREAD, value__in=numbers).delete()
    # The block of a network goes on to keep others out; why it began is nobody's business now.
    networks = (
        ChatThread.objects.filter(pk__in=gone.numbers)
        .exclude(network_hash="")
        .values("network_hash")
    )
    ChatBlock.objects.filter(kind=ChatBlock.Kind.NETWORK, value__in=networks).update(reason="")
    ModelLogEntry.objects.filter(
        content_type=ContentType.objects.get_for_model(ChatThread), object_id__in=numbers
    ).update(data={})
    vk_replies.refuse_held(gone.numbers)
    vk_retention.forget(_peers(gone.numbers), gone.numbers)
    audit.record(user, thread, "chat.erase")
    for number in reversed(gone.numbers):
        ChatThread.objects.filter(pk=number).delete()
    # Open windows ask for it and learn that it is not there.
    notify(f"m {thread.pk} {thread.last_version + 1}")
    return gone


def _hold_unread(thread_id: int) -> int:
    """Lock what the dialogue's person has sent from VK unread, before their dialogue."""
    found = _living(thread_id)
    return vk_retention.hold_unread(_peers(_contents(found).numbers)) if found else 0


def _peers(numbers: list[int]) -> list[int]:
    """Return whose these dialogues are in VK, and whose they were before they were merged.

    Who has written anew since has a dialogue of their own, and is erased with that.
    """
    rows = ChatThread.objects.filter(pk__in=numbers)
    own = rows.exclude(vk_peer_id=None).values_list("vk_peer_id", flat=True)
    anew = ChatThread.objects.exclude(vk_peer_id=None).values("vk_peer_id")
    former = rows.exclude(former_vk_peer_id=None).exclude(former_vk_peer_id__in=anew)
    peers = [*own, *former.values_list("former_vk_peer_id", flat=True)]
    return [peer for peer in peers if peer is not None]


# --- Every night ---------------------------------------------------------------------------------


def expired(now: datetime) -> QuerySet[ChatThread]:
    """Return the dialogues whose last message is older than the site keeps them."""
    before = now - timedelta(days=_settings().keep_days)
    return (
        ChatThread.objects.filter(is_common=False, merged_into__isnull=True)
        .annotate(last_change=Coalesce("last_message_at", "created_at"))
        .filter(last_change__lt=before)
    )


def sweep(*, dry_run: bool = False, now: datetime | None = None) -> Swept:
    """Do away with all whose time is over, each in a transaction of its own; return how much."""
    now = now or timezone.now()
    rules = _settings()
    silent_since = now - timedelta(days=rules.close_after_days)
    keep_since = now - timedelta(days=rules.keep_days)
    over = ChatBlock.objects.filter(until__lt=now)
    common = ChatMessage.objects.filter(thread__is_common=True, created_at__lt=keep_since)
    old_files = ChatAttachment.objects.filter(
        message__isnull=False, created_at__lt=now - timedelta(days=rules.keep_files_days)
    )
    if dry_run:
        return Swept(
            closed=threads.silent(silent_since).count(),
            erased=expired(now).count(),
            common_messages=common.count(),
            files=old_files.count(),
            unclaimed=attachments.unclaimed(now - UNCLAIMED).count(),
            orphans=sum(1 for _path in _orphans(now)),
            blocks=over.count(),
            vk=vk_retention.count_old(now),
        )
    return Swept(
        erased=sum(
            _erase_expired(number, now)
            for number in list(expired(now).values_list("pk", flat=True))
        ),
        common_messages=_erase_messages(common),
        closed=threads.close_silent(silent_since),
        files=_drop_old_files(old_files),
        unclaimed=attachments.throw_away_unclaimed(now - UNCLAIMED),
        orphans=sum(_delete_orphan(path) for path in list(_orphans(now))),
        blocks=over.delete()[0],
        vk=vk_retention.sweep(now),
    )


def _settings() -> ChatSettings:
    return current_settings() or ChatSettings()


@transaction.atomic
def _erase_expired(number: int, now: datetime) -> bool:
    """Erase a dialogue unless its person wrote meanwhile."""
    if _hold_unread(number):
        return False
    thread = locked(number)
    if not expired(now).filter(pk=thread.pk).exists():
        return False
    erase_thread(None, thread.pk)
    return True


@transaction.atomic
def _erase_messages(messages: QuerySet[ChatMessage]) -> int:
    attachments.throw_away(ChatAttachment.objects.filter(message__in=messages))
    _all, by_table = messages.delete()
    return by_table.get(ChatMessage._meta.label, 0)


def _drop_old_files(old: QuerySet[ChatAttachment]) -> int:
    """Delete files from their messages; one that was nothing else is shown as deleted."""
    count = 0
    of_messages = old.order_by().values_list("message__thread_id", "message_id").distinct()
    for thread_id, message_id in list(of_messages):
        with writing(thread_id) as writer:
            message = ChatMessage.objects.filter(pk=message_id, thread=writer.thread).first()
            if message is None:
                continue
            count += attachments.throw_away(old.filter(message=message))
            nothing_left = not message.text and not message.attachments.exists()
            writer.change(message, **({"deleted_at": writer.now} if nothing_left else {}))
    return count


def _orphans(now: datetime) -> Iterator[str]:
    """Yield the paths of files that no row knows and that are not just being stored."""
    storage = private_storage()
    if not storage.exists(""):
        return
    folders, _files = storage.listdir("")
    for folder in folders:
        paths = {f"{folder}/{name}" for name in storage.listdir(folder)[1]}
        known = set(ChatAttachment.objects.filter(file__in=paths).values_list("file", flat=True))
        for path in paths - known:
            if storage.get_modified_time(path) < now - UNCLAIMED:
                yield path


def _delete_orphan(path: str) -> bool:
    private_storage().delete(path)
    return True
