from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PagesConfig(AppConfig):
    name = "pages"
    verbose_name = _("Site content")

    def ready(self) -> None:
        """Connect what must hear of every change of content."""
        from pages import signal_handlers  # noqa: PLC0415 - needs the models

        signal_handlers.connect()
