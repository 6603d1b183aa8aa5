"""Events of VK for a site that VK cannot reach."""

import signal
import threading
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from chat.vk import config
from chat.vk.longpoll import LongPoll


class Command(BaseCommand):
    help = "Fetches VK's events where there is no public address. Ctrl-C or SIGTERM ends it."

    def handle(self, *args: Any, **options: Any) -> None:
        """Poll until told to stop. `run_vk` has to run beside it."""
        if not config.current().can_send:
            raise CommandError("Set VK_GROUP_ID and VK_GROUP_TOKEN in the environment")
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_args: stop.set())
        LongPoll(stop).run()
