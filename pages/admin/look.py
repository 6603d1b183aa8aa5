"""What our screens add to the look of the admin."""

from django.http import HttpRequest
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString

from wagtail.admin.menu import MenuItem

FOREIGN_HELP = ("whats-new", "editor-guide")


def add_icons(icons: list[str]) -> list[str]:
    """Hook register_icons: the drawings of ours that the admin uses."""
    return [*icons, "pages_admin/icons/rouble.svg"]


def add_css() -> SafeString:
    """Hook insert_global_admin_css: our style sheet."""
    return format_html('<link rel="stylesheet" href="{}">', static("css/admin.css"))


def keep_help_here(request: HttpRequest, menu_items: list[MenuItem]) -> None:
    """Hook construct_help_menu: leave out what leads to foreign sites in English."""
    menu_items[:] = [item for item in menu_items if not item.name.startswith(FOREIGN_HELP)]
