"""Whether the connection to VK works."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from chat.vk import setup
from chat.vk.setup import Finding


class Command(BaseCommand):
    help = "Says what is right and what is wrong with the connection to VK; changes nothing there"

    def handle(self, *args: Any, **options: Any) -> None:
        """Print the findings; exit with 1 if something is broken."""
        tell(self, setup.check())


def tell(command: BaseCommand, findings: list[Finding]) -> None:
    """Print findings. Raises CommandError if something is broken."""
    signs = {setup.OK: "+", setup.WARNING: "!", setup.ERROR: "-"}
    for finding in findings:
        command.stdout.write(f"{signs[finding.level]} {finding.text}")
    if not setup.is_well(findings):
        raise CommandError("VK does not work yet")
