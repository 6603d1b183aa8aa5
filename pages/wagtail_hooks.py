"""Registers what the admin shows of this app. Nothing else is here."""

from django.utils.translation import gettext_lazy as _

from wagtail import hooks
from wagtail.snippets.models import register_snippet
from wagtail.snippets.views.snippets import SnippetViewSet, SnippetViewSetGroup

from pages import rich_text
from pages.admin import copying, deletion, gaps_report, letters, look, publishing, rights
from pages.admin.prices import log as price_log
from pages.admin.prices.viewsets import PricesViewSet
from pages.models import Biomaterial, NoticeBar, Preparation, Purpose


class PreparationViewSet(SnippetViewSet):
    """Preparations shared by services."""

    model = Preparation
    icon = "list-ul"
    list_display = ["title", "short", "live"]
    search_fields = ["title", "text"]


class BiomaterialViewSet(SnippetViewSet):
    """Biomaterials with their containers and taking fees."""

    model = Biomaterial
    icon = "tag"
    list_display = ["name", "container", "taking"]


class PurposeViewSet(SnippetViewSet):
    """Purposes by which services are marked."""

    model = Purpose
    icon = "tick"
    list_display = ["name", "order"]


class NoticeBarViewSet(SnippetViewSet):
    """The line above every page."""

    model = NoticeBar
    icon = "warning"
    list_display = ["text", "tone", "live"]


class SharedContentGroup(SnippetViewSetGroup):
    """What many pages share."""

    menu_label = _("Shared content")
    menu_icon = "snippet"
    menu_order = 250
    items = (PreparationViewSet, BiomaterialViewSet, PurposeViewSet, NoticeBarViewSet)


register_snippet(SharedContentGroup)

hooks.register("register_admin_viewset", PricesViewSet)
hooks.register("register_log_actions", price_log.register)
hooks.register("register_icons", look.add_icons)
hooks.register("insert_global_admin_css", look.add_css)
hooks.register("construct_help_menu", look.keep_help_here)
hooks.register("register_permissions", rights.permissions)
hooks.register("register_admin_urls", gaps_report.urls)
hooks.register("register_reports_menu_item", gaps_report.menu_item)
hooks.register("construct_homepage_panels", gaps_report.add_panel)
hooks.register("register_rich_text_features", rich_text.register, order=10)
hooks.register("filter_form_submissions_for_user", letters.readable_forms)
hooks.register("before_copy_page", copying.refuse_copy)
hooks.register("before_delete_page", deletion.refuse_page)
hooks.register("before_bulk_action", deletion.refuse_bulk)
hooks.register("before_bulk_action", publishing.refuse_bulk)
hooks.register("before_delete_snippet", deletion.refuse_snippets)
