"""Blocks with pictures and tables."""

from django.utils.translation import gettext_lazy as _

from wagtail import blocks
from wagtail.contrib.typed_table_block.blocks import TypedTable, TypedTableBlock
from wagtail.images import get_image_model
from wagtail.images.blocks import ImageBlock


class PictureBlock(blocks.StructBlock):
    """A picture with a caption."""

    image = ImageBlock(label=_("picture"))
    caption = blocks.CharBlock(max_length=250, required=False, label=_("caption"))

    class Meta:
        icon = "image"
        label = _("Picture")
        group = _("Media")
        description = _("A picture with a caption")
        template = "blocks/image.html"

    def get_preview_value(self) -> blocks.StructValue:
        """Return the newest picture of the site; an empty block while there is none."""
        image = get_image_model().objects.order_by("pk").last()
        return self.normalize({"image": image, "caption": image.title if image else ""})


class TableBlock(TypedTableBlock):
    """A table of text cells; on a phone it scrolls inside itself."""

    def __init__(self, **kwargs: object) -> None:
        cell = ("text", blocks.CharBlock(max_length=500, required=False, label=_("Text")))
        super().__init__([cell], **kwargs)

    class Meta:
        icon = "table"
        label = _("Table")
        group = _("Media")
        description = _("A table with a caption and headings")
        template = "blocks/table.html"

    def get_preview_value(self) -> TypedTable:
        """Return a small table."""
        return self.to_python(
            {
                "columns": [{"type": "text", "heading": name} for name in ("Анализ", "Срок")],
                "rows": [{"values": ["Глюкоза", "1 день"]}, {"values": ["ТТГ", "2 дня"]}],
            }
        )
