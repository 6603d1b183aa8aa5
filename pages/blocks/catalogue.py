"""Blocks that show services with their current prices."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from wagtail import blocks


class ServicesBlock(blocks.StructBlock):
    """Chosen services with prices, turnaround and links."""

    title = blocks.CharBlock(max_length=120, required=False, label=_("title"))
    services = blocks.ListBlock(
        blocks.PageChooserBlock(page_type="pages.ServicePage", label=_("service")),
        min_num=1,
        max_num=24,
        label=_("services"),
    )

    class Meta:
        icon = "list-ul"
        label = _("Services with prices")
        group = _("Catalogue")
        description = _("Chosen services with their current prices")
        template = "blocks/services.html"

    def get_preview_value(self) -> blocks.StructValue:
        """Return some services of the site."""
        from pages import models, selectors  # noqa: PLC0415 - see below

        services = selectors.published(models.ServicePage).order_by("path")[:3]
        return self.normalize({"title": "", "services": list(services)})

    def get_context(
        self, value: Any, parent_context: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        """Add `rows`: the published ones among the chosen services, with what a list
        shows of them.
        """
        from pages import selectors  # noqa: PLC0415 - selectors read the models, which use the blocks

        context = super().get_context(value, parent_context)
        context["rows"] = selectors.service_rows(page.pk for page in value["services"] if page)
        return context
