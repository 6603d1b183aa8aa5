"""What must not happen at VK's door: an event lost, an answer of 500, a stranger let in."""

import json
import logging
from typing import Any

from django.db import InterfaceError, OperationalError
from django.test import Client
from django.utils import timezone

import pytest

from chat.management.commands.run_vk import Round, repeat
from chat.models import ChatMessage, VkEvent, VkState
from chat.services import messages, vk_events
from chat.vk import reconcile, work
from chat.vk.client import VkClient
from tests.factories.vk import event, message_new, post, receive

pytestmark = pytest.mark.django_db

PATIENT = 701


def drop(data: dict[str, Any], *names: str) -> dict[str, Any]:
    """Return an event without some of its fields."""
    return {name: value for name, value in data.items() if name not in names}


# --- Who knocks -----------------------------------------------------------------------------------


def test_event_with_no_secret_at_all_is_refused():
    assert post(drop(message_new(PATIENT, "Раз"), "secret")).status_code == 403
    assert not VkEvent.objects.exists()


@pytest.mark.parametrize(
    ("secrets", "status"), [(("x", "test-secret"), 200), (("test-secret", "x"), 403)]
)
def test_of_two_secrets_in_one_event_the_last_counts(secrets: tuple[str, str], status: int):
    raw = json.dumps(drop(message_new(PATIENT, "Раз"), "secret"))
    for secret in secrets:
        raw = f'{raw[:-1]}, "secret": "{secret}"}}'
    assert post(raw).status_code == status
    assert ChatMessage.objects.exists() == (status == 200)


def test_confirmation_that_is_missing_is_an_empty_answer_and_an_alarm(
    settings: Any, caplog: pytest.LogCaptureFixture
):
    settings.VK_CALLBACK_CONFIRMATION = ""
    response = receive({"type": "confirmation", "group_id": 224584658})
    assert (response.status_code, response.content) == (503, b"")
    assert [record.levelno for record in caplog.records if "chat.vk" in record.name] == [
        logging.ERROR
    ]


def test_too_large_an_event_leaves_a_line_in_the_log(caplog: pytest.LogCaptureFixture):
    receive(message_new(PATIENT, "x" * 2_200_000))
    assert "too large" in caplog.text


@pytest.mark.parametrize("path", ["/chat/vk/callback/", "/chat/vk/callback"])
def test_redirect_to_https_never_stands_between_vk_and_the_door(settings: Any, path: str):
    settings.SECURE_SSL_REDIRECT = True
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    response = Client(enforce_csrf_checks=True).post(
        path,
        json.dumps(message_new(PATIENT, "Раз")),
        content_type="application/json",
        headers={"X-Forwarded-Proto": "https"},
    )
    assert response.content == b"ok"


# --- What it brings -------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["a\ud83d", "a\x00b", "\ud83d" * 60, 5, None, ["x"], {}])
def test_odd_type_is_kept_and_ignored(kind: Any):
    assert post(event("", {"x": 1}) | {"type": kind}).content == b"ok"
    assert VkEvent.objects.get().state == VkEvent.State.IGNORED


@pytest.mark.parametrize("event_id", ["a\ud83d", "a\x00b", "\ud83d" * 200, "x" * 5000, 7, -1])
def test_odd_event_id_tells_events_apart_all_the_same(event_id: Any):
    data = message_new(PATIENT, "Раз") | {"event_id": event_id}
    assert [post(data).content for _ in range(2)] == [b"ok"] * 2
    assert VkEvent.objects.get().state == VkEvent.State.DONE


@pytest.mark.parametrize("event_id", [True, 1.5, None, [], {"x": 1}, "", 2**63])
def test_event_without_a_usable_id_is_known_by_what_it_says(event_id: Any):
    data = message_new(PATIENT, "Раз") | {"event_id": event_id}
    for one in (data, data, message_new(PATIENT, "Два") | {"event_id": event_id}):
        assert post(one).content == b"ok"
    assert VkEvent.objects.count() == 2


@pytest.mark.parametrize("levels", [150, 480, 900])
def test_abyss_of_nested_lists_is_no_error_of_ours(levels: int):
    data = json.dumps(message_new(PATIENT, "Раз", extra="HERE"))
    raw = data.replace('"HERE"', "[" * levels + "]" * levels)
    response = post(raw)
    assert response.status_code in {200, 400}
    assert ChatMessage.objects.exists() == (response.status_code == 200)


@pytest.mark.parametrize("number", ["true", "1.0", '"7"', "-1", str(2**63), "1e999", "null", "[]"])
def test_odd_number_of_a_message_is_not_taken_for_an_id(number: str):
    raw = json.dumps(message_new(PATIENT, "Раз", id="HERE", conversation_message_id=14))
    assert post(raw.replace('"HERE"', number)).content == b"ok"
    assert ChatMessage.objects.get().vk_message_id == f"{PATIENT}:14"


@pytest.mark.parametrize(
    "number",
    ["NaN", "Infinity", "-Infinity", pytest.param("9" * 5000, id="of 5000 digits")],
)
@pytest.mark.parametrize("name", ["id", "conversation_message_id", "peer_id", "date"])
def test_number_that_no_column_and_no_json_knows_is_a_clear_error(name: str, number: str):
    raw = json.dumps(message_new(PATIENT, "Раз", **{name: "HERE"}))
    assert post(raw.replace('"HERE"', number)).status_code == 400
    assert not VkEvent.objects.exists()


def test_second_event_under_one_id_is_put_where_somebody_looks(caplog: pytest.LogCaptureFixture):
    first = message_new(PATIENT, "Первое")
    other = message_new(PATIENT, "Второе") | {"event_id": first["event_id"]}
    for data in (first, other, other, first):
        assert post(data).content == b"ok"
    assert ChatMessage.objects.get().text == "Первое"
    aside = VkEvent.objects.get(state=VkEvent.State.QUARANTINED)
    assert aside.body["object"]["message"]["text"] == "Второе"
    assert "id of another event" in caplog.text
    assert "Второе" not in caplog.text
    vk_events.process_again([aside.pk])
    post(message_new(PATIENT, "Третье"))
    assert set(ChatMessage.objects.values_list("text", flat=True)) == {
        "Первое",
        "Второе",
        "Третье",
    }


@pytest.mark.parametrize("change", ["another version", "another shape", "another reader"])
def test_same_event_in_another_envelope_troubles_nobody(change: str):
    first = message_new(PATIENT, "Раз")
    inner = first["object"]["message"]
    changes = {
        "another version": {"v": "5.200"},
        "another shape": {"v": "5.92", "object": inner},
        "another reader": {"object": {"message": inner, "client_info": {"keyboard": True}}},
    }
    for data in (first, first | changes[change]):
        assert post(data).content == b"ok"
    assert VkEvent.objects.get().state == VkEvent.State.DONE


def test_warning_about_the_version_is_an_alarm_whatever_event_it_stands_for(
    caplog: pytest.LogCaptureFixture,
):
    post(event("wall_post_new", {"warning": "You are using a deprecated API version"}))
    kept = VkEvent.objects.get()
    assert (kept.state, kept.reason) == ("quarantined", "VK's warning in place of what happened")
    assert [record.levelno for record in caplog.records if "VK warns" in record.message] == [
        logging.ERROR
    ]


def test_message_event_without_an_object_is_kept_for_a_person():
    assert post(drop(message_new(PATIENT, "Раз"), "object")).content == b"ok"
    assert VkEvent.objects.get().state == VkEvent.State.QUARANTINED


def test_oldest_shape_without_a_number_is_kept_for_a_person():
    post(event("message_new", {"user_id": PATIENT, "body": "Раз"}, v="5.50"))
    assert VkEvent.objects.get().reason == "the message has no id"


def test_oldest_shape_with_a_number_is_understood():
    post(event("message_new", {"id": 5, "user_id": PATIENT, "body": "Раз"}, v="5.50"))
    assert ChatMessage.objects.get().text == "Раз"


def test_two_messages_of_a_chat_without_ids_are_two():
    for cmid in (4, 5):
        post(message_new(PATIENT, "Раз", id=0, conversation_message_id=cmid))
    assert ChatMessage.objects.count() == 2


# --- What is out of order in our own house --------------------------------------------------------


def test_vk_is_never_called_while_it_waits_for_an_answer(monkeypatch: pytest.MonkeyPatch):
    def dead(client: VkClient, method: str, **params: Any) -> Any:
        raise AssertionError("a call to VK within the request")

    monkeypatch.setattr(VkClient, "call", dead)
    assert receive(message_new(PATIENT, "Раз")).content == b"ok"


@pytest.mark.parametrize("error", [OperationalError, InterfaceError])
@pytest.mark.parametrize("name", ["keep", "confirmation"])
def test_vk_is_asked_to_come_again_while_the_database_is_away(
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    error: type[Exception],
    name: str,
):
    def away(**fields: Any) -> Any:
        raise error("Failing row contains (Раз)")

    data = message_new(PATIENT, "Раз")
    with monkeypatch.context() as patch:
        patch.setattr(vk_events, name, away)
        response = receive(data if name == "keep" else data | {"type": "confirmation"})
    assert (response.status_code, response.headers["Retry-After"]) == (503, "10")
    assert error.__name__ in caplog.text
    assert "Раз" not in caplog.text
    assert post(data).content == b"ok"
    assert ChatMessage.objects.get().text == "Раз"


@pytest.mark.parametrize("error", [OperationalError, InterfaceError])
def test_worker_goes_on_when_the_database_is_back(error: type[Exception]):
    rounds = []

    class Stop:
        """Stops after the third round and never sleeps."""

        def is_set(self) -> bool:
            return len(rounds) == 3

        def wait(self, seconds: float) -> None:
            pauses.append(seconds)

    def run_once() -> int:
        rounds.append(1)
        if len(rounds) == 1:
            raise error("the connection is closed")
        return 1

    pauses: list[float] = []
    repeat(run_once, Stop())  # type: ignore[arg-type]
    assert pauses == [5.0]


def test_worker_that_began_without_a_database_looks_back_all_the_same(
    monkeypatch: pytest.MonkeyPatch,
):
    VkState.objects.update(last_event_at=timezone.now(), gap_since=None)
    worker = Round()
    with monkeypatch.context() as patch:
        patch.setattr(reconcile.vk_state, "get", _away)
        with pytest.raises(OperationalError):
            worker.run_once()
    worker.run_once()
    assert VkState.objects.get().gap_since


def _away() -> Any:
    raise OperationalError("nobody there")


def test_event_that_another_worker_read_after_a_bug_is_not_read_again(
    monkeypatch: pytest.MonkeyPatch,
):
    postpone = vk_events.postpone
    receive(message_new(PATIENT, "Раз"))
    with monkeypatch.context() as patch:

        def late(kept: VkEvent, reason: str) -> None:
            patch.undo()
            work.run_once()
            postpone(kept, reason)

        patch.setattr(messages, "send_from_vk", lambda *args, **fields: 1 / 0)
        patch.setattr(vk_events, "postpone", late)
        work.run_once()
    kept = VkEvent.objects.get()
    assert (kept.state, kept.attempts) == ("done", 0)
    assert ChatMessage.objects.get().text == "Раз"


def test_bug_of_ours_costs_no_event(monkeypatch: pytest.MonkeyPatch, loop: Any):
    with monkeypatch.context() as patch:
        patch.setattr(messages, "send_from_vk", lambda *args, **fields: 1 / 0)
        loop.vk.user_writes(PATIENT, "Раз")
        loop.settle()
        kept = VkEvent.objects.get(type="message_new")
        assert (kept.state, kept.attempts, kept.reason) == ("new", 1, "ZeroDivisionError")
        for _ in range(7):
            loop.after(300)
        kept.refresh_from_db()
        assert (kept.state, kept.attempts) == ("quarantined", 8)
    assert {attempt.status for attempt in loop.vk.attempts} == {200}
    vk_events.process_again([kept.pk])
    loop.settle()
    assert ChatMessage.objects.get(sender="visitor").text == "Раз"
