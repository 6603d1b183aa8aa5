"""Writes one file of a stranger anew. A program of its own: it reads stdin and writes stdout.

It knows nothing of the site and holds no connection. Whatever a hostile file does to the libraries
below, it does within the processor time and the memory that `limit_self` allows, and nowhere else.
The first line of what it writes is JSON: {"type", "extension"}, followed by the new file, or
{"refused": reason}.
"""

import contextlib
import json
import resource
import struct
import sys
import zipfile
from collections.abc import Callable, Iterator
from io import BytesIO
from typing import Any

import pikepdf
import pillow_heif
from pikepdf import Array, Name
from PIL import Image, ImageOps

PROCESSOR_SECONDS = 15
MEMORY = 2 * 1024**3

MOST_PIXELS = 40_000_000
# Enough to read the smallest print of a sheet of paper.
LONGEST_SIDE = 4096
JPEG_QUALITY = 88
LARGEST_PNG = 6 * 1024 * 1024
MOST_PAGES = 100
# Pictures in a PDF may come out of a packing that they do not need: so much is a bomb.
LARGEST_PDF = 20 * 1024 * 1024

JPEG, PNG, HEIC, PDF = "JPEG", "PNG", "HEIF", "PDF"
HEIC_BRANDS = {b"heic", b"heix", b"heim", b"heis"}

PAGE_KEYS = {
    "/Type",
    "/Parent",
    "/MediaBox",
    "/CropBox",
    "/Rotate",
    "/UserUnit",
    "/Resources",
    "/Contents",
    "/Group",
}
# What acts, leads outside, or tells who made it. `/F` of a stream names a file to read instead.
UNWANTED_KEYS = {
    "/AA",
    "/AF",
    "/Alternates",
    "/EF",
    "/JS",
    "/LastModified",
    "/Metadata",
    "/OPI",
    "/OpenAction",
    "/PieceInfo",
    "/Ref",
    "/XFA",
}
STREAM_FILE_KEYS = {"/F", "/FFilter", "/FDecodeParms"}


class Refused(Exception):
    """The file is not taken; the word says why."""


def limit_self() -> None:
    """Bound what this process may use, for good."""
    # A system that knows no such limit (macOS: address space) goes without it.
    for kind, most in [
        (resource.RLIMIT_CPU, PROCESSOR_SECONDS),
        (resource.RLIMIT_AS, MEMORY),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ]:
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(kind, (most, most))


def kind_of(data: bytes) -> str:
    """Return what the content is, whatever its name says. Raises Refused."""
    # The end of an archive in a file that begins as something else: it is meant to be both.
    if zipfile.is_zipfile(BytesIO(data)):
        raise Refused("type")
    if data.startswith(b"\xff\xd8\xff"):
        return JPEG
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return PNG
    if data.startswith(b"%PDF-"):
        return PDF
    if data[4:8] == b"ftyp":
        length = min(int.from_bytes(data[:4], "big"), 256)
        brands = {data[start : start + 4] for start in range(8, length, 4)}
        if brands & HEIC_BRANDS:
            return HEIC
    raise Refused("type")


def rewrite(data: bytes) -> tuple[bytes, str, str]:
    """Return (new file, its type, its extension). Raises Refused."""
    kind = kind_of(data)
    if kind == PDF:
        return rewrite_pdf(data), "application/pdf", ".pdf"
    picture = open_picture(data, kind)
    if kind == PNG:
        written = save(picture, "PNG", compress_level=6)
        if len(written) <= LARGEST_PNG:
            return written, "image/png", ".png"
    return save(on_white(picture), "JPEG", quality=JPEG_QUALITY), "image/jpeg", ".jpg"


# --- Pictures ------------------------------------------------------------------------------------


def open_picture(data: bytes, kind: str) -> Image.Image:
    """Return the pixels of a picture, upright, and nothing else of it."""
    # Our own limit is checked before anything is decoded; Pillow's would only warn.
    Image.MAX_IMAGE_PIXELS = None
    pillow_heif.register_heif_opener(thumbnails=False, depth_images=False, aux_images=False)
    try:
        picture = Image.open(BytesIO(data), formats=[kind])
        if picture.width * picture.height > MOST_PIXELS:
            raise Refused("pixels")
        picture.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))
        has_alpha = picture.mode in {"LA", "PA", "La", "RGBA", "RGBa"} or (
            "transparency" in picture.info
        )
        plain = picture if picture.mode == "L" else picture.convert("RGBA" if has_alpha else "RGB")
        # Made smaller before it is turned: the other way round costs twice as much.
        plain.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
        plain = ImageOps.exif_transpose(plain)
    except Refused:
        raise
    # Pillow and its plugins raise whatever a broken file makes of them.
    except Exception as error:
        raise Refused("broken") from error
    clean = Image.new(plain.mode, plain.size)
    clean.paste(plain)
    return clean


def on_white(picture: Image.Image) -> Image.Image:
    """Return a picture without transparency: JPEG knows none."""
    if picture.mode != "RGBA":
        return picture
    paper = Image.new("RGB", picture.size, "white")
    paper.paste(picture, mask=picture.getchannel("A"))
    return paper


def save(picture: Image.Image, kind: str, **options: int) -> bytes:
    """Return a picture as a file."""
    target = BytesIO()
    picture.save(target, kind, **options)
    return target.getvalue()


# --- PDF -----------------------------------------------------------------------------------------


def rewrite_pdf(data: bytes) -> bytes:
    """Return a new PDF with what the pages of this one show, and nothing else of it.

    Filled forms and remarks become part of the page. What the document would do, carry along or
    tell (scripts, actions, links, embedded files, forms, metadata) is not taken over.
    """
    try:
        with pikepdf.open(BytesIO(data)) as source, pikepdf.new() as target:
            if source.is_encrypted:
                raise Refused("encrypted")
            if not 1 <= len(source.pages) <= MOST_PAGES:
                raise Refused("pages")
            # An XFA form hides the plain one, and no script has a say in how a field looks.
            form = source.Root.get(Name.AcroForm)
            if form is not None:
                source.generate_appearance_streams()
            source.flatten_annotations("all")
            for page in source.pages:
                keep_only(page.obj, PAGE_KEYS)
            target.pages.extend(source.pages)
            for part in target.objects:
                clean_object(part)
            target.remove_unreferenced_resources()
            written = BytesIO()
            target.save(
                written,
                object_stream_mode=pikepdf.ObjectStreamMode.generate,
                # What is compressed stays so: unpacking it is what a bomb waits for.
                stream_decode_level=pikepdf.StreamDecodeLevel.none,
            )
            if written.tell() > LARGEST_PDF:
                raise Refused("broken")
            return written.getvalue()
    except Refused:
        raise
    except pikepdf.PasswordError as error:
        raise Refused("encrypted") from error
    except Exception as error:
        raise Refused("broken") from error


def keep_only(part: pikepdf.Object, wanted: set[str]) -> None:
    """Take all other entries from a dictionary."""
    for key in set(part.keys()) - wanted:
        del part[key]


def clean_object(part: pikepdf.Object) -> None:
    """Take from an object, and all that stands directly in it, what is unwanted."""
    todo = [part]
    while todo:
        one = todo.pop()
        if isinstance(one, Array):
            todo.extend(child for child in one if is_direct_container(child))
        elif isinstance(one, pikepdf.Dictionary | pikepdf.Stream):
            unwanted = UNWANTED_KEYS | (
                STREAM_FILE_KEYS if isinstance(one, pikepdf.Stream) else set()
            )
            for key in unwanted & set(one.keys()):
                del one[key]
            todo.extend(child for _key, child in one.items() if is_direct_container(child))
            if isinstance(one, pikepdf.Stream):
                clean_picture(one)


def is_direct_container(part: object) -> bool:
    """Say whether an object holds others and stands inside another one."""
    return isinstance(part, Array | pikepdf.Dictionary | pikepdf.Stream) and not part.is_indirect


def clean_picture(stream: pikepdf.Stream) -> None:
    """Take from a JPEG or a JPEG 2000 what it tells beside what it shows, without decoding it.

    What such a picture is packed in once more is unpacked: metadata would hide in it. Raises
    Refused.
    """
    filters = as_list(stream.get("/Filter"))
    cleaners = [CLEANERS.get(str(each)) for each in filters]
    if not any(cleaners):
        return
    *outer, clean = cleaners
    if clean is None or any(outer):
        raise Refused("broken")
    parameters = as_list(stream.get("/DecodeParms"))
    parameters += [None] * (len(filters) - len(parameters))
    data = stream.read_raw_bytes()
    if outer:
        stream.write(data, filter=Array(filters[:-1]), decode_parms=Array(parameters[:-1]))
        data = stream.read_bytes(pikepdf.StreamDecodeLevel.generalized)
    stream.write(b"".join(clean(data)), filter=filters[-1], decode_parms=parameters[-1])


def as_list(entry: pikepdf.Object | None) -> list[Any]:
    """Return the items of what may stand in an array or alone."""
    if isinstance(entry, Array):
        return list(entry)
    return [] if entry is None else [entry]


def jpeg_without_metadata(data: bytes) -> Iterator[bytes]:
    """Yield the parts of a JPEG but for Exif, XMP, IPTC and comments: where a photo was taken."""
    return without_segments(data, b"\xff\xd8", {0xE1, 0xED, 0xFE}, end=0xDA)


def jpeg2000_without_metadata(data: bytes) -> Iterator[bytes]:
    """Yield the parts of a JPEG 2000 that show the picture: no Exif, XMP, comments. Or Refused."""
    if data.startswith(CODESTREAM):
        yield from codestream_without_comments(data)
        return
    place = 0
    while place < len(data):
        head = 8
        length, kind = struct.unpack_from(">I4s", data, place)
        if length == 1:
            head = 16
            (length,) = struct.unpack_from(">Q", data, place + 8)
        elif length == 0:
            length = len(data) - place
        if length < head:
            raise Refused("broken")
        if kind in JPEG2000_BOXES:
            content = data[place + head : place + length]
            if kind == b"jp2c":
                content = b"".join(codestream_without_comments(content))
            yield struct.pack(">I4s", 8 + len(content), kind) + content
        place += length


def codestream_without_comments(data: bytes) -> Iterator[bytes]:
    """Yield the parts of the pixels of a JPEG 2000 but for the comments."""
    return without_segments(data, CODESTREAM, {0x64}, end=0x90)


def without_segments(data: bytes, start: bytes, unwanted: set[int], end: int) -> Iterator[bytes]:
    """Yield the parts of a picture whose head is a row of segments, but for the unwanted ones."""
    if not data.startswith(start):
        yield data
        return
    yield data[:2]
    place = 2
    while place + 4 <= len(data) and data[place] == 0xFF and data[place + 1] != end:
        marker, (length,) = data[place + 1], struct.unpack(">H", data[place + 2 : place + 4])
        if marker not in unwanted:
            yield data[place : place + 2 + length]
        place += 2 + length
    yield data[place:]


CODESTREAM = b"\xff\x4f"
# What shows the picture; the rest of what a JPEG 2000 may hold tells about it.
JPEG2000_BOXES = {b"jP  ", b"ftyp", b"rreq", b"jp2h", b"jpch", b"jplh", b"jp2c"}
# By filter, in the spellings that readers accept.
CLEANERS: dict[str, Callable[[bytes], Iterator[bytes]]] = {
    "/DCTDecode": jpeg_without_metadata,
    "/DCT": jpeg_without_metadata,
    "/JPXDecode": jpeg2000_without_metadata,
}


def main() -> None:
    """Rewrite stdin to stdout."""
    limit_self()
    data = sys.stdin.buffer.read()
    written = b""
    try:
        written, content_type, extension = rewrite(data)
        head = {"type": content_type, "extension": extension}
    except Refused as refusal:
        head = {"refused": str(refusal)}
    sys.stdout.buffer.write(json.dumps(head).encode() + b"\n" + written)


if __name__ == "__main__":
    main()
