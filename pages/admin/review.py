"""What an approved review does."""

from typing import Any


def publish(workflow_state: Any, user: Any | None = None) -> None:
    """Publish what has been approved (WAGTAIL_FINISH_WORKFLOW_ACTION).

    Who approves need not have the right to publish by himself, which Wagtail's own action asks for.
    """
    revision = workflow_state.content_object.get_latest_revision()
    revision.publish(user=user, skip_permission_checks=True)
