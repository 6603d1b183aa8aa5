"""Files that people send each other."""

import uuid

from django.conf import settings
from django.core.files.storage import Storage, storages
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from chat.models.messages import ChatMessage


def private_storage() -> Storage:
    """Return the storage that no web server shows."""
    return storages["chat_attachments"]


class ChatAttachment(models.Model):
    """A file as we wrote it anew: an upload is never kept as it came.

    Its id is a secret until a message takes it; from then on the thread's people may read it.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    message = models.ForeignKey(
        ChatMessage,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="attachments",
    )
    uploader = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    # From an operator; an upload of the one side is not for messages of the other.
    from_operator = models.BooleanField(default=False)
    network_hash = models.CharField(max_length=64, blank=True, editable=False)
    file = models.FileField(storage=private_storage, max_length=200)
    name = models.CharField(_("name"), max_length=120)
    content_type = models.CharField(max_length=60)
    size = models.PositiveIntegerField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("attachment")
        verbose_name_plural = _("attachments")
        ordering = ["created_at", "id"]
        indexes = [
            models.Index(
                fields=["network_hash", "created_at"],
                name="chat_uploads_by_network",
            ),
            models.Index(
                fields=["created_at"],
                name="chat_loose_uploads",
                condition=Q(message__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return str(self.pk)
