"""The tables of the chat, one file a subject."""

from chat.models.attachments import ChatAttachment
from chat.models.blocks import ChatBlock
from chat.models.facts import ChatConsent, ChatRating, ChatWait
from chat.models.messages import ChatMessage
from chat.models.operators import ChatDraft, ChatReply
from chat.models.settings import ChatSettings
from chat.models.threads import ChatThread
from chat.models.vk import (
    VkBindingCode,
    VkEvent,
    VkFile,
    VkOperator,
    VkOutbox,
    VkPeer,
    VkReply,
    VkState,
)
from chat.models.widget import ChatHours, ChatHoursException, ChatTopic, ChatWidget

__all__ = [
    "ChatAttachment",
    "ChatBlock",
    "ChatConsent",
    "ChatDraft",
    "ChatHours",
    "ChatHoursException",
    "ChatMessage",
    "ChatRating",
    "ChatReply",
    "ChatSettings",
    "ChatThread",
    "ChatTopic",
    "ChatWait",
    "ChatWidget",
    "VkBindingCode",
    "VkEvent",
    "VkFile",
    "VkOperator",
    "VkOutbox",
    "VkPeer",
    "VkReply",
    "VkState",
]
