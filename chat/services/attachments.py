"""Files: taken in, given to a message, thrown away."""

import unicodedata
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID, uuid4

from django.core.files.base import ContentFile, File
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from accounts.models import User
from chat.errors import Invalid, TooLarge, UnsupportedType
from chat.models import ChatAttachment, ChatMessage
from chat.models.attachments import private_storage
from chat.services import files, protection
from chat.services.files import LARGEST_FILE

MOST_FILES = 5
LONGEST_NAME = 120


def store(
    file: File,
    *,
    network_hash: str = "",
    thread_id: int | None = None,
    uploader: User | None = None,
) -> ChatAttachment:
    """Take in a file: written anew, nobody's until a message claims it.

    `uploader` is an operator, for whom no quota counts; else it is a patient's, whose thread may
    not exist yet. Raises TooLarge, UnsupportedType, TooMany, Blocked.
    """
    if uploader is None:
        protection.admit_upload(network_hash, thread_id)
    if file.size > LARGEST_FILE:
        raise TooLarge(field="file")
    file.seek(0)
    try:
        written = files.rewrite(file.read())
    except UnsupportedType:
        if uploader is None:
            protection.note_refused_file(network_hash, thread_id)
        raise
    secret = uuid4().hex
    storage = private_storage()
    path = storage.save(f"{secret[:2]}/{secret}{written.extension}", ContentFile(written.data))
    try:
        return ChatAttachment.objects.create(
            uploader=uploader,
            from_operator=uploader is not None,
            network_hash=network_hash,
            file=path,
            name=clean_name(file.name or "", written.extension),
            content_type=written.content_type,
            size=len(written.data),
        )
    except BaseException:
        storage.delete(path)
        raise


def clean_name(name: str, extension: str) -> str:
    """Return a file's name without its path, signs that deceive the eye, and a false extension."""
    name = unicodedata.normalize("NFC", name.replace("\\", "/").rpartition("/")[2])
    # Control signs, marks that turn the direction of reading, halves of signs.
    visible = "".join(sign if unicodedata.category(sign)[0] != "C" else " " for sign in name)
    stem = " ".join(visible.split())
    before, dot, after = stem.rpartition(".")
    if dot and len(after) <= 5:
        stem = before
    stem = stem.strip(" .")[: LONGEST_NAME - len(extension)].rstrip(" .")
    return (stem or _("file")) + extension


def claim(message: ChatMessage, ids: Sequence[UUID], *, from_operator: bool) -> None:
    """Give uploaded files to a message. Raises TooMany, and Invalid if one is unknown or taken."""
    if not ids:
        return
    wanted = set(ids)
    if len(wanted) > MOST_FILES:
        raise Invalid(
            _("At most %(count)d files in a message.") % {"count": MOST_FILES},
            field="attachments",
        )
    loose = ChatAttachment.objects.filter(message__isnull=True, from_operator=from_operator)
    if from_operator:
        loose = loose.filter(uploader=message.author)
    else:
        protection.admit_files(message.thread_id, len(wanted))
    if loose.filter(pk__in=wanted).update(message=message) != len(wanted):
        raise Invalid(_("A file has got lost. Please attach it again."), field="attachments")


def drop(message: ChatMessage) -> None:
    """Throw the files of a message away."""
    throw_away(message.attachments.all())


def throw_away(doomed: QuerySet[ChatAttachment]) -> int:
    """Delete files, from the disk too once that is certain; return how many."""
    count = 0
    for file in doomed:
        file.delete()
        transaction.on_commit(
            lambda stored=file.file: stored.storage.delete(stored.name), robust=True
        )
        count += 1
    return count


def unclaimed(before: datetime) -> QuerySet[ChatAttachment]:
    """Return the uploads from before a moment that no message has claimed."""
    return ChatAttachment.objects.filter(message__isnull=True, created_at__lt=before)


@transaction.atomic
def throw_away_unclaimed(before: datetime) -> int:
    """Delete the uploads from before a moment that no message has claimed; return how many."""
    # Locked: a message may be claiming one just now, and then it stays.
    return throw_away(unclaimed(before).select_for_update(skip_locked=True))
