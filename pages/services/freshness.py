"""Tells cached pages that the content has changed."""

from django.db.models import BigIntegerField, F, Func
from django.db.models.functions import Greatest

from pages.models import ContentVersion

# Microseconds by the database's clock.
CLOCK = Func(
    template="(extract(epoch FROM clock_timestamp()) * 1000000)::bigint",
    output_field=BigIntegerField(),
)


def content_changed() -> None:
    """Raise the content version, in the caller's transaction: it becomes visible with the change.

    A number never comes twice, not even after a rollback or from a backup: what was made of one
    state of the content is not taken for another.
    """
    ContentVersion.objects.filter(pk=1).update(number=Greatest(F("number") + 1, CLOCK))
