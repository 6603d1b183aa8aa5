"""What can be ticked in the settings of a group."""

from django.contrib.auth.models import Permission
from django.db.models import QuerySet


def permissions() -> QuerySet[Permission]:
    """Return the rights to answer in the chat and to manage it."""
    return Permission.objects.filter(
        content_type__app_label="chat", codename__in=["answer_chat", "manage_chat"]
    )
