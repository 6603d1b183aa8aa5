"""Tells the streams at once when somebody's rights end; without it they notice within a minute."""

from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.signals import user_logged_out
from django.db.models.signals import post_save

from accounts.models import User
from chat.services.threads import rights_changed


def connect() -> None:
    """Listen to signing out and to changes of people."""
    user_logged_out.connect(on_sign_out, dispatch_uid="chat-sign-out")
    post_save.connect(on_change, sender=get_user_model(), dispatch_uid="chat-person")


def on_sign_out(user: User | None, **kwargs: Any) -> None:
    """Somebody signed out (None: nobody was signed in)."""
    if user:
        rights_changed(user.pk)


def on_change(instance: User, created: bool, **kwargs: Any) -> None:
    """Somebody's record changed: they may have been deactivated."""
    if not created and not kwargs.get("raw"):
        rights_changed(instance.pk)
