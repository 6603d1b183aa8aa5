"""Pages that cannot be copied, because something in them is there only once."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from wagtail.admin import messages
from wagtail.models import Page

from pages.models import PurposePage, ServicePage


def refuse_copy(request: HttpRequest, page: Page) -> HttpResponse | None:
    """Hook before_copy_page: send back who would copy a service's code or a purpose's page.

    A page above such pages may be copied alone.
    """
    whole = "copy_subpages" in request.POST
    copied = page.get_descendants(inclusive=True) if whole else Page.objects.filter(pk=page.pk)
    if not copied.type(ServicePage, PurposePage).exists():
        return None
    messages.error(
        request,
        _(
            "Services and pages of purposes cannot be copied: a code and a purpose are there only "
            "once. Make a new page instead."
        ),
    )
    return redirect("wagtailadmin_explore", page.get_parent().pk)
