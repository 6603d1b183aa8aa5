"""Who reads the letters that patients send through the contact form."""

from typing import Any

from django.db.models import QuerySet

from wagtail.permission_policies.pages import PagePermissionPolicy


def readable_forms(user: Any, editable_forms: QuerySet) -> QuerySet:
    """Hook filter_form_submissions_for_user: letters are for those who publish pages.

    Wagtail would show them to whoever may change a page, medical reviewers among them.
    """
    if PagePermissionPolicy().user_has_permission(user, "publish"):
        return editable_forms
    return editable_forms.none()
