"""`manage.py load_chat_demo`: the demo widget and canned replies, if the site has none."""

import tomllib
from datetime import date
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone

from wagtail.models import Page, Site

from chat.models import (
    ChatHours,
    ChatHoursException,
    ChatReply,
    ChatSettings,
    ChatTopic,
    ChatWidget,
)

CONTENT = Path(__file__).resolve().parents[2] / "demo" / "widget.toml"
DAY_OFF = {"opens": None, "closes": None}


class Command(BaseCommand):
    help = "Adds the demo chat widget, shown by the site unless it shows one, and canned replies."

    @transaction.atomic
    def handle(self, *args: Any, **options: Any) -> None:
        """Add what there is none of: the widget, published and chosen, and replies."""
        content = tomllib.loads(CONTENT.read_text(encoding="utf-8"))
        if not ChatReply.objects.exists():
            for reply in content["replies"]:
                ChatReply.objects.create(**reply).save_revision().publish()
        site = Site.objects.filter(is_default_site=True).first()
        if site is None:
            raise CommandError("There is no default site.")
        chosen, _created = ChatSettings.objects.get_or_create(site=site)
        if chosen.widget:
            self.stdout.write("The site has a chat widget already.")
            return
        chosen.widget = self.add_widget(content)
        # There are no patients here whose secret it would be.
        chosen.vk_alert = ChatSettings.Alert.FULL
        chosen.save()
        self.stdout.write("Added the chat widget.")

    def add_widget(self, content: dict[str, Any]) -> ChatWidget:
        """Make the published widget of the demo content."""
        widget = ChatWidget(**content["widget"], consent_url=self.address(content["consent_page"]))
        widget.topics = [ChatTopic(**topic) for topic in content["topics"]]
        widget.hours = [
            ChatHours(weekday=weekday, **times)
            for times in content["hours"]
            for weekday in times.pop("weekdays")
        ]
        widget.exceptions = [
            ChatHoursException(date=coming(row.pop("month"), row.pop("day")), **(DAY_OFF | row))
            for row in content["exceptions"]
        ]
        widget.full_clean()
        widget.save()
        widget.save_revision().publish()
        return widget

    def address(self, slug: str) -> str:
        """Return the path of the page where the whole text of the consent stands."""
        page = Page.objects.live().filter(slug=slug).first()
        if page is None:
            raise CommandError("The demo content is not there: run load_demo first.")
        path: str = page.get_url_parts()[2]
        return path


def coming(month: int, day: int) -> date:
    """Return the next date with this month and day, today included."""
    today = timezone.localdate()
    this_year = date(today.year, month, day)
    return this_year if this_year >= today else date(today.year + 1, month, day)
