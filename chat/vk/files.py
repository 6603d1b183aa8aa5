"""Pictures and documents from VK: fetched, written anew, given to the message they belong to."""

import logging

from django.core.files.base import ContentFile

from chat.errors import ChatError, NotFound, TooMany
from chat.models import VkFile
from chat.services import attachments, vk_files
from chat.services.files import LARGEST_FILE
from chat.vk import enclosures, fetching

logger = logging.getLogger(__name__)


def fetch_due() -> int:
    """Fetch the files that are due and return how many were looked at."""
    count = 0
    while (file := vk_files.claim()) is not None:
        _take_over(file)
        count += 1
    return count


def _take_over(file: VkFile) -> None:
    try:
        message = vk_files.message_of(file)
        if message is None:
            return
        data = fetching.get(file.url, LARGEST_FILE)
        stored = attachments.store(
            ContentFile(data, name=file.name),
            thread_id=message.thread_id,
            uploader=vk_files.uploader_of(message),
        )
        vk_files.attach(file, message, stored)
    except NotFound:
        vk_files.give_up(file, "message gone", "")
    except (fetching.Unavailable, TooMany) as error:
        if not vk_files.postpone(file, str(error)):
            _give_up(file, str(error))
    except (fetching.Refused, ChatError) as error:
        _give_up(file, str(error) or type(error).__name__)


def _give_up(file: VkFile, reason: str) -> None:
    logger.warning("a file from VK was not taken over: %s", reason)
    vk_files.give_up(file, reason, enclosures.link_line(file.line, file.url))
