"""How a benchmark prints its figures: one line each, and a count at the end."""

from dataclasses import dataclass


@dataclass
class Report:
    """Prints figures beside their budgets and counts those that hold."""

    ok: int = 0
    short: int = 0

    def figure(self, name: str, value: float, unit: str, *, baseline: float | None = None) -> None:
        """Print a figure that has no budget."""
        print(f"{name:<34} {value:>9.2f} {unit:<6} {_beside(value, unit, baseline)}", flush=True)

    def at_most(self, name: str, value: float, unit: str, budget: float) -> None:
        """Print a figure that must not be above its budget."""
        self._print(name, value, unit, f"<= {budget:g} {unit}", value <= budget, None)

    def share(
        self, name: str, value: float, unit: str, *, baseline: float, at_least: float
    ) -> None:
        """Print a figure that must be at least a share (0..1) of the baseline."""
        self._print(name, value, unit, f">= {at_least:.0%}", value >= at_least * baseline, baseline)

    def times(self, name: str, value: float, unit: str, *, baseline: float, at_most: float) -> None:
        """Print a figure that must be at most so many times the baseline."""
        self._print(name, value, unit, f"<= {at_most:g}x", value <= at_most * baseline, baseline)

    def finish(self) -> None:
        """Print how many budgets hold."""
        print(f"{self.ok} ok, {self.short} short", flush=True)

    def _print(
        self, name: str, value: float, unit: str, budget: str, holds: bool, baseline: float | None
    ) -> None:
        self.ok += holds
        self.short += not holds
        beside = _beside(value, unit, baseline)
        word = "ok" if holds else "short"
        print(f"{name:<34} {value:>9.2f} {unit:<6} {beside:<38} {budget:<14} {word}", flush=True)


def _beside(value: float, unit: str, baseline: float | None) -> str:
    if baseline is None:
        return ""
    return f"(baseline {baseline:.2f} {unit}, {value / baseline:.1%})"
