"""What our screens add to the look of the admin."""

from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString


def add_icons(icons: list[str]) -> list[str]:
    """Hook register_icons: the drawings of ours that the admin uses."""
    return [*icons, "pages_admin/icons/rouble.svg"]


def add_css() -> SafeString:
    """Hook insert_global_admin_css: our style sheet."""
    return format_html('<link rel="stylesheet" href="{}">', static("css/admin.css"))
