"""groups.*: the community, its token, its callback servers and its Long Poll."""

import re
from typing import Any

from tests.fake_vk.api import Call, check_version, method
from tests.fake_vk.errors import VKError, invalid
from tests.fake_vk.longpoll import new_key
from tests.fake_vk.shapes import community_json
from tests.fake_vk.state import EVENT_TYPES, OTHER_EVENT_TYPES, CallbackServer

SERVERS_LIMIT = 10
TITLE_LIMIT = 14
SECRET_LIMIT = 50
CREATOR_ID = 1
URL = re.compile(r"https?://[^\s/?#]+(/\S*)?")
SECRET = re.compile(r"[A-Za-z0-9_\-]*", re.ASCII)
MASKS = {"photos": 4, "messages": 4096, "docs": 131_072, "manage": 262_144}


@method("groups.getById", None)
def get_by_id(call: Call) -> dict[str, Any]:
    """Return communities by number or name, the token's own if none is named."""
    named = call.params.text("group_ids") or call.params.text("group_id")
    words = [word.strip() for word in named.split(",") if word.strip()]
    known = {str(group.id): group for group in call.world.communities.values()}
    known |= {group.screen_name: group for group in call.world.communities.values()}
    if any(word not in known for word in words):
        raise invalid("group_ids")
    found = [known[word] for word in words] or [call.community]
    return {"groups": [community_json(call.world, group) for group in found], "profiles": []}


@method("groups.getTokenPermissions", None)
def get_token_permissions(call: Call) -> dict[str, Any]:
    """Return what the token may do."""
    rights = call.token.rights
    settings = [{"name": name, "setting": MASKS[name]} for name in MASKS if name in rights]
    return {"mask": sum(item["setting"] for item in settings), "permissions": settings}


@method("groups.getCallbackServers", "manage")
def get_callback_servers(call: Call) -> dict[str, Any]:
    """Return the callback servers with their states."""
    wanted = call.params.integers("server_ids", limit=SERVERS_LIMIT)
    servers = [
        {
            "id": server.id,
            "title": server.title,
            "creator_id": CREATOR_ID,
            "url": server.url,
            "secret_key": server.secret,
            "status": server.status,
        }
        for server in call.own_group().servers.values()
        if not wanted or server.id in wanted
    ]
    return {"count": len(servers), "items": servers}


@method("groups.addCallbackServer", "manage")
def add_callback_server(call: Call) -> dict[str, int]:
    """Add a server and ask it for the confirmation code at once."""
    group = call.own_group()
    url, title, secret = read_server(call)
    if len(group.servers) >= SERVERS_LIMIT:
        raise VKError(2000)
    group.last_server_id += 1
    server = CallbackServer(group.last_server_id, url, title, secret, status="wait")
    group.servers[server.id] = server
    call.afterwards.append(lambda: call.world.handshake(group, server))
    return {"server_id": server.id}


@method("groups.editCallbackServer", "manage")
def edit_callback_server(call: Call) -> int:
    """Change a server and ask it for the code again, which revives one that was switched off."""
    group, server = call.own_group(), named_server(call)
    server.url, server.title, server.secret = read_server(call)
    server.status = "wait"
    call.afterwards.append(lambda: call.world.handshake(group, server))
    return 1


@method("groups.deleteCallbackServer", "manage")
def delete_callback_server(call: Call) -> int:
    """Forget a server."""
    del call.own_group().servers[named_server(call).id]
    return 1


def read_server(call: Call) -> tuple[str, str, str]:
    """Return address, title and secret of a server as they were passed."""
    params = call.params
    params.require("url", "title")
    if not URL.fullmatch(params["url"]):
        raise invalid("url")
    secret = params.text("secret_key", limit=SECRET_LIMIT)
    if not SECRET.fullmatch(secret):
        raise invalid("secret_key")
    return params["url"], params.text("title", limit=TITLE_LIMIT), secret


def named_server(call: Call) -> CallbackServer:
    """Return the server of server_id."""
    server = call.own_group().servers.get(call.params.number("server_id"))
    if not server:
        raise VKError(104)
    return server


def events_json(events: set[str]) -> dict[str, int]:
    """Return every type of event with a 1 or a 0."""
    return {name: int(name in events) for name in EVENT_TYPES + OTHER_EVENT_TYPES}


def change_events(call: Call, events: set[str]) -> None:
    """Switch the types of events on and off that were passed."""
    for name in EVENT_TYPES + OTHER_EVENT_TYPES:
        if call.params.given(name):
            (events.add if call.params.flag(name) else events.discard)(name)


def read_version(call: Call, default: str) -> str:
    """Return the API version that was passed; error 100 for one that is not supported."""
    version = call.params.text("api_version") or default
    try:
        check_version(version)
    except VKError:
        raise invalid("api_version") from None
    return version


@method("groups.getCallbackSettings", "manage")
def get_callback_settings(call: Call) -> dict[str, Any]:
    """Return which events a server gets, and in which version."""
    server = named_server(call)
    return {"api_version": server.api_version, "events": events_json(server.events)}


@method("groups.setCallbackSettings", "manage")
def set_callback_settings(call: Call) -> int:
    """Choose which events a server gets, and in which version."""
    server = named_server(call)
    server.api_version = read_version(call, server.api_version)
    change_events(call, server.events)
    return 1


@method("groups.getCallbackConfirmationCode", "manage")
def get_callback_confirmation_code(call: Call) -> dict[str, str]:
    """Return what a server has to answer to be confirmed."""
    return {"code": call.own_group().confirmation}


@method("groups.getLongPollServer", "manage")
def get_long_poll_server(call: Call) -> dict[str, str]:
    """Return where Long Poll is, with a new key."""
    group = call.own_group()
    if not group.long_poll.enabled:
        raise VKError(100, "longpoll for this group is not enabled")
    new_key(call.world, group)
    return {
        "key": group.long_poll.key,
        "server": f"{call.world.base_url}/lp/{group.id}",
        "ts": str(group.long_poll.next_ts),
    }


@method("groups.getLongPollSettings", "manage")
def get_long_poll_settings(call: Call) -> dict[str, Any]:
    """Return whether Long Poll is on, and for which events."""
    settings = call.own_group().long_poll
    return {
        "is_enabled": settings.enabled,
        "api_version": settings.api_version,
        "events": events_json(settings.events),
    }


@method("groups.setLongPollSettings", "manage")
def set_long_poll_settings(call: Call) -> int:
    """Switch Long Poll and its events on and off."""
    settings = call.own_group().long_poll
    if call.params.given("enabled"):
        settings.enabled = call.params.flag("enabled")
    settings.api_version = read_version(call, settings.api_version)
    change_events(call, settings.events)
    return 1
