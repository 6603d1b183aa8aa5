"""What a patient and an operator do, in their words."""

import re
from dataclasses import dataclass
from uuid import uuid4

from playwright.sync_api import Locator, Page, Route, expect

from accounts.models import User
from chat.models import ChatMessage, ChatThread
from chat.services import messages, threads

# The widget waits so long before its first message goes; see chat/services/protection.py.
FIRST_MESSAGE = 60_000


class Tab:
    """A tab of a patient with the chat in it."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.chat = page.locator("kdl-chat")
        self.launcher = self.chat.locator(".launcher")
        self.panel = self.chat.locator("dialog.panel")
        self.text = self.panel.get_by_label("Сообщение", exact=True)
        self.send_button = self.panel.get_by_role("button", name="Отправить", exact=True)
        self.consent = self.panel.locator(".consent input")
        self.own = self.panel.locator(".message.own")
        self.theirs = self.panel.locator(".message.theirs")

    def open(self) -> "Tab":
        """Open the chat by its button and wait until one can write."""
        self.launcher.click()
        expect(self.text).to_be_focused()
        expect(self.panel.locator(".status")).not_to_be_empty()
        return self

    def begin(self, text: str = "Натощак?") -> "Tab":
        """Open the chat and send the first message."""
        self.open()
        self.agree()
        self.say(text)
        return self.sent(1)

    def agree(self) -> None:
        """Tick the consent."""
        self.consent.check()

    def say(self, text: str) -> None:
        """Write a message and press Enter."""
        self.text.fill(text)
        self.text.press("Enter")

    def sent(self, number: int) -> "Tab":
        """Wait until so many messages have reached the laboratory."""
        reached = self.own.locator(".state:is(.sent, .delivered, .read)")
        expect(reached).to_have_count(number, timeout=FIRST_MESSAGE)
        return self

    def texts(self, which: Locator) -> list[str]:
        """Return the texts of messages as one reads them."""
        return which.locator(".bubble > p").all_inner_texts()

    def act(self, message: Locator, name: str) -> None:
        """Choose one of the actions of a message."""
        message.get_by_role("button", name="Действия с сообщением").click()
        message.get_by_role("button", name=name).click()

    def choose(self, name: str) -> None:
        """Choose from the panel's menu."""
        self.panel.get_by_role("button", name="Ещё").click()
        self.panel.locator(".menu").get_by_text(name).click()


@dataclass
class Desk:
    """An operator at work."""

    operator: User

    def thread(self) -> ChatThread:
        """Return the newest dialogue."""
        return ChatThread.objects.filter(is_common=False).latest("pk")

    def received(self) -> list[str]:
        """Return what the patient of the newest dialogue has said, in order."""
        said = ChatMessage.objects.filter(thread=self.thread(), sender="visitor").order_by("seq")
        return list(said.values_list("text", flat=True))

    def answer(self, text: str) -> None:
        """Answer in the newest dialogue."""
        answer = messages.Answer(uuid4(), text)
        messages.send_as_operator(self.operator, self.thread().pk, answer)

    def look(self) -> None:
        """Read the newest dialogue to the end."""
        thread = self.thread()
        threads.mark_operator(self.operator, thread.pk, thread.last_seq, read=True)

    def hear(self) -> None:
        """Have the newest dialogue on the screen, unread."""
        thread = self.thread()
        threads.mark_operator(self.operator, thread.pk, thread.last_seq, read=False)

    def type(self) -> None:
        """Begin an answer."""
        threads.typing(self.thread().pk, "operator", self.operator.pk)

    def close(self) -> None:
        """Close the newest dialogue."""
        threads.close(self.operator, self.thread().pk)


def keep_no_cookie(route: Route) -> None:
    """Let a call through for a browser that keeps no cookies."""
    answer = route.fetch()
    route.request.frame.page.context.clear_cookies(name="kdl_chat")
    headers = {name: value for name, value in answer.headers.items() if name != "set-cookie"}
    route.fulfill(response=answer, headers=headers)


def words(text: str) -> re.Pattern[str]:
    """Return a pattern for a text whose blanks may be of any kind."""
    return re.compile(r"\s+".join(re.escape(word) for word in text.split()))
