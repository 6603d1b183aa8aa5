"""The schema that VK published of its API: an independent source where it is at hand.

It may not be copied into the project, so it is read from the folder VK_SCHEMA, or from
shared/data beside the project, with the tools that lie there. Without them, or without
jsonschema, nothing is asked.
"""

import functools
import importlib.util
import os
from pathlib import Path
from types import ModuleType
from typing import Any

BESIDE = Path(__file__).resolve().parents[3] / "shared/data"
FOLDER = Path(os.environ.get("VK_SCHEMA") or BESIDE)
TOOLS = "vk_schema_tools"


class Published:
    """What the schema says of calls, answers and events of version 5.199."""

    def __init__(self, tools: ModuleType) -> None:
        self._vk = tools.VK()
        # The tools make a validator for every look; most of the looks are at the same few shapes.
        self._vk.validator = functools.cache(self._vk.validator)

    def request_problems(self, method: str, params: dict[str, str]) -> list[str]:
        """Say which parameters of a call the schema does not know or does not take."""
        problems: list[str] = self._vk.request_errors(method, params)
        return problems

    def response_problems(self, method: str, body: dict[str, Any]) -> list[str]:
        """Say what is wrong with a whole answer, be it a `response` or an `error`."""
        problems: list[str] | None = self._vk.response_errors(method, body)
        return problems or []

    def event_problems(self, event: dict[str, Any]) -> list[str]:
        """Say what is wrong with an event."""
        problems: list[str] = self._vk.event_errors(event)
        return problems


@functools.cache
def read(folder: Path = FOLDER) -> Published | None:
    """Return the schema in this folder, None where it or what it needs is not at hand."""
    path = folder / f"{TOOLS}.py"
    spec = importlib.util.spec_from_file_location(TOOLS, path)
    if not path.exists() or not spec or not spec.loader:
        return None
    tools = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(tools)
    except ModuleNotFoundError:
        return None
    return Published(tools)
