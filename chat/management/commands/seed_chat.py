"""`manage.py seed_chat`: a demo day of conversations, if there are none."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from chat.demo import dialogues
from chat.selectors.widget import consent_text, current_widget


class Command(BaseCommand):
    """Fills an empty inbox of the demo site."""

    help = "Adds a demo day of conversations, unless somebody has written to the chat already."

    def handle(self, *args: Any, **options: Any) -> None:
        """Add the conversations."""
        widget = current_widget()
        if widget is None:
            raise CommandError("The site shows no chat: run load_chat_demo first.")
        count = dialogues.add(consent_text(widget))
        self.stdout.write(f"Added {count} conversations.")
