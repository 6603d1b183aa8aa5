"""users.*"""

from typing import Any

from tests.fake_vk.api import Call, method
from tests.fake_vk.errors import invalid
from tests.fake_vk.shapes import user_json

LIMIT = 1000


@method("users.get", None)
def get(call: Call) -> list[dict[str, Any]]:
    """Return the people that exist; unknown numbers are left out."""
    call.params.require("user_ids")
    words = call.params["user_ids"].split(",")
    if len(words) > LIMIT:
        raise invalid("user_ids", f"holds more than {LIMIT}")
    fields = [word for word in call.params.text("fields").split(",") if word]
    by_name = {user.screen_name: user for user in call.world.users.values()}
    by_name |= {str(user.id): user for user in call.world.users.values()}
    found = [by_name[word.strip()] for word in words if word.strip() in by_name]
    return [user_json(call.world, user, fields) for user in found]
