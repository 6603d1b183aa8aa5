"""Everything at once: what befalls patients and processes, by chance."""

import random
from collections.abc import Callable

from tests.e2e.chaos.patients import Desk, Patient
from tests.e2e.chaos.proxy import Fault
from tests.e2e.chaos.stage import House, Play

PATIENTS = 2
STEPS = 8
MOST_TABS = 3
LONGEST_LATENCY = 0.05
LIKELIEST_FAULT = 0.08


class Storm:
    """A round: what befalls patients and processes, chosen by chance."""

    def __init__(self, play: Play, chance: random.Random) -> None:
        self._play = play
        self._chance = chance
        # Each process dies once a round: its start takes long.
        self._deaths: list[Callable[[House], None]] = [
            House.kill_web,
            House.kill_realtime,
            House.kill_database,
        ]

    def blow(self) -> None:
        """Let patients talk while things happen to them and to us."""
        patients = [self._play.patient() for _number in range(PATIENTS)]
        for patient in patients:
            patient.begin()
        for line in self._play.lines:
            faults = [fault for fault in Fault if fault not in {Fault.SWALLOW, Fault.MUTE}]
            line.odds = {fault: self._chance.uniform(0, LIKELIEST_FAULT) for fault in faults}
            line.latency = self._chance.uniform(0, LONGEST_LATENCY)
            line.cuts = self._chance.uniform(0, 0.2)
        for _step in range(STEPS):
            for patient in patients:
                desk = self._chance.choice(patient.tabs)
                desk.type()
                desk.pour(self._chance.randint(3, 9))
                self._chance.choice(self._turns)(patient, desk)
            if self._deaths and self._chance.random() < len(self._deaths) / STEPS:
                self._chance.shuffle(self._deaths)
                self._deaths.pop()(self._play.house)

    @property
    def _turns(self) -> list[Callable[[Patient, Desk], None]]:
        return [
            self._offline,
            self._reload,
            self._freeze,
            self._another_tab,
            self._close,
            self._bar,
        ]

    def _offline(self, patient: Patient, desk: Desk) -> None:
        patient.context.set_offline(True)
        desk.pour(3)
        patient.context.set_offline(False)

    def _reload(self, _patient: Patient, desk: Desk) -> None:
        desk.come_back()

    def _freeze(self, patient: Patient, desk: Desk) -> None:
        others = [other for other in patient.tabs if other is not desk]
        desk.freeze()
        for other in others:
            other.pour(3)
        desk.thaw()

    def _another_tab(self, patient: Patient, _desk: Desk) -> None:
        if len(patient.tabs) < MOST_TABS:
            patient.arrive()

    def _close(self, patient: Patient, desk: Desk) -> None:
        if len(patient.tabs) > 1:
            patient.close(desk)

    def _bar(self, patient: Patient, _desk: Desk) -> None:
        line = patient.line
        line.refuses_websockets = self._chance.random() < 0.5
        line.has_no_stream = self._chance.random() < 0.5
