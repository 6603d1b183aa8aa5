"""Every address of the chat, asked for by everybody: who gets what, and who gets nothing.

The addresses ask for the dialogue of one patient, the `visitor`; all others must find nothing of
it. A new address without a row here fails.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import uuid4

from django.contrib.auth.models import Group
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import get_resolver, reverse
from django.urls.resolvers import URLResolver
from django.utils import timezone

from wagtail.models import Site

import pytest

from accounts.models import User
from chat.models import (
    ChatBlock,
    ChatMessage,
    ChatReply,
    ChatSettings,
    ChatThread,
    ChatWidget,
    VkPeer,
)
from chat.services import files, messages, threads
from chat.services.files import Stored
from chat.services.messages import Answer
from tests.chat.calls import patterns, question
from tests.factories.chat import Patient, make_operator, old_ticket

pytestmark = pytest.mark.django_db

SECRET = "Тайна-пациента"
# In this order: those without a right first, so that what they do can be seen to change nothing.
PEOPLE = ("nobody", "other", "user", "editor", "deactivated", "operator", "head", "visitor")


@dataclass(frozen=True)
class Row:
    """A call: how it is made, and what each person is answered."""

    method: str
    expected: dict[str, int]
    body: Callable[["Scene"], Any] = lambda scene: {}
    arguments: Callable[["Scene"], list[Any]] = lambda scene: []
    query: Callable[["Scene"], str] = lambda scene: ""


def door(owner: int, others: int, **exceptions: int) -> dict[str, int]:
    """Return what the patients' door answers: staff is nobody special there."""
    return dict.fromkeys(PEOPLE, others) | {"visitor": owner} | exceptions


def inside(operator: int, head: int | None = None) -> dict[str, int]:
    """Return what the inbox's calls answer: nothing to who is signed out or has no right."""
    return {
        **dict.fromkeys(("nobody", "visitor", "other", "deactivated"), 401),
        **dict.fromkeys(("user", "editor"), 403),
        "operator": operator,
        "head": head or operator,
    }


@dataclass
class Scene:
    """The dialogue everybody is after, and the people."""

    people: dict[str, Patient]
    number: int
    message: int
    attachment: str
    others: int
    block: int

    @property
    def dialogue(self) -> list[int]:
        """The arguments of an address of the dialogue."""
        return [self.number]


def staff(name: str, group: str) -> User:
    """Return somebody of a group."""
    user = User.objects.create_user(f"{name}@example.org", first_name=name)
    user.groups.add(Group.objects.get(name=group))
    return user


@pytest.fixture
def scene(widget, monkeypatch: pytest.MonkeyPatch) -> Scene:
    """A patient's closed dialogue with a file and an answer; each of the others at a browser."""
    monkeypatch.setattr(files, "rewrite", lambda data: Stored(data, "image/jpeg", ".jpg"))
    people = {name: Patient() for name in PEOPLE}
    answering = make_operator("Светлана")
    owner = people["visitor"]
    owner.state()
    file = upload(owner).json()["id"]
    sent = owner.send(SECRET, attachments=[file]).json()
    number = sent["thread"]["number"]
    reply = Answer(client_id=uuid4(), text=f"{SECRET}: ответ")
    messages.send_as_operator(answering, number, reply)
    threads.close(answering, number)
    people["user"].client.force_login(User.objects.create_user("user@example.org"))
    others = people["other"].send("Своё").json()["thread"]["number"]
    people["user"].send("Своё")
    for name, group in [
        ("operator", "Операторы чата"),
        ("editor", "Редакторы"),
        ("deactivated", "Операторы чата"),
        ("head", "Заведующие"),
    ]:
        user = staff(name, group)
        people[name].client.force_login(user)
        if name == "deactivated":
            User.objects.filter(pk=user.pk).update(is_active=False)
    for person in people.values():
        person.state()
    # It was last written from a network that none of them is in.
    ChatThread.objects.filter(pk=number).update(network_hash="x", vk_peer_id=701)
    VkPeer.objects.create(peer_id=701, picture=b"\xff\xd8")
    block = ChatBlock.objects.create(
        kind=ChatBlock.Kind.NETWORK, value="x", until=timezone.now() + timedelta(days=1)
    )
    return Scene(people, number, sent["message"]["id"], file, others, block.pk)


def upload(person: Patient, address: str = "/chat/api/attachments/") -> Any:
    """Let somebody send up a file."""
    return person.client.post(
        address,
        {"file": SimpleUploadedFile("x.jpg", b"x"), "ticket": old_ticket()},
        headers={"X-CSRFToken": person.csrf},
    )


# Who has a dialogue of their own is answered for that one: never for the patient's.
OWN = {"other": 200, "user": 200}
# Screens lead to the way in, or say that it is not for them.
SCREENS = dict.fromkeys(PEOPLE, 302) | {"editor": 403}
MATRIX: dict[str, Row] = {
    "chat": Row("GET", door(200, 200)),
    "chat_state": Row("GET", door(200, 200)),
    "chat_messages": Row("GET", door(200, 404, **OWN), query=lambda scene: "?before=99"),
    "chat_messages POST": Row("POST", door(201, 201), body=lambda scene: question(text="Ещё")),
    # It has been answered: even its author changes nothing any more.
    "chat_message_edit": Row(
        "POST",
        door(400, 404),
        body=lambda scene: {"text": "Чужая рука"},
        arguments=lambda scene: [scene.message],
    ),
    "chat_message_delete": Row("POST", door(200, 404), arguments=lambda scene: [scene.message]),
    "chat_events": Row(
        "GET",
        door(200, 404, other=409, user=409),
        query=lambda scene: f"?thread={scene.number}&after=0",
    ),
    "chat_read": Row("POST", door(200, 404, **OWN), body=lambda scene: {"upto": 1}),
    "chat_typing": Row("POST", door(204, 404, other=204, user=204)),
    "chat_upload": Row("POST", door(201, 201)),
    "chat_attachment": Row("GET", door(200, 404), arguments=lambda scene: [scene.attachment]),
    "chat_contact": Row(
        "POST", door(200, 404, **OWN), body=lambda scene: {"name": "Я", "email": ""}
    ),
    # The others' own dialogues are open: nothing to rate yet.
    "chat_rating": Row(
        "POST",
        door(200, 404, other=400, user=400),
        body=lambda scene: {"score": 1, "comment": "Плохо"},
    ),
    "chat_transcript": Row("GET", door(200, 404, **OWN)),
    "chat_forget": Row("POST", door(204, 204)),
    "chat_stream": Row("GET", door(501, 501)),
    # VK alone knows the secret.
    "chat_vk_callback": Row("POST", door(403, 403)),
    "chat_vk": Row("GET", SCREENS | {"operator": 403, "head": 200}),
    "chat_vk_setup": Row("GET", SCREENS | {"operator": 403, "head": 200}),
    "chat_vk_operators": Row("GET", SCREENS | {"operator": 403, "head": 200}),
    "chat_vk_mine": Row("GET", SCREENS | {"operator": 200, "head": 200}),
    # --- The inbox
    "chat_inbox": Row("GET", SCREENS | {"operator": 200, "head": 200}),
    "chat_reports": Row("GET", SCREENS | {"operator": 403, "head": 200}),
    "chat_inbox_calls": Row("GET", dict.fromkeys(PEOPLE, 404)),
    "chat_inbox_state": Row("GET", inside(200)),
    "chat_inbox_threads": Row("GET", inside(200)),
    "chat_inbox_common": Row("GET", inside(200)),
    "chat_inbox_search": Row("GET", inside(200), query=lambda scene: "?q=Тайна"),
    "chat_inbox_badge": Row("GET", inside(200)),
    "chat_inbox_replies": Row("GET", inside(200)),
    "chat_inbox_content": Row("GET", inside(200), query=lambda scene: "?q=ттг"),
    "chat_inbox_upload": Row("POST", inside(201)),
    "chat_inbox_attachment": Row("GET", inside(200), arguments=lambda scene: [scene.attachment]),
    "chat_inbox_open": Row("GET", inside(200), arguments=lambda scene: scene.dialogue),
    "chat_inbox_picture": Row("GET", inside(200), arguments=lambda scene: scene.dialogue),
    "chat_inbox_changes": Row(
        "GET", inside(200), arguments=lambda scene: scene.dialogue, query=lambda scene: "?after=0"
    ),
    "chat_inbox_messages": Row(
        "GET", inside(200), arguments=lambda scene: scene.dialogue, query=lambda scene: "?before=9"
    ),
    "chat_inbox_messages POST": Row(
        "POST",
        inside(201),
        arguments=lambda scene: scene.dialogue,
        body=lambda scene: {"client_id": str(uuid4()), "text": "Ответ"},
    ),
    "chat_inbox_read": Row(
        "POST", inside(204), arguments=lambda scene: scene.dialogue, body=lambda scene: {"upto": 1}
    ),
    "chat_inbox_typing": Row("POST", inside(204), arguments=lambda scene: scene.dialogue),
    "chat_inbox_looking": Row("POST", inside(204), arguments=lambda scene: scene.dialogue),
    "chat_inbox_draft": Row(
        "POST",
        inside(204),
        arguments=lambda scene: scene.dialogue,
        body=lambda scene: {"kind": "note", "text": "Черновик"},
    ),
    "chat_inbox_assign": Row("POST", inside(200), arguments=lambda scene: scene.dialogue),
    "chat_inbox_close": Row("POST", inside(200), arguments=lambda scene: scene.dialogue),
    "chat_inbox_reopen": Row("POST", inside(200), arguments=lambda scene: scene.dialogue),
    "chat_inbox_merge": Row(
        "POST",
        inside(403, 200),
        arguments=lambda scene: scene.dialogue,
        body=lambda scene: {"into": scene.others},
    ),
    "chat_inbox_block": Row(
        "POST",
        inside(403, 200),
        arguments=lambda scene: scene.dialogue,
        body=lambda scene: {"kind": "thread", "hours": 1, "reason": ""},
    ),
    "chat_inbox_unblock": Row(
        "POST",
        inside(403, 200),
        arguments=lambda scene: scene.dialogue,
        body=lambda scene: {"block": scene.block},
    ),
    # Nobody changes another's words, whatever their rights.
    "chat_inbox_edit": Row(
        "POST",
        inside(404),
        arguments=lambda scene: [scene.message],
        body=lambda scene: {"text": "Чужая рука"},
    ),
    "chat_inbox_resend": Row("POST", inside(200), arguments=lambda scene: [scene.message]),
    "chat_inbox_delete": Row("POST", inside(404), arguments=lambda scene: [scene.message]),
}


def test_every_address_has_a_row():
    named = {
        pattern.name
        for prefix in ("chat/", "admin/chat/")
        for _route, pattern in patterns(prefix)
        if pattern.name
    }
    assert named == {name.split()[0] for name in MATRIX}


def ask(scene: Scene, person: Patient, name: str) -> Any:
    """Let somebody make a call."""
    row = MATRIX[name]
    if name.endswith("upload"):
        return upload(person, reverse(name))
    address = reverse(name.split()[0], args=row.arguments(scene)) + row.query(scene)
    if row.method == "GET":
        return person.client.get(address)
    return person.client.post(
        address,
        row.body(scene),
        content_type="application/json",
        headers={"X-CSRFToken": person.csrf},
    )


def content(answer: Any) -> str:
    """Return the whole body of an answer."""
    whole = b"".join(answer) if answer.streaming else answer.content
    return whole.decode() + str(answer.headers)


@pytest.mark.parametrize("name", MATRIX)
def test_everybody_gets_their_own_and_nothing_of_the_patients(scene: Scene, name: str):
    for who in PEOPLE:
        answer = ask(scene, scene.people[who], name)
        expected = MATRIX[name].expected[who]
        assert answer.status_code == expected, (name, who, answer.content[:200])
        is_inside = who in {"operator", "head"} and name.startswith(("chat_inbox", "chat_reports"))
        if who != "visitor" and not (is_inside and expected < 400):
            assert SECRET not in content(answer), (name, who)
            # Not even as JSON escapes.
            assert SECRET.encode("unicode_escape").decode() not in content(answer), (name, who)
        if not is_inside and who != "visitor":
            unharmed(scene)


def unharmed(scene: Scene) -> None:
    """Check that nothing of the patient's dialogue has changed."""
    thread = ChatThread.objects.get(pk=scene.number)
    assert (thread.status, thread.last_seq, thread.visitor_read_seq, thread.name) == (
        "closed",
        4,
        0,
        "",
    )
    assert thread.visitor_hash
    assert ChatMessage.objects.get(pk=scene.message).text == SECRET
    assert not thread.ratings.exists()


def test_foreign_and_missing_are_refused_in_the_same_words(scene: Scene):
    for name, missing in [("chat_message_edit", 424242), ("chat_attachment", uuid4())]:
        for who in PEOPLE:
            person = scene.people[who]
            if who == "visitor":
                continue
            foreign = ask(scene, person, name)
            if name == "chat_attachment":
                absent = person.client.get(reverse(name, args=[missing]))
            else:
                absent = person.post(f"messages/{missing}/edit/", {"text": "x"})
            assert (foreign.status_code, foreign.content) == (404, absent.content)


# --- Wagtail's screens ---------------------------------------------------------------------------

HEADS, EDITORS = {"head"}, {"head", "editor"}
# Whoever works in the admin may choose a snippet by its title: Wagtail's rule.
STAFF = {"head", "editor", "operator"}
MANAGED: dict[str, set[str]] = {
    "wagtailsnippets_chat_chatreply": HEADS,
    "wagtailsnippets_chat_chatwidget": EDITORS,
    "wagtailsnippetchoosers_chat_chatreply": STAFF,
    "wagtailsnippetchoosers_chat_chatwidget": STAFF,
}
CREATORS = {
    "wagtailsnippetchoosers_chat_chatreply:create": HEADS,
    "wagtailsnippetchoosers_chat_chatwidget:create": EDITORS,
}


def screens() -> dict[str, list[str]]:
    """Return the addresses of Wagtail's screens for models of the chat: {name: its arguments}."""
    spaces: dict[str, URLResolver] = {}

    def walk(resolver: URLResolver) -> None:
        for one in resolver.url_patterns:
            if isinstance(one, URLResolver):
                if one.namespace:
                    spaces[one.namespace] = one
                walk(one)

    walk(get_resolver())
    return {
        f"{space}:{pattern.name}": list(pattern.pattern.regex.groupindex)
        for space, resolver in spaces.items()
        if "_chat_" in space
        for pattern in resolver.url_patterns
    }


def kept() -> list[Any]:
    """Return all that these screens change."""
    return [list(model.objects.values()) for model in (ChatReply, ChatWidget, ChatSettings)]


def only(scene: Scene, address: str, allowed: set[str]) -> None:
    """Check that some see a screen, and that the others see nothing and change nothing."""
    before = kept()
    for who in PEOPLE:
        person = scene.people[who]
        answer = person.client.get(address)
        if who in allowed:
            assert answer.status_code == 200, (address, who)
            continue
        sent = person.client.post(
            address, {"title": "Чужая рука"}, headers={"X-CSRFToken": person.csrf}
        )
        for refused in (answer, sent):
            assert refused.status_code == 302, (address, who, refused.content[:200])
            assert refused.headers["Location"].startswith("/admin/")
            assert SECRET not in content(refused)
        assert kept() == before, (address, who)


def test_every_model_that_staff_manages_has_a_row():
    assert {name.split(":")[0] for name in screens()} == set(MANAGED)


@pytest.mark.parametrize("name", screens())
def test_canned_replies_and_widgets_are_for_those_who_may_manage_them(scene: Scene, name: str):
    space = name.split(":")[0]
    model = {"chatreply": ChatReply, "chatwidget": ChatWidget}[space.rpartition("_")[2]]
    ChatReply.objects.create(title="Адрес", text=SECRET, shortcut="adres")
    one = model.objects.get()
    revision = one.save_revision().pk
    values = {
        "pk": one.pk,
        "revision_id": revision,
        "revision_id_a": "earliest",
        "revision_id_b": "latest",
    }
    address = reverse(name, kwargs={each: values[each] for each in screens()[name]})
    only(scene, address, CREATORS.get(name, MANAGED[space]))


def test_settings_of_the_chat_are_for_those_who_may_change_them(scene: Scene):
    site = Site.objects.get(is_default_site=True)
    address = reverse("wagtailsettings:edit", args=["chat", "chatsettings", site.pk])
    only(scene, address, EDITORS)
