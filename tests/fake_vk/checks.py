"""Checks of what passes through the stand-in against vkbottle-types, which knows VK independently.

Its clients of the API parse our answers, its events parse ours, and its signatures judge the
parameters. Its models let unknown keys pass; here an unknown key is a problem, unless it is in
KNOWN_EXTRAS, where the models are behind VK's documentation.
"""

import functools
import inspect
import re
import typing
from collections.abc import Callable, Iterator
from enum import Enum
from types import UnionType
from typing import Any

from pydantic import BaseModel, TypeAdapter, ValidationError
from vkbottle_types.events import bot_events
from vkbottle_types.methods import docs, groups, messages, photos, users

CATEGORIES: dict[str, type] = {
    "docs": docs.DocsCategory,
    "groups": groups.GroupsCategory,
    "messages": messages.MessagesCategory,
    "photos": photos.PhotosCategory,
    "users": users.UsersCategory,
}
# VK sends or takes these (documentation, live payloads); the models do not list them.
KNOWN_EXTRAS = frozenset({("GroupsLongPollEvents", "message_event")})
UNKNOWN_WORD = "NOT_SUPPORTED_MEMBER"


class StubApi:
    """An API client that already has the answer."""

    def __init__(self, response: Any) -> None:
        self._response = response

    async def request(self, method: str, data: dict[str, Any]) -> dict[str, Any]:
        """Return the answer."""
        return {"response": self._response}


def python_name(method: str) -> tuple[str, str]:
    """Return the category and the snake-case name of an API method."""
    category, _, name = method.partition(".")
    return category, re.sub("([A-Z])", lambda match: f"_{match[1].lower()}", name)


@functools.cache
def parameter_types(method: str) -> dict[str, Any]:
    """Return the type of each parameter of an API method."""
    category, name = python_name(method)
    function = getattr(CATEGORIES[category], name)
    hints: dict[str, Any] = {}
    # Where the client itself is untyped, its last overload is the widest.
    for variant in [*typing.get_overloads(function), function]:
        hints |= typing.get_type_hints(variant)
    wanted = inspect.signature(function).parameters
    return {
        key: hints[key]
        for key, parameter in wanted.items()
        if key in hints and parameter.kind is not inspect.Parameter.VAR_KEYWORD
    }


@functools.cache
def parameter_adapter(method: str, name: str) -> tuple[Any, TypeAdapter[Any]]:
    """Return the type of a parameter without its None, and what validates it."""
    hint = parameter_types(method)[name]
    return without_none(hint), TypeAdapter(hint)


def without_none(hint: Any) -> Any:
    """Return the first type of `X | None`."""
    if typing.get_origin(hint) in (UnionType, typing.Union):
        return next(part for part in typing.get_args(hint) if part is not type(None))
    return hint


def read_parameter(method: str, name: str, text: str) -> Any:
    """Return a parameter as the signature wants it; ValueError if it does not fit."""
    kind, adapter = parameter_adapter(method, name)
    raw: Any = text.split(",") if typing.get_origin(kind) is list else text
    if kind is bool and text not in {"0", "1"}:
        raise ValueError("a flag is 0 or 1")
    value = adapter.validate_python(raw)
    for item in value if isinstance(value, list) else [value]:
        if isinstance(item, Enum) and item.name == UNKNOWN_WORD:
            raise ValueError(f"an unknown word in {text!r}")
    return value


def request_problems(method: str, params: dict[str, str]) -> list[str]:
    """Say which parameters of a call the signature does not know or does not take."""
    types, problems = parameter_types(method), []
    for name, text in params.items():
        if name not in types:
            problems.append(f"unknown parameter {name}")
            continue
        try:
            read_parameter(method, name, text)
        except ValueError as error:
            problems.append(f"{name}: {first_line(error)}")
    return problems


def response_problems(method: str, params: dict[str, str], response: Any) -> list[str]:
    """Let the library's own client read an answer, and say what it could not make of it."""
    category, name = python_name(method)
    types = parameter_types(method)
    known = {key: value for key, value in params.items() if key in types}
    try:
        typed = {key: read_parameter(method, key, value) for key, value in known.items()}
    except ValueError:
        return []  # told as the request's problem
    client: Any = getattr(CATEGORIES[category](StubApi(response)), name)
    try:
        parsed = run(client, typed)
    except (ValidationError, TypeError) as error:
        return [first_line(error)]
    return list(strangers(response, parsed))


def run(client: Callable[..., Any], arguments: dict[str, Any]) -> Any:
    """Run a coroutine that never waits, with or without an event loop around."""
    coroutine = client(**arguments)
    try:
        coroutine.send(None)
    except StopIteration as stop:
        return stop.value
    raise RuntimeError("The stub never waits")


@functools.cache
def event_models() -> dict[str, type[BaseModel]]:
    """Return the model of each event type."""
    return {
        re.sub("(?<!^)([A-Z])", r"_\1", name).lower(): model
        for name, model in vars(bot_events).items()
        if inspect.isclass(model) and issubclass(model, bot_events.BaseGroupEvent)
    }


def event_problems(event: dict[str, Any]) -> list[str]:
    """Say what is wrong with an event of version 5.199."""
    model = event_models().get(str(event.get("type")))
    if model is None:
        return [f"unknown event {event.get('type')}"]
    missing = {"type", "group_id", "event_id", "v", "object"} - set(event)
    if missing:
        return [f"the envelope lacks {sorted(missing)}"]
    try:
        parsed = model.model_validate(event)
    except ValidationError as error:
        return [first_line(error)]
    return list(strangers(event["object"], parsed.object))  # type: ignore[attr-defined]


def strangers(raw: Any, parsed: Any, path: str = "") -> Iterator[str]:
    """Yield keys that the models do not know and words that their enumerations do not know."""
    if isinstance(parsed, Enum) and parsed.name == UNKNOWN_WORD:
        yield f"{path}: an unknown word {raw!r}"
    elif isinstance(parsed, BaseModel) and isinstance(raw, dict):
        names = {field.alias or key: key for key, field in type(parsed).model_fields.items()}
        for key, value in raw.items():
            if key in names:
                yield from strangers(value, getattr(parsed, names[key]), f"{path}.{key}")
            elif (type(parsed).__name__, key) not in KNOWN_EXTRAS:
                yield f"{path}.{key}: {type(parsed).__name__} has no such key"
    elif isinstance(parsed, list) and isinstance(raw, list):
        for number, (item, model) in enumerate(zip(raw, parsed, strict=True)):
            yield from strangers(item, model, f"{path}[{number}]")


def first_line(error: Exception) -> str:
    """Return what an error says, short and without the value at fault."""
    if isinstance(error, ValidationError):
        details = error.errors(include_input=False, include_url=False)
        return "; ".join(
            f"{'.'.join(map(str, item['loc']))} {item['msg']}".strip() for item in details[:5]
        )
    return str(error).splitlines()[0]
