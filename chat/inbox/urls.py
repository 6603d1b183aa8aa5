"""The inbox's calls. They stand beside Wagtail's own addresses, not among them: a script is told in
JSON that it is signed out, not led to a form."""

from django.urls import path

from chat.api.views import nothing_here
from chat.inbox import actions, dialogue, lists, materials

urlpatterns = [
    path("", nothing_here, {"rest": ""}, name="chat_inbox_calls"),
    path("state/", lists.state, name="chat_inbox_state"),
    path("threads/", lists.threads, name="chat_inbox_threads"),
    path("common/", lists.common, name="chat_inbox_common"),
    path("search/", lists.search, name="chat_inbox_search"),
    path("badge/", lists.badge, name="chat_inbox_badge"),
    path("replies/", materials.replies, name="chat_inbox_replies"),
    path("content/", materials.content, name="chat_inbox_content"),
    path("attachments/", materials.upload, name="chat_inbox_upload"),
    path("attachments/<uuid:attachment_id>/", materials.download, name="chat_inbox_attachment"),
    path("threads/<int:number>/", dialogue.opened, name="chat_inbox_open"),
    path("threads/<int:number>/picture/", dialogue.picture, name="chat_inbox_picture"),
    path("threads/<int:number>/changes/", dialogue.changes, name="chat_inbox_changes"),
    path("threads/<int:number>/messages/", dialogue.messages_view, name="chat_inbox_messages"),
    path("threads/<int:number>/read/", dialogue.read, name="chat_inbox_read"),
    path("threads/<int:number>/typing/", dialogue.typing, name="chat_inbox_typing"),
    path("threads/<int:number>/looking/", dialogue.looking, name="chat_inbox_looking"),
    path("threads/<int:number>/draft/", dialogue.draft, name="chat_inbox_draft"),
    path("threads/<int:number>/assign/", actions.assign, name="chat_inbox_assign"),
    path("threads/<int:number>/close/", actions.close, name="chat_inbox_close"),
    path("threads/<int:number>/reopen/", actions.reopen, name="chat_inbox_reopen"),
    path("threads/<int:number>/merge/", actions.merge, name="chat_inbox_merge"),
    path("threads/<int:number>/block/", actions.block, name="chat_inbox_block"),
    path("threads/<int:number>/unblock/", actions.unblock, name="chat_inbox_unblock"),
    path("messages/<int:message_id>/edit/", dialogue.edit, name="chat_inbox_edit"),
    path("messages/<int:message_id>/delete/", dialogue.delete, name="chat_inbox_delete"),
    path("messages/<int:message_id>/resend/", dialogue.resend, name="chat_inbox_resend"),
    path("<path:rest>", nothing_here),
]
