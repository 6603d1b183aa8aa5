"""What happened to a dialogue, kept for reports and for proof."""

import hashlib

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from chat.models.threads import ChatThread


class ChatWait(models.Model):
    """One wait of a patient that has ended: by an answer, or because the dialogue was closed."""

    thread = models.ForeignKey(ChatThread, on_delete=models.CASCADE, related_name="waits")
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField()
    # Who answered; NULL together with answered=False, or if the person's account is gone.
    operator = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="chat_waits"
    )
    answered = models.BooleanField()
    # The first answer of a dialogue, or the first after it was closed.
    is_first = models.BooleanField()

    class Meta:
        verbose_name = _("wait")
        verbose_name_plural = _("waits")
        constraints = [
            models.CheckConstraint(
                condition=Q(ended_at__gte=F("started_at")), name="chat_wait_order"
            ),
        ]
        indexes = [models.Index(fields=["started_at"], name="chat_waits_by_time")]

    def __str__(self) -> str:
        return f"#{self.thread_id} {self.started_at:%d.%m.%Y %H:%M}"


class ChatRating(models.Model):
    """What a patient thought of a dialogue that was closed; may be changed until the next one."""

    thread = models.ForeignKey(ChatThread, on_delete=models.CASCADE, related_name="ratings")
    # The system line that closed the dialogue.
    closed_seq = models.PositiveIntegerField()
    operator = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="chat_ratings"
    )
    score = models.PositiveSmallIntegerField(_("score"))
    comment = models.CharField(_("comment"), max_length=1000, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("rating")
        verbose_name_plural = _("ratings")
        constraints = [
            models.UniqueConstraint(fields=["thread", "closed_seq"], name="chat_rated_once"),
            models.CheckConstraint(condition=Q(score__range=(1, 5)), name="chat_score_range"),
        ]
        indexes = [models.Index(fields=["created_at"], name="chat_ratings_by_time")]

    def __str__(self) -> str:
        return f"#{self.thread_id}: {self.score}"


class ChatConsent(models.Model):
    """A patient's consent: which version of which text, when (152-ФЗ art. 9 part 4)."""

    thread = models.ForeignKey(ChatThread, on_delete=models.CASCADE, related_name="consents")
    version = models.CharField(_("version"), max_length=20)
    text_sha256 = models.CharField(max_length=64)
    given_at = models.DateTimeField(_("given"), auto_now_add=True)

    class Meta:
        verbose_name = _("consent")
        verbose_name_plural = _("consents")
        constraints = [
            models.UniqueConstraint(
                fields=["thread", "version", "text_sha256"], name="chat_consent_once"
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.thread_id}: {self.version}"


def consent_hash(text: str) -> str:
    """Return what proves later which text was agreed to."""
    return hashlib.sha256(text.encode()).hexdigest()
