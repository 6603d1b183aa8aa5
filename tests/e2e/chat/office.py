"""What an operator does at the inbox, in their words."""

from typing import Any
from uuid import uuid4

from playwright.sync_api import BrowserContext, Locator, Page, expect

from accounts.demo import DOMAIN
from accounts.models import User
from chat.models import ChatAttachment, ChatMessage, ChatThread
from chat.services import messages
from chat.services.writing import writing
from tests.e2e.staff import sign_in


def person(login: str) -> User:
    """Return one of the demo people."""
    return User.objects.get(email=f"{login}@{DOMAIN}")


def ask(text: str = "Натощак?", **fields: Any) -> int:
    """Let a new patient ask; return the number of the dialogue."""
    thread = ChatThread.objects.create(visitor_hash=uuid4().hex, **fields)
    write(thread.pk, text)
    return thread.pk


def write(number: int, text: str) -> None:
    """Let a patient go on."""
    with writing(number) as writer:
        writer.add("visitor", text=text)
        writer.thread.waiting_since = writer.thread.waiting_since or writer.now


def read(number: int) -> None:
    """Let the patient read to the end."""
    with writing(number) as writer:
        writer.thread.visitor_read_seq = writer.thread.visitor_delivered_seq = (
            writer.thread.last_seq
        )


def change(login: str, number: int, text: str) -> None:
    """Let one of the demo people change the last message, which is theirs, from elsewhere."""
    last = ChatMessage.objects.filter(thread_id=number).latest("seq")
    messages.edit_as_operator(person(login), last.pk, text)


def attach(number: int, name: str) -> None:
    """Give the last message a file of this name, as if nothing had cleaned the name."""
    ChatAttachment.objects.create(
        message=ChatMessage.objects.filter(thread_id=number).latest("seq"),
        name=name,
        file="00/00.pdf",
        content_type="application/pdf",
        size=1,
    )


def answer(login: str, number: int, text: str) -> None:
    """Let one of the demo people answer from elsewhere."""
    messages.send_as_operator(person(login), number, messages.Answer(uuid4(), text))


def said(number: int, kind: str = "message") -> list[str]:
    """Return what operators have written into a dialogue."""
    found = ChatMessage.objects.filter(thread_id=number, sender="operator", kind=kind)
    return list(found.order_by("seq").values_list("text", flat=True))


class Office:
    """A tab with the inbox."""

    def __init__(self, context: BrowserContext, login: str = "operator") -> None:
        self.page: Page = context.new_page()
        sign_in(self.page, login)
        self.page.goto("/admin/chat/")
        self.room = self.page.locator("#chat-inbox")
        self.ready()
        self.list = self.room.locator(".ci-list")
        self.rows = self.list.locator("a.ci-row")
        self.talk = self.room.locator(".ci-talk")
        self.info = self.room.locator(".ci-info")
        self.log = self.talk.get_by_role("log")
        self.reply = self.talk.get_by_role("textbox", name="Ответ пациенту")
        self.note = self.talk.get_by_role("textbox", name="Заметка для коллег")
        self.dialog = self.page.locator("dialog.ci-dialog[open]")

    def ready(self) -> None:
        """Wait until the inbox has its list."""
        expect(self.room).to_have_attribute("aria-busy", "false")

    def row(self, number: int) -> Locator:
        """The row of a dialogue."""
        return self.list.locator(f'a.ci-row[href="?thread={number}"]')

    def open(self, number: int) -> "Office":
        """Open a dialogue from the list."""
        self.row(number).first.click()
        return self.opened(number)

    def opened(self, number: int) -> "Office":
        """Wait until a dialogue is open."""
        expect(self.talk.get_by_role("heading", name=f"#{number}")).to_be_visible()
        return self

    def say(self, text: str) -> None:
        """Write an answer and press Enter."""
        self.reply.fill(text)
        self.reply.press("Enter")

    def bubble(self, text: str) -> Locator:
        """The message with a text."""
        return self.log.locator("article", has_text=text)
