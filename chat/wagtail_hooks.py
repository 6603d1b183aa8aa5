"""Registers what the admin shows of the chat. Nothing else is here."""

from wagtail import hooks
from wagtail.snippets.models import register_snippet
from wagtail.snippets.views.snippets import SnippetViewSet

from chat.inbox import log, menu, rights, screens
from chat.inbox.replies import ReplyViewSet
from chat.models import ChatWidget
from chat.services import audit
from chat.vk import log as vk_log
from chat.vk import screens as vk_screens


class ChatWidgetViewSet(SnippetViewSet):
    """The widgets: texts, hours, looks, where they appear."""

    model = ChatWidget
    icon = "comment"
    list_display = ["title", "consent_version", "live"]


register_snippet(ChatWidgetViewSet)
register_snippet(ReplyViewSet)

hooks.register("register_permissions", rights.permissions)
hooks.register("register_admin_urls", screens.urls)
hooks.register("register_admin_menu_item", menu.item)
hooks.register("register_reports_menu_item", menu.report_item)
hooks.register("insert_global_admin_js", menu.script)
hooks.register("insert_global_admin_css", menu.css)
hooks.register("register_log_actions", log.register)
hooks.register("register_admin_urls", vk_screens.urls)
hooks.register("register_admin_menu_item", vk_screens.own_item)
hooks.register("register_settings_menu_item", vk_screens.item)
hooks.register("register_log_actions", vk_log.register)
hooks.register("register_log_actions", audit.register)
