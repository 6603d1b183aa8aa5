"""What must be right before the chat faces the internet: `manage.py check --deploy`."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register

SHORTEST_SECRET = 16


@register(Tags.security, deploy=True)
def vk_is_safe(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Refuse a connection to VK by which anybody could write as an operator."""
    if not settings.VK_GROUP_ID:
        return []
    found: list[CheckMessage] = []
    secrets = settings.VK_CALLBACK_SECRET
    if not secrets:
        found.append(
            Error(
                "VK_GROUP_ID is set and VK_CALLBACK_SECRET is not: no event of VK's is accepted.",
                hint="Set a long random secret and run vk_setup.",
                id="chat.E001",
            )
        )
    elif min(map(len, secrets)) < SHORTEST_SECRET:
        found.append(
            Warning(f"VK_CALLBACK_SECRET is shorter than {SHORTEST_SECRET} signs.", id="chat.W001")
        )
    if any("/" in host for host in settings.VK_FILE_HOSTS):
        found.append(
            Error(
                "VK_FILE_HOSTS holds an origin: names alone, without http:// or https://.",
                id="chat.E002",
            )
        )
    if not settings.VK_API_BASE_URL.startswith("https://"):
        found.append(Error("VK_API_BASE_URL does not begin with https://.", id="chat.E003"))
    return found
