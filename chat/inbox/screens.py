"""The screens of the chat in the admin: the inbox and the reports."""

from datetime import date, timedelta
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import TemplateView

from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin

from chat.inbox import charts, sheets
from chat.permissions import ANSWER, MANAGE, may_manage
from chat.selectors import reports
from site_config.common.admin import RightRequiredMixin
from site_config.common.exports import workbook_response

LONGEST_PERIOD = timedelta(days=366)
USUAL_PERIOD = timedelta(days=29)
YEARS = range(2000, 2100)


class ChatScreen(RightRequiredMixin, WagtailAdminTemplateMixin, TemplateView):
    """A screen of the chat."""

    header_icon = "comment"


class InboxView(ChatScreen):
    """The inbox: an empty room that static/js/chat_inbox/main.js fills."""

    right = ANSWER
    template_name = "chat/inbox/inbox.html"
    page_title = gettext_lazy("Chat")

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        """Show where we are."""
        return [*self.breadcrumbs_items, {"url": "", "label": _("Chat")}]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add what the script must know before its first call."""
        user = self.request.user
        links = {"signin": f"{reverse('wagtailadmin_login')}?next={reverse('chat_inbox')}"}
        if user.has_perm("chat.change_chatreply"):
            links["replies"] = reverse("wagtailsnippets_chat_chatreply:list")
        if may_manage(user):
            links["reports"] = reverse("chat_reports")
        return super().get_context_data(
            room={"api": reverse("chat_inbox_calls"), "user": user.pk, "links": links}, **kwargs
        )


class PeriodForm(forms.Form):
    """Which days a report covers."""

    first = forms.DateField(
        label=gettext_lazy("From"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    last = forms.DateField(
        label=gettext_lazy("To"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )

    def clean(self) -> dict[str, Any]:
        """Refuse a period that ends before it begins, or is too long to be counted."""
        data: dict[str, Any] = super().clean() or {}
        first, last = data.get("first"), data.get("last")
        if any(day and day.year not in YEARS for day in (first, last)):
            raise forms.ValidationError(_("There was no chat on these days."))
        if first and last and first > last:
            raise forms.ValidationError(_("The period ends before it begins."))
        if first and last and last - first > LONGEST_PERIOD:
            raise forms.ValidationError(_("At most a year at once."))
        return data


def usual_period(today: date) -> reports.Period:
    """Return the period of a report that nobody has chosen."""
    return reports.Period(today - USUAL_PERIOD, today)


class ReportsView(ChatScreen):
    """How the chat was in a period, as charts, tables and a workbook."""

    right = MANAGE
    template_name = "chat/inbox/reports.html"
    page_title = gettext_lazy("Reports of the chat")

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        """Lead back to the inbox, for who may answer."""
        inbox = {"url": reverse("chat_inbox"), "label": _("Chat")}
        before = [inbox] if self.request.user.has_perm(ANSWER) else []
        return [*self.breadcrumbs_items, *before, {"url": "", "label": _("Reports")}]

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Show the report of `?first=&last=`, or return it as a workbook (`?export=xlsx`)."""
        period = usual_period(timezone.localdate())
        form = PeriodForm(initial={"first": period.first, "last": period.last})
        if "first" in request.GET or "last" in request.GET:
            form = PeriodForm(request.GET)
            if form.is_valid():
                period = reports.Period(form.cleaned_data["first"], form.cleaned_data["last"])
        tables = sheets.tables(period)
        if request.GET.get("export") == "xlsx" and not form.errors:
            name = f"chat-{period.first:%Y-%m-%d}-{period.last:%Y-%m-%d}"
            return workbook_response(tables.sheets(), name)
        context = self.get_context_data(
            form=form, period=period, tables=tables, charts=charts.charts(tables)
        )
        return self.render_to_response(context)


def urls() -> list[URLPattern]:
    """Hook register_admin_urls."""
    return [
        path("chat/", InboxView.as_view(), name="chat_inbox"),
        path("chat/reports/", ReportsView.as_view(), name="chat_reports"),
    ]
