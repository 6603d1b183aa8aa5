"""Files that people send: honest ones, and hostile ones made on the spot."""

import base64 as b64
import struct
import zlib
from io import BytesIO
from zipfile import ZIP_DEFLATED, ZipFile

import pikepdf
import pillow_heif
from pikepdf import Array, Dictionary, Name, String
from PIL import Image

MARKER = "52.0367N-METKA"
PLAIN = pikepdf.StreamDecodeLevel.none


def picture(size: tuple[int, int] = (60, 40), mode: str = "RGB") -> Image.Image:
    """Return a picture: the left half red, the right half blue."""
    image = Image.new(mode, size, "red")
    image.paste("blue", (size[0] // 2, 0, size[0], size[1]))
    return image


def exif(orientation: int = 1) -> Image.Exif:
    """Return what a phone writes into a photo: how it was held, and where it was taken."""
    data = Image.Exif()
    data[0x0112] = orientation
    data[0x010E] = MARKER
    data.get_ifd(0x8825)[29] = MARKER
    return data


def jpeg(orientation: int = 1, **options) -> bytes:
    """Return a photo with Exif, GPS, a comment and a thumbnail's worth of metadata."""
    target = BytesIO()
    picture(**options).save(
        target, "JPEG", exif=exif(orientation), comment=MARKER, xmp=MARKER.encode()
    )
    return target.getvalue()


def png(mode: str = "RGB", size: tuple[int, int] = (60, 40)) -> bytes:
    """Return a PNG with text in it."""
    from PIL.PngImagePlugin import PngInfo

    info = PngInfo()
    info.add_text("Comment", MARKER)
    info.add_itxt("XML:com.adobe.xmp", MARKER, zip=True)
    target = BytesIO()
    picture(size, mode if mode != "P" else "RGB").convert(mode).save(
        target, "PNG", pnginfo=info, exif=exif()
    )
    return target.getvalue()


def heic() -> bytes:
    """Return a photo as an iPhone takes it."""
    target = BytesIO()
    pillow_heif.from_pillow(picture((64, 48))).save(target, exif=exif(), quality=60)
    return target.getvalue()


def bomb_png(width: int, height: int) -> bytes:
    """Return a small PNG that claims to be huge."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        body = kind + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    pixels = zlib.compress(bytes(1024 * 1024))
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")
    )


def archive() -> bytes:
    """Return a zip."""
    target = BytesIO()
    with ZipFile(target, "w", ZIP_DEFLATED) as file:
        file.writestr("photo.jpg", bytes(1024 * 1024))
    return target.getvalue()


def pdf(pages: int = 1, **save) -> bytes:
    """Return a PDF with words on each page."""
    target = BytesIO()
    with pikepdf.new() as document:
        _add_pages(document, pages)
        document.save(target, **save)
    return target.getvalue()


def _add_pages(document: pikepdf.Pdf, count: int) -> None:
    font = Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica)
    for number in range(count):
        page = document.add_blank_page(page_size=(200, 200))
        page.obj.Resources = Dictionary(Font=Dictionary(F1=font))
        words = f"BT /F1 12 Tf 20 100 Td (Page {number + 1}) Tj ET"
        page.obj.Contents = document.make_stream(words.encode())


def hostile_pdf() -> bytes:
    """Return a PDF that carries everything a PDF must not do to its reader."""
    target = BytesIO()
    with pikepdf.new() as document:
        _add_pages(document, 2)
        script = Dictionary(S=Name.JavaScript, JS=String(f"app.alert('{MARKER}')"))
        launch = Dictionary(S=Name.Launch, F=String(f"{MARKER}.exe"))
        document.Root.OpenAction = script
        document.Root.AA = Dictionary(WC=script)
        document.Root.Names = Dictionary(JavaScript=Dictionary(Names=Array([String("x"), script])))
        document.attachments["evil.exe"] = MARKER.encode()
        xfa = document.make_stream(f"<xdp>{MARKER}</xdp>".encode())
        field = document.make_indirect(
            Dictionary(
                Type=Name.Annot,
                Subtype=Name.Widget,
                FT=Name.Tx,
                T=String("name"),
                V=String("Filled in"),
                DA=String("/Helv 12 Tf 0 g"),
                Rect=Array([20, 20, 150, 40]),
                AA=Dictionary(K=script),
            )
        )
        document.Root.AcroForm = Dictionary(
            Fields=Array([field]),
            XFA=xfa,
            NeedAppearances=True,
            DA=String("/Helv 12 Tf 0 g"),
            DR=Dictionary(
                Font=Dictionary(
                    Helv=Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica)
                )
            ),
        )
        link = Dictionary(
            Type=Name.Annot, Subtype=Name.Link, Rect=Array([0, 0, 200, 200]), A=launch
        )
        page = document.pages[0].obj
        page.Annots = Array([field, document.make_indirect(link)])
        page.AA = Dictionary(O=script)
        photo = document.make_stream(jpeg())
        photo.stream_dict = Dictionary(
            Type=Name.XObject,
            Subtype=Name.Image,
            Width=60,
            Height=40,
            ColorSpace=Name.DeviceRGB,
            BitsPerComponent=8,
            Filter=Name.DCTDecode,
            Metadata=document.make_stream(MARKER.encode()),
        )
        page.Resources.XObject = Dictionary(Im0=photo)
        page.Contents = document.make_stream(b"q 60 0 0 40 0 0 cm /Im0 Do Q")
        document.Root.Metadata = document.make_stream(MARKER.encode())
        document.docinfo["/Author"] = MARKER
        document.save(target, compress_streams=False)
    return target.getvalue()


PACKINGS = {
    "/FlateDecode": zlib.compress,
    "/Fl": zlib.compress,
    "/ASCII85Decode": lambda data: b64.a85encode(data) + b"~>",
    "/ASCIIHexDecode": lambda data: data.hex().encode() + b">",
}


def jpeg2000(*, bare: bool = False) -> bytes:
    """Return a JPEG 2000 with Exif, XMP and a comment; `bare`: the pixels without their boxes."""
    target = BytesIO()
    picture().save(target, "JPEG2000", no_jp2=bare, comment=MARKER)
    if bare:
        return target.getvalue()
    told = {b"uuid": b"JpgTiffExif->JP2" + exif().tobytes(), b"xml ": MARKER.encode()}
    boxes = [struct.pack(">I4s", 8 + len(data), kind) + data for kind, data in told.items()]
    return target.getvalue() + b"".join(boxes)


def pdf_of_picture(data: bytes, filters: str, **entries) -> bytes:
    """Return a PDF with one picture, packed as `filters` say: a name, or an array in brackets."""
    names = filters.strip("[]").split()
    for name in reversed(names[:-1]):
        data = PACKINGS.get(name, bytes)(data)
    target = BytesIO()
    with pikepdf.new() as document:
        _add_pages(document, 1)
        page = document.pages[0].obj
        image = document.make_stream(data)
        image.stream_dict = Dictionary(
            Type=Name.XObject,
            Subtype=Name.Image,
            Width=60,
            Height=40,
            ColorSpace=Name.DeviceRGB,
            BitsPerComponent=8,
            Filter=pikepdf.Object.parse(filters.encode()),
            **entries,
        )
        page.Resources.XObject = Dictionary(Im0=image)
        page.Contents = document.make_stream(b"q 60 0 0 40 0 0 cm /Im0 Do Q")
        document.save(target, compress_streams=False, stream_decode_level=PLAIN)
    return target.getvalue()
