"""Getting files from VK's hosts and bringing them there. VK's word for an address is not trusted.

Only hosts of settings.VK_FILE_HOSTS, only https on its port, only addresses of the open internet.
A name is looked up once, what it gave is checked, and the connection goes to that very address: a
name that points inside a moment later gains nothing. All of it takes at most SECONDS.
"""

import http.client
import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from urllib.parse import SplitResult, urljoin, urlsplit
from uuid import uuid4

from django.conf import settings

SECONDS = 30.0
CONNECT_SECONDS = 5.0
SILENCE_SECONDS = 10.0
MOST_REDIRECTS = 3
PORTION = 64 * 1024
LARGEST_ANSWER = 256 * 1024
REDIRECTS = {301, 302, 303, 307, 308}
# What wraps an inner address in an outer one (NAT64, 6to4, Teredo).
TUNNELS = [ipaddress.ip_network(net) for net in ("64:ff9b::/96", "2002::/16", "2001::/32")]


class Refused(Exception):
    """We do not go there, or do not want what is there; trying again changes nothing."""


class Unavailable(Exception):
    """It did not work this time."""


def check(url: str) -> SplitResult:
    """Return the parts of an address of the allow list. Raises Refused."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise Refused("address") from None
    host = parts.hostname or ""
    if not host.isascii() or parts.username is not None or parts.password is not None:
        raise Refused("address")
    if is_origin(parts):
        return parts
    if parts.scheme != "https" or port not in (None, 443):
        raise Refused("scheme")
    names = [name for name in settings.VK_FILE_HOSTS if "/" not in name]
    if not any(host == name or host.endswith(f".{name}") for name in names):
        raise Refused("host")
    return parts


def is_origin(parts: SplitResult) -> bool:
    """Say whether an address is of an origin that is listed whole: the stand-in of development."""
    return f"{parts.scheme}://{parts.netloc}" in settings.VK_FILE_HOSTS


def resolve(host: str, port: int) -> list[str]:
    """Return the addresses of a name."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_rest, address in found))


def safe_address(host: str, port: int) -> str:
    """Look a name up, once. Raises Refused if any of its addresses is not of the open internet."""
    try:
        addresses = resolve(host, port)
    except OSError:
        raise Unavailable("name") from None
    if not addresses:
        raise Unavailable("name")
    for address in addresses:
        if not is_public(address):
            raise Refused("inner address")
    return addresses[0]


def is_public(address: str) -> bool:
    """Say whether an address is of the open internet."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return False
    if isinstance(found, ipaddress.IPv6Address):
        if found.ipv4_mapped:
            return is_public(str(found.ipv4_mapped))
        if any(found in tunnel for tunnel in TUNNELS):
            return False
    return found.is_global and not found.is_multicast


class PinnedConnection(http.client.HTTPSConnection):
    """Connects to an address that was checked, and asks for the certificate of the name."""

    def __init__(self, host: str, address: str, timeout: float) -> None:
        self._context = ssl.create_default_context()
        super().__init__(host, 443, timeout=timeout, context=self._context)
        self._address = address

    def connect(self) -> None:
        """Go to the checked address, whatever the name says by now."""
        plain = socket.create_connection((self._address, self.port), CONNECT_SECONDS)
        plain.settimeout(self.timeout)
        self.sock = self._context.wrap_socket(plain, server_hostname=self.host)


@dataclass(frozen=True)
class Answer:
    """What a host said."""

    status: int
    data: bytes
    location: str = ""


def get(
    url: str, largest: int, seconds: float = SECONDS, patience: float = SILENCE_SECONDS
) -> bytes:
    """Return what lies at an address. Raises Refused, Unavailable; neither names the address.

    `patience`: how long a host may say nothing.
    """
    deadline = time.monotonic() + seconds
    for _hop in range(MOST_REDIRECTS + 1):
        answer = _exchange("GET", check(url), deadline, largest, patience=patience)
        if answer.status not in REDIRECTS:
            return _data(answer)
        url = urljoin(url, answer.location)
    raise Refused("redirects")


def post_file(url: str, field: str, name: str, data: bytes, seconds: float = SECONDS) -> bytes:
    """Bring a file where VK told us to, as a form does, and return the answer.

    Raises Refused, Unavailable. A redirect is not followed: nobody else gets the file.
    """
    boundary = uuid4().hex
    safe_name = "".join("_" if sign in '"\\\r\n' else sign for sign in name)
    body = b"".join(
        [
            f"--{boundary}\r\nContent-Disposition: form-data; "
            f'name="{field}"; filename="{safe_name}"\r\n'
            "Content-Type: application/octet-stream\r\n\r\n".encode(),
            data,
            f"\r\n--{boundary}--\r\n".encode(),
        ]
    )
    headers = {"Content-Type": f"multipart/form-data; boundary={boundary}"}
    deadline = time.monotonic() + seconds
    return _data(_exchange("POST", check(url), deadline, LARGEST_ANSWER, body, headers))


def _data(answer: Answer) -> bytes:
    if answer.status == HTTPStatus.OK:
        return answer.data
    if answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR or answer.status in {
        HTTPStatus.REQUEST_TIMEOUT,
        HTTPStatus.TOO_MANY_REQUESTS,
    }:
        raise Unavailable(f"HTTP {answer.status}")
    raise Refused(f"HTTP {answer.status}")


def _exchange(
    method: str,
    parts: SplitResult,
    deadline: float,
    largest: int,
    body: bytes | None = None,
    headers: dict[str, str] | None = None,
    patience: float = SILENCE_SECONDS,
) -> Answer:
    path = f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"
    connection = _connection(parts, patience)
    try:
        with _ended_at(deadline, connection):
            connection.request(
                method, path, body, {"Accept-Encoding": "identity", **(headers or {})}
            )
            response = connection.getresponse()
            return Answer(
                response.status,
                b"" if response.status in REDIRECTS else _read(response, deadline, largest),
                response.getheader("Location", ""),
            )
    except (OSError, http.client.HTTPException, ValueError) as error:
        # Without its cause: a cause may name the address, which opens the file to whoever has it.
        raise Unavailable(type(error).__name__) from None
    finally:
        connection.close()


def _connection(parts: SplitResult, patience: float) -> http.client.HTTPConnection:
    host = parts.hostname or ""
    if not is_origin(parts):
        return PinnedConnection(host, safe_address(host, 443), patience)
    if parts.scheme == "http":
        return http.client.HTTPConnection(host, parts.port, timeout=patience)
    return http.client.HTTPSConnection(host, parts.port, timeout=patience)


def _read(response: http.client.HTTPResponse, deadline: float, largest: int) -> bytes:
    if response.length is not None and response.length > largest:
        raise Refused("too large")
    data = bytearray()
    while portion := response.read1(PORTION):
        data += portion
        if len(data) > largest:
            raise Refused("too large")
    # What was cut, by us or by them, ends like what is whole.
    if response.length or time.monotonic() > deadline:
        raise TimeoutError
    return bytes(data)


@contextmanager
def _ended_at(deadline: float, connection: Any) -> Iterator[None]:
    """Cut the connection at the deadline: a host that sends a byte now and then would hold us."""

    def cut() -> None:
        with suppress(OSError, AttributeError):
            connection.sock.shutdown(socket.SHUT_RDWR)

    timer = threading.Timer(max(0.0, deadline - time.monotonic()), cut)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
