"""Screens of ours in the admin: without the right, 403 in the admin's look and no menu item."""

from http import HTTPStatus
from typing import Any

from django.http import HttpRequest, HttpResponseBase
from django.template.response import TemplateResponse
from django.utils.translation import gettext_lazy as _

from wagtail.admin.menu import MenuItem
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin


class RightRequiredMixin:
    """A view of the admin that needs a permission, named in full: `app.codename`."""

    right = ""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Answer 403 to who lacks the right; Wagtail would send them home with 302."""
        if not request.user.has_perm(self.right):
            return forbidden(request)
        return super().dispatch(request, *args, **kwargs)


class RightMenuItem(MenuItem):
    """A menu item for those who have a permission."""

    def __init__(self, *args: Any, right: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.right = right

    def is_shown(self, request: HttpRequest) -> bool:
        """Say whether the person has the right."""
        return request.user.has_perm(self.right)


def forbidden(request: HttpRequest) -> TemplateResponse:
    """Say inside the admin that this screen is not for this person."""
    home = WagtailAdminTemplateMixin.breadcrumbs_items
    context = {
        "breadcrumbs_items": [*home, {"url": "", "label": _("No access")}],
        "header_title": _("No access"),
        "header_icon": "lock",
    }
    return TemplateResponse(request, "errors/admin.html", context, status=HTTPStatus.FORBIDDEN)
