"""Keeps what the independent sources object to in what passes through the stand-in."""

from typing import Any

from tests.fake_vk import checks
from tests.fake_vk.published import Published

# What it takes and answers is code and whatever the code makes; the calls in it are looked at.
WITHOUT_SHAPE = frozenset({"execute"})


class Judge:
    """Asks vkbottle-types, and the published schema where it is handed in."""

    def __init__(self, published: Published | None) -> None:
        self._published = published
        self.violations: list[str] = []

    def call(self, method: str, params: dict[str, str], response: Any) -> None:
        """Look at a call that was accepted, and at what answers it."""
        if method in WITHOUT_SHAPE:
            return
        asked = checks.request_problems(method, params)
        answered = checks.response_problems(method, params, response)
        if self._published:
            asked += self._published.request_problems(method, params)
            answered += self._published.response_problems(method, {"response": response})
        self._note(f"request {method}", asked)
        self._note(f"response {method}", answered)

    def refusal(self, method: str, error: dict[str, Any]) -> None:
        """Look at an error that answers a call; vkbottle-types has no shape for it."""
        if self._published:
            problems = self._published.response_problems(method, {"error": error})
            self._note(f"error {method}", problems)

    def event(self, way: str, event: dict[str, Any]) -> None:
        """Look at an event of version 5.199 that goes this way to the site."""
        problems = checks.event_problems(event)
        if self._published:
            problems += self._published.event_problems(event)
        self._note(f"{way} {event['type']}", problems)

    def _note(self, where: str, problems: list[str]) -> None:
        self.violations += [f"{where}: {problem}" for problem in problems]
