"""Reads the text files of the demo content."""

import csv
import tomllib
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from django.utils import timezone

FOLDER = Path(__file__).parent


def read(name: str) -> dict[str, Any]:
    """Return the contents of a TOML file of this folder."""
    return tomllib.loads((FOLDER / name).read_text(encoding="utf-8"))


def read_common_tests() -> list[dict[str, str]]:
    """Return the rows of the table of common tests, in its order."""
    with (FOLDER / "common_tests.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def read_service_texts() -> dict[str, dict[str, Any]]:
    """Return the texts of the services by their keys."""
    texts: dict[str, dict[str, Any]] = {}
    for path in sorted((FOLDER / "services").glob("*.toml")):
        texts |= tomllib.loads(path.read_text(encoding="utf-8"))
    return texts


def day(record: dict[str, Any], past: str, future: str = "") -> date | None:
    """Return the date that a record gives as days ago or in days, or None if it gives neither."""
    today = timezone.localdate()
    if past in record:
        return today - timedelta(days=record[past])
    if future and future in record:
        return today + timedelta(days=record[future])
    return None
