"""Lets appear and go what has been scheduled by editors."""

import logging
from collections.abc import Callable
from typing import Any

from django.apps import apps
from django.db import InterfaceError, OperationalError, transaction
from django.utils import timezone

from wagtail.models import DraftStateMixin, Page, Revision

logger = logging.getLogger(__name__)


def run_schedule() -> None:
    """Take down what has expired and publish what is due, each for itself.

    What cannot be (a draft whose code somebody has taken meanwhile) is logged, stays as it was and
    is tried again next time. Raises Django's error if the database is away.
    """
    for model in scheduled_models():
        for item in model.objects.filter(live=True, expire_at__lt=timezone.now()):
            attempt(
                item.unpublish,
                str(item),
                set_expired=True,
                log_action="wagtail.unpublish.scheduled",
            )
    due = Revision.objects.filter(approved_go_live_at__lt=timezone.now())
    for revision in due.order_by("approved_go_live_at"):
        attempt(revision.publish, revision.object_str, log_action="wagtail.publish.scheduled")


def scheduled_models() -> list[Any]:
    """Return the models whose rows can have a schedule; all pages are one."""
    drafts = [model for model in apps.get_models() if issubclass(model, DraftStateMixin)]
    return [Page, *(model for model in drafts if not issubclass(model, Page))]


def attempt(action: Callable[..., Any], name: str, **options: Any) -> None:
    """Do one thing whole or not at all."""
    try:
        with transaction.atomic():
            action(**options)
    except (OperationalError, InterfaceError):
        raise
    except Exception:
        logger.error("schedule: «%s» could not be changed", name, exc_info=True)
