"""VK: what came, what goes out, who of the operators is who."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from chat.models.messages import ChatMessage
from chat.models.threads import ChatThread


class VkEvent(models.Model):
    """A callback as it came, without the secret. Kept first, understood later by the worker."""

    class State(models.TextChoices):
        NEW = "new", _("waits")
        DONE = "done", _("done")
        IGNORED = "ignored", _("nothing to do")
        QUARANTINED = "quarantined", _("to be looked at")

    group_id = models.BigIntegerField()
    # VK's own id; a hash of the body where VK sent none.
    event_id = models.CharField(max_length=80)
    type = models.CharField(_("type"), max_length=40)
    body = models.JSONField()
    peer_id = models.BigIntegerField(null=True)
    conversation_message_id = models.BigIntegerField(null=True)
    retry_counter = models.PositiveIntegerField(default=0)
    state = models.CharField(_("state"), max_length=11, choices=State, default=State.NEW)
    reason = models.CharField(_("reason"), max_length=200, blank=True)
    attempts = models.PositiveIntegerField(_("attempts"), default=0)
    next_at = models.DateTimeField()
    received_at = models.DateTimeField(_("received"), auto_now_add=True)
    processed_at = models.DateTimeField(_("processed"), null=True)

    class Meta:
        verbose_name = _("VK event")
        verbose_name_plural = _("VK events")
        constraints = [
            models.UniqueConstraint(fields=["group_id", "event_id"], name="vk_event_once"),
        ]
        indexes = [
            models.Index(
                fields=["peer_id", "conversation_message_id", "id"],
                name="vk_events_to_do",
                condition=Q(state="new"),
            ),
            models.Index(
                fields=["received_at", "id"], name="vk_events_next", condition=Q(state="new")
            ),
            models.Index(fields=["-received_at"], name="vk_events_by_time"),
            # What was read at a place; what of a person's messages came at all.
            models.Index(
                fields=["peer_id", "conversation_message_id"],
                name="vk_events_by_place",
                condition=Q(peer_id__isnull=False),
            ),
            models.Index(fields=["-id"], name="vk_quarantine", condition=Q(state="quarantined")),
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.pk}"


class VkPeer(models.Model):
    """A person in VK, as VK describes them; and whether the community may write to them."""

    peer_id = models.BigIntegerField(primary_key=True)
    name = models.CharField(_("name"), max_length=160, blank=True)
    picture_url = models.URLField(max_length=500, blank=True)
    # Written anew by us. None: not fetched yet; empty: there is none to be had.
    picture = models.BinaryField(null=True, editable=False)
    may_be_written_to = models.BooleanField(default=True)
    fetched_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("person in VK")
        verbose_name_plural = _("people in VK")

    def __str__(self) -> str:
        return self.name or f"VK {self.peer_id}"


class VkOperator(models.Model):
    """The VK account of somebody of the staff."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="vk_account",
        verbose_name=_("operator"),
    )
    vk_id = models.BigIntegerField(_("VK id"), unique=True)
    on_duty = models.BooleanField(_("on duty"), default=True)
    bound_at = models.DateTimeField(_("bound"), auto_now_add=True)

    class Meta:
        verbose_name = _("operator in VK")
        verbose_name_plural = _("operators in VK")
        constraints = [
            models.CheckConstraint(condition=Q(vk_id__gt=0), name="vk_operator_is_a_person"),
        ]

    def __str__(self) -> str:
        return f"{self.user} (VK {self.vk_id})"


class VkBindingCode(models.Model):
    """A one-time code that an operator sends to the community to bind their VK account."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="vk_codes"
    )
    code_hash = models.CharField(max_length=64, unique=True)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("binding code")
        verbose_name_plural = _("binding codes")

    def __str__(self) -> str:
        return f"{self.user} {self.expires_at:%d.%m.%Y %H:%M}"


class VkOutbox(models.Model):
    """One message to one person in VK, written in the transaction that is its reason.

    `random_id` stays the same over all attempts, so VK sends it once.
    """

    class Purpose(models.TextChoices):
        ALERT = "alert", _("alert of an operator")
        ANSWER = "answer", _("answer to a patient")
        ECHO = "echo", _("echo to an operator")
        NOTICE = "notice", _("notice")
        REPEAT = "repeat", _("repeated alert")

    class State(models.TextChoices):
        WAITING = "waiting", _("waits")
        SENT = "sent", _("sent")
        FAILED = "failed", _("failed")
        WITHDRAWN = "withdrawn", _("withdrawn")

    purpose = models.CharField(_("purpose"), max_length=6, choices=Purpose)
    peer_id = models.BigIntegerField(_("to"))
    thread = models.ForeignKey(
        ChatThread, on_delete=models.CASCADE, null=True, related_name="vk_outbox"
    )
    message = models.ForeignKey(
        ChatMessage, on_delete=models.CASCADE, null=True, related_name="vk_outbox"
    )
    part = models.PositiveSmallIntegerField(default=1)
    text = models.TextField(blank=True)
    keyboard = models.JSONField(null=True)
    # Files of ours that go along, and what VK calls them once they lie there: not sent before.
    attachment_ids = models.JSONField(default=list)
    attachment = models.CharField(max_length=1000, blank=True)
    random_id = models.IntegerField(unique=True)
    state = models.CharField(_("state"), max_length=9, choices=State, default=State.WAITING)
    attempts = models.PositiveIntegerField(_("attempts"), default=0)
    next_at = models.DateTimeField(_("next attempt"))
    first_tried_at = models.DateTimeField(null=True)
    error_code = models.IntegerField(_("error"), null=True)
    error = models.CharField(_("what went wrong"), max_length=200, blank=True)
    vk_message_id = models.BigIntegerField(null=True)
    conversation_message_id = models.BigIntegerField(null=True)
    created_at = models.DateTimeField(_("written"), auto_now_add=True)
    sent_at = models.DateTimeField(_("sent"), null=True)

    class Meta:
        verbose_name = _("message to VK")
        verbose_name_plural = _("messages to VK")
        constraints = [
            models.UniqueConstraint(
                fields=["message", "peer_id", "purpose", "part"],
                condition=Q(message__isnull=False, purpose__in=["alert", "answer"]),
                name="vk_outbox_once",
            ),
            models.CheckConstraint(condition=~Q(random_id=0), name="vk_random_id_not_zero"),
        ]
        indexes = [
            models.Index(
                fields=["peer_id", "id"], name="vk_outbox_to_do", condition=Q(state="waiting")
            ),
            models.Index(
                fields=["peer_id", "conversation_message_id"],
                name="vk_outbox_by_place",
                condition=Q(conversation_message_id__isnull=False),
            ),
            models.Index(fields=["-id"], name="vk_outbox_failed", condition=Q(state="failed")),
            models.Index(
                fields=["id"],
                name="vk_outbox_to_upload",
                condition=Q(state="waiting", attachment="") & ~Q(attachment_ids=[]),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.purpose} {self.pk}"


class VkReply(models.Model):
    """An operator's answer from VK that waits its ten seconds, in which it can be taken back.

    The patient sees nothing of it before: an answer to the wrong person never arrives.
    """

    class State(models.TextChoices):
        HELD = "held", _("waits")
        DELIVERED = "delivered", _("delivered")
        WITHDRAWN = "withdrawn", _("taken back")
        REFUSED = "refused", _("refused")

    vk_message_id = models.CharField(max_length=64, unique=True)
    operator = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="vk_replies"
    )
    thread = models.ForeignKey(ChatThread, on_delete=models.CASCADE, related_name="vk_replies")
    text = models.TextField(blank=True)
    attachment_ids = models.JSONField(default=list)
    # The last place of the thread that the operator had been shown.
    shown_seq = models.PositiveIntegerField(default=0)
    # What told the operator where the answer goes.
    echo = models.OneToOneField(
        "chat.VkOutbox", on_delete=models.SET_NULL, null=True, related_name="+"
    )
    state = models.CharField(max_length=9, choices=State, default=State.HELD)
    deliver_at = models.DateTimeField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("answer from VK")
        verbose_name_plural = _("answers from VK")
        indexes = [
            models.Index(fields=["deliver_at"], name="vk_replies_held", condition=Q(state="held")),
        ]

    def __str__(self) -> str:
        return f"#{self.thread_id} {self.pk}"


class VkFile(models.Model):
    """A picture or document in VK that belongs to a message: fetched after its text was stored.

    Until then a line of the text stands for it.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("waits")
        DONE = "done", _("done")
        FAILED = "failed", _("failed")

    # Of a message that is stored, or of an operator's answer that waits its ten seconds.
    message = models.ForeignKey(
        ChatMessage, on_delete=models.CASCADE, null=True, related_name="vk_files"
    )
    reply = models.ForeignKey(VkReply, on_delete=models.CASCADE, null=True, related_name="vk_files")
    url = models.TextField()
    name = models.CharField(_("name"), max_length=200, blank=True)
    line = models.CharField(max_length=200)
    state = models.CharField(_("state"), max_length=7, choices=State, default=State.WAITING)
    attempts = models.PositiveIntegerField(_("attempts"), default=0)
    next_at = models.DateTimeField(_("next attempt"))
    reason = models.CharField(_("reason"), max_length=200, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("file from VK")
        verbose_name_plural = _("files from VK")
        constraints = [
            models.CheckConstraint(
                condition=Q(message__isnull=False) ^ Q(reply__isnull=False),
                name="vk_file_of_a_message_or_reply",
            ),
        ]
        indexes = [
            models.Index(fields=["next_at"], name="vk_files_to_do", condition=Q(state="waiting")),
            models.Index(fields=["-id"], name="vk_files_failed", condition=Q(state="failed")),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.pk}"


class VkState(models.Model):
    """The state of the connection to VK: one row."""

    id = models.SmallIntegerField(primary_key=True, default=1)
    # Whose ids are stored here: those of two communities cannot be told apart.
    group_id = models.BigIntegerField(null=True)
    # From the community's settings; no secret, and changes from time to time.
    confirmation = models.CharField(_("confirmation"), max_length=100, blank=True)
    halted_reason = models.CharField(_("sending stopped"), max_length=200, blank=True)
    # Of the token that VK refused: another token sets sending going again.
    halted_token_hash = models.CharField(max_length=64, blank=True)
    next_slot_at = models.DateTimeField(null=True)
    long_poll_ts = models.CharField(max_length=40, blank=True)
    # Who of several processes polls, and until when that is known.
    long_poll_owner = models.CharField(max_length=36, blank=True)
    long_poll_until = models.DateTimeField(null=True)
    # From this moment on events may be missing; the worker asks VK for what was written since.
    gap_since = models.DateTimeField(null=True)
    # What the last check of the connection found (chat.vk.setup), and when.
    findings = models.JSONField(default=list)
    checked_at = models.DateTimeField(_("checked"), null=True)
    last_event_at = models.DateTimeField(_("last event"), null=True)
    last_sent_at = models.DateTimeField(_("last sent"), null=True)

    class Meta:
        verbose_name = _("state of VK")
        verbose_name_plural = _("state of VK")
        constraints = [models.CheckConstraint(condition=Q(id=1), name="vk_state_one_row")]

    def __str__(self) -> str:
        return "VK"
