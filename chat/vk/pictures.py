"""Pictures of patients in VK, fetched and written anew: the inbox asks nobody else for one."""

from chat.errors import ChatError, TooMany
from chat.services import files, vk_people
from chat.vk import fetching

# VK's pictures of 100 points take 10 KB or less.
LARGEST = 256 * 1024
# Files of messages wait meanwhile.
MOST_AT_ONCE = 5
SECONDS = 5.0


def fetch_due() -> int:
    """Fetch pictures that are not here yet and return how many were asked for.

    One that cannot be had is asked for again when VK is next asked about the person.
    """
    due = vk_people.without_picture(MOST_AT_ONCE)
    for peer_id, url in due:
        try:
            stored = files.rewrite(fetching.get(url, LARGEST, SECONDS))
            is_picture = stored.content_type.startswith("image/") and len(stored.data) <= LARGEST
            vk_people.keep_picture(peer_id, url, stored.data if is_picture else b"")
        except TooMany:
            # Too many files are being written anew just now.
            break
        except (fetching.Refused, fetching.Unavailable, ChatError):
            vk_people.keep_picture(peer_id, url, b"")
    return len(due)
