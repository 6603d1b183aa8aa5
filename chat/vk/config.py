"""How VK is reached: from the environment, read anew each time so that tests may change it."""

import hashlib
from dataclasses import dataclass

from django.conf import settings
from django.urls import reverse
from django.utils.crypto import salted_hmac


@dataclass(frozen=True)
class Config:
    """The community and its keys. `secrets`: the valid one first, then those still accepted."""

    group_id: int
    token: str
    secrets: tuple[str, ...]
    confirmation: str
    base_url: str

    @property
    def token_hash(self) -> str:
        """A mark of the token that does not give it away."""
        return hashlib.sha256(self.token.encode()).hexdigest()

    @property
    def can_send(self) -> bool:
        """Whether there is a token to send with."""
        return bool(self.token and self.group_id)

    @property
    def callback_url(self) -> str:
        """Where VK is to send its events."""
        return settings.WAGTAILADMIN_BASE_URL.rstrip("/") + reverse("chat_vk_callback")

    def __repr__(self) -> str:
        return f"Config(group_id={self.group_id})"


def mark(secret: str) -> str:
    """Return a few signs by which people tell secrets apart; only the site's key can make them."""
    return salted_hmac("chat.vk.mark", secret, algorithm="sha256").hexdigest()[:6]


def current() -> Config:
    """Return the configuration as the settings have it."""
    return Config(
        group_id=settings.VK_GROUP_ID,
        token=settings.VK_GROUP_TOKEN,
        secrets=tuple(settings.VK_CALLBACK_SECRET),
        confirmation=settings.VK_CALLBACK_CONFIRMATION,
        base_url=settings.VK_API_BASE_URL,
    )
