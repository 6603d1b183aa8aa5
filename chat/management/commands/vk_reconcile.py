"""Finding what VK did not deliver."""

from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from chat.vk import reconcile, setup
from chat.vk.client import UnknownOutcome, VkError


class Command(BaseCommand):
    help = "Asks VK for the messages of the last hours (at most 168) that never arrived"

    def add_arguments(self, parser: CommandParser) -> None:
        """Take how far to look back."""
        parser.add_argument("--hours", type=int, default=24)

    def handle(self, *args: Any, hours: int, **options: Any) -> None:
        """Feed in what is missing and print how much that was."""
        try:
            found = reconcile.reconcile(timezone.now() - timedelta(hours=max(1, hours)))
        except (VkError, UnknownOutcome) as error:
            raise CommandError(setup.explain(error)) from None
        self.stdout.write(f"{found} messages were missing")
