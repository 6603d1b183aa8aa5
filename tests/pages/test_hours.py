"""When an office is open: what a patient would come to a shut door for."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from hypothesis import given, settings
from hypothesis import strategies as st

from pages.models import OfficeException, OfficeHours
from pages.selectors.offices import sampling_words, status_words
from site_config.common import hours
from site_config.common.hours import Day, Schedule
from tests.factories import pages as make
from tests.factories import sections

ZONE = ZoneInfo("Europe/Moscow")
# A Monday.
MONDAY = date(2026, 3, 2)

WORKDAY = Day(time(8), time(18))
WITH_LUNCH = Day(time(8), time(18), False, time(13), time(14), time(12))
NIGHT = Day(time(20), time(8), overnight=True)
LONG_NIGHT = Day(time(20), time(8), True, time(23, 30), time(0, 30), time(2))
ROUND_THE_CLOCK = Day(time(0), time(0), overnight=True)
WEEK = Schedule(dict.fromkeys(range(1, 6), WORKDAY))


def at(day, clock):
    """Return the moment of a time of day (HH:MM) on the day that many days after MONDAY."""
    return datetime.combine(MONDAY + timedelta(days=day), time.fromisoformat(clock), tzinfo=ZONE)


def words(schedule, moment):
    """Return what the site says of an office at a moment."""
    return str(status_words(hours.status(schedule, moment, ZONE), moment))


def sampling(schedule, moment):
    """Return what the site says of taking blood at a moment."""
    return sampling_words(schedule, hours.status(schedule, moment, ZONE), moment, ZONE)


@pytest.mark.parametrize(
    ("schedule", "day", "clock", "said"),
    [
        (WEEK, 0, "07:59", "откроется сегодня в 8:00"),
        (WEEK, 0, "08:00", "открыто до 18:00"),
        (WEEK, 0, "17:59", "открыто до 18:00"),
        (WEEK, 0, "18:00", "откроется завтра в 8:00"),
        (WEEK, 0, "23:59", "откроется завтра в 8:00"),
        (WEEK, 1, "00:00", "откроется сегодня в 8:00"),
        (WEEK, 4, "18:00", "откроется в понедельник в 8:00"),
        (WEEK, 6, "12:00", "откроется завтра в 8:00"),
        (Schedule({1: WORKDAY}), 0, "18:00", "откроется 9 марта в 8:00"),
        (Schedule({1: WORKDAY}), 1, "00:00", "откроется в понедельник в 8:00"),
        (Schedule({}), 0, "12:00", "закрыто"),
        (Schedule({1: WITH_LUNCH}), 0, "12:59", "открыто до 13:00, затем с 14:00"),
        (Schedule({1: WITH_LUNCH}), 0, "13:00", "перерыв до 14:00"),
        (Schedule({1: WITH_LUNCH}), 0, "14:00", "открыто до 18:00"),
        (Schedule({1: NIGHT}), 0, "19:59", "откроется сегодня в 20:00"),
        (Schedule({1: NIGHT}), 0, "23:59", "открыто до 8:00"),
        (Schedule({1: NIGHT}), 1, "00:00", "открыто до 8:00"),
        (Schedule({1: NIGHT}), 1, "08:00", "откроется в понедельник в 20:00"),
        (Schedule({1: LONG_NIGHT}), 0, "23:30", "перерыв до 0:30"),
        (Schedule({1: LONG_NIGHT}), 1, "00:29", "перерыв до 0:30"),
        (Schedule({1: LONG_NIGHT}), 1, "00:30", "открыто до 8:00"),
        (Schedule(dict.fromkeys(range(1, 8), ROUND_THE_CLOCK)), 3, "00:00", "круглосуточно"),
        (Schedule(dict.fromkeys(range(1, 6), ROUND_THE_CLOCK)), 0, "12:00", "открыто до 0:00"),
        (Schedule(dict.fromkeys((1, 2), ROUND_THE_CLOCK)), 0, "23:00", "открыто до 0:00"),
    ],
)
def test_a_patient_reads_what_is_true(schedule, day, clock, said):
    assert said in words(schedule, at(day, clock))


class TestExceptions:
    """Holidays and sanitary days."""

    def test_closed_day(self):
        schedule = Schedule(WEEK.weekly, {MONDAY: None})
        assert words(schedule, at(0, "10:00")) == "откроется завтра в 8:00"

    def test_other_hours_replace_the_usual_ones(self):
        schedule = Schedule(WEEK.weekly, {MONDAY: Day(time(10), time(12))})
        assert words(schedule, at(0, "09:00")) == "откроется сегодня в 10:00"
        assert words(schedule, at(0, "12:00")) == "откроется завтра в 8:00"

    def test_a_day_off_may_be_worked(self):
        schedule = Schedule(WEEK.weekly, {MONDAY + timedelta(days=5): WORKDAY})
        assert words(schedule, at(4, "19:00")) == "откроется завтра в 8:00"

    def test_a_chain_of_holidays(self):
        closed = {MONDAY + timedelta(days=number): None for number in range(10)}
        schedule = Schedule(WEEK.weekly, closed)
        assert words(schedule, at(0, "10:00")) == "откроется 12 марта в 8:00"

    def test_longer_than_anybody_plans(self):
        closed = {MONDAY + timedelta(days=number): None for number in range(60)}
        assert words(Schedule(WEEK.weekly, closed), at(0, "10:00")) == "закрыто"

    def test_a_night_does_not_run_into_a_day_closed_from_midnight_to_midnight(self):
        nights = Schedule(dict.fromkeys(range(1, 8), NIGHT), {MONDAY + timedelta(days=1): None})
        assert words(nights, at(0, "23:00")) == "открыто до 0:00"
        assert words(nights, at(1, "03:00")) == "откроется завтра в 20:00"

    def test_a_night_goes_on_into_a_day_of_other_hours(self):
        other = {MONDAY + timedelta(days=1): Day(time(22), time(23))}
        nights = Schedule(dict.fromkeys(range(1, 8), NIGHT), other)
        assert words(nights, at(1, "07:59")) == "открыто до 8:00"
        assert words(nights, at(1, "08:00")) == "откроется сегодня в 22:00"

    def test_the_night_before_an_exception_is_its_own(self):
        """Only the hours that begin on the date are other."""
        schedule = Schedule(dict.fromkeys(range(1, 8), WORKDAY), {MONDAY: NIGHT})
        assert words(schedule, at(1, "07:00")) == "открыто до 18:00"
        assert words(schedule, at(0, "12:00")) == "откроется сегодня в 20:00"

    def test_round_the_clock_ends_at_a_closed_day(self):
        closed = {MONDAY + timedelta(days=1): None}
        schedule = Schedule(dict.fromkeys(range(1, 8), ROUND_THE_CLOCK), closed)
        assert words(schedule, at(0, "12:00")) == "открыто до 0:00"
        assert words(schedule, at(1, "00:00")) == "откроется завтра в 0:00"


class TestSampling:
    """An office may be open and take no more blood."""

    def test_it_ends_before_the_office_closes(self):
        schedule = Schedule({1: WITH_LUNCH})
        assert sampling(schedule, at(0, "11:59")) == "кровь берут до 12:00"
        assert sampling(schedule, at(0, "12:00")) == "сегодня кровь больше не берут"
        assert sampling(schedule, at(0, "18:00")) == ""

    def test_it_goes_on_after_midnight(self):
        schedule = Schedule({1: LONG_NIGHT})
        assert sampling(schedule, at(0, "21:00")) == "кровь берут до 2:00 ночи"
        assert sampling(schedule, at(1, "01:59")) == "кровь берут до 2:00"
        assert sampling(schedule, at(1, "02:00")) == ""

    def test_a_day_off_has_none(self):
        assert sampling(Schedule({1: WITH_LUNCH}), at(1, "09:00")) == ""

    def test_its_end_changes_a_kept_page(self):
        assert hours.next_change(Schedule({1: WITH_LUNCH}), at(0, "11:00"), ZONE) == at(0, "12:00")


# --- Any schedule ------------------------------------------------------------------------------

quarters = st.integers(0, 95).map(lambda number: time(number // 4, number % 4 * 15))


@st.composite
def days(draw):
    """Hours that the editor's form would take."""
    opens, closes = draw(quarters), draw(quarters)
    overnight = closes <= opens
    length = (minute(closes) - minute(opens)) % 1440 or 1440
    inner = st.integers(1, max(length - 1, 1)).map(lambda offset: clock_after(opens, offset))
    lunch = sorted(
        draw(st.lists(inner, min_size=2, max_size=2, unique=True)), key=lambda t: since(opens, t)
    )
    if length < 3 or draw(st.booleans()):
        lunch = [None, None]
    return Day(opens, closes, overnight, *lunch, draw(st.none() | inner))


def minute(clock):
    return clock.hour * 60 + clock.minute


def since(opens, clock):
    return (minute(clock) - minute(opens)) % 1440


def clock_after(opens, offset):
    total = (minute(opens) + offset) % 1440
    return time(total // 60, total % 60)


schedules = st.builds(
    Schedule,
    st.dictionaries(st.integers(1, 7), days()),
    st.dictionaries(
        st.integers(-1, 9).map(lambda number: MONDAY + timedelta(days=number)), st.none() | days()
    ),
)
moments = st.integers(0, 7 * 1440).map(lambda number: at(0, "00:00") + timedelta(minutes=number))


def naive_is_open(schedule, moment):
    """Say whether an office is open at a minute, by looking at nothing but this minute."""
    today = moment.date()
    for on in (today - timedelta(days=1), today):
        day = schedule.day(on)
        if day is None:
            continue
        passed = minute(moment.time()) + (1440 if on < today else 0)
        if passed >= 1440 and today in schedule.exceptions and schedule.exceptions[today] is None:
            continue
        opens = minute(day.opens)
        closes = minute(day.closes) + (1440 if day.overnight else 0)
        if not opens <= passed < closes:
            continue
        if day.lunch_from is None:
            return True
        start = opens + since(day.opens, day.lunch_from)
        if not start <= passed < opens + since(day.opens, day.lunch_to):
            return True
    return False


def minutes_after(moment, count):
    return (moment + timedelta(minutes=number) for number in range(1, count))


@settings(max_examples=80, deadline=None)
@given(schedules, moments)
def test_the_state_is_that_of_a_clock_watched_minute_by_minute(schedule, moment):
    state = hours.status(schedule, moment, ZONE)
    assert state.is_open == naive_is_open(schedule, moment)
    turn = next(
        (m for m in minutes_after(moment, 2 * 1440) if naive_is_open(schedule, m) != state.is_open),
        None,
    )
    if turn is not None:
        assert (state.until if state.is_open else state.opens_at) == turn


@settings(max_examples=80, deadline=None)
@given(schedules, moments)
def test_nothing_is_said_otherwise_before_the_next_change(schedule, moment):
    def said(at_moment):
        return words(schedule, at_moment), sampling(schedule, at_moment)

    change = hours.next_change(schedule, moment, ZONE)
    assert moment < change
    whole = int((change - moment).total_seconds() // 60)
    # Wherever something else is said within these minutes, it is at one of a few moments.
    step = max(whole // 60, 1)
    checked = [moment + timedelta(minutes=number) for number in range(0, whole, step)]
    before = change - timedelta(minutes=1)
    assert {said(each) for each in [*checked, before]} == {said(moment)}
    if change.time() != time(0):
        assert said(change) != said(moment)


# --- On a page ---------------------------------------------------------------------------------


@pytest.mark.django_db
class TestPages:
    """What is right in the reckoning is right on a page, also on a kept one."""

    def test_a_kept_page_turns_at_the_minute(self, client):
        with time_machine.travel(at(0, "11:59"), tick=False) as clock:
            office = sections.office(
                hours=[
                    OfficeHours(
                        weekday=1,
                        opens=time(8),
                        closes=time(18),
                        lunch_from=time(13),
                        lunch_to=time(14),
                        last_sampling=time(12),
                    )
                ]
            )
            # Made and kept; the second answer comes from the cache.
            for moment, said, taken in (
                ("11:59", "открыто до 13:00", True),
                ("12:00", "открыто до 13:00", False),
                ("12:59", "открыто до 13:00", False),
                ("13:00", "перерыв до 14:00", False),
                ("14:00", "открыто до 18:00", False),
                ("17:59", "открыто до 18:00", False),
                ("18:00", "откроется 9 марта в 8:00", False),
            ):
                clock.move_to(at(0, moment))
                for url in (office.url, office.get_parent().url):
                    for _ in range(2):
                        page = client.get(url).content.decode().casefold()
                        assert said in page, (moment, url)
                        assert ("кровь берут до 12:00" in page) == taken

    def test_a_page_begun_before_the_minute_is_not_kept_beyond_it(self, client, monkeypatch):
        """The hour strikes while the page is being made."""
        from pages import selectors
        from pages.models import OfficePage

        with time_machine.travel(at(0, "17:59"), tick=False) as clock:
            office = sections.office()
            client.get("/")
            make_card = selectors.office_card

            def slowly(page, *args):
                card = make_card(page, *args)
                clock.move_to(at(0, "18:00"))
                return card

            monkeypatch.setattr(selectors, "office_card", slowly)
            assert "открыто до 18:00" in client.get(office.url).content.decode().casefold()
            monkeypatch.setattr(selectors, "office_card", make_card)
            assert OfficePage.objects.count() == 1
            page = client.get(office.url).content.decode().casefold()
            assert "откроется завтра в 8:00" in page
            assert "открыто до 18:00" not in page

    def test_midnight_turns_tomorrow_into_today(self, client):
        with time_machine.travel(at(0, "23:59"), tick=False) as clock:
            office = sections.office()
            assert "откроется завтра в 8:00" in client.get(office.url).content.decode().casefold()
            clock.move_to(at(1, "00:00"))
            page = client.get(office.url).content.decode().casefold()
            assert "откроется сегодня в 8:00" in page
            assert "завтра" not in page

    def test_an_exception_is_shown_with_its_reason(self, client):
        with time_machine.travel(at(0, "10:00"), tick=False):
            closed = OfficeException(date=MONDAY, closed=True, note="Санитарный день")
            office = sections.office(exceptions=(closed,))
            page = client.get(office.url).content.decode()
            assert "Санитарный день" in page
            assert "откроется завтра в 8:00" in page.casefold()

    def test_the_header_names_an_office_that_is_open(self, client):
        with time_machine.travel(at(0, "19:00"), tick=False):
            sections.office(city="Беслан")
            night = OfficeHours(weekday=1, opens=time(18), closes=time(22))
            sections.office(city="Моздок", hours=[night])
            page = client.get(make.price_list_page().url).content.decode().casefold()
            assert "открыто до 22:00" in page
