"""Tasks of the site as a whole."""

from django_tasks import task


@task()
def heartbeat() -> None:
    """Do nothing: that it was done is the sign that the worker works."""
