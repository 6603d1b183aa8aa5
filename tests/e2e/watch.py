"""What a browser has to complain of while it shows the site."""

from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, ConsoleMessage, Request

REPORT_VIOLATIONS = """
addEventListener("securitypolicyviolation", (event) =>
  console.error(`CSP: ${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}`));
"""


class Watch:
    """Notes errors in the console, violations of the CSP and requests to other hosts."""

    def __init__(self, context: BrowserContext, url: str) -> None:
        self.complaints: list[str] = []
        self._host = urlsplit(url).netloc
        self._documents: set[str] = set()
        context.add_init_script(REPORT_VIOLATIONS)
        context.on("console", self._hear)
        context.on("weberror", lambda error: self.complaints.append(f"script: {error.error}"))
        context.on("request", self._see)
        context.on("requestfailed", self._miss)

    def _hear(self, message: ConsoleMessage) -> None:
        # The browser calls a page with a status like 404 an error; that the test knows.
        known = message.text.startswith("Failed to load resource") and (
            message.location["url"] in self._documents
        )
        if message.type in {"error", "warning"} and not known:
            self.complaints.append(f"console: {message.text} ({message.location['url']})")

    def _see(self, request: Request) -> None:
        if request.is_navigation_request():
            self._documents.add(request.url)
        parts = urlsplit(request.url)
        if parts.netloc != self._host and parts.scheme not in {"data", "blob"}:
            self.complaints.append(f"another host: {request.url}")

    def _miss(self, request: Request) -> None:
        # A page that one leaves breaks off what it was still loading.
        if request.failure != "net::ERR_ABORTED":
            self.complaints.append(f"failed: {request.url} {request.failure}")
