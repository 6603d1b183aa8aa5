"""Tells patients by mail that they were answered. The clock calls it every minute."""

from typing import Any

from django.core.management import BaseCommand

from chat.services import notices


class Command(BaseCommand):
    """Sends the letters that are due and prints how many."""

    help = "Tell patients who left an address and went away that they were answered"

    def handle(self, *args: Any, **options: Any) -> None:
        """Send what is due."""
        sent = notices.send_due()
        if sent or options["verbosity"] > 1:
            self.stdout.write(f"{sent} letters sent")
