"""Blocks of the menus."""

from django.utils.translation import gettext_lazy as _

from wagtail import blocks


class LinkBlock(blocks.StructBlock):
    """A link to a page of the site; the page's title unless another is given."""

    page = blocks.PageChooserBlock(label=_("page"))
    title = blocks.CharBlock(max_length=60, required=False, label=_("title"))
    text = blocks.CharBlock(max_length=120, required=False, label=_("a few words"))

    class Meta:
        icon = "link"
        label = _("Link")


class MenuItemBlock(blocks.StructBlock):
    """An entry of the main menu with the links that open under it."""

    page = blocks.PageChooserBlock(label=_("page"))
    title = blocks.CharBlock(max_length=40, required=False, label=_("title"))
    children = blocks.ListBlock(LinkBlock(), max_num=16, label=_("links"))

    class Meta:
        icon = "bars"
        label = _("Menu entry")
        description = _("An entry of the main menu with the links that open under it")


class FooterColumnBlock(blocks.StructBlock):
    """A column of links at the foot of every page."""

    title = blocks.CharBlock(max_length=60, label=_("title"))
    links = blocks.ListBlock(LinkBlock(), min_num=1, max_num=16, label=_("links"))

    class Meta:
        icon = "list-ul"
        label = _("Footer column")
        description = _("A column of links at the foot of every page")
