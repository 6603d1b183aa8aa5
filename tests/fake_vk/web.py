"""The socket: API, uploads, Long Poll, files, VK ID and the demo page on one port."""

import json
import re
import select
import socket
import struct
import sys
import threading
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote, urlsplit

from tests.fake_vk.api import encode
from tests.fake_vk.control import Control, ControlError
from tests.fake_vk.faults import Fault
from tests.fake_vk.files import picture_size, read_multipart
from tests.fake_vk.methods.uploads import upload_answer
from tests.fake_vk.vk_id import Refusal

if TYPE_CHECKING:
    from tests.fake_vk.fake import FakeVK

BODY_LIMIT = 32 * 1024 * 1024
PAGE = Path(__file__).with_name("page")
PAGE_FILES = {
    "/": ("index.html", "text/html; charset=utf-8"),
    "/page.css": ("page.css", "text/css; charset=utf-8"),
    "/page.js": ("page.js", "text/javascript; charset=utf-8"),
}
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
ERROR_PAGE = b"<html><head><title>Error</title></head><body><h1>Error</h1></body></html>"
NO_HEADERS: Mapping[str, str] = {}
LOCAL_HOST = re.compile(r"(127\.0\.0\.1|localhost|\[::1\])(:\d+)?")


class WebServer:
    """A threading HTTP server that belongs to one FakeVK."""

    def __init__(self, vk: "FakeVK", port: int) -> None:
        handler = type("BoundHandler", (Handler,), {"vk": vk, "web": self})
        self.stopping = threading.Event()
        self._server = Server(("127.0.0.1", port), handler)
        self._thread: threading.Thread | None = None

    @property
    def port(self) -> int:
        """The port, also if the system chose it."""
        return int(self._server.server_address[1])

    @property
    def url(self) -> str:
        """The address."""
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Begin to answer."""
        self._thread = threading.Thread(target=self._server.serve_forever, args=[0.05], daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Refuse new connections, drop the open ones."""
        self.stopping.set()
        if self._thread:
            self._server.shutdown()
            self._thread.join()
            self._thread = None
        self._server.drop_all()
        self._server.server_close()


class Server(ThreadingHTTPServer):
    """Knows its open connections, so that none outlives it."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, *args: Any) -> None:
        self._open: set[socket.socket] = set()
        super().__init__(*args)

    def process_request(self, request: Any, client_address: Any) -> None:
        """Remember a connection while it is open."""
        self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        """Forget a connection."""
        self._open.discard(request)
        super().shutdown_request(request)

    def drop_all(self) -> None:
        """Close what is still open."""
        for connection in list(self._open):
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                self._open.discard(connection)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A caller that went away is no news; anything else is a fault of ours."""
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    # Head and body leave in one packet: in two, each answer waits 40 ms for the first one's ACK.
    wbufsize = -1
    disable_nagle_algorithm = True
    vk: "FakeVK"
    web: WebServer

    def log_message(self, format: str, *args: Any) -> None:
        """Keep quiet: addresses of calls may hold tokens."""

    def do_GET(self) -> None:
        """Answer a GET."""
        self._answer(b"")

    def do_POST(self) -> None:
        """Answer a POST."""
        length = self.headers.get("Content-Length", "0")
        if not length.isdigit() or int(length) > BODY_LIMIT:
            self.close_connection = True
            self._send(413, b"", "text/plain")
            return
        self._answer(self.rfile.read(int(length)))

    def _answer(self, body: bytes) -> None:
        address = urlsplit(self.path)
        query = dict(parse_qsl(address.query, keep_blank_values=True))
        first, _, rest = address.path.removeprefix("/").partition("/")
        if first == "method":
            self._call(unquote(rest), query, body)
        elif first == "lp" and rest.isdigit():
            self._send_json(self.vk.long_polls.answer(int(rest), query))
        elif first == "upload" and self.command == "POST":
            self._upload(rest, body)
        elif first == "files":
            self._file(unquote(rest))
        elif address.path in {"/authorize", "/oauth2/auth", "/oauth2/user_info"}:
            self._log_in(address.path, query, body)
        elif first == "_fake":
            self._control(rest, query, body)
        elif address.path in PAGE_FILES:
            name, kind = PAGE_FILES[address.path]
            self._send(200, (PAGE / name).read_bytes(), kind)
        else:
            self._send(404, b"", "text/plain")

    # --- API -------------------------------------------------------------------------------------

    def _call(self, name: str, query: dict[str, str], body: bytes) -> None:
        kind = self.headers.get_content_type() if body else ""
        values = query | self._form(body)
        if kind == "multipart/form-data":
            form = read_multipart(self.headers["Content-Type"], body)
            values |= {key: data.decode(errors="replace") for key, (_, data) in form.items()}
        scheme, _, bearer = self.headers.get("Authorization", "").partition(" ")
        bearer = bearer if scheme == "Bearer" else ""
        where = "header" if bearer else "body" if "access_token" in values else ""
        where = "query" if "access_token" in query else where
        answer = self.vk.api.answer(
            name, values, bearer=bearer, token_in=where, is_json=kind == "application/json"
        )
        if answer.fault and self._suffer(answer.fault, encode(answer.body)):
            return
        self._send_json(answer.body)

    def _form(self, body: bytes) -> dict[str, str]:
        kind = self.headers.get_content_type() if body else ""
        if kind != "application/x-www-form-urlencoded":
            return {}
        return dict(parse_qsl(body.decode(errors="replace"), keep_blank_values=True))

    def _suffer(self, fault: Fault, body: bytes) -> bool:
        """Answer as the fault has it; False if the true answer may follow."""
        if fault.kind == "refused":
            self._drop()
        elif fault.kind in {"timeout", "timeout_after"}:
            self._hang(self.vk.rules.hang_limit)
            self._drop()
        elif fault.kind in {"http", "http_after"}:
            self._send(fault.code, ERROR_PAGE, "text/html")
        elif fault.kind == "html":
            self._send(200, ERROR_PAGE, "text/html")
        elif fault.kind == "empty":
            self._send(200, b"", "application/json")
        elif fault.kind == "truncated":
            self._send(200, body[: len(body) // 2], "application/json")
        else:
            if fault.kind == "slow":
                self._hang(fault.seconds)
            return False
        return True

    def _hang(self, seconds: float) -> None:
        """Keep the caller waiting until they give up or we close."""
        steps = max(1, round(seconds / 0.05))
        for _ in range(steps):
            if self.web.stopping.is_set():
                return
            readable, _, _ = select.select([self.connection], [], [], seconds / steps)
            if readable:
                return

    def _drop(self) -> None:
        """Cut the connection without a word."""
        linger = struct.pack("ii", 1, 0)
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self.close_connection = True
        self.connection.close()

    # --- Files -----------------------------------------------------------------------------------

    def _upload(self, key: str, body: bytes) -> None:
        with self.vk.world.lock:
            upload = self.vk.world.uploads.get(key)
        if not upload or upload.data:
            self._send_json({"error": "unknown upload"})
            return
        field = "photo" if upload.kind == "photo" else "file"
        try:
            name, data = read_multipart(self.headers.get("Content-Type", ""), body)[field]
            if upload.kind == "photo":
                picture_size(data)
        except (KeyError, ValueError):
            self._send_json({"error": "ERR_UPLOAD_BAD_FILE"})
            return
        with self.vk.world.lock:
            upload.name, upload.data = name, data
            self._send_json(upload_answer(key, upload))

    def _file(self, name: str) -> None:
        found = self.vk.world.files.get(name)
        if found:
            self._send(200, found.data, found.content_type)
        else:
            self._send(404, b"", "text/plain")

    # --- VK ID -----------------------------------------------------------------------------------

    def _log_in(self, path: str, query: dict[str, str], body: bytes) -> None:
        vk_id = self.vk.vk_id
        if self.command != ("GET" if path == "/authorize" else "POST"):
            self._send(405, b"", "text/plain")
            return
        try:
            if path == "/authorize":
                self._send(302, b"", "text/plain", {"Location": vk_id.authorize(query)})
            elif path == "/oauth2/auth":
                self._send_json(vk_id.exchange(self._form(body)))
            else:
                self._send_json(vk_id.user_info(self._form(body)))
        except Refusal as refusal:
            self._send_json(refusal.json, status=refusal.status)

    # --- Control ---------------------------------------------------------------------------------

    def _control(self, action: str, query: dict[str, str], body: bytes) -> None:
        # Other sites open in the same browser must not play with it.
        local = LOCAL_HOST.fullmatch(self.headers.get("Host", ""))
        kind = self.headers.get_content_type() if body else "application/json"
        if not local or (self.command == "POST" and kind != "application/json"):
            self._send(403, b"", "text/plain")
            return
        control = Control(self.vk)
        try:
            if self.command == "GET":
                answer = control.read(action, query)
            else:
                answer = control.do(action, json.loads(body or b"{}"))
        except (ControlError, ValueError) as error:
            self._send_json({"error": str(error)}, status=400)
            return
        self._send_json(answer)

    # --- Answers ---------------------------------------------------------------------------------

    def _send_json(self, body: Any, status: int = 200) -> None:
        self._send(status, encode(body), "application/json; charset=utf-8")

    def _send(
        self, status: int, body: bytes, kind: str, headers: Mapping[str, str] = NO_HEADERS
    ) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Content-Security-Policy", POLICY)
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()
