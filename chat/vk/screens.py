"""The screens of VK in the admin: how it is doing, setting it up, whose account is whose."""

import secrets
from typing import Any

from django.conf import settings
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.generic import TemplateView

from wagtail.admin import messages
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin

from accounts.models import User
from chat.events import why_failed
from chat.models import VkOperator
from chat.permissions import ANSWER, MANAGE
from chat.selectors import vk as selectors
from chat.services import vk_events, vk_operators, vk_outbox, vk_sending
from chat.vk import config, log, setup
from site_config.common.admin import RightMenuItem, RightRequiredMixin

MOST_IDS = 500
LARGEST_ID = 2**63 - 1


class StaffRequest(HttpRequest):
    """A request of somebody who is signed in, as every request of the admin is."""

    user: User


class VkScreen(RightRequiredMixin, WagtailAdminTemplateMixin, TemplateView):
    """A screen of VK; what is done there is a POST with `do`."""

    request: StaffRequest
    right = MANAGE
    header_icon = "mail"
    page_title = gettext_lazy("VK")
    # What may be done, and the method that does it.
    actions: dict[str, str] = {}

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        """Lead back to the first of these screens, for who may see it."""
        items = [*self.breadcrumbs_items]
        if self.request.user.has_perm(MANAGE) and self.page_title != VkScreen.page_title:
            items.append({"url": reverse("chat_vk"), "label": VkScreen.page_title})
        return [*items, {"url": "", "label": self.page_title}]

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Do what `do` names and show the screen again."""
        name = self.actions.get(request.POST.get("do", ""))
        if name is None:
            raise BadRequest
        response = getattr(self, name)()
        return response or redirect(request.path)

    def numbers(self) -> list[int]:
        """Return the numbers in `id`. Raises BadRequest."""
        given = self.request.POST.getlist("id")
        if len(given) > MOST_IDS or not all(one.isascii() and one.isdigit() for one in given):
            raise BadRequest
        # Longer ones are no numbers of ours, and Python refuses to read very long ones.
        found = [int(one) for one in given if len(one) <= len(str(LARGEST_ID))]
        return [one for one in found if one <= LARGEST_ID]


class HealthView(VkScreen):
    """What works, what waits, what failed and why."""

    template_name = "chat/vk/health.html"
    actions = {
        "check": "check",
        "resume": "resume",
        "resend": "resend",
        "again": "process_again",
    }

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add what the database knows; VK itself is asked by the worker, or when told to."""
        state = selectors.state()
        failed = selectors.failed()
        quarantined = selectors.quarantined()
        return super().get_context_data(
            state=state,
            is_set_up=config.current().can_send,
            findings=state.findings,
            queues=[
                (_("Events to be read"), selectors.events_to_read()),
                (_("Messages to be sent"), selectors.messages_to_send()),
                (_("Files to be fetched"), selectors.files_to_fetch()),
            ],
            now=timezone.now(),
            failed=[(row, why_failed(row)) for row in failed[: selectors.SHOWN]],
            failed_count=failed.count(),
            failed_files=selectors.failed_files()[: selectors.SHOWN],
            quarantined=quarantined[: selectors.SHOWN],
            quarantined_count=quarantined.count(),
            **kwargs,
        )

    def check(self) -> None:
        """Ask VK now."""
        if setup.is_well(setup.check()):
            messages.success(self.request, _("VK answers; see below."))
        else:
            messages.warning(self.request, _("Not everything is well; see below."))

    def resume(self) -> None:
        """Set sending going again."""
        vk_sending.resume()
        log.write(self.request.user, "chat.vk_resume")
        messages.success(self.request, _("Sending goes on."))

    def resend(self) -> None:
        """Send the failed messages that are named again."""
        rows = list(selectors.failed().filter(pk__in=self.numbers()))
        vk_outbox.resend(rows)
        log.write(self.request.user, "chat.vk_resend", rows=[row.pk for row in rows])
        messages.success(
            self.request,
            ngettext(
                "%(count)d message is sent again.", "%(count)d messages are sent again.", len(rows)
            )
            % {"count": len(rows)},
        )

    def process_again(self) -> None:
        """Let the worker read the quarantined events that are named again."""
        count = vk_events.process_again(self.numbers())
        log.write(self.request.user, "chat.vk_again", count=count)
        messages.success(
            self.request,
            ngettext(
                "%(count)d event is processed again.",
                "%(count)d events are processed again.",
                count,
            )
            % {"count": count},
        )


class SetupView(VkScreen):
    """Setting VK up, step by step, and changing its secrets without losing a message."""

    template_name = "chat/vk/setup.html"
    page_title = gettext_lazy("Setting VK up")
    actions = {"register": "register"}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add what is set, by marks, and what could be set next."""
        vk = config.current()
        return super().get_context_data(
            vk_address=vk.callback_url,
            group_id=vk.group_id,
            token_mark=config.mark(vk.token) if vk.token else "",
            secret_marks=[config.mark(secret) for secret in vk.secrets],
            environment=setup.of_environment(vk),
            findings=selectors.state().findings,
            version=settings.VK_API_VERSION,
            # Made for this page alone; nothing keeps it.
            new_secret=secrets.token_urlsafe(32),
            **kwargs,
        )

    def register(self) -> None:
        """Make VK send its events here, with the first secret."""
        findings = setup.register()
        log.write(self.request.user, "chat.vk_register", is_well=setup.is_well(findings))
        if setup.is_well(findings):
            messages.success(self.request, _("VK sends its events to this site now."))
            return
        for finding in findings:
            if finding.level == setup.ERROR:
                messages.error(self.request, finding.text)


class OperatorsView(VkScreen):
    """Whose accounts are bound, and who is on duty."""

    template_name = "chat/vk/operators.html"
    page_title = gettext_lazy("Operators in VK")
    actions = {"unbind": "unbind", "duty": "change_duty"}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add the accounts."""
        return super().get_context_data(operators=selectors.operators(), **kwargs)

    def account(self) -> VkOperator:
        """Return the account that is named; 404 if there is none."""
        numbers = self.numbers()
        if len(numbers) != 1:
            raise BadRequest
        return get_object_or_404(selectors.operators(), pk=numbers[0])

    def unbind(self) -> None:
        """Part the account from the person."""
        account = self.account()
        vk_operators.unbind(account, self.request.user)
        messages.success(self.request, _("%(name)s is parted from VK.") % {"name": account.user})

    def change_duty(self) -> None:
        """Change whether the person is alerted."""
        account = self.account()
        vk_operators.set_duty(account, not account.on_duty, self.request.user)


class MineView(VkScreen):
    """An operator's own account: binding it by a code, duty, parting it."""

    right = ANSWER
    template_name = "chat/vk/mine.html"
    page_title = gettext_lazy("My VK")
    actions = {"code": "show_code", "unbind": "unbind", "duty": "change_duty"}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add the account, if there is one, and where to write to."""
        return super().get_context_data(
            account=self.account(),
            group_id=config.current().group_id,
            minutes=int(vk_operators.CODE_LIVES.total_seconds() // 60),
            **kwargs,
        )

    def account(self) -> VkOperator | None:
        """Return the person's own account."""
        return selectors.operators().filter(user=self.request.user).first()

    def show_code(self) -> HttpResponse:
        """Show a new code, once: only its hash is kept."""
        code = vk_operators.new_code(self.request.user)
        return self.render_to_response(self.get_context_data(code=code))

    def unbind(self) -> None:
        """Part the own account."""
        account = self.account()
        if account:
            vk_operators.unbind(account, self.request.user)
            messages.success(self.request, _("Your VK account is parted from the chat."))

    def change_duty(self) -> None:
        """Change whether one is alerted."""
        account = self.account()
        if account:
            vk_operators.set_duty(account, not account.on_duty, self.request.user)


def item() -> RightMenuItem:
    """Hook register_settings_menu_item."""
    return RightMenuItem(
        _("VK"), reverse("chat_vk"), name="chat-vk", icon_name="mail", order=130, right=MANAGE
    )


def own_item() -> RightMenuItem:
    """Hook register_admin_menu_item."""
    return RightMenuItem(
        _("My VK"), reverse("chat_vk_mine"), name="my-vk", icon_name="mail", order=55, right=ANSWER
    )


def urls() -> list[URLPattern]:
    """Hook register_admin_urls."""
    return [
        path("chat/vk/", HealthView.as_view(), name="chat_vk"),
        path("chat/vk/setup/", SetupView.as_view(), name="chat_vk_setup"),
        path("chat/vk/operators/", OperatorsView.as_view(), name="chat_vk_operators"),
        path("chat/vk/mine/", MineView.as_view(), name="chat_vk_mine"),
    ]
