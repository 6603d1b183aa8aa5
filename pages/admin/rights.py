"""What can be ticked in the settings of a group."""

from django.contrib.auth.models import Permission
from django.db.models import QuerySet


def permissions() -> QuerySet:
    """Hook register_permissions: the rights of ours that a group is given in the settings."""
    return Permission.objects.filter(
        content_type__app_label="pages",
        codename__in=["view_serviceprice", "add_serviceprice", "view_catalogue_gaps"],
    )
