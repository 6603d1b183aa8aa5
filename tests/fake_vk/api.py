"""The door of the API: who may call what, how often, and how errors are told."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.fake_vk.errors import VKError
from tests.fake_vk.faults import Fault, Faults
from tests.fake_vk.params import Params
from tests.fake_vk.state import Community, Token, World

VERSION = re.compile(r"(\d{1,2})\.(\d{1,3})")
OLDEST, NEWEST = (5, 81), (5, 199)
SECOND = 1.0
COMMON = frozenset({"access_token", "v", "lang", "test_mode", "captcha_sid", "captcha_key"})


@dataclass
class Call:
    """One accepted call while it is worked on."""

    world: World
    community: Community
    token: Token
    params: Params
    # Errors for some recipients of one call: {peer: code}.
    partial: dict[int, int] = field(default_factory=dict)
    # What went wrong inside of an execute that as a whole went well.
    execute_errors: list[dict[str, Any]] = field(default_factory=list)
    # What is done after the world was let go: whatever talks to the site.
    afterwards: list[Callable[[], object]] = field(default_factory=list)

    def own_group(self) -> Community:
        """Return the community of group_id, which has to be the token's own."""
        group_id = self.params.number("group_id", low=1)
        if group_id != self.community.id:
            raise VKError(15, "no access to this group")
        return self.community


Method = Callable[[Call], Any]
METHODS: dict[str, Method] = {}
RIGHTS: dict[str, str | None] = {}


def method(name: str, right: str | None) -> Callable[[Method], Method]:
    """Register what answers an API method; `right` is what the token has to hold."""

    def register(function: Method) -> Method:
        METHODS[name], RIGHTS[name] = function, right
        return function

    return register


@dataclass
class Request:
    """A line in the log of API calls. The token is never in it, only where it came from."""

    method: str
    params: dict[str, str]
    moment: float
    token_in: str = ""
    error_code: int | None = None
    fault: str = ""


@dataclass
class Answer:
    """What goes back to the caller."""

    body: dict[str, Any]
    fault: Fault | None = None


class Api:
    """Answers calls of /method/<name>."""

    def __init__(self, world: World, faults: Faults) -> None:
        self._world, self._faults = world, faults
        self.requests: list[Request] = []

    def answer(
        self, name: str, values: dict[str, str], *, bearer: str, token_in: str, is_json: bool
    ) -> Answer:
        """Work a call off. A fault that forbids it is met before anything is done."""
        shown = {key: value for key, value in values.items() if key != "access_token"}
        with self._world.lock:
            request = Request(name, shown, self._world.clock.now(), token_in)
            self.requests.append(request)
            fault = self._faults.for_call(name)
            request.fault = fault.kind if fault else ""
            self._world.touch()
        if fault and fault.kind in {"refused", "timeout", "http", "html", "empty"}:
            return Answer({}, fault)
        try:
            if fault and fault.kind == "error":
                raise VKError(fault.code)
            body = self._work(name, values, bearer, fault, is_json=is_json)
        except VKError as error:
            request.error_code = error.code
            body = {"error": error_json(error, name, shown)}
            if name in METHODS:
                self._world.judge.refusal(name, body["error"])
        return Answer(body, fault)

    def _work(
        self, name: str, values: dict[str, str], bearer: str, fault: Fault | None, *, is_json: bool
    ) -> dict[str, Any]:
        if is_json:
            raise VKError(100, "JSON bodies are not supported")
        if name not in METHODS:
            raise VKError(3)
        check_version(values.get("v", ""))
        with self._world.lock:
            community, token = self._authorise(bearer or values.get("access_token", ""))
            self._count(token)
            own = {key: value for key, value in values.items() if key not in COMMON}
            call = Call(self._world, community, token, Params(own))
            if fault and fault.kind == "partial":
                call.partial = dict.fromkeys(fault.peers, fault.code)
            body = {"response": obey(name, call)}
        for job in call.afterwards:
            job()
        return body | ({"execute_errors": call.execute_errors} if call.execute_errors else {})

    def _authorise(self, value: str) -> tuple[Community, Token]:
        for community in self._world.communities.values():
            token = community.tokens.get(value)
            if token:
                return community, token
        raise VKError(5, "invalid access_token")

    def _count(self, token: Token) -> None:
        limit, now = self._world.rules.requests_per_second, self._world.clock.now()
        while token.calls and token.calls[0] <= now - SECOND:
            token.calls.popleft()
        if limit is not None and len(token.calls) >= limit:
            raise VKError(6)
        token.calls.append(now)


def obey(name: str, call: Call) -> Any:
    """Return what a method answers to a call, if the token may make it."""
    right = RIGHTS[name]
    if right and right not in call.token.rights:
        raise VKError(15, f"the token lacks the right {right}")
    if call.params.given("group_id") and not name.startswith("groups."):
        call.own_group()
    response = METHODS[name](call)
    call.world.judge.call(name, dict(call.params), response)
    return response


def check_version(version: str) -> None:
    """Refuse a call without a version that VK still speaks."""
    if not version:
        raise VKError(8, "v is required")
    match = VERSION.fullmatch(version)
    if not match or not OLDEST <= (int(match[1]), int(match[2])) <= NEWEST:
        raise VKError(8, "this version is not supported")


def error_json(error: VKError, name: str, values: dict[str, str]) -> dict[str, Any]:
    """Return an error as VK tells it: with all the parameters, the message's text too."""
    params = {"method": name, "oauth": "1", **values}
    return {
        "error_code": error.code,
        "error_msg": str(error),
        "request_params": [{"key": key, "value": value} for key, value in params.items()],
    }


def encode(body: dict[str, Any]) -> bytes:
    """Return the bytes of an answer."""
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
