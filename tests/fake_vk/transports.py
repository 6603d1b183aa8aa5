"""How events reach the site: over a real connection, or straight into Django's test client."""

import http.client
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

BODY_LIMIT = 64 * 1024


@dataclass
class Reply:
    """What the site answered."""

    status: int
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)


# (address, body, headers, timeout) -> reply; OSError when there is none.
Transport = Callable[[str, bytes, dict[str, str], float], Reply]


def post_over_http(url: str, body: bytes, headers: dict[str, str], timeout: float) -> Reply:
    """Post as VK does: no redirects, no patience."""
    address = urlsplit(url)
    secure = address.scheme == "https"
    connect = http.client.HTTPSConnection if secure else http.client.HTTPConnection
    path = f"{address.path or '/'}?{address.query}" if address.query else address.path or "/"
    try:
        with closing(connect(address.hostname or "", address.port, timeout=timeout)) as connection:
            connection.request("POST", path, body, headers)
            response = connection.getresponse()
            found = {name.lower(): value for name, value in response.getheaders()}
            return Reply(response.status, response.read(BODY_LIMIT), found)
    except (http.client.HTTPException, ValueError) as error:
        raise ConnectionError(str(error)) from error


def post_to_client(client: Any) -> Transport:
    """Return a transport into Django's test client: no server, the test's own transaction."""

    def post(url: str, body: bytes, headers: dict[str, str], timeout: float) -> Reply:
        response = client.post(
            urlsplit(url).path, data=body, content_type="application/json", headers=headers
        )
        found = {name.lower(): value for name, value in response.headers.items()}
        return Reply(response.status_code, response.content, found)

    return post
