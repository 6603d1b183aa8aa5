"""The dialogue of one person."""

from django.conf import settings
from django.contrib.postgres.indexes import OpClass
from django.db import models
from django.db.models import Q
from django.db.models.functions import Upper
from django.utils.translation import gettext_lazy as _


class ChatThread(models.Model):
    """One dialogue is one person: made by the first message, kept for good.

    The primary key is the public number (#50). Exactly one row is the common dialogue, where
    operators' messages without an address go. Writers lock the row (services.locking), take
    `last_seq + 1` and `last_version + 1` and leave; so `seq` has no gaps and `version` never goes
    back, whatever order transactions commit in.
    """

    class Status(models.TextChoices):
        OPEN = "open", _("open")
        CLOSED = "closed", _("closed")

    status = models.CharField(_("status"), max_length=6, choices=Status, default=Status.OPEN)
    is_common = models.BooleanField(_("common dialogue"), default=False, editable=False)
    # NULL, not "": hashes are unique, the absence of one is not.
    visitor_hash = models.CharField(  # noqa: DJ001
        max_length=64, null=True, unique=True, editable=False
    )
    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="chat_thread",
        verbose_name=_("account"),
    )
    vk_peer_id = models.BigIntegerField(_("VK peer"), null=True, blank=True, unique=True)
    # Of a merged thread whose heir has a person in VK of its own: who it was of, to be erased.
    former_vk_peer_id = models.BigIntegerField(null=True, editable=False)
    merged_into = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="merged_threads",
        verbose_name=_("merged into"),
    )

    name = models.CharField(_("how to call the patient"), max_length=80, blank=True)
    email = models.EmailField(_("e-mail for the answer"), blank=True)
    topic = models.CharField(_("topic"), max_length=60, blank=True)
    page_url = models.CharField(_("page"), max_length=500, blank=True)
    page_title = models.CharField(_("title of the page"), max_length=200, blank=True)
    network_hash = models.CharField(max_length=64, blank=True, editable=False)

    assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="assigned_chat_threads",
        verbose_name=_("assigned to"),
    )

    last_seq = models.PositiveIntegerField(default=0, editable=False)
    last_version = models.PositiveIntegerField(default=0, editable=False)
    visitor_read_seq = models.PositiveIntegerField(default=0, editable=False)
    visitor_delivered_seq = models.PositiveIntegerField(default=0, editable=False)
    operator_read_seq = models.PositiveIntegerField(default=0, editable=False)
    operator_delivered_seq = models.PositiveIntegerField(default=0, editable=False)
    # The last message that the patient was told of by mail.
    notified_seq = models.PositiveIntegerField(default=0, editable=False)

    created_at = models.DateTimeField(_("begun"), auto_now_add=True)
    last_message_at = models.DateTimeField(_("last message"), null=True, editable=False)
    # Since when the patient waits for an answer; NULL if nobody waits.
    waiting_since = models.DateTimeField(_("waits since"), null=True, editable=False)
    closed_at = models.DateTimeField(_("closed"), null=True, editable=False)
    # When the patient's browser last came with its cookie or session; NULL: not once.
    visitor_seen_at = models.DateTimeField(_("last seen"), null=True, editable=False)

    class Meta:
        verbose_name = _("dialogue")
        verbose_name_plural = _("dialogues")
        permissions = [
            ("answer_chat", _("Can answer in the chat")),
            ("manage_chat", _("Can block, erase, export and see reports of the chat")),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["is_common"], condition=Q(is_common=True), name="chat_one_common_thread"
            ),
            models.CheckConstraint(
                name="chat_common_is_nobodys",
                condition=Q(is_common=False)
                | Q(
                    visitor_hash__isnull=True,
                    user__isnull=True,
                    vk_peer_id__isnull=True,
                    merged_into__isnull=True,
                ),
            ),
            models.CheckConstraint(
                name="chat_merged_is_nobodys",
                condition=Q(merged_into__isnull=True)
                | Q(
                    visitor_hash__isnull=True,
                    user__isnull=True,
                    vk_peer_id__isnull=True,
                    waiting_since__isnull=True,
                    status="closed",
                ),
            ),
            # A browser that signed in is known by the session alone; signing out leaves it nothing.
            models.CheckConstraint(
                name="chat_cookie_or_account",
                condition=Q(visitor_hash__isnull=True) | Q(user__isnull=True),
            ),
            models.CheckConstraint(
                name="chat_closed_has_time",
                condition=Q(status="open", closed_at__isnull=True)
                | Q(status="closed", closed_at__isnull=False, waiting_since__isnull=True),
            ),
            models.CheckConstraint(
                name="chat_marks_within_messages",
                condition=Q(visitor_read_seq__lte=models.F("last_seq"))
                & Q(visitor_delivered_seq__lte=models.F("last_seq"))
                & Q(operator_read_seq__lte=models.F("last_seq"))
                & Q(operator_delivered_seq__lte=models.F("last_seq"))
                & Q(visitor_read_seq__lte=models.F("visitor_delivered_seq"))
                & Q(operator_read_seq__lte=models.F("operator_delivered_seq")),
            ),
        ]
        indexes = [
            models.Index(
                fields=["waiting_since", "id"],
                name="chat_waiting",
                condition=Q(waiting_since__isnull=False),
            ),
            models.Index(fields=["status", "-last_message_at", "-id"], name="chat_by_status"),
            models.Index(
                fields=["assignee", "-last_message_at", "-id"],
                name="chat_by_assignee",
                condition=Q(status="open"),
            ),
            models.Index(
                fields=["-last_message_at", "-id"],
                name="chat_unassigned",
                condition=Q(status="open", assignee__isnull=True),
            ),
            models.Index(fields=["network_hash", "created_at"], name="chat_by_network"),
            models.Index(
                fields=["topic", "-last_message_at", "-id"],
                name="chat_by_topic",
                condition=~Q(topic=""),
            ),
            models.Index(
                fields=["page_url", "-last_message_at", "-id"],
                name="chat_by_page",
                condition=~Q(page_url=""),
            ),
            # For the beginning of a name, in letters of any size.
            models.Index(
                OpClass(Upper("name"), name="text_pattern_ops"),
                name="chat_by_name",
                condition=~Q(name=""),
            ),
            models.Index(
                Upper("email"),
                name="chat_by_email",
                condition=~Q(email=""),
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.pk}"
