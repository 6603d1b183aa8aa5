"""The bounds of what the hub remembers: it holds no messages, however slow a reader is."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat.realtime import bus
from chat.realtime.hub import (
    HEARD,
    Caps,
    End,
    Hub,
    InboxSubscription,
    NetworkFull,
    Subscription,
    ThreadSubscription,
)
from chat.selectors.streams import Credentials

CAPS = Caps(thread=2, network=3, operator=1, changed=5, signals=3)
NOBODY = Credentials()


def in_loop(test: Callable[[], Coroutine[Any, Any, None]]) -> Callable[[], None]:
    """Run a test in an event loop, as the hub is."""

    def run() -> None:
        asyncio.run(test())

    run.__name__, run.__doc__ = test.__name__, test.__doc__
    return run


def patient(thread: int, cursor: int = 0, network: str = "") -> ThreadSubscription:
    """Return a patient's subscription."""
    return ThreadSubscription(NOBODY, network, None, thread, cursor)


def operator(user: int) -> InboxSubscription:
    """Return an operator's subscription that has read everything."""
    subscription = InboxSubscription(NOBODY, "", user, CAPS)
    subscription.refresh = False
    return subscription


@in_loop
async def test_a_slow_patient_has_a_mark_and_no_queue() -> None:
    hub, slow = Hub(CAPS, slots=4), patient(1)
    hub.add(slow)
    for version in range(1, 1000):
        hub.thread_changed(1, version)
    assert slow.newer
    assert slow.cursor == 0


@in_loop
async def test_a_hint_about_what_is_known_wakes_nobody() -> None:
    hub, browser = Hub(CAPS, slots=4), patient(1, cursor=5)
    hub.add(browser)
    hub.thread_changed(1, 5)
    hub.thread_changed(2, 9)
    assert not browser.pending
    hub.thread_changed(1, 6)
    assert browser.pending


@in_loop
async def test_a_change_between_asking_and_listening_is_not_missed() -> None:
    hub = Hub(CAPS, slots=4)
    hub.thread_changed(1, 6)
    late = patient(1, cursor=5)
    hub.add(late)
    assert late.newer


@in_loop
async def test_a_slow_operator_is_told_to_read_everything() -> None:
    hub, slow = Hub(CAPS, slots=4), operator(1)
    hub.add(slow)
    for thread in range(CAPS.changed):
        hub.thread_changed(thread, 1)
    assert slow.changed == set(range(CAPS.changed))
    hub.thread_changed(99, 1)
    assert slow.refresh
    assert not slow.changed
    hub.thread_changed(100, 1)
    assert not slow.changed


@in_loop
async def test_signs_of_life_are_few_and_the_last_counts() -> None:
    hub, slow = Hub(CAPS, slots=4), operator(1)
    hub.add(slow)
    for thread in range(10):
        hub.typing(thread, "visitor", None, "")
    hub.typing(0, "visitor", None, "Анна")
    assert len(slow.signals) == CAPS.signals
    assert next(iter(slow.signals.values()))["name"] == "Анна"


@in_loop
async def test_a_gap_makes_everybody_read() -> None:
    hub, browser, inbox = Hub(CAPS, slots=4), patient(1, cursor=7), operator(1)
    hub.add(browser)
    hub.add(inbox)
    hub.gap()
    assert browser.newer
    assert inbox.refresh


@in_loop
async def test_who_makes_room_and_does_not_read_is_cut() -> None:
    hub, tabs = Hub(CAPS, slots=4), [patient(1) for _ in range(3)]
    stuck = asyncio.create_task(asyncio.Event().wait())
    tabs[0].task, tabs[0].writing_since = stuck, 0.0
    for tab in tabs:
        hub.add(tab)
    with pytest.raises(asyncio.CancelledError):
        await stuck
    assert len(hub) == 2


@in_loop
async def test_the_oldest_makes_room() -> None:
    hub = Hub(CAPS, slots=4)
    tabs = [patient(1) for _ in range(3)]
    desks = [operator(7) for _ in range(2)]
    for subscription in (*tabs, *desks):
        hub.add(subscription)
    assert [tab.ended for tab in tabs] == [End.REPLACED, None, None]
    assert [desk.ended for desk in desks] == [End.REPLACED, None]
    assert len(hub) == 3


@in_loop
async def test_a_network_has_its_share_and_an_unknown_one_no_limit() -> None:
    hub = Hub(CAPS, slots=4)
    full = [patient(thread, network="192.0.2.1") for thread in range(3)]
    for subscription in full:
        hub.add(subscription)
    with pytest.raises(NetworkFull):
        hub.add(patient(9, network="192.0.2.1"))
    hub.remove(full[0])
    hub.add(patient(9, network="192.0.2.1"))
    for thread in range(20, 30):
        hub.add(patient(thread))


@in_loop
async def test_everybody_is_called_once_in_a_round() -> None:
    hub = Hub(CAPS, slots=4)
    browsers = []
    for thread in range(6):
        browsers.append(patient(thread))
        hub.add(browsers[-1])
        hub.next_turn()
    called: list[Subscription] = []
    for _ in range(4):
        called += hub.next_turn()
    assert sorted(map(id, called)) == sorted(map(id, browsers))


@in_loop
async def test_nothing_stays_of_those_who_left() -> None:
    hub = Hub(CAPS, slots=4)
    browsers = [patient(thread, network="192.0.2.1") for thread in range(3)]
    for browser in browsers:
        hub.add(browser)
    for browser in (*browsers, *browsers):
        hub.remove(browser)
    for thread in range(HEARD + 100):
        hub.thread_changed(thread, 1)
    assert (len(hub), hub.threads, hub.operators, +hub.networks) == (0, {}, {}, {})
    assert len(hub._heard) == HEARD


@in_loop
async def test_the_first_reason_to_end_counts() -> None:
    browser = patient(1)
    browser.end(End.RESET)
    browser.end(End.SHUTDOWN)
    await browser.wait()
    assert browser.ended is End.RESET


def test_hints_are_read_as_the_contract_says() -> None:
    assert bus.parse("m 50 12") == bus.Changed(50, 12)
    assert bus.parse("t 50 visitor 0") == bus.Typing(50, "visitor", None)
    assert bus.parse("t 50 operator 3") == bus.Typing(50, "operator", 3)
    assert bus.parse("p 50 3") == bus.Presence(50, 3)
    assert bus.parse("r 3") == bus.Rights(3)


@given(st.text() | st.from_regex(r"[mtpr]( [0-9a-z-]+){0,4}"))
def test_no_hint_breaks_the_bus(payload: str) -> None:
    bus.parse(payload)
