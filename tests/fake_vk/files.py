"""Pictures and documents that messages name: kept in memory, served under /files/."""

import struct
import zlib
from dataclasses import dataclass
from email.parser import BytesParser
from email.policy import HTTP


@dataclass(frozen=True)
class StoredFile:
    """A file as it is served."""

    content_type: str
    data: bytes


class Files:
    """The files by the last part of their address."""

    def __init__(self) -> None:
        self._files: dict[str, StoredFile] = {}

    def put(self, name: str, content_type: str, data: bytes) -> str:
        """Keep a file and return its path."""
        self._files[name] = StoredFile(content_type, data)
        return f"/files/{name}"

    def get(self, name: str) -> StoredFile | None:
        """Return a file; portraits are drawn on demand."""
        if name.startswith("portrait-"):
            return StoredFile("image/png", png(64, 64, portrait_color(name)))
        return self._files.get(name)


def portrait_color(name: str) -> tuple[int, int, int]:
    """Return a quiet colour that stays the same for the same name."""
    digest = zlib.crc32(name.encode())
    return 90 + digest % 80, 110 + (digest >> 8) % 80, 120 + (digest >> 16) % 80


def png(width: int, height: int, color: tuple[int, int, int] = (92, 200, 208)) -> bytes:
    """Return a PNG picture of one colour."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        body = kind + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    rows = (b"\0" + bytes(color) * width) * height
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"".join(
        [
            b"\x89PNG\r\n\x1a\n",
            chunk(b"IHDR", head),
            chunk(b"IDAT", zlib.compress(rows)),
            chunk(b"IEND", b""),
        ]
    )


def picture_size(data: bytes) -> tuple[int, int]:
    """Return width and height of a PNG, a JPEG's as VK would state them; ValueError for others."""
    if data.startswith(b"\x89PNG\r\n\x1a\n") and len(data) >= 24:
        width, height = struct.unpack(">II", data[16:24])
        return width, height
    if data.startswith((b"\xff\xd8\xff", b"GIF8", b"RIFF")):
        return 1280, 960
    raise ValueError("not a picture")


def read_multipart(content_type: str, body: bytes) -> dict[str, tuple[str, bytes]]:
    """Return {field: (file name, bytes)} of a multipart form; ValueError if it is none."""
    if not content_type.startswith("multipart/form-data"):
        raise ValueError("not a form with files")
    head = f"Content-Type: {content_type}\r\n\r\n".encode()
    form = BytesParser(policy=HTTP).parsebytes(head + body)
    parts = form.iter_parts() if form.is_multipart() else []
    return {
        str(part.get_param("name", header="content-disposition")): (
            part.get_filename() or "",
            part.get_payload(decode=True) or b"",
        )
        for part in parts
    }
