"""What was said against what was kept and shown: nothing lost, nothing twice, all in order."""

from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from chat.models import ChatMessage, ChatThread
from tests.e2e.chaos.operators import Operator, answer_to
from tests.e2e.chaos.patients import Patient, Said
from tests.e2e.chaos.proxy import Line


@dataclass
class Figures:
    """What came out of a scenario."""

    name: str
    sent: int = 0
    lost: int = 0
    doubled: int = 0
    disordered: int = 0
    repeats: int = 0
    faults: int = 0
    ways: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0

    def compare(self, expected: Sequence[Hashable], got: Sequence[Hashable]) -> None:
        """Count what is missing from a view, what is in it once too often, what stands wrong."""
        self.lost += (Counter(expected) - Counter(got)).total()
        self.doubled += (Counter(got) - Counter(expected)).total()
        places = {one: place for place, one in enumerate(expected)}
        order = [places[one] for one in got if one in places]
        self.disordered += sum(after < before for before, after in pairwise(order))

    def travelled(self, line: Line) -> None:
        """Add what went over a line."""
        self.repeats += line.repeats
        self.faults += line.met.total()
        self.ways += line.brought

    def __str__(self) -> str:
        ways = " ".join(f"{way} {count}" for way, count in sorted(self.ways.items()))
        return (
            f"{self.name:<34} sent {self.sent:>5}  lost {self.lost}  doubled {self.doubled}  "
            f"out of order {self.disordered}  repeats {self.repeats:>3}  faults {self.faults:>3}  "
            f"{self.seconds:5.1f} s  {ways}"
        )


def number_of(patient: Patient) -> int:
    """Return the number of the patient's dialogue."""
    return ChatThread.objects.get(visitor_hash=patient.secret_hash).pk


def check(figures: Figures, patient: Patient, operators: Sequence[Operator]) -> None:
    """Hold all views of a dialogue against each other and count what differs.

    They are: what was said, the database, each tab of the patient's, a fresh browser, each
    operator's screen as the changes filled it, and the dialogue as an operator opens it now.
    """
    number = number_of(patient)
    thread = ChatThread.objects.get(pk=number)
    rows = list(
        ChatMessage.objects.filter(thread=thread)
        .order_by("seq")
        .values_list("seq", "sender", "kind", "text")
    )
    figures.compare(range(1, thread.last_seq + 1), [seq for seq, *_rest in rows])

    public: list[Said] = [
        (sender, text) for _seq, sender, kind, text in rows if sender != "system" and kind != "note"
    ]
    questions = [text for sender, text in public if sender == "visitor"]
    answers = [text for sender, text in public if sender == "operator"]
    everywhere: set[str] = set()
    for desk in (*patient.tabs, *patient.closed):
        said = set(desk.said)
        everywhere |= said
        figures.compare(desk.said, [text for text in questions if text in said])
    figures.compare([], [text for text in questions if text not in everywhere])
    figures.compare([answer_to(text) for text in questions], answers)

    for desk in [*patient.tabs, patient.elsewhere()]:
        figures.compare(public, desk.shown(len(public)))
    for operator in operators:
        for view in (operator.heard(number), operator.whole(number)):
            figures.compare(
                [(seq, text) for seq, sender, _kind, text in rows if sender != "system"],
                [(one["seq"], one["text"]) for one in view if one["sender"] != "system"],
            )
    figures.sent += len(public)
    figures.travelled(patient.line)
