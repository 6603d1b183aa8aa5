"""The chat's hours: what a patient would wait for in vain."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from chat.models import ChatHours, ChatHoursException, ChatThread, ChatWait
from chat.selectors.hours import hours_json
from tests.factories.chat import make_widget

pytestmark = pytest.mark.django_db

ZONE = ZoneInfo("Europe/Moscow")
# A Monday.
MONDAY = date(2026, 3, 2)


def at(day, clock):
    """Return the moment of a time of day (HH:MM) on the day that many days after MONDAY."""
    return datetime.combine(MONDAY + timedelta(days=day), time.fromisoformat(clock), tzinfo=ZONE)


@pytest.fixture
def widget(db):
    """Monday to Friday from 8 to 18 with a lunch, Saturday from 9 to 14."""
    widget = make_widget()
    lunch = {"lunch_from": time(13), "lunch_to": time(14)}
    for weekday in range(1, 6):
        ChatHours.objects.create(widget=widget, weekday=weekday, **lunch)
    ChatHours.objects.create(widget=widget, weekday=6, opens=time(9), closes=time(14))
    return widget


@pytest.mark.parametrize(
    ("day", "clock", "is_open", "said"),
    [
        (0, "07:59", False, "ответим сегодня в 8:00"),
        (0, "08:00", True, "до 13:00, затем с 14:00"),
        (0, "12:59", True, "до 13:00, затем с 14:00"),
        (0, "13:00", False, "перерыв до 14:00"),
        (0, "14:00", True, "до 18:00"),
        (0, "18:00", False, "ответим завтра в 8:00"),
        (4, "18:00", False, "ответим завтра в 9:00"),
        (5, "13:59", True, "до 14:00"),
        (5, "14:00", False, "ответим в понедельник в 8:00"),
        (6, "12:00", False, "ответим завтра в 8:00"),
    ],
)
def test_a_patient_reads_what_is_true(widget, day, clock, is_open, said):
    assert hours_json(widget, at(day, clock)) == {"open": is_open, "text": said, "reply": ""}


def test_a_day_off_by_date(widget):
    ChatHoursException.objects.create(widget=widget, date=MONDAY, opens=None, closes=None)
    assert hours_json(widget, at(0, "10:00")) == {
        "open": False,
        "text": "ответим завтра в 8:00",
        "reply": "",
    }


def test_other_hours_by_date(widget):
    ChatHoursException.objects.create(widget=widget, date=MONDAY, opens=time(10), closes=time(12))
    assert hours_json(widget, at(0, "09:00"))["text"] == "ответим сегодня в 10:00"
    assert hours_json(widget, at(0, "11:00"))["text"] == "до 12:00"
    assert hours_json(widget, at(0, "13:30"))["text"] == "ответим завтра в 8:00"


def test_an_exception_opens_a_sunday(widget):
    sunday = MONDAY + timedelta(days=6)
    ChatHoursException.objects.create(widget=widget, date=sunday, opens=time(10), closes=time(12))
    assert hours_json(widget, at(6, "11:00"))["open"]


def test_who_set_no_hours_promises_none():
    assert hours_json(make_widget(), at(0, "11:00")) == {"open": False, "text": "", "reply": ""}


class TestReply:
    """«Обычно отвечаем за …»: said only if it is so."""

    NOW = at(4, "16:00")

    def wait(self, started, minutes, **fields):
        """Note a wait that has ended."""
        fields = {"answered": True, "is_first": True, **fields}
        return ChatWait.objects.create(
            thread=ChatThread.objects.create(),
            started_at=started,
            ended_at=started + timedelta(minutes=minutes),
            **fields,
        )

    def said(self, widget):
        """Return what a patient reads."""
        return hours_json(widget, self.NOW)["reply"]

    @pytest.mark.parametrize(
        ("minutes", "said"),
        [
            (0.2, "обычно отвечаем за 1 минуту"),
            (2, "обычно отвечаем за 2 минуты"),
            (4.2, "обычно отвечаем за 5 минут"),
            (11, "обычно отвечаем за 15 минут"),
            (58, "обычно отвечаем за 1 час"),
            (100, "обычно отвечаем за 2 часа"),
        ],
    )
    def test_ten_waits_bear_it_out(self, widget, minutes, said):
        for number in range(10):
            self.wait(at(1, "09:00") + timedelta(minutes=number), minutes)
        assert self.said(widget) == said

    def test_half_of_them_were_longer(self, widget):
        for minutes in [1, 1, 1, 1, 3, 3, 30, 30, 30, 30]:
            self.wait(at(1, "09:00"), minutes)
        assert self.said(widget) == "обычно отвечаем за 3 минуты"

    def test_nine_are_too_few(self, widget):
        for _number in range(9):
            self.wait(at(1, "09:00"), 2)
        assert self.said(widget) == ""

    def test_what_does_not_count(self, widget):
        for _number in range(9):
            self.wait(at(1, "09:00"), 2)
        self.wait(at(1, "09:00"), 2, answered=False)
        self.wait(at(1, "03:00"), 2)  # at night
        self.wait(at(1, "13:30"), 2)  # at lunch
        self.wait(at(-4, "09:00"), 2)  # a week and a day ago
        assert self.said(widget) == ""

    def test_nobody_is_there_now(self, widget):
        for _number in range(10):
            self.wait(at(1, "09:00"), 2)
        assert hours_json(widget, at(4, "20:00"))["reply"] == ""
        assert hours_json(widget, at(4, "13:20"))["reply"] == ""

    def test_is_reckoned_once_a_minute(self, widget, django_assert_num_queries):
        for _number in range(10):
            self.wait(at(1, "09:00"), 2)
        self.said(widget)
        with django_assert_num_queries(2):  # hours and exceptions
            assert self.said(widget) == "обычно отвечаем за 2 минуты"


def test_the_widget_is_told(client, widget):
    answer = client.get("/chat/api/state/").json()["hours"]
    assert set(answer) == {"open", "text", "reply"}
