"""Photos and documents as attachments hold them, with their files."""

import mimetypes
from pathlib import PurePath
from typing import Any

from tests.fake_vk.files import picture_size
from tests.fake_vk.state import World

SIZES = {"s": 75, "m": 130, "x": 604, "w": 2560}
DOC_TYPES = {"pdf": 1, "txt": 1, "docx": 1, "zip": 2, "gif": 3, "png": 4, "jpg": 4, "mp3": 5}


def photo(world: World, owner_id: int, data: bytes) -> dict[str, Any]:
    """Keep a picture and return it as a photo. The order of its sizes says nothing."""
    width, height = picture_size(data)
    media_id, key = world.next_media_id(), world.hex_word(18)
    name = f"photo{owner_id}_{media_id}"
    kind = "image/png" if data.startswith(b"\x89PNG") else "image/jpeg"
    url = world.files_url + world.files.put(f"{name}-{key}.{kind[6:]}", kind, data)
    scales = {word: min(1.0, limit / max(width, height)) for word, limit in SIZES.items()}
    sizes = [
        {
            "type": word,
            "url": f"{url}?size={word}",
            "width": max(1, round(width * scale)),
            "height": max(1, round(height * scale)),
        }
        for word, scale in scales.items()
    ]
    world.rng.shuffle(sizes)
    body = {
        "album_id": -3,
        "date": int(world.clock.now()),
        "id": media_id,
        "owner_id": owner_id,
        "has_tags": False,
        "access_key": key,
        "sizes": sizes,
        "text": "",
    }
    world.media[name] = {"type": "photo", "photo": body}
    return body


def document(world: World, owner_id: int, title: str, data: bytes) -> dict[str, Any]:
    """Keep a file and return it as a document."""
    media_id, key = world.next_media_id(), world.hex_word(18)
    extension = PurePath(title).suffix.lstrip(".").lower()
    kind = mimetypes.guess_type(title)[0] or "application/octet-stream"
    path = world.files.put(f"doc{owner_id}_{media_id}-{key}", kind, data)
    body = {
        "id": media_id,
        "owner_id": owner_id,
        "title": title,
        "size": len(data),
        "ext": extension,
        "date": int(world.clock.now()),
        "type": DOC_TYPES.get(extension, 8),
        "url": f"{world.files_url}{path}?dl={world.hex_word(12)}",
        "access_key": key,
    }
    world.media[f"doc{owner_id}_{media_id}"] = {"type": "doc", "doc": body}
    return body


def attachment(world: World, owner_id: int, title: str, data: bytes) -> dict[str, Any]:
    """Return a file as a person attaches it: pictures as photos, others as documents."""
    try:
        picture_size(data)
    except ValueError:
        return {"type": "doc", "doc": document(world, owner_id, title, data)}
    return {"type": "photo", "photo": photo(world, owner_id, data)}
