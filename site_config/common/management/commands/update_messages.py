"""Keeps locale/ru complete: see site_config.common.messages."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import BaseCommand, CommandError
from django.core.management.base import CommandParser


class Command(BaseCommand):
    """Collects the interface texts into django.po, keeping translations, and compiles django.mo."""

    help = "Collect and compile the Russian interface texts; --check only says what is amiss"
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Add --check."""
        parser.add_argument("--check", action="store_true", help="change nothing, fail if stale")

    def handle(self, *args: Any, check: bool, **options: Any) -> None:
        """Update the catalogue, or with --check raise CommandError if that is due."""
        # Babel and polib are development requirements; the command is listed on servers too.
        from site_config.common import messages  # noqa: PLC0415

        folder = Path(settings.LOCALE_PATHS[0]) / "ru" / "LC_MESSAGES"
        po_path, mo_path = folder / "django.po", folder / "django.mo"
        catalogue = messages.merged(Path(settings.BASE_DIR), po_path)
        text, compiled = f"{catalogue}\n", catalogue.to_binary()
        found = list(messages.problems(catalogue))
        if check:
            for path, wanted in ((po_path, text.encode()), (mo_path, compiled)):
                if not path.exists() or path.read_bytes() != wanted:
                    found.append(f"{path.name} is stale: run `make messages`")
            if found:
                raise CommandError("\n".join(found))
            return
        folder.mkdir(parents=True, exist_ok=True)
        po_path.write_text(text, encoding="utf-8")
        mo_path.write_bytes(compiled)
        for line in found:
            self.stderr.write(line)
        self.stdout.write(f"{len(catalogue)} texts, {len(found)} to look at")
