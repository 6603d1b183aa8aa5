"""Setting VK up."""

from typing import Any

from django.core.management.base import BaseCommand

from chat.management.commands.vk_check import tell
from chat.vk import setup


class Command(BaseCommand):
    help = "Registers this site's address at VK, or gives it the present secret; may be repeated"

    def handle(self, *args: Any, **options: Any) -> None:
        """Register and print the findings; exit with 1 if something is broken."""
        tell(self, setup.register())
