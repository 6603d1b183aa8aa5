"""The form by which editors add pictures."""

import struct
import zlib
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from wagtail.images.fields import WagtailImageField
from wagtail.images.forms import BaseImageForm

from PIL.Image import DecompressionBombError

# What Pillow raises while it reads a file that is cut short, damaged or made to harm.
UNREADABLE = (OSError, SyntaxError, ValueError, struct.error, zlib.error, DecompressionBombError)


class WholeImageField(WagtailImageField):
    """A picture that can be read to its end; Wagtail's own field breaks on one that cannot."""

    def to_python(self, data: Any) -> Any:
        """Return the file. Raises ValidationError for what is not a whole picture."""
        try:
            return super().to_python(data)
        except UNREADABLE as error:
            message = self.error_messages["invalid_image"]
            raise ValidationError(message, code="invalid_image") from error


class ImageForm(BaseImageForm):
    """Wagtail's form with our field for the file."""

    file = WholeImageField(label=_("file"))
