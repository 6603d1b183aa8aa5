"""axe-core, which looks for what people with disabilities would stumble over."""

from pathlib import Path
from typing import Any

from playwright.sync_api import Page

SOURCE = Path(__file__).parent / "vendor" / "axe-core" / "axe.min.js"
# What another theme or colour scheme can change.
COLOURS = ["color-contrast", "link-in-text-block"]
# Not among the usual rules of axe, but Wagtail shows editors what breaks these.
SHOWN_TO_EDITORS = ["p-as-heading"]


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
