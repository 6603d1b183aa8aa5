"""Files for patients in VK are brought there before their message is sent (vk.dev, uploading).

An address for an upload takes one file once, so a failure begins from the start. VK's id of a file
is noted with the message; a worker that dies in between leaves a file at VK that nobody sees.
"""

import json
import logging
import time
from collections.abc import Callable
from typing import Any

from chat.models import ChatAttachment, VkOutbox
from chat.services import vk_outbox, vk_sending
from chat.vk import config, fetching, outbox, treatment
from chat.vk.client import UnknownOutcome, VkClient, VkError
from chat.vk.treatment import Kind

logger = logging.getLogger(__name__)

PICTURES = {"image/jpeg", "image/png", "image/gif"}
FORBIDDEN = {7, 15, 20, 23, 203}
LONGEST_TITLE = 120


def upload_due(sleep: Callable[[float], None] = time.sleep) -> int:
    """Bring the files that wait to VK and return for how many messages that worked."""
    vk = config.current()
    if not vk.can_send:
        return 0
    client = VkClient(vk)
    done = 0
    try:
        while not vk_sending.is_halted(vk.token_hash):
            row = vk_outbox.claim_upload()
            if row is None:
                break
            done += _prepare(client, row, vk, sleep)
    finally:
        client.close()
    return done


def _prepare(
    client: VkClient, row: VkOutbox, vk: config.Config, sleep: Callable[[float], None]
) -> bool:
    def call(method: str, **params: Any) -> Any:
        sleep(vk_sending.take_slot())
        return client.call(method, **params)

    files = list(ChatAttachment.objects.filter(pk__in=row.attachment_ids))
    if len(files) < len(row.attachment_ids):
        vk_outbox.fail(row, None, "a file is gone")
        return False
    try:
        named = ",".join(upload(call, row.peer_id, file) for file in files)
    except VkError as error:
        _treat(row, error.code, vk)
        return False
    except (UnknownOutcome, fetching.Unavailable) as error:
        outbox.give_up_or_postpone(row, treatment.SOON, None, f"upload: {error}")
        return False
    except (fetching.Refused, OSError) as error:
        reason = str(error) if isinstance(error, fetching.Refused) else "a file is gone"
        vk_outbox.fail(row, None, f"upload: {reason}")
        return False
    vk_outbox.uploaded(row, named)
    return True


def upload(call: Callable[..., Any], peer_id: int, file: ChatAttachment) -> str:
    """Bring one file to VK and return what a message calls it.

    Raises VkError, UnknownOutcome, fetching.Refused, fetching.Unavailable, OSError.
    """
    with file.file.open() as stream:
        data = stream.read()
    if file.content_type in PICTURES:
        place = call("photos.getMessagesUploadServer", peer_id=peer_id)
        taken = _bring(place, "photo", file.name, data)
        saved = call(
            "photos.saveMessagesPhoto",
            server=taken.get("server"),
            photo=taken.get("photo"),
            hash=taken.get("hash"),
        )
        return _name("photo", saved[0] if isinstance(saved, list) and saved else None)
    place = call("docs.getMessagesUploadServer", type="doc", peer_id=peer_id)
    taken = _bring(place, "file", file.name, data)
    saved = call("docs.save", file=taken.get("file"), title=file.name[:LONGEST_TITLE])
    return _name("doc", saved.get("doc") if isinstance(saved, dict) else None)


def _bring(place: Any, field: str, name: str, data: bytes) -> dict[str, Any]:
    url = place.get("upload_url") if isinstance(place, dict) else None
    if not isinstance(url, str):
        raise UnknownOutcome("no place for the upload")
    try:
        answer = json.loads(fetching.post_file(url, field, name, data))
    except ValueError:
        raise UnknownOutcome("an answer that VK does not give") from None
    # {"error": …} or an empty photo: the place did not like the file.
    if not isinstance(answer, dict) or answer.get(field) in (None, "", "[]"):
        raise fetching.Refused("VK does not take this file")
    return answer


def _name(kind: str, saved: Any) -> str:
    if not isinstance(saved, dict) or not {"owner_id", "id"} <= saved.keys():
        raise UnknownOutcome("an answer that VK does not give")
    parts = [f"{kind}{saved['owner_id']}", saved["id"], saved.get("access_key")]
    return "_".join(str(part) for part in parts if part)


def _treat(row: VkOutbox, code: int, vk: config.Config) -> None:
    """Do what the error's class asks for; a token without the right to files sends texts still."""
    if code in FORBIDDEN:
        vk_outbox.fail(row, code, "upload: the token lacks a right")
    elif treatment.of(code).kind is Kind.RECIPIENT:
        vk_outbox.fail(row, code, "upload")
    else:
        outbox.treat(row, code, vk)
