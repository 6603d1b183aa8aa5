"""photos.* and docs.*: the way of a file into a message, in three steps."""

import json
from pathlib import PurePath
from typing import Any

from tests.fake_vk.api import Call, method
from tests.fake_vk.errors import VKError, invalid
from tests.fake_vk.media import document, photo
from tests.fake_vk.state import Upload

ALBUM_ID = -64
DOC_TYPES = frozenset({"doc", "audio_message", "graffiti"})


def upload_url(call: Call, kind: str) -> str:
    """Return an address that takes one file."""
    key = call.world.hex_word(24)
    call.world.uploads[key] = Upload(kind, call.params.integer("peer_id", 0) or 0)
    return f"{call.world.base_url}/upload/{key}"


@method("photos.getMessagesUploadServer", "photos")
def get_photo_server(call: Call) -> dict[str, Any]:
    """Return where a picture may be sent."""
    group_id = call.community.id
    url = upload_url(call, "photo")
    return {"upload_url": url, "album_id": ALBUM_ID, "group_id": group_id, "user_id": 0}


@method("photos.saveMessagesPhoto", "photos")
def save_messages_photo(call: Call) -> list[dict[str, Any]]:
    """Make a photo of what was uploaded, once."""
    call.params.require("photo", "hash")
    call.params.number("server")
    upload = taken_upload(call, call.params["hash"], "photo")
    return [photo(call.world, -call.community.id, upload.data)]


@method("docs.getMessagesUploadServer", "docs")
def get_doc_server(call: Call) -> dict[str, Any]:
    """Return where a document may be sent."""
    kind = call.params.choice("type", "doc", DOC_TYPES)
    peer_id = call.params.integer("peer_id")
    dialog = call.community.dialogs.get(peer_id or 0)
    if peer_id and not (dialog and dialog.allowed):
        raise VKError(901)
    return {"upload_url": upload_url(call, kind)}


@method("docs.save", "docs")
def save(call: Call) -> dict[str, Any]:
    """Make a document of what was uploaded, once."""
    call.params.require("file")
    upload = taken_upload(call, call.params["file"], "doc")
    title = call.params.text("title") or PurePath(upload.name).name
    return {"type": "doc", "doc": document(call.world, -call.community.id, title, upload.data)}


def taken_upload(call: Call, key: str, kind: str) -> Upload:
    """Return an upload that a file came to, and forget it."""
    upload = call.world.uploads.get(key)
    if not upload or not upload.data or (upload.kind == "photo") != (kind == "photo"):
        raise invalid("hash" if kind == "photo" else "file")
    del call.world.uploads[key]
    return upload


def upload_answer(key: str, upload: Upload) -> dict[str, Any]:
    """Return what the place of an upload answers once the file is there."""
    if upload.kind == "photo":
        return {"server": 1, "photo": json.dumps([{"photo": key}]), "hash": key}
    return {"file": key}
