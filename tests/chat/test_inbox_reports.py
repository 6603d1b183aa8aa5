"""The reports of the chat: right figures, for heads alone, and a workbook without a trap."""

from datetime import datetime, timedelta
from io import BytesIO
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

from django.contrib.auth.models import Group
from django.test import Client
from django.utils import timezone

import pytest
from openpyxl import load_workbook

from accounts.models import User
from chat.models import ChatMessage, ChatRating, ChatThread, ChatWait
from chat.selectors import reports
from tests.factories.chat import make_operator

pytestmark = pytest.mark.django_db

REPORTS = "/admin/chat/reports/"
MOSCOW = ZoneInfo("Europe/Moscow")
DAY = {"first": "2026-11-02", "last": "2026-11-03"}


@pytest.fixture
def head(db: None) -> Client:
    """The head of the laboratory in the admin."""
    user = User.objects.create_user("head@example.org", first_name="Фатима")
    user.groups.add(Group.objects.get(name="Заведующие"))
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def period() -> reports.Period:
    """Two days of November."""
    return reports.Period(datetime(2026, 11, 2).date(), datetime(2026, 11, 3).date())  # noqa: DTZ001


def wait(hour: int, minutes: int, operator: User | None = None, **fields: Any) -> ChatWait:
    """Let a patient wait on the second of November, by the laboratory's clock."""
    begun = datetime(2026, 11, 2, hour, 30, tzinfo=MOSCOW)
    thread = ChatThread.objects.create(visitor_hash=uuid4().hex)
    return ChatWait.objects.create(
        **(
            {
                "thread": thread,
                "started_at": begun,
                "ended_at": begun + timedelta(minutes=minutes),
                "operator": operator,
                "answered": operator is not None,
                "is_first": True,
            }
            | fields
        )
    )


def test_half_and_nine_of_ten(period: reports.Period):
    operator = make_operator()
    for minutes in range(1, 12):
        wait(9, minutes, operator)
    wait(9, 60, None)
    wait(9, 1, operator, is_first=False)
    found = reports.waiting(period)
    assert (found.answered, found.missed) == (12, 1)
    assert (found.first, found.first_p90) == (6 * 60, 10 * 60)
    by_hour = reports.waiting_by_hour(period)
    assert by_hour[9] == found
    assert by_hour[8].median is None
    assert [one.answered for one in reports.waiting_by_day(period).values()] == [12, 0]


def test_late_evening_belongs_to_its_own_day(period: reports.Period):
    late = wait(23, 1, make_operator())
    assert late.started_at.astimezone(ZoneInfo("UTC")).date() == period.first
    assert reports.waiting_by_hour(period)[23].answered == 1
    other = reports.Period(period.last, period.last)
    assert reports.waiting(other).answered == 0


def test_work_of_each_operator(period: reports.Period):
    one, two = make_operator("Мария"), make_operator("Нина")
    waited = wait(9, 5, one)
    wait(10, 15, two)
    at = datetime(2026, 11, 2, 9, 40, tzinfo=MOSCOW)
    for seq in (1, 2):
        message = ChatMessage.objects.create(
            thread=waited.thread, seq=seq, version=seq, sender="operator", author=one, text="Да"
        )
        ChatMessage.objects.filter(pk=message.pk).update(created_at=at)
    rating = ChatRating.objects.create(
        thread=waited.thread, closed_seq=3, operator=one, score=4, comment="Хорошо"
    )
    ChatRating.objects.filter(pk=rating.pk).update(created_at=at)
    first, second = reports.by_operator(period)
    assert (first.name, first.messages, first.ratings, first.score) == ("Мария", 2, 1, 4)
    assert (second.name, second.messages, second.waiting.median) == ("Нина", 0, 15 * 60)
    assert reports.scores(period) == {1: 0, 2: 0, 3: 0, 4: 1, 5: 0}


def test_report_is_for_heads(head: Client, client: Client):
    assert head.get(REPORTS).status_code == 200
    client.force_login(make_operator())
    assert client.get(REPORTS).status_code == 403


def test_report_of_days_without_anything_is_drawn(head: Client):
    page = head.get(REPORTS, DAY).content.decode()
    assert "За эти дни ничего не было." in page


def test_charts_have_tables_beside_them(head: Client):
    wait(9, 5, make_operator("Мария"))
    page = head.get(REPORTS, DAY).content.decode()
    assert 'role="img"' in page
    assert "То же таблицей" in page
    assert "Мария" in page
    assert "style=" not in page.split('class="cr-summary"')[1]


def test_average_of_the_ratings_is_told_to_a_tenth(head: Client):
    thread = ChatThread.objects.create(visitor_hash=uuid4().hex)
    at = datetime(2026, 11, 2, 12, tzinfo=MOSCOW)
    for seq, score in enumerate((5, 4, 4), start=1):
        rating = ChatRating.objects.create(thread=thread, closed_seq=seq, score=score)
        ChatRating.objects.filter(pk=rating.pk).update(created_at=at)
    page = head.get(REPORTS, DAY).content.decode()
    assert "4,3" in page


@pytest.mark.parametrize(
    "query",
    [
        {"first": "x", "last": "2026-11-03"},
        {"first": "2026-11-03", "last": "2026-11-02"},
        {"first": "2020-01-01", "last": "2026-11-02"},
        {"first": "2026-11-03"},
        {"first": "0001-01-01", "last": "0001-01-01"},
        {"first": "9999-12-31", "last": "9999-12-31"},
    ],
)
def test_rubbish_for_a_period_is_no_error(head: Client, query: dict[str, str]):
    assert head.get(REPORTS, query).status_code == 200
    assert head.get(REPORTS, query | {"export": "xlsx"}).status_code == 200


def test_workbook_has_all_tables_and_no_formula(head: Client):
    operator = make_operator("=Мария")
    waited = wait(9, 5, operator)
    rating = ChatRating.objects.create(
        thread=waited.thread, closed_seq=3, operator=operator, score=5, comment="=1+1"
    )
    at = datetime(2026, 11, 2, 9, 40, tzinfo=MOSCOW)
    ChatRating.objects.filter(pk=rating.pk).update(created_at=at)
    answer = head.get(REPORTS, DAY | {"export": "xlsx"})
    book = load_workbook(BytesIO(answer.content))
    assert len(book.sheetnames) == 6
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    assert "=1+1" in [cell.value for cell in cells]
    assert {cell.data_type for cell in cells} <= {"s", "n", "d"}


def test_report_of_a_year_costs_few_queries(head: Client, django_assert_max_num_queries: Any):
    for hour in range(5):
        wait(hour, 5, make_operator())
    head.get(REPORTS)
    with django_assert_max_num_queries(30):
        head.get(REPORTS, {"first": "2025-11-25", "last": "2026-11-25"})


def test_who_waits_now_is_counted_whatever_the_period(head: Client):
    for minutes in (90, 5):
        since = timezone.now() - timedelta(minutes=minutes)
        ChatThread.objects.create(visitor_hash=uuid4().hex, waiting_since=since)
    ChatThread.objects.create(visitor_hash=uuid4().hex)
    queue = reports.waiting_now()
    assert queue.count == 2
    assert queue.longest == pytest.approx(90 * 60, abs=60)
    assert "Ждут сейчас" in head.get(REPORTS, DAY).content.decode()
