"""Registers what the admin shows of this app. Nothing else is here."""

from django.utils.translation import gettext_lazy as _
from wagtail.snippets.models import register_snippet
from wagtail.snippets.views.snippets import SnippetViewSet, SnippetViewSetGroup

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
