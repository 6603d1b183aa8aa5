"""Patients who number what they say, in the real widget."""

from contextlib import suppress
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page
from playwright.sync_api import Error as PlaywrightError

from chat.permissions import VISITOR_COOKIE, hash_of
from tests.e2e.chaos.proxy import Proxy
from tests.e2e.chaos.waiting import PATIENCE, until
from tests.e2e.chat.people import Tab

MILLISECONDS = PATIENCE * 1000

# What a person does in the composer, as fast as a script can: write, press Enter, write on.
POUR = """
(texts) => {
  const root = document.querySelector("kdl-chat").shadowRoot;
  const field = root.querySelector("textarea");
  for (const text of texts) {
    field.value = text;
    field.dispatchEvent(new InputEvent("input", { bubbles: true }));
    const enter = { key: "Enter", bubbles: true, cancelable: true };
    field.dispatchEvent(new KeyboardEvent("keydown", enter));
    if (field.value) {
      // A tab may not know yet what was agreed to in another.
      root.querySelector(".consent input")?.click();
      field.dispatchEvent(new KeyboardEvent("keydown", enter));
    }
    if (field.value) throw new Error(`not taken: ${field.value}`);
  }
}
"""
NOTHING_WAITS = "() => !Object.keys(localStorage).some((key) => key.startsWith('kdl-chat:out:'))"
# Asks for older messages until all are there; says whether so many are shown.
ALL_SHOWN = """
(number) => {
  const root = document.querySelector("kdl-chat").shadowRoot;
  root.querySelector(".older:not([hidden]) button")?.click();
  return root.querySelectorAll(".message").length >= number
    && !root.querySelector(".older:not([hidden])");
}
"""
SHOWN = """
() => [...document.querySelector("kdl-chat").shadowRoot.querySelectorAll(".message")].map(
  (message) => [
    message.matches(".own") ? "visitor" : "operator",
    message.querySelector(".bubble > p").textContent,
  ])
"""

Said = tuple[str, str]


class Desk(Tab):
    """A tab of a patient, and what was said in it."""

    def __init__(self, page: Page, name: str) -> None:
        super().__init__(page)
        self.name = name
        self.said: list[str] = []

    def _next_texts(self, number: int) -> list[str]:
        """Return the next numbered texts, noted as said."""
        first = len(self.said)
        texts = [f"{self.name}.{place}" for place in range(first, first + number)]
        self.said += texts
        return texts

    def type(self, number: int = 1) -> None:
        """Say so much by the keys."""
        for text in self._next_texts(number):
            self.say(text)
            if self.text.input_value():
                self.consent.check()
                self.text.press("Enter")

    def pour(self, number: int) -> None:
        """Say so much in one breath."""
        self.page.evaluate(POUR, self._next_texts(number))

    def _tell(self, method: str, **fields: Any) -> None:
        """Tell the browser what only its developers' tools can."""
        session = self.page.context.new_cdp_session(self.page)
        session.send(method, fields)
        session.detach()

    def freeze(self) -> None:
        """Let the browser stop the tab, as it does with those that are not looked at."""
        self._tell("Page.setWebLifecycleState", state="frozen")

    def thaw(self) -> None:
        """Let the tab go on."""
        self._tell("Page.setWebLifecycleState", state="active")

    def come_back(self) -> None:
        """Load the page anew, however often that takes, and open the chat."""
        until(self._reload, "the page loads")
        self.open()

    def _reload(self) -> bool:
        try:
            answer = self.page.reload()
        except PlaywrightError:
            return False
        return bool(answer and answer.ok)

    def wait_until_sent(self) -> None:
        """Wait until this browser has nothing left to send."""
        self.page.wait_for_function(NOTHING_WAITS, timeout=MILLISECONDS, polling=50)

    def wait_until_shown(self, number: int) -> None:
        """Wait until so many messages have come."""
        self.page.wait_for_function(ALL_SHOWN, arg=number, timeout=MILLISECONDS, polling=50)

    def shown(self, number: int) -> list[Said]:
        """Return all that is shown, from the first message, once it is so much."""
        with suppress(PlaywrightError):
            # What is missing is counted by whoever asked.
            self.wait_until_shown(number)
        return [(sender, text) for sender, text in self.page.evaluate(SHOWN)]


class Patient:
    """A patient with a browser, at an address of their own, and the line of that address."""

    def __init__(self, browser: Browser, proxy: Proxy, name: str, address: str) -> None:
        """Open the browser; it has no tab yet."""
        self._browser = browser
        self._proxy = proxy
        self.name = name
        self.address = address
        self.line = proxy.line(address)
        self.context = self._new_context()
        self.tabs: list[Desk] = []
        self.closed: list[Desk] = []
        self._contexts = [self.context]

    def _new_context(self) -> BrowserContext:
        context = self._browser.new_context(
            base_url=self._proxy.url,
            locale="ru-RU",
            timezone_id="Europe/Moscow",
            # What is seen is cheap to draw: small, still and without glass.
            viewport={"width": 640, "height": 480},
            reduced_motion="reduce",
            contrast="more",
            extra_http_headers={"X-Forwarded-For": self.address},
        )
        context.set_default_timeout(MILLISECONDS)
        return context

    def arrive(self, *, has_clock: bool = False) -> Desk:
        """Open another tab with the chat in it, perhaps one whose clock can be put forward."""
        desk = Desk(self.context.new_page(), f"{self.name}{len(self.tabs) + len(self.closed)}")
        if has_clock:
            desk.page.clock.install()
        desk.page.goto("/")
        self.tabs.append(desk.open())
        return desk

    def begin(self, *, has_clock: bool = False) -> Desk:
        """Open the first tab and say the first word; it may be long on its way."""
        desk = self.arrive(has_clock=has_clock)
        desk.agree()
        desk.type()
        return desk

    def close(self, desk: Desk) -> None:
        """Close a tab; what it has not sent is for the others to send."""
        desk.page.close()
        self.tabs.remove(desk)
        self.closed.append(desk)

    @property
    def said(self) -> int:
        """How much the patient has said."""
        return sum(len(desk.said) for desk in (*self.tabs, *self.closed))

    @property
    def secret_hash(self) -> str:
        """By what the database knows the patient."""
        cookies = {one.get("name"): one.get("value", "") for one in self.context.cookies()}
        return hash_of(cookies[VISITOR_COOKIE])

    def elsewhere(self) -> Desk:
        """Open the same dialogue in a browser that knows nothing but the cookie."""
        context = self._new_context()
        self._contexts.append(context)
        context.add_cookies(
            [one for one in self.context.cookies() if one.get("name") == VISITOR_COOKIE]
        )
        desk = Desk(context.new_page(), self.name)
        desk.page.goto("/")
        desk.open()
        return desk

    def leave(self) -> None:
        """Close all."""
        for context in self._contexts:
            context.close()
