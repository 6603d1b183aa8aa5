"""Whatever happens to lines and processes: nothing is lost, nothing comes twice, all is in order.

Patients write in the real widget in a real browser, a few messages by the keys, most of them by a
script that does the same in the same field; operators answer every one of them by the inbox's
calls. Both go through a proxy that spoils what it is told to. `make chaos ROUNDS=20 SEED=another`
goes on for longer.
"""

import os
import random

import pytest

from tests.e2e.chaos.operators import note
from tests.e2e.chaos.proxy import Fault
from tests.e2e.chaos.stage import SEED, Play
from tests.e2e.chaos.storm import Storm
from tests.e2e.chaos.waiting import until

pytestmark = pytest.mark.e2e

# What patients say in each scenario; all of it is answered. Two thousand messages in all are asked.
SAID = 60
ROUNDS = int(os.environ.get("ROUNDS", "1"))
# Seconds, each way.
LATENCY = 0.06


def assert_nothing_lost(play: Play) -> None:
    """Everything was answered, and everybody has all of it once and in order."""
    figures = play.reckon()
    assert (figures.lost, figures.doubled, figures.disordered) == (0, 0, 0)
    assert figures.sent == 2 * SAID


# What the first messages of a line meet, and how likely the calls after them meet what.
LINES = {
    "requests dropped on the way": ([Fault.LOSE_REQUEST] * 3, {Fault.LOSE_REQUEST: 0.05}),
    "answers dropped after the commit": ([Fault.LOSE_ANSWER] * 3, {Fault.LOSE_ANSWER: 0.1}),
    "answers cut in the middle": ([Fault.CUT_ANSWER] * 3, {Fault.CUT_ANSWER: 0.1}),
    "errors, then success": ([Fault.ERROR] * 3, {Fault.ERROR: 0.05}),
    "errors after the commit": ([Fault.LATE_ERROR] * 3, {Fault.LATE_ERROR: 0.05}),
    "latency": ([], {}),
}


def test_lines_that_fail(plays):
    """From the first message on; six patients, each with a line of another kind, at once."""
    begun = []
    for name, (script, _odds) in LINES.items():
        play = plays(name)
        patient = play.patient()
        patient.line.script.extend(script)
        begun.append((play, patient, patient.begin()))
    # That of the operator, who answers them all, is no better.
    play.operator().line.odds = {Fault.LOSE_REQUEST: 0.05, Fault.LOSE_ANSWER: 0.05}
    for (_play, patient, desk), (_script, odds) in zip(begun, LINES.values(), strict=True):
        patient.line.odds = odds
        patient.line.latency = 0 if odds else LATENCY
        desk.type()
        desk.pour(SAID - 2)
    for play, patient, desk in begun:
        # Before the lines are calm again.
        desk.wait_until_sent()
        assert not patient.line.script
        assert_nothing_lost(play)


def test_offline_and_back(play):
    patient = play.patient()
    desk = patient.begin()
    desk.type()
    play.wait_for_answers(2)
    for _time in range(2):
        patient.context.set_offline(True)
        desk.pour(SAID // 2 - 1)
        patient.context.set_offline(False)
    assert_nothing_lost(play)


@pytest.mark.parametrize("what", ["web", "realtime", "database"])
def test_killed_and_started_again(play, what):
    desk = play.patient().begin()
    play.wait_for_answers(1)
    desk.pour(SAID // 2)
    play.wait_for_answers(5)
    getattr(play.house, f"kill_{what}")()
    desk.pour(SAID - SAID // 2 - 1)
    assert_nothing_lost(play)


def test_reload_while_sending(play):
    patient = play.patient()
    desk = patient.begin()
    play.wait_for_answers(1)
    for _time in range(3):
        desk.pour((SAID - 1) // 3)
        desk.come_back()
    desk.pour((SAID - 1) % 3)
    assert_nothing_lost(play)


def test_frozen_and_thawed(play):
    """The tab that leads is stopped while it sends; another tab of the browser goes on."""
    patient = play.patient()
    first = patient.begin()
    play.wait_for_answers(1)
    second = patient.arrive()
    for desk, other in [(first, second), (second, first)]:
        desk.pour(SAID // 5)
        desk.freeze()
        other.pour(SAID // 5)
        desk.thaw()
    first.pour(SAID - patient.said)
    assert_nothing_lost(play)


def test_two_tabs(play):
    patient = play.patient()
    tabs = [patient.begin(), patient.arrive()]
    for _time in range(5):
        for desk in tabs:
            desk.pour(SAID // 15)
            desk.type()
    patient.close(tabs[0])
    tabs[1].pour(SAID - patient.said)
    assert_nothing_lost(play)


def test_ways_that_are_barred(plays):
    """News come over what is left, and lines that fail in silence are noticed in the end."""
    bars = {
        "no stream, only short requests": {"has_no_stream": True},
        "a proxy that holds events back": {"holds_events": True},
        "held back and no websockets": {"holds_events": True, "refuses_websockets": True},
        "an answer that never comes": {},
        "a stream that only looks alive": {},
    }
    begun = {}
    for name, bar in bars.items():
        play = plays(name)
        patient = play.patient()
        for attribute, value in bar.items():
            setattr(patient.line, attribute, value)
        begun[name] = play, patient, patient.begin(has_clock="alive" in name)
    play.operator()

    _play, patient, _desk = begun["an answer that never comes"]
    patient.line.script.append(Fault.MUTE)
    _play, patient, desk = begun["a stream that only looks alive"]
    until(lambda: "sse" in patient.line.brought, "the stream brings something")
    patient.line.stall()
    for _play, _patient, desk in begun.values():
        desk.pour(SAID - 1)
    _play, _patient, desk = begun["a stream that only looks alive"]
    desk.wait_until_sent()
    desk.page.clock.fast_forward("01:00")

    brought = {}
    for name, (_play, patient, desk) in begun.items():
        # Before the lines are calm again.
        desk.wait_until_shown(2 * SAID)
        brought[name] = set(patient.line.brought)
    assert brought["no stream, only short requests"] == {"poll"}
    assert "ws" in brought["a proxy that holds events back"]
    assert "wait" in brought["held back and no websockets"]
    assert "sse" not in brought["a proxy that holds events back"]
    assert not {"sse", "ws"} & brought["held back and no websockets"]
    for play, _patient, _desk in begun.values():
        assert_nothing_lost(play)


@pytest.mark.parametrize("round_", range(ROUNDS))
def test_everything_at_once(plays, round_):
    play = plays(f"everything at once, {SEED} {round_}")
    play.operator()
    play.operator(note)
    Storm(play, random.Random(f"{SEED} {round_}")).blow()
    figures = play.reckon()
    assert (figures.lost, figures.doubled, figures.disordered) == (0, 0, 0)


def test_two_thousand_messages_went_through(house):
    """Of all the scenarios above and before: whoever runs a part runs this one not."""
    assert sum(figures.sent for figures in house.figures) >= 2000
