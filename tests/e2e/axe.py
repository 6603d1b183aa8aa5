"""axe-core, which looks for what people with disabilities would stumble over."""

from pathlib import Path
from typing import Any

from playwright.sync_api import Page

SOURCE = Path(__file__).parent / "vendor" / "axe-core" / "axe.min.js"
# What another theme or colour scheme can change.
COLOURS = ["color-contrast", "link-in-text-block"]
# Not among the usual rules of axe, but Wagtail shows editors what breaks these.
SHOWN_TO_EDITORS = ["p-as-heading"]
LIGHT: dict[str, Any] = {"color_scheme": "light", "contrast": "no-preference"}
# What people ask of their device instead.
OTHER_COLOURS: dict[str, dict[str, Any]] = {
    "dark": {"color_scheme": "dark"},
    "more contrast": {"contrast": "more"},
    "more contrast, dark": {"color_scheme": "dark", "contrast": "more"},
}
# Wagtail's buttons and messages change slowly, even for those who want no motion.
SETTLE = """() => document.getAnimations()
  .filter((one) => one instanceof CSSTransition).forEach((one) => one.finish())"""


def stumbling_blocks(page: Page, *rules: str) -> list[str]:
    """Return what axe finds on a page as it is now: each rule with the elements that break it.

    All rules of axe are asked unless some are named. What axe cannot decide is not counted.
    """
    # Evaluated by the debugger, the source needs no leave of the Content-Security-Policy.
    if not page.evaluate("() => 'axe' in window"):
        page.evaluate(SOURCE.read_text(encoding="utf-8"))
    options: dict[str, Any] = {
        "resultTypes": ["violations"],
        "rules": {rule: {"enabled": True} for rule in SHOWN_TO_EDITORS},
    }
    if rules:
        options["runOnly"] = {"type": "rule", "values": list(rules)}
    found = page.evaluate("(options) => axe.run(document, options)", options)
    return [
        f"{rule['id']}: {node['target']} {node['failureSummary']}"
        for rule in found["violations"]
        for node in rule["nodes"]
    ]


class Looks:
    """What axe finds on a page, state by state, in all colours; `found` has no other states."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.found: dict[str, list[str]] = {}

    def at(self, state: str) -> None:
        """Look at the page as it is now; it is light before and after."""
        self._choose(LIGHT)
        blocks = stumbling_blocks(self.page)
        for name, choice in OTHER_COLOURS.items():
            self._choose(LIGHT | choice)
            blocks += [f"{name}: {line}" for line in stumbling_blocks(self.page, *COLOURS)]
        self._choose(LIGHT)
        if blocks:
            self.found[state] = blocks

    def _choose(self, colours: dict[str, Any]) -> None:
        self.page.emulate_media(**colours)
        self.page.evaluate(SETTLE)
