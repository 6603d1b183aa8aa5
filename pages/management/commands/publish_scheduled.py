"""`manage.py publish_scheduled`, in the place of Wagtail's own, which the first failure stops."""

from typing import Any

from django.core.management.base import BaseCommand

from pages.services.schedule import run_schedule


class Command(BaseCommand):
    help = "Publishes and takes down what editors have scheduled."

    def handle(self, *args: Any, **options: Any) -> None:
        """Do what is due."""
        run_schedule()
