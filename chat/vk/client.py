"""Calling VK's API. The token travels in a header and is in no address, log or exception."""

import json
from typing import Any

from django.conf import settings

import requests

from chat.vk.config import Config

CONNECT_SECONDS = 5
READ_SECONDS = 15


class VkError(Exception):
    """VK refused a call. Carries the code alone: VK's text repeats what was sent."""

    def __init__(self, code: int) -> None:
        super().__init__(f"VK error {code}")
        self.code = code


class UnknownOutcome(Exception):
    """Nobody knows whether VK did it: no answer, an error of the server, an answer unread."""


class VkClient:
    """One session to VK with a community's token; `seconds`: how long an answer is waited for."""

    def __init__(self, config: Config, seconds: float | None = None) -> None:
        seconds = seconds or READ_SECONDS
        self._timeout = (min(CONNECT_SECONDS, seconds), seconds)
        self._base = config.base_url.rstrip("/")
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.headers["Authorization"] = f"Bearer {config.token}"

    def call(self, method: str, **params: Any) -> Any:
        """Return VK's response to a method. Raises VkError, UnknownOutcome.

        Parameters that are None are left out; lists and objects go as JSON.
        """
        form = {
            name: json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else value
            for name, value in params.items()
            if value is not None
        }
        try:
            answer = self._session.post(
                f"{self._base}/{method}",
                data={**form, "v": settings.VK_API_VERSION},
                timeout=self._timeout,
                allow_redirects=False,
            )
            body = answer.json() if answer.status_code == requests.codes.ok else None
        except (requests.RequestException, ValueError) as error:
            # Without its cause: a cause names the request.
            raise UnknownOutcome(type(error).__name__) from None
        if not isinstance(body, dict):
            raise UnknownOutcome(f"HTTP {answer.status_code}")
        failure = body.get("error")
        if isinstance(failure, dict):
            code = failure.get("error_code")
            raise VkError(code if isinstance(code, int) else 0)
        if "response" not in body:
            raise UnknownOutcome("no response")
        return body["response"]

    def close(self) -> None:
        """Give the connection back."""
        self._session.close()
