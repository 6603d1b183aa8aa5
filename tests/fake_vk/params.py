"""The parameters of one API call, read as VK reads them: everything arrives as text."""

import json
import re
from collections.abc import Mapping
from typing import Any

from tests.fake_vk.errors import invalid

INTEGER = re.compile(r"-?[0-9]{1,19}", re.ASCII)


class Params(Mapping[str, str]):
    """What the caller passed. Readers raise error 100 on what VK would not take."""

    def __init__(self, values: dict[str, str]) -> None:
        self.values_by_name = values

    def __getitem__(self, name: str) -> str:
        return self.values_by_name[name]

    def __iter__(self) -> Any:
        return iter(self.values_by_name)

    def __len__(self) -> int:
        return len(self.values_by_name)

    def given(self, name: str) -> bool:
        """Say whether the parameter is there and not empty."""
        return bool(self.values_by_name.get(name))

    def require(self, *names: str) -> None:
        """Refuse the call if one of the parameters is missing."""
        for name in names:
            if not self.given(name):
                raise invalid(name, "is undefined")

    def text(self, name: str, default: str = "", *, limit: int | None = None) -> str:
        """Return a string of at most `limit` characters."""
        value = self.values_by_name.get(name, default)
        if limit is not None and len(value) > limit:
            raise invalid(name, f"is longer than {limit}")
        return value

    def integer(
        self,
        name: str,
        default: int | None = None,
        *,
        low: int = -(2**63),
        high: int = 2**63 - 1,
    ) -> int | None:
        """Return a number within the limits, or the default if it was not passed."""
        return self._number(name, self[name], low, high) if self.given(name) else default

    def number(self, name: str, *, low: int = -(2**63), high: int = 2**63 - 1) -> int:
        """Return a number that has to be there."""
        self.require(name)
        return self._number(name, self[name], low, high)

    def integers(self, name: str, *, limit: int) -> list[int]:
        """Return numbers that came separated by commas."""
        if not self.given(name):
            return []
        parts = self[name].split(",")
        if len(parts) > limit:
            raise invalid(name, f"holds more than {limit}")
        return [self._number(name, part.strip(), -(2**63), 2**63 - 1) for part in parts]

    def flag(self, name: str) -> bool:
        """Return a yes or no, which VK takes as 1 or 0."""
        value = self.values_by_name.get(name, "0") or "0"
        if value not in {"0", "1", "true", "false"}:
            raise invalid(name, "is not a flag")
        return value in {"1", "true"}

    def choice(self, name: str, default: str, choices: frozenset[str]) -> str:
        """Return one of a closed list of words."""
        value = self.values_by_name.get(name, default)
        if value not in choices:
            raise invalid(name)
        return value

    def json_object(self, name: str) -> dict[str, Any] | None:
        """Return an object that came as JSON text, None if it was not passed."""
        if not self.given(name):
            return None
        try:
            value = json.loads(self[name])
        except ValueError:
            raise invalid(name, "is not JSON") from None
        if not isinstance(value, dict):
            raise invalid(name, "is not an object")
        return value

    @staticmethod
    def _number(name: str, text: str, low: int, high: int) -> int:
        if not INTEGER.fullmatch(text):
            raise invalid(name, "is not an integer")
        number = int(text)
        if not low <= number <= high:
            raise invalid(name, "is out of range")
        return number
