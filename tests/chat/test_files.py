"""What patients send as files: shown as it was, and nothing of it that tells or does more."""

import threading
import zlib
from io import BytesIO

import pikepdf
import pytest
from pikepdf import Array, Dictionary
from PIL import Image

from chat.errors import ChatError, TooLarge, TooMany, UnsupportedType
from chat.services import files
from tests.factories import uploads as make

# How the colours of a JPEG are to be read: it cannot do without.
COLOURS = Dictionary(ColorTransform=1)


def refusal(data: bytes) -> ChatError:
    """Return how a file is refused."""
    with pytest.raises(ChatError) as caught:
        files.rewrite(data)
    return caught.value


def plain(pdf: bytes) -> bytes:
    """Return a PDF with everything in it unpacked, for a look inside."""
    target = BytesIO()
    with pikepdf.open(BytesIO(pdf)) as document:
        document.save(
            target,
            object_stream_mode=pikepdf.ObjectStreamMode.disable,
            stream_decode_level=pikepdf.StreamDecodeLevel.generalized,
            compress_streams=False,
        )
    return target.getvalue()


@pytest.mark.parametrize(
    ("data", "content_type", "extension", "kind"),
    [
        (make.jpeg(), "image/jpeg", ".jpg", "JPEG"),
        (make.png(), "image/png", ".png", "PNG"),
        (make.png("RGBA"), "image/png", ".png", "PNG"),
        (make.png("P"), "image/png", ".png", "PNG"),
        (make.png("1"), "image/png", ".png", "PNG"),
        (make.heic(), "image/jpeg", ".jpg", "JPEG"),
    ],
    ids=["jpeg", "png", "png-alpha", "png-palette", "png-bits", "heic"],
)
def test_picture_is_written_anew_without_metadata(data, content_type, extension, kind):
    stored = files.rewrite(data)
    assert (stored.content_type, stored.extension) == (content_type, extension)
    picture = Image.open(BytesIO(stored.data))
    picture.load()
    assert picture.format == kind
    assert picture.width > picture.height
    left, right = picture.convert("RGB").getpixel((3, 3)), picture.convert("RGB").getpixel((55, 3))
    if "1" not in str(Image.open(BytesIO(data)).mode):
        assert left[0] > 200 > left[2]
        assert right[2] > 200 > right[0]
    assert make.MARKER.encode() not in stored.data
    assert not picture.getexif()
    assert set(picture.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}


def test_photo_stands_upright():
    upright = Image.open(BytesIO(files.rewrite(make.jpeg(orientation=6)).data))
    assert (upright.width, upright.height) == (40, 60)
    assert upright.convert("RGB").getpixel((20, 3))[0] > 200


def test_large_photo_is_made_small_enough_to_read():
    stored = files.rewrite(make.jpeg(size=(6000, 4000)))
    assert max(Image.open(BytesIO(stored.data)).size) <= 4096


@pytest.mark.parametrize("size", [(6400, 6400), (60000, 60000), (1, 50_000_000)])
def test_pixel_bomb_is_refused_before_it_is_unpacked(size):
    error = refusal(make.bomb_png(*size))
    assert isinstance(error, UnsupportedType)
    assert "мегапикс" in str(error.detail)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"GIF89a" + bytes(100),
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        b"<html><script>alert(1)</script></html>",
        b"MZ" + bytes(200),
        make.archive(),
        make.jpeg() + make.archive(),
        make.pdf() + make.archive(),
        make.png() + make.archive(),
        b"junk" + make.pdf(),
        b"\x00\x00\x00\x18ftypmp42" + bytes(100),
        b"\x00\x00\x00\x18ftypavif\x00\x00\x00\x00avifmif1" + bytes(100),
    ],
    ids=[
        "empty",
        "gif",
        "svg",
        "html",
        "program",
        "zip",
        "jpeg+zip",
        "pdf+zip",
        "png+zip",
        "late-pdf",
        "mp4",
        "avif",
    ],
)
def test_what_is_no_picture_and_no_pdf_is_refused(data: bytes):
    error = refusal(data)
    assert error.code == "unsupported_type"
    assert error.field == "file"


@pytest.mark.parametrize(
    "data",
    [
        b"\xff\xd8\xff" + b"<script>" * 50,
        make.jpeg()[:300],
        make.png()[:60],
        make.bomb_png(100, 5000)[:-60],
        make.heic()[:200],
        b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic" + bytes(500),
        b"%PDF-1.7\n" + bytes(500),
        b"%PDF-1.7\n<script>alert(1)</script>",
    ],
    ids=[
        "jpeg-in-name",
        "half-jpeg",
        "half-png",
        "png-without-end",
        "half-heic",
        "heic-in-name",
        "pdf-in-name",
        "pdf-of-script",
    ],
)
def test_broken_file_is_refused_in_words(data: bytes):
    error = refusal(data)
    assert error.code == "unsupported_type"
    assert "повреж" in str(error.detail) or "страниц" in str(error.detail)


def test_more_than_ten_megabytes_are_refused():
    assert isinstance(refusal(b"\xff\xd8\xff" + bytes(files.LARGEST_FILE)), TooLarge)


def test_pdf_keeps_its_pages_and_loses_what_it_does_and_tells():
    stored = files.rewrite(make.hostile_pdf())
    assert (stored.content_type, stored.extension) == ("application/pdf", ".pdf")
    inside = plain(stored.data)
    for word in [
        b"JavaScript",
        b"/JS",
        b"OpenAction",
        b"/AA",
        b"/Launch",
        b"EmbeddedFile",
        b"Filespec",
        b"XFA",
        b"AcroForm",
        b"/Annots",
        b"/Metadata",
        b"/Author",
        make.MARKER.encode(),
    ]:
        assert word not in inside, word
    with pikepdf.open(BytesIO(stored.data)) as document:
        assert len(document.pages) == 2
        assert set(document.Root.keys()) == {"/Type", "/Pages"}
        photo = document.pages[0].obj.Resources.XObject.Im0
        assert Image.open(BytesIO(photo.read_raw_bytes())).size == (60, 40)
        # What was filled into the form is part of the page now.
        assert "/Fxo1" in document.pages[0].obj.Resources.XObject
    assert b"Filled in" in inside
    assert b"Page 2" in inside


@pytest.mark.parametrize(
    ("data", "filters", "entries"),
    [
        (make.jpeg(), "[/DCTDecode]", {}),
        (make.jpeg(), "/DCT", {}),
        (make.jpeg(), "[/ASCII85Decode /DCTDecode]", {}),
        (make.jpeg(), "[/ASCIIHexDecode /Fl /DCTDecode]", {}),
        (make.jpeg(), "[/FlateDecode /DCTDecode]", {"DecodeParms": Array([None, None])}),
        (make.jpeg(), "[/FlateDecode /DCTDecode]", {"DecodeParms": Array([None, COLOURS])}),
        (make.jpeg(), "/DCTDecode", {"DecodeParms": COLOURS}),
        (make.jpeg2000(), "/JPXDecode", {}),
        (make.jpeg2000(bare=True), "[/JPXDecode]", {}),
        (make.jpeg2000(), "[/FlateDecode /JPXDecode]", {}),
    ],
    ids=[
        "array",
        "short-name",
        "ascii",
        "two-packings",
        "no-parameters",
        "inner-parameters",
        "parameters",
        "jpeg2000",
        "jpeg2000-bare",
        "jpeg2000-packed",
    ],
)
def test_photo_in_a_pdf_does_not_tell_where_it_was_taken(data: bytes, filters: str, entries):
    assert make.MARKER.encode() in data
    stored = files.rewrite(make.pdf_of_picture(data, filters, **entries))
    assert make.MARKER.encode() not in plain(stored.data)
    with pikepdf.open(BytesIO(stored.data)) as document:
        image = document.pages[0].obj.Resources.XObject.Im0
        assert make.MARKER.encode() not in image.read_raw_bytes()
        # Nothing is left that the metadata could hide in.
        (only,) = pikepdf.PdfImage(image).filters
        assert only in filters or only == "/DCTDecode"
        parameters = pikepdf.PdfImage(image).decode_parms
        assert any(parameters) == any("ColorTransform" in str(each) for each in entries.values())
        shown = Image.open(BytesIO(image.read_raw_bytes())).convert("RGB")
    assert shown.size == (60, 40)
    assert shown.getpixel((3, 3))[0] > 200 > shown.getpixel((55, 3))[0]


@pytest.mark.parametrize(
    ("data", "filters"),
    [
        (make.jpeg(), "[/DCTDecode /FlateDecode]"),
        (b"\x00\x00\x00\x04jp2c" + bytes(200), "/JPXDecode"),
        (b"JFIF", "/JPXDecode"),
        (bytes(60_000_000), "[/FlateDecode /DCTDecode]"),
    ],
    ids=["packed-twice", "no-boxes", "no-picture", "bomb"],
)
def test_picture_in_a_pdf_that_cannot_be_cleaned_is_refused(data: bytes, filters: str):
    packed = make.pdf_of_picture(data, filters)
    assert len(packed) < 100_000
    assert refusal(packed).code == "unsupported_type"


@pytest.mark.parametrize("password", ["", "secret"])
def test_encrypted_pdf_is_refused_with_advice(password: str):
    protection = pikepdf.Encryption(owner="owner", user=password)
    error = refusal(make.pdf(encryption=protection))
    assert error.code == "unsupported_type"
    assert "парол" in str(error.detail)


def test_pdf_of_too_many_pages_is_refused():
    assert files.rewrite(make.pdf(pages=100)).content_type == "application/pdf"
    assert "100" in str(refusal(make.pdf(pages=101)).detail)


def test_unpacking_bomb_in_a_pdf_is_not_unpacked():
    target = BytesIO()
    with pikepdf.new() as document:
        document.add_blank_page()
        bomb = document.make_stream(b"")
        packed = zlib.compress(bytes(50_000_000))
        bomb.write(packed, filter=pikepdf.Name.FlateDecode)
        document.pages[0].obj.Contents = bomb
        document.save(target)
    stored = files.rewrite(target.getvalue())
    assert len(stored.data) < 200_000


def test_file_that_takes_too_long_is_given_up(monkeypatch: pytest.MonkeyPatch, tmp_path):
    hanging = tmp_path / "rewriter.py"
    hanging.write_text("import time\ntime.sleep(600)\n")
    monkeypatch.setattr(files, "REWRITER", hanging)
    monkeypatch.setattr(files, "SECONDS", 0.5)
    assert refusal(make.jpeg()).code == "unsupported_type"


def test_file_that_brings_the_rewriter_down_harms_nobody(monkeypatch: pytest.MonkeyPatch, tmp_path):
    dying = tmp_path / "rewriter.py"
    dying.write_text("import os, signal\nos.kill(os.getpid(), signal.SIGSEGV)\n")
    monkeypatch.setattr(files, "REWRITER", dying)
    assert refusal(make.jpeg()).code == "unsupported_type"


def test_others_wait_while_many_files_are_written(monkeypatch: pytest.MonkeyPatch):
    busy = threading.BoundedSemaphore(1)
    busy.acquire()
    monkeypatch.setattr(files, "_free", busy)
    monkeypatch.setattr(files, "WAIT_SECONDS", 0.01)
    assert isinstance(refusal(make.jpeg()), TooMany)
