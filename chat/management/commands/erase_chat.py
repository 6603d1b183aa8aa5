"""Erases one dialogue: what a person may ask for."""

from typing import Any

from django.core.management import BaseCommand, CommandError
from django.core.management.base import CommandParser

from chat.errors import ChatError
from chat.services import retention


class Command(BaseCommand):
    """Erases a dialogue by its number, with all that was merged into it; prints how much."""

    help = "Erase a dialogue with its messages and files"

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the number and --dry-run."""
        parser.add_argument("number", type=int)
        parser.add_argument("--dry-run", action="store_true", help="only count")

    def handle(self, *args: Any, **options: Any) -> None:
        """Erase, or count what would be erased."""
        try:
            if options["dry_run"]:
                found = retention.contents(options["number"])
            else:
                found = retention.erase_thread(None, options["number"])
        except ChatError as error:
            raise CommandError(str(error.detail)) from error
        numbers = ", ".join(f"#{number}" for number in found.numbers)
        self.stdout.write(f"{numbers}: {found.messages} messages, {found.files} files")
