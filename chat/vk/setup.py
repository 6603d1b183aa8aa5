"""Is VK set up, does it work, and setting it up: for the admin, the shell and the worker."""

import ipaddress
import re
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from chat.services import vk_sending, vk_state
from chat.vk import config
from chat.vk.client import UnknownOutcome, VkClient, VkError

# Somebody waits for the page.
PAGE_SECONDS = 5.0
# VK asks our address for the confirmation string before it answers.
REGISTER_SECONDS = 15.0
TITLE = "site"
EVENTS = [
    "message_new",
    "message_reply",
    "message_allow",
    "message_deny",
    "message_event",
    "message_read",
    "message_edit",
]
# VK takes no other secret.
SECRET = re.compile(r"[A-Za-z0-9_-]{1,50}")
# VK repeats an event for 1 h 43 min; what was sent to a dead server before is looked for too.
BEFORE_FAILURE = timedelta(hours=2)

OK, WARNING, ERROR = "ok", "warning", "error"


class PatientClient(VkClient):
    """Waits for its turn at VK: the worker sends at the same time."""

    def __init__(
        self, vk: config.Config, seconds: float, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        super().__init__(vk, seconds)
        self._sleep = sleep

    def call(self, method: str, **params: Any) -> Any:
        """Return VK's response to a method, as VkClient does."""
        self._sleep(vk_sending.take_slot())
        return super().call(method, **params)


@dataclass(frozen=True)
class Finding:
    """One thing that is as it should be, or is not, in words for the administrator."""

    level: str
    text: str


def check(
    seconds: float = PAGE_SECONDS, sleep: Callable[[float], None] = time.sleep
) -> list[Finding]:
    """Return what is to be said of the connection; it is kept for the page of the admin."""
    vk = config.current()
    findings = [*of_environment(vk)]
    if vk.can_send:
        client = PatientClient(vk, seconds, sleep)
        try:
            findings += _of_connection(vk, client)
        finally:
            client.close()
    vk_state.set_findings([asdict(finding) for finding in findings])
    return findings


def is_well(findings: list[Finding]) -> bool:
    """Say whether nothing is broken."""
    return all(finding.level != ERROR for finding in findings)


def watch(sleep: Callable[[float], None] = time.sleep) -> int:
    """Look at the connection for the health page; if VK cannot reach us, ask it for what it has."""
    vk = config.current()
    if not vk.can_send:
        return 0
    findings = check(sleep=sleep)
    if any(finding.text == server_failed() for finding in findings):
        last = vk_state.get().last_event_at or timezone.now()
        vk_state.note_gap(last - BEFORE_FAILURE)
    return 0


def of_environment(vk: config.Config) -> list[Finding]:
    """Return what is to be said of the settings, without asking anybody."""
    found = []
    for name, value in [
        ("VK_GROUP_ID", vk.group_id),
        ("VK_GROUP_TOKEN", vk.token),
        ("VK_CALLBACK_SECRET", vk.secrets),
    ]:
        if value:
            found.append(Finding(OK, _("%(name)s is set.") % {"name": name}))
        else:
            found.append(
                Finding(ERROR, _("%(name)s is missing in the environment.") % {"name": name})
            )
    community = vk_state.community()
    if vk.group_id and community not in {None, vk.group_id}:
        found.append(
            Finding(
                ERROR,
                _(
                    "VK_GROUP_ID names another community than the one whose messages are stored "
                    "(%(stored)s): answers could reach the wrong people. Put the old number back."
                )
                % {"stored": community},
            )
        )
    if not all(SECRET.fullmatch(secret) for secret in vk.secrets):
        found.append(
            Finding(
                ERROR,
                _(
                    "VK_CALLBACK_SECRET: VK takes Latin letters, digits, “_” and “-”, at most 50 "
                    "signs."
                ),
            )
        )
    if not is_public_address(vk.callback_url):
        found.append(
            Finding(
                WARNING,
                _(
                    "VK cannot reach %(url)s: the address in SITE_URL has to be public and begin "
                    "with https. Without one, run vk_longpoll instead."
                )
                % {"url": vk.callback_url},
            )
        )
    return found


def is_public_address(url: str) -> bool:
    """Say whether VK could reach an address at all."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    try:
        return parts.scheme == "https" and ipaddress.ip_address(host).is_global
    except ValueError:
        return parts.scheme == "https" and "." in host and not host.endswith((".local", ".test"))


def _of_connection(vk: config.Config, client: VkClient) -> list[Finding]:
    found: list[Finding] = []
    try:
        rights = _rights(client)
        found.append(Finding(OK, _("VK accepts the token.")))
        found += _of_rights(rights)
        found.append(_of_group(vk, client))
        if "manage" in rights:
            found += _of_server(vk, client)
    except (VkError, UnknownOutcome) as error:
        found.append(Finding(ERROR, explain(error)))
    return found


def _rights(client: VkClient) -> set[str]:
    answer = client.call("groups.getTokenPermissions")
    given = answer.get("permissions") if isinstance(answer, dict) else None
    return {
        str(one.get("name"))
        for one in (given if isinstance(given, list) else [])
        if isinstance(one, dict)
    }


def _of_rights(rights: set[str]) -> list[Finding]:
    needed = [
        ("messages", ERROR, _("Without it nothing can be sent.")),
        ("manage", WARNING, _("Without it the site cannot register its address or see its state.")),
        ("photos", WARNING, _("Without it no pictures can be sent to patients.")),
        ("docs", WARNING, _("Without it no documents can be sent to patients.")),
    ]
    found = []
    for name, level, why in needed:
        if name in rights:
            found.append(Finding(OK, _("The token has the right “%(name)s”.") % {"name": name}))
        else:
            words = _("The token lacks the right “%(name)s”.") % {"name": name}
            found.append(Finding(level, f"{words} {why}"))
    return found


def _of_group(vk: config.Config, client: VkClient) -> Finding:
    answer = client.call("groups.getById")
    groups = answer.get("groups") if isinstance(answer, dict) else answer
    group = groups[0] if isinstance(groups, list) and groups else {}
    if group.get("id") == vk.group_id:
        return Finding(OK, _("The community: %(name)s.") % {"name": group.get("name", "")})
    return Finding(
        ERROR,
        _("The token is of community %(other)s, not of %(own)s as VK_GROUP_ID says.")
        % {"other": group.get("id"), "own": vk.group_id},
    )


def server_failed() -> str:
    """Return what is said when VK has given up on our address."""
    return _(
        "VK cannot deliver to this site and has stopped trying. See that the site can be reached, "
        "then register its address again."
    )


def _of_server(vk: config.Config, client: VkClient) -> list[Finding]:
    server = own_server(vk, client)
    if server is None:
        polled_until = vk_state.get().long_poll_until
        if polled_until and polled_until > timezone.now():
            return [Finding(OK, _("Events are fetched by Long Poll."))]
        return [Finding(ERROR, _("The address of this site is not registered at VK."))]
    status = str(server.get("status"))
    found = []
    if status == "ok":
        found.append(Finding(OK, _("VK delivers events to this site.")))
    elif status == "failed":
        found.append(Finding(ERROR, server_failed()))
    else:
        found.append(
            Finding(
                WARNING,
                _("VK has not confirmed the address yet (%(status)s).") % {"status": status},
            )
        )
    found.append(_of_secret(vk, server))
    found += _of_events(vk, client, server)
    return found


def own_server(vk: config.Config, client: VkClient) -> dict[str, Any] | None:
    """Return what VK knows of our address, None if it does not know it."""
    answer = client.call("groups.getCallbackServers", group_id=vk.group_id)
    items = answer.get("items") if isinstance(answer, dict) else None
    for one in items if isinstance(items, list) else []:
        if isinstance(one, dict) and str(one.get("url", "")).rstrip("/") == vk.callback_url.rstrip(
            "/"
        ):
            return one
    return None


def _of_secret(vk: config.Config, server: dict[str, Any]) -> Finding:
    used = server.get("secret_key")
    used = used if isinstance(used, str) else ""
    if vk.secrets and used == vk.secrets[0]:
        return Finding(
            OK, _("VK sends the first secret (mark %(mark)s).") % {"mark": config.mark(used)}
        )
    if used and used in vk.secrets:
        return Finding(
            WARNING,
            _(
                "VK sends an older secret (mark %(mark)s). Register the address again to pass on "
                "the new one."
            )
            % {"mark": config.mark(used)},
        )
    return Finding(
        ERROR, _("VK sends a secret that this site does not accept. Register the address again.")
    )


def _of_events(vk: config.Config, client: VkClient, server: dict[str, Any]) -> list[Finding]:
    answer = client.call(
        "groups.getCallbackSettings", group_id=vk.group_id, server_id=server.get("id")
    )
    events = answer.get("events") if isinstance(answer, dict) else None
    missing = [
        name for name in EVENTS if not (isinstance(events, dict) and events.get(name) in (1, True))
    ]
    found = []
    if missing:
        names = ", ".join(missing)
        found.append(
            Finding(ERROR, _("VK does not tell of these events: %(names)s.") % {"names": names})
        )
    if isinstance(answer, dict) and answer.get("api_version") != settings.VK_API_VERSION:
        found.append(
            Finding(
                WARNING,
                _("VK sends events of version %(other)s, not %(own)s.")
                % {"other": answer.get("api_version"), "own": settings.VK_API_VERSION},
            )
        )
    return found


def register() -> list[Finding]:
    """Make VK send its events to this site, with the first secret; may be done again and again.

    An address that VK has given up on is revived, a new secret is passed on. Returns what a check
    finds afterwards, or why it could not be done.
    """
    vk = config.current()
    broken = [finding for finding in of_environment(vk) if finding.level == ERROR]
    if broken:
        return broken
    client = PatientClient(vk, REGISTER_SECONDS)
    try:
        _register(vk, client)
    except (VkError, UnknownOutcome) as error:
        return [Finding(ERROR, explain(error))]
    finally:
        client.close()
    # What VK could not deliver before is asked for.
    vk_state.note_gap((vk_state.get().last_event_at or timezone.now()) - BEFORE_FAILURE)
    return check()


def _register(vk: config.Config, client: VkClient) -> None:
    answer = client.call("groups.getCallbackConfirmationCode", group_id=vk.group_id)
    code = answer.get("code") if isinstance(answer, dict) else None
    if not isinstance(code, str) or not code:
        raise UnknownOutcome("no confirmation string")
    # First: VK asks for it during the next call.
    vk_state.set_confirmation(code)
    server = own_server(vk, client)
    own = {
        "group_id": vk.group_id,
        "url": vk.callback_url,
        "title": TITLE,
        "secret_key": vk.secrets[0],
    }
    if server is None:
        added = client.call("groups.addCallbackServer", **own)
        number = added.get("server_id") if isinstance(added, dict) else None
    else:
        number = server.get("id")
        client.call("groups.editCallbackServer", server_id=number, **own)
    client.call(
        "groups.setCallbackSettings",
        group_id=vk.group_id,
        server_id=number,
        api_version=settings.VK_API_VERSION,
        **dict.fromkeys(EVENTS, 1),
    )


def explain(error: VkError | UnknownOutcome) -> str:
    """Return what went wrong, for a person."""
    if isinstance(error, UnknownOutcome):
        return _("VK does not answer (%(why)s). Try again later.") % {"why": error}
    words: dict[int, Callable[[], str]] = {
        5: lambda: _("VK does not accept the token (error 5). Make a new one in the community."),
        15: lambda: _("The token lacks a right for this (error 15)."),
        27: lambda: _("VK does not accept the community's token (error 27). Make a new one."),
        2000: lambda: _("The community has ten callback servers already. Delete one at VK."),
    }
    words[7] = words[15]
    found = words.get(error.code)
    return found() if found else _("VK answers with error %(code)d.") % {"code": error.code}
