"""What patients and operators do in a random schedule, and what must become of it."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile

from accounts.models import User
from chat.errors import ChatError
from chat.models import ChatMessage, ChatThread, VkEvent, VkOutbox, VkReply
from chat.selectors.threads import common_thread_id
from chat.services import attachments, messages, vk_answers
from chat.services.messages import Answer
from tests.chat.vk.conftest import Loop
from tests.factories import uploads as made
from tests.factories.chat import Patient
from tests.fake_vk.keyboards import payload_of
from tests.fake_vk.state import Message

OPERATORS = (900, 901)
PATIENTS = (701, 702, 703)
Deed = Callable[[], None]


@dataclass
class Said:
    """Something that somebody wrote, under a word that is in no other text."""

    word: str
    text: str
    # The dialogue that it belongs to: a number; of a person in VK, minus theirs; None: nobody's.
    thread: int | None
    is_question: bool = False
    has_file: bool = False
    # Changed, or sent again: it may reach a patient in VK after what was written later.
    is_renewed: bool = False
    is_deleted: bool = False


@dataclass(frozen=True)
class Chosen:
    """A canned reply that was chosen at a button: one place in VK, one answer."""

    vk_id: int
    cmid: int
    reply: int
    thread: int


class People:
    """Everybody who takes part; each method is a deed of one of them."""

    def __init__(self, loop: Loop, chance: random.Random, operator: User) -> None:
        self.loop = loop
        self.chance = chance
        self.operator = operator
        self.site = [Patient() for _ in range(2)]
        self.said: dict[str, Said] = {}
        self.chosen: set[Chosen] = set()
        # Answers that somebody wanted back, and operators who asked for it by a word.
        self.taken_back: set[int] = set()
        self.said_undo: set[int] = set()
        # Answers that were held when the word for it was there.
        self.must_be_back: set[int] = set()
        self._on_the_site: list[tuple[Patient, int, Said]] = []

    @property
    def deeds(self) -> list[Deed]:
        """Return what people do; what stands twice is done more often."""
        return [
            self.patient_writes_on_the_site,
            self.patient_writes_on_the_site,
            self.patient_changes_a_question,
            self.patient_writes_in_vk,
            self.patient_writes_in_vk,
            self.patient_looks_into_vk,
            self.operator_answers_by_number,
            self.operator_answers_by_number,
            self.operator_replies,
            self.operator_forgets_the_number,
            self.operator_mistypes_the_number,
            self.operator_presses_a_button,
            self.operator_presses_an_old_button,
            self.operator_chooses_a_canned_reply,
            self.operator_chooses_a_canned_reply,
            self.operator_regrets,
            self.operator_regrets,
            self.operator_takes_back_by_a_button,
            self.operator_goes_and_comes,
            self.manager_answers_in_vk,
            self.operator_answers_in_the_inbox,
            self.operator_answers_in_the_inbox,
            self.operator_changes_an_answer,
            self.operator_changes_an_answer,
            self.operator_sends_again,
        ]

    def note(self, who: str, thread: int | None, **more: Any) -> Said:
        """Make a text that is like no other and remember whose it is."""
        word = uuid4().hex
        self.said[word] = Said(word, f"{who} {word}", thread, **more)
        return self.said[word]

    def threads(self) -> list[int]:
        """Return the dialogues of patients."""
        found = ChatThread.objects.filter(is_common=False).order_by("pk")
        return list(found.values_list("pk", flat=True))

    # --- Patients --------------------------------------------------------------------------------

    def patient_writes_on_the_site(self) -> None:
        """Somebody asks in the widget, maybe with a picture."""
        patient = self.chance.choice(self.site)
        said = self.note("сайт", None, is_question=True, has_file=self.chance.random() < 0.3)
        files = []
        if said.has_file:
            picture = SimpleUploadedFile("анализ.png", made.png(), "image/png")
            files = [patient.upload(picture).json()["id"]]
        sent = patient.send(said.text, attachments=files).json()
        said.thread = sent["thread"]["number"]
        self._on_the_site.append((patient, sent["message"]["id"], said))

    def patient_changes_a_question(self) -> None:
        """Somebody sees a mistake in what they wrote in the widget, or wants it away."""
        if not self._on_the_site:
            return
        patient, number, said = self.chance.choice(self._on_the_site)
        if self.chance.random() < 0.3:
            if patient.post(f"messages/{number}/delete/").status_code == 200:
                said.is_deleted = True
            return
        text = f"{said.text} поправка"
        if patient.post(f"messages/{number}/edit/", {"text": text}).status_code == 200:
            said.text = text

    def patient_writes_in_vk(self, peer: int = 0) -> None:
        """Somebody asks in VK, maybe with somebody else's number in front, or a picture."""
        peer = peer or self.chance.choice(PATIENTS)
        said = self.note("вк", -peer, is_question=True, has_file=self.chance.random() < 0.2)
        if self.chance.random() < 0.3 and self.threads():
            said.text = f"#{self.chance.choice(self.threads())} {said.text}"
        self.loop.vk.user_writes(peer, said.text, attachments=self._pictures(peer, said))

    def patient_looks_into_vk(self) -> None:
        """Somebody reads, and begins to type."""
        peer = self.chance.choice(PATIENTS)
        self.loop.vk.user_reads(peer)
        self.loop.vk.user_types(peer)

    def _pictures(self, owner: int, said: Said) -> list[dict[str, Any]]:
        return [self.loop.vk.photo(owner)] if said.has_file else []

    # --- Operators in VK -------------------------------------------------------------------------

    def operator_answers_by_number(self) -> None:
        """An operator names the dialogue, maybe with a picture."""
        self._answer(self.chance.choice(OPERATORS))

    def _answer(self, vk_id: int) -> None:
        if not self.threads():
            return
        number = self.chance.choice(self.threads())
        said = self.note("номер", number, has_file=self.chance.random() < 0.2)
        files = self._pictures(vk_id, said)
        self.loop.vk.user_writes(vk_id, f"#{number} {said.text}", attachments=files)

    def operator_replies(self) -> None:
        """An operator uses VK's own reply to something that we sent about a dialogue."""
        vk_id = self.chance.choice(OPERATORS)
        known = {
            row.random_id: row.thread_id
            for row in VkOutbox.objects.filter(peer_id=vk_id, state="sent", thread__isnull=False)
        }
        about = [one for one in self.loop.vk.received(vk_id) if one.random_id in known]
        if not about:
            return
        replied = self.chance.choice(about)
        said = self.note("реплай", known[replied.random_id])
        self.loop.vk.user_writes(vk_id, said.text, reply_to=replied)

    def operator_forgets_the_number(self) -> None:
        """An operator writes to nobody in particular."""
        said = self.note("общий", common_thread_id())
        self.loop.vk.user_writes(self.chance.choice(OPERATORS), said.text)

    def operator_mistypes_the_number(self) -> None:
        """An operator names what cannot be a dialogue."""
        said = self.note("мимо", None)
        number = self.chance.choice(["#0", "#999999", "#50.5", "#٥٠"])
        self.loop.vk.user_writes(self.chance.choice(OPERATORS), f"{number} {said.text}")

    def operator_presses_a_button(self) -> None:
        """An operator takes a dialogue, closes it, wants a canned reply or an answer back."""
        vk_id = self.chance.choice(OPERATORS)
        self._press(vk_id, self._shown(vk_id)[-4:])

    def operator_presses_an_old_button(self) -> None:
        """An operator scrolls up and presses what has been there for hours."""
        vk_id = self.chance.choice(OPERATORS)
        self._press(vk_id, self._shown(vk_id))

    def operator_chooses_a_canned_reply(self) -> None:
        """An operator chooses among the replies, if they are shown yet, or asks for them."""
        vk_id = self.chance.choice(OPERATORS)
        shown = self._shown(vk_id)
        offers = [one for one in shown if self._buttons(one, "reply")]
        self._press(vk_id, offers[-2:] or shown[-2:], "reply" if offers else "replies")

    def operator_takes_back_by_a_button(self) -> None:
        """An operator sees that the last answer was wrong, maybe too late."""
        self._take_back(self.chance.choice(OPERATORS))

    def _take_back(self, vk_id: int) -> None:
        echoes = [one for one in self._shown(vk_id) if self._buttons(one, "undo")]
        self._press(vk_id, echoes[-1:], "undo")

    def _shown(self, vk_id: int) -> list[Message]:
        return [one for one in self.loop.vk.received(vk_id) if one.keyboard]

    def _buttons(self, message: Message, command: str = "") -> list[dict[str, Any]]:
        """Return the buttons under a message, all or those that do one thing."""
        rows = message.keyboard["buttons"] if message.keyboard else []
        actions = [button["action"] for row in rows for button in row]
        return [one for one in actions if command in ("", payload_of(one)["cmd"])]

    def _press(self, vk_id: int, messages: list[Message], command: str = "") -> None:
        if not messages:
            return
        message = self.chance.choice(messages)
        actions = self._buttons(message, command)
        if not actions:
            return
        action = self.chance.choice(actions)
        told = payload_of(action)
        if told["cmd"] == "undo":
            self.taken_back.add(told["r"])
        if told["cmd"] == "reply":
            self.chosen.add(Chosen(vk_id, message.cmid, told["r"], told["t"]))
        self.loop.vk.press(vk_id, action["label"], message=message)

    def operator_regrets(self) -> None:
        """An operator takes the answer back that was just written, by the button or by a word."""
        vk_id = self.chance.choice(OPERATORS)
        self._answer(vk_id)
        self.loop.settle()
        if self.chance.random() < 0.5:
            self._take_back(vk_id)
            return
        self.said_undo.add(vk_id)
        held = VkReply.objects.filter(operator__vk_account__vk_id=vk_id, state="held")
        newest = held.order_by("pk").last()
        self.loop.vk.user_writes(vk_id, "отмена")
        self.loop.deliver()
        unread = VkEvent.objects.filter(peer_id=vk_id, state="new")
        texts = [event.body["object"].get("message", {}).get("text") for event in unread]
        if newest and texts == ["отмена"]:
            self.must_be_back.add(newest.pk)

    def operator_goes_and_comes(self) -> None:
        """One of the two is off duty for a while: the other one is told."""
        self.loop.vk.user_writes(OPERATORS[1], self.chance.choice(["смена", "не на смене"]))

    def manager_answers_in_vk(self) -> None:
        """Somebody answers a patient in VK's own interface."""
        peer = self.chance.choice(PATIENTS)
        # Only whoever wrote to the community can be answered there.
        if self.loop.vk.history(peer):
            self.loop.vk.manager_replies(peer, self.note("руками", -peer, is_renewed=True).text)

    # --- Operators at the desk -------------------------------------------------------------------

    def operator_answers_in_the_inbox(self) -> None:
        """An operator answers at a desk, maybe with a picture."""
        if not self.threads():
            return
        number = self.chance.choice(self.threads())
        said = self.note("стол", number, has_file=self.chance.random() < 0.3)
        files = []
        if said.has_file:
            picture = ContentFile(made.png(), name="схема.png")
            files = [attachments.store(picture, uploader=self.operator).pk]
        answer = Answer(client_id=uuid4(), text=said.text, attachments=files, anyway=True)
        messages.send_as_operator(self.operator, number, answer)

    def operator_changes_an_answer(self) -> None:
        """An operator corrects an answer, or takes it back, wherever it was written."""
        own = [(one, said) for one, said in self._answers() if one.author == self.operator]
        if not own:
            return
        message, said = self.chance.choice(own)
        try:
            if self.chance.random() < 0.3:
                messages.delete_as_operator(self.operator, message.pk)
                said.is_deleted = True
                return
            text = f"{said.text} точнее"
            messages.edit_as_operator(self.operator, message.pk, text)
            said.text, said.is_renewed = text, True
        except ChatError:
            # Too old, or VK would go on showing the former text.
            return

    def operator_sends_again(self) -> None:
        """An operator sees that an answer did not arrive."""
        failed = [(one, said) for one, said in self._answers() if one.delivery == "failed"]
        if failed:
            message, said = self.chance.choice(failed)
            vk_answers.resend_answer(message.pk)
            said.is_renewed = True

    def _answers(self) -> list[tuple[ChatMessage, Said]]:
        """Return the answers that stand in dialogues, without the canned ones."""
        stored = ChatMessage.objects.filter(sender="operator", deleted_at=None).order_by("pk")
        return [
            (message, said)
            for message in stored.select_related("author")
            if (said := self.find(message.text))
        ]

    def find(self, text: str) -> Said | None:
        """Return what was said in a text."""
        return next((self.said[word] for word in text.split() if word in self.said), None)
