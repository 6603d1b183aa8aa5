"""execute: several calls in one request.

Of VK's language this reads one `return` of calls whose arguments are JSON, and nothing else:

    return API.users.get({"user_ids": 5});
    return [API.users.get({"user_ids": 5}), API.messages.markAsRead({"peer_id": 5})];
    return {"who": API.users.get({"user_ids": 5}), "where": API.groups.getById({})};

No variables, no arithmetic, no fields of an answer, no execute inside of it. What is read
otherwise, or holds more than 25 calls, is error 13, and nothing of it is done. The whole counts as
one request for the rate, in the log and for faults; each call needs the right of its own method.
One that fails is `false` in its place, with its error among `execute_errors`.
"""

import json
import re
from dataclasses import dataclass, replace
from typing import Any

from tests.fake_vk.api import METHODS, Call, method, obey
from tests.fake_vk.errors import VKError
from tests.fake_vk.params import Params

CALLS_LIMIT = 25
SPACE = re.compile(r"\s*")
NAME = re.compile(r"API\.([A-Za-z]+\.[A-Za-z]+)")
JSON = json.JSONDecoder()


@dataclass
class Inner:
    """One call that the code asks for."""

    method: str
    params: dict[str, str]


def unreadable(why: str) -> VKError:
    """Return the error of a code that cannot be run."""
    return VKError(13, why)


class Script:
    """Reads the code from the left to the right."""

    def __init__(self, code: str) -> None:
        self._code, self._place = code, 0

    def program(self) -> Inner | list[Inner] | dict[str, Inner]:
        """Return the calls in the form that their answers are wanted in."""
        self._need("return")
        found: Inner | list[Inner] | dict[str, Inner]
        if self._has("["):
            found = [self._call()]
            while self._has(","):
                found.append(self._call())
            self._need("]")
        elif self._has("{"):
            found = dict([self._pair()])
            while self._has(","):
                found |= [self._pair()]
            self._need("}")
        else:
            found = self._call()
        self._need(";")
        self._skip()
        if self._place != len(self._code):
            raise unreadable("something follows the first return")
        return found

    def _pair(self) -> tuple[str, Inner]:
        name = self._json(str)
        self._need(":")
        return name, self._call()

    def _call(self) -> Inner:
        self._skip()
        name = NAME.match(self._code, self._place)
        if not name:
            raise unreadable(f"no call at character {self._place}")
        self._place = name.end()
        self._need("(")
        arguments = self._json(dict)
        self._need(")")
        return Inner(name[1], {key: written(value) for key, value in arguments.items()})

    def _json(self, kind: type) -> Any:
        self._skip()
        try:
            value, self._place = JSON.raw_decode(self._code, self._place)
        except ValueError:
            raise unreadable(f"no JSON at character {self._place}") from None
        if not isinstance(value, kind):
            raise unreadable(f"no {kind.__name__} before character {self._place}")
        return value

    def _skip(self) -> None:
        match = SPACE.match(self._code, self._place)
        self._place = match.end() if match else self._place

    def _has(self, word: str) -> bool:
        self._skip()
        found = self._code.startswith(word, self._place)
        self._place += len(word) if found else 0
        return found

    def _need(self, word: str) -> None:
        if not self._has(word):
            raise unreadable(f"no {word} at character {self._place}")


def written(value: Any) -> str:
    """Return an argument as a parameter that came with a form."""
    if isinstance(value, bool):
        return str(int(value))
    if isinstance(value, list) and not any(isinstance(item, list | dict) for item in value):
        return ",".join(map(written, value))
    if isinstance(value, list | dict):
        return json.dumps(value, ensure_ascii=False)
    return "" if value is None else str(value)


@method("execute", None)
def execute(call: Call) -> Any:
    """Answer all the calls of the code in the form it gives them."""
    call.params.require("code")
    program = Script(call.params["code"]).program()
    if isinstance(program, Inner):
        return answer(call, program)
    if len(program) > CALLS_LIMIT:
        raise unreadable("too many API calls")
    if isinstance(program, dict):
        return {name: answer(call, inner) for name, inner in program.items()}
    return [answer(call, inner) for inner in program]


def answer(call: Call, inner: Inner) -> Any:
    """Return what one call answers; a refusal is False and does not stop the others."""
    try:
        if inner.method not in METHODS:
            raise VKError(3)
        return obey(inner.method, replace(call, params=Params(inner.params)))
    except VKError as error:
        refusal = {"method": inner.method, "error_code": error.code, "error_msg": str(error)}
        call.execute_errors.append(refusal)
        return False
