"""The public addresses of the chat."""

from django.urls import path

from chat.api import attachments, form, views
from chat.vk.callback import callback

urlpatterns = [
    path("", form.dialogue, name="chat"),
    path("api/state/", views.state, name="chat_state"),
    path("api/messages/", views.messages_view, name="chat_messages"),
    path("api/messages/<int:message_id>/edit/", views.edit, name="chat_message_edit"),
    path("api/messages/<int:message_id>/delete/", views.delete, name="chat_message_delete"),
    path("api/events/", views.events, name="chat_events"),
    path("api/read/", views.read, name="chat_read"),
    path("api/typing/", views.typing, name="chat_typing"),
    path("api/attachments/", attachments.upload, name="chat_upload"),
    path("api/attachments/<uuid:attachment_id>/", attachments.download, name="chat_attachment"),
    path("api/contact/", views.contact, name="chat_contact"),
    path("api/rating/", views.rating, name="chat_rating"),
    path("api/transcript/", views.transcript, name="chat_transcript"),
    path("api/forget/", views.forget, name="chat_forget"),
    path("stream/", views.no_stream, name="chat_stream"),
    path("vk/callback/", callback, name="chat_vk_callback"),
    # VK follows no redirect: the address works without the slash too.
    path("vk/callback", callback),
    path("api/<path:rest>", views.nothing_here),
]
