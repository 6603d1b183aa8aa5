"""Does away with what the chat no longer keeps. The clock calls it every night."""

from dataclasses import asdict
from typing import Any

from django.core.management import BaseCommand
from django.core.management.base import CommandParser

from chat.services import retention


class Command(BaseCommand):
    """Closes silent dialogues, erases old ones, deletes old and unclaimed files; prints counts."""

    help = "Close silent dialogues, erase old ones, delete files whose time is over"

    def add_arguments(self, parser: CommandParser) -> None:
        """Add --dry-run."""
        parser.add_argument("--dry-run", action="store_true", help="only count")

    def handle(self, *args: Any, **options: Any) -> None:
        """Sweep, or count what would be swept."""
        for name, count in asdict(retention.sweep(dry_run=options["dry_run"])).items():
            self.stdout.write(f"{name:<16} {count}")
