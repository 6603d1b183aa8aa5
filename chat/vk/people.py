"""Who the patients in VK are: asked of VK by the worker, never while somebody waits for a page."""

import time
from collections.abc import Callable

from chat.services import vk_people, vk_sending
from chat.vk import config
from chat.vk.client import VkClient

# What users.get takes at once.
MOST = 1000


def learn_due(sleep: Callable[[float], None] = time.sleep) -> int:
    """Ask VK about the patients whose names are not known; return how many that were.

    Raises VkError, UnknownOutcome; then nothing is lost but the names, for now.
    """
    vk = config.current()
    if not vk.can_send or vk_sending.is_halted(vk.token_hash):
        return 0
    asked = vk_people.due(MOST)
    if not asked:
        return 0
    client = VkClient(vk)
    try:
        sleep(vk_sending.take_slot())
        ids = ",".join(map(str, asked))
        answer = client.call("users.get", user_ids=ids, fields="photo_100", lang="ru")
    finally:
        client.close()
    people = {
        one["id"]: one
        for one in (answer if isinstance(answer, list) else [])
        if isinstance(one, dict) and isinstance(one.get("id"), int)
    }
    for peer_id in asked:
        one = people.get(peer_id, {})
        names = [one.get("first_name"), one.get("last_name")]
        picture = one.get("photo_100")
        vk_people.learn(
            peer_id,
            " ".join(name for name in names if isinstance(name, str)),
            picture if isinstance(picture, str) else "",
        )
    return len(asked)
