"""The live chat."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ChatConfig(AppConfig):
    """Threads, messages, the widget and the operators' inbox."""

    name = "chat"
    verbose_name = _("chat")

    def ready(self) -> None:
        """Register the checks, listen for what ends a stream."""
        from chat import checks, signal_handlers  # noqa: F401, PLC0415 - need the models

        signal_handlers.connect()
