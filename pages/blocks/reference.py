"""The table of reference intervals of a test."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from wagtail import blocks


class IntervalBlock(blocks.StructBlock):
    """One interval: for whom, from what to what."""

    who = blocks.CharBlock(max_length=120, required=False, label=_("for whom"))
    value = blocks.CharBlock(max_length=120, label=_("interval"))


class ReferenceIntervalsBlock(blocks.StructBlock):
    """The intervals of one measured quantity."""

    name = blocks.CharBlock(max_length=160, label=_("quantity"))
    unit = blocks.CharBlock(max_length=40, required=False, label=_("unit"))
    rows = blocks.ListBlock(IntervalBlock(), min_num=1, max_num=30, label=_("intervals"))

    def get_context(
        self, value: Any, parent_context: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        """Give the template, which shows several, this one quantity."""
        return {**super().get_context(value, parent_context), "quantities": [value]}

    class Meta:
        icon = "table"
        label = _("Reference intervals")
        description = _("The intervals of one measured quantity")
        template = "components/intervals.html"
        preview_value = {
            "name": "Гемоглобин",
            "unit": "г/л",
            "rows": [{"who": "женщины", "value": "120–150"}],
        }
