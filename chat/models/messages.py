"""What was said."""

import uuid

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVector, SearchVectorField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from chat.models.threads import ChatThread

LONGEST_TEXT = 4000


class ChatMessage(models.Model):
    """A message, a note or a system line. Rows are added; a change takes a new `version`."""

    class Sender(models.TextChoices):
        VISITOR = "visitor", _("patient")
        OPERATOR = "operator", _("operator")
        SYSTEM = "system", _("system")

    class Kind(models.TextChoices):
        MESSAGE = "message", _("message")
        NOTE = "note", _("note")

    class Channel(models.TextChoices):
        SITE = "site", _("site")
        ADMIN = "admin", _("inbox")
        VK = "vk", _("VK")

    class Event(models.TextChoices):
        """What a system line says; its words are made by chat.events."""

        CLOSED = "closed", _("closed")
        REOPENED = "reopened", _("reopened")
        JOINED = "joined", _("joined")
        ASSIGNED = "assigned", _("assigned")
        MERGED = "merged", _("merged")
        LATE = "late", _("came late")

    class Delivery(models.TextChoices):
        """How far an answer got that leaves the site (to a patient in VK)."""

        PENDING = "pending", _("pending")
        SENT = "sent", _("sent")
        FAILED = "failed", _("failed")

    thread = models.ForeignKey(ChatThread, on_delete=models.CASCADE, related_name="messages")
    seq = models.PositiveIntegerField()
    version = models.PositiveIntegerField()
    sender = models.CharField(max_length=8, choices=Sender)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="chat_messages",
    )
    kind = models.CharField(max_length=7, choices=Kind, default=Kind.MESSAGE)
    text = models.TextField(blank=True)
    event = models.CharField(max_length=8, choices=Event, blank=True)
    client_id = models.UUIDField(default=uuid.uuid4)
    channel = models.CharField(max_length=5, choices=Channel, default=Channel.SITE)
    # VK's id, or peer:conversation_message_id where VK gives none. NULL: not of VK.
    vk_message_id = models.CharField(max_length=64, null=True, blank=True, unique=True)
    delivery = models.CharField(max_length=7, choices=Delivery, blank=True)
    # Of an operator's answer: the last place that its author saw. NULL: all places before it.
    answers_upto = models.PositiveIntegerField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    edited_at = models.DateTimeField(null=True, blank=True)
    deleted_at = models.DateTimeField(null=True, blank=True)
    # Kept by the database, so that no writer can forget it.
    search = models.GeneratedField(
        expression=SearchVector("text", config="russian"),
        output_field=SearchVectorField(),
        db_persist=True,
    )

    class Meta:
        verbose_name = _("message")
        verbose_name_plural = _("messages")
        ordering = ["thread", "seq"]
        constraints = [
            models.UniqueConstraint(fields=["thread", "seq"], name="chat_seq_once"),
            models.UniqueConstraint(fields=["thread", "client_id"], name="chat_client_id_once"),
            models.CheckConstraint(condition=Q(seq__gte=1), name="chat_seq_from_one"),
            models.CheckConstraint(
                name="chat_only_operators_have_authors",
                condition=Q(author__isnull=True) | ~Q(sender="visitor"),
            ),
            models.CheckConstraint(
                name="chat_only_operators_note",
                condition=Q(kind="message") | ~Q(sender="visitor"),
            ),
            models.CheckConstraint(
                name="chat_event_is_system",
                condition=Q(sender="system") & ~Q(event="") | ~Q(sender="system") & Q(event=""),
            ),
            models.CheckConstraint(
                name="chat_deleted_has_no_text",
                condition=Q(deleted_at__isnull=True) | Q(text=""),
            ),
        ]
        indexes = [
            models.Index(fields=["thread", "version"], name="chat_changes"),
            models.Index(fields=["-created_at", "-id"], name="chat_by_time"),
            GinIndex(fields=["search"], name="chat_search"),
        ]

    def __str__(self) -> str:
        return f"#{self.thread_id}/{self.seq}"
