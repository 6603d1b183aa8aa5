"""Who may not write for a while."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class ChatBlock(models.Model):
    """A dialogue, a network or a VK account that may not write until a moment."""

    class Kind(models.TextChoices):
        THREAD = "thread", _("dialogue")
        NETWORK = "network", _("network")

    kind = models.CharField(_("what"), max_length=7, choices=Kind)
    # The number of the dialogue, or the keyed hash of the network.
    value = models.CharField(max_length=64)
    until = models.DateTimeField(_("until"))
    reason = models.CharField(_("why"), max_length=200, blank=True)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        related_name="+",
        verbose_name=_("by"),
    )
    created_at = models.DateTimeField(_("blocked"), auto_now_add=True)

    class Meta:
        verbose_name = _("block")
        verbose_name_plural = _("blocks")
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(fields=["kind", "value"], name="chat_blocked_once"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.value[:8]}"
