"""The demo inbox looks like one on a busy day: in all states, and nothing of it in the future."""

from datetime import timedelta

from django.core.management import CommandError, call_command
from django.utils import timezone

import pytest

from accounts import demo
from chat.models import ChatMessage, ChatRating, ChatThread, ChatWait
from tests.factories.chat import Patient

pytestmark = pytest.mark.django_db


@pytest.fixture
def people(widget) -> None:
    """The staff of the demo site."""
    demo.add_people()


def test_inbox_of_the_demo_shows_every_state(people):
    call_command("seed_chat")
    dialogues = ChatThread.objects.filter(is_common=False)
    now = timezone.now()
    assert dialogues.count() == 40
    waiting = dialogues.filter(waiting_since__isnull=False).order_by("waiting_since")
    assert waiting.count() >= 8
    assert waiting.first().waiting_since < now - timedelta(hours=1)
    assert waiting.last().waiting_since > now - timedelta(minutes=5)
    assert dialogues.filter(status="closed").count() >= 15
    assert dialogues.filter(assignee__isnull=False).values("assignee").distinct().count() == 3
    assert ChatMessage.objects.filter(kind="note", sender="operator").count() >= 4
    assert ChatThread.objects.get(is_common=True).messages.count() == 4
    assert set(ChatRating.objects.values_list("score", flat=True)) == {1, 2, 3, 4, 5}
    # The reports have two weeks to show.
    days = {timezone.localdate(wait.started_at) for wait in ChatWait.objects.all()}
    assert len(days) >= 12
    assert ChatWait.objects.filter(answered=False).exists()
    assert ChatWait.objects.values("operator").distinct().count() >= 3
    for wait in ChatWait.objects.all():
        assert timedelta(0) <= wait.ended_at - wait.started_at <= timedelta(minutes=30)
    assert not ChatMessage.objects.filter(created_at__gt=now).exists()
    assert not ChatRating.objects.filter(created_at__gt=now).exists()
    for thread in ChatThread.objects.filter(is_common=False):
        times = list(thread.messages.order_by("seq").values_list("created_at", flat=True))
        assert times == sorted(times)
        assert thread.created_at == times[0]
        assert thread.last_message_at == times[-1]


def test_demo_is_added_once_and_never_among_real_conversations(people, capsys):
    call_command("seed_chat")
    call_command("seed_chat")
    assert ChatThread.objects.filter(is_common=False).count() == 40
    ChatThread.objects.filter(is_common=False).delete()
    Patient().send("Настоящий вопрос")
    call_command("seed_chat")
    assert ChatThread.objects.filter(is_common=False).count() == 1
    assert "Added 0" in capsys.readouterr().out


def test_site_without_operators_or_chat_gets_no_demo_conversations(db, settings):
    with pytest.raises(CommandError):
        call_command("seed_chat")


def test_servers_have_no_demo_people_and_so_no_demo_conversations(widget):
    call_command("seed_chat")
    assert not ChatThread.objects.filter(is_common=False).exists()
