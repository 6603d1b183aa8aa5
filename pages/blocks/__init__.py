"""Blocks of which editors build a page's body."""

from pages.blocks.body import BodyBlock
from pages.blocks.navigation import FooterColumnBlock, MenuItemBlock
from pages.blocks.reference import ReferenceIntervalsBlock

__all__ = ["BodyBlock", "FooterColumnBlock", "MenuItemBlock", "ReferenceIntervalsBlock"]
