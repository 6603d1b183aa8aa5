"""Files for tests."""

from io import BytesIO

from PIL import Image


def picture(size: tuple[int, int] = (40, 30), kind: str = "PNG") -> bytes:
    """Return the bytes of a grey picture."""
    stream = BytesIO()
    Image.new("L", size).save(stream, kind)
    return stream.getvalue()
