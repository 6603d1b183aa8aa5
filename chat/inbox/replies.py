"""Canned replies in the admin: written, approved by publishing, read again by a date."""

from django.utils.translation import gettext_lazy as _

from wagtail.admin.ui.tables import Column, DateColumn, LiveStatusTagColumn
from wagtail.snippets.views.snippets import SnippetViewSet

from chat.models import ChatReply


class ReplyViewSet(SnippetViewSet):
    """What operators can put into an answer by a word."""

    model = ChatReply
    icon = "openquote"
    list_display = [
        "title",
        Column("shortcut", label=_("Shortcut")),
        DateColumn("review_by", label=_("Read again by")),
        LiveStatusTagColumn(),
    ]
    search_fields = ["title", "text", "shortcut"]
    search_backend_name = None
