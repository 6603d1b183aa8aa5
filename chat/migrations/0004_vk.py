"""The tables of VK and the row of its state."""

from typing import Any

import django.core.validators
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


def make_state(apps: Any, schema_editor: Any) -> None:
    """Make the one row of the connection's state."""
    apps.get_model("chat", "VkState").objects.get_or_create(pk=1)


class Migration(migrations.Migration):
    dependencies = [
        ("chat", "0003_inbox_indexes"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="VkPeer",
            fields=[
                ("peer_id", models.BigIntegerField(primary_key=True, serialize=False)),
                ("name", models.CharField(blank=True, max_length=160, verbose_name="name")),
                ("picture_url", models.URLField(blank=True, max_length=500)),
                ("may_be_written_to", models.BooleanField(default=True)),
                ("fetched_at", models.DateTimeField(null=True)),
            ],
            options={
                "verbose_name": "person in VK",
                "verbose_name_plural": "people in VK",
            },
        ),
        migrations.AddField(
            model_name="chatsettings",
            name="vk_alert",
            field=models.CharField(
                choices=[("brief", "number and topic only"), ("full", "the whole text")],
                default="brief",
                help_text="That a person turned to the laboratory is a medical secret (323-ФЗ art. 13) and special personal data (152-ФЗ art. 10). Choose the whole text only if the consent says so.",
                max_length=5,
                verbose_name="what operators are told in VK",
            ),
        ),
        migrations.AddField(
            model_name="chatsettings",
            name="vk_greeting",
            field=models.TextField(
                blank=True,
                help_text="Say how personal data are handled, with the address of the document.",
                max_length=1000,
                verbose_name="first answer to a patient who writes in VK",
            ),
        ),
        migrations.AddField(
            model_name="chatsettings",
            name="vk_repeat_minutes",
            field=models.PositiveIntegerField(
                default=10,
                help_text="If nobody has answered by then.",
                validators=[django.core.validators.MinValueValidator(1)],
                verbose_name="alert all operators again after, minutes",
            ),
        ),
        migrations.CreateModel(
            name="VkBindingCode",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("code_hash", models.CharField(max_length=64, unique=True)),
                ("expires_at", models.DateTimeField()),
                ("used_at", models.DateTimeField(null=True)),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="vk_codes",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "binding code",
                "verbose_name_plural": "binding codes",
            },
        ),
        migrations.CreateModel(
            name="VkEvent",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("group_id", models.BigIntegerField()),
                ("event_id", models.CharField(max_length=80)),
                ("type", models.CharField(max_length=40, verbose_name="type")),
                ("body", models.JSONField()),
                ("peer_id", models.BigIntegerField(null=True)),
                ("conversation_message_id", models.BigIntegerField(null=True)),
                ("retry_counter", models.PositiveIntegerField(default=0)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("new", "waits"),
                            ("done", "done"),
                            ("ignored", "nothing to do"),
                            ("quarantined", "to be looked at"),
                        ],
                        default="new",
                        max_length=11,
                        verbose_name="state",
                    ),
                ),
                ("reason", models.CharField(blank=True, max_length=200, verbose_name="reason")),
                ("attempts", models.PositiveIntegerField(default=0, verbose_name="attempts")),
                ("next_at", models.DateTimeField()),
                ("received_at", models.DateTimeField(auto_now_add=True, verbose_name="received")),
                ("processed_at", models.DateTimeField(null=True, verbose_name="processed")),
            ],
            options={
                "verbose_name": "VK event",
                "verbose_name_plural": "VK events",
                "indexes": [
                    models.Index(
                        condition=models.Q(("state", "new")),
                        fields=["peer_id", "conversation_message_id", "id"],
                        name="vk_events_to_do",
                    ),
                    models.Index(fields=["-received_at"], name="vk_events_by_time"),
                    models.Index(
                        condition=models.Q(("state", "quarantined")),
                        fields=["-id"],
                        name="vk_quarantine",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("group_id", "event_id"), name="vk_event_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="VkState",
            fields=[
                ("id", models.SmallIntegerField(default=1, primary_key=True, serialize=False)),
                (
                    "confirmation",
                    models.CharField(blank=True, max_length=100, verbose_name="confirmation"),
                ),
                (
                    "halted_reason",
                    models.CharField(blank=True, max_length=200, verbose_name="sending stopped"),
                ),
                ("halted_token_hash", models.CharField(blank=True, max_length=64)),
                ("next_slot_at", models.DateTimeField(null=True)),
                ("long_poll_ts", models.CharField(blank=True, max_length=40)),
                ("last_event_at", models.DateTimeField(null=True, verbose_name="last event")),
                ("last_sent_at", models.DateTimeField(null=True, verbose_name="last sent")),
            ],
            options={
                "verbose_name": "state of VK",
                "verbose_name_plural": "state of VK",
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("id", 1)), name="vk_state_one_row")
                ],
            },
        ),
        migrations.CreateModel(
            name="VkOperator",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("vk_id", models.BigIntegerField(unique=True, verbose_name="VK id")),
                ("on_duty", models.BooleanField(default=True, verbose_name="on duty")),
                ("bound_at", models.DateTimeField(auto_now_add=True, verbose_name="bound")),
                (
                    "user",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="vk_account",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="operator",
                    ),
                ),
            ],
            options={
                "verbose_name": "operator in VK",
                "verbose_name_plural": "operators in VK",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("vk_id__gt", 0)), name="vk_operator_is_a_person"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="VkOutbox",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "purpose",
                    models.CharField(
                        choices=[
                            ("alert", "alert of an operator"),
                            ("answer", "answer to a patient"),
                            ("echo", "echo to an operator"),
                            ("notice", "notice"),
                        ],
                        max_length=6,
                        verbose_name="purpose",
                    ),
                ),
                ("peer_id", models.BigIntegerField(verbose_name="to")),
                ("part", models.PositiveSmallIntegerField(default=1)),
                ("text", models.TextField(blank=True)),
                ("keyboard", models.JSONField(null=True)),
                ("attachment_ids", models.JSONField(default=list)),
                ("random_id", models.IntegerField(unique=True)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "waits"),
                            ("sent", "sent"),
                            ("failed", "failed"),
                            ("withdrawn", "withdrawn"),
                        ],
                        default="waiting",
                        max_length=9,
                        verbose_name="state",
                    ),
                ),
                ("attempts", models.PositiveIntegerField(default=0, verbose_name="attempts")),
                ("next_at", models.DateTimeField(verbose_name="next attempt")),
                ("first_tried_at", models.DateTimeField(null=True)),
                ("error_code", models.IntegerField(null=True, verbose_name="error")),
                (
                    "error",
                    models.CharField(blank=True, max_length=200, verbose_name="what went wrong"),
                ),
                ("vk_message_id", models.BigIntegerField(null=True)),
                ("conversation_message_id", models.BigIntegerField(null=True)),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="written")),
                ("sent_at", models.DateTimeField(null=True, verbose_name="sent")),
                (
                    "message",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="vk_outbox",
                        to="chat.chatmessage",
                    ),
                ),
                (
                    "thread",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="vk_outbox",
                        to="chat.chatthread",
                    ),
                ),
            ],
            options={
                "verbose_name": "message to VK",
                "verbose_name_plural": "messages to VK",
                "indexes": [
                    models.Index(
                        condition=models.Q(("state", "waiting")),
                        fields=["peer_id", "id"],
                        name="vk_outbox_to_do",
                    ),
                    models.Index(
                        condition=models.Q(("conversation_message_id__isnull", False)),
                        fields=["peer_id", "conversation_message_id"],
                        name="vk_outbox_by_place",
                    ),
                    models.Index(
                        condition=models.Q(("state", "failed")),
                        fields=["-id"],
                        name="vk_outbox_failed",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(
                            ("message__isnull", False), ("purpose__in", ["alert", "answer"])
                        ),
                        fields=("message", "peer_id", "purpose", "part"),
                        name="vk_outbox_once",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("random_id", 0), _negated=True),
                        name="vk_random_id_not_zero",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="VkReply",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("vk_message_id", models.CharField(max_length=64, unique=True)),
                ("text", models.TextField(blank=True)),
                ("attachment_ids", models.JSONField(default=list)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("held", "waits"),
                            ("delivered", "delivered"),
                            ("withdrawn", "taken back"),
                            ("refused", "refused"),
                        ],
                        default="held",
                        max_length=9,
                    ),
                ),
                ("deliver_at", models.DateTimeField()),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "operator",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="vk_replies",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "thread",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="vk_replies",
                        to="chat.chatthread",
                    ),
                ),
            ],
            options={
                "verbose_name": "answer from VK",
                "verbose_name_plural": "answers from VK",
                "indexes": [
                    models.Index(
                        condition=models.Q(("state", "held")),
                        fields=["deliver_at"],
                        name="vk_replies_held",
                    )
                ],
            },
        ),
        migrations.RunPython(make_state, migrations.RunPython.noop),
    ]
