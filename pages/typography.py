"""Where a line of Russian text must not break."""

import re

NO_BREAK_SPACE = "\u00a0"
WORD_JOINER = "\u2060"

# A short word stays with the next one, a number with what it counts.
SHORT_WORD = re.compile(r"(?<![\w-])([А-Яа-яЁё]{1,2}) ")
RANGE = re.compile(r"(?<=\d)–(?=\d)")
NUMBER = re.compile(r"(\d) (?=[\w%№₽])")


def tie(text: str) -> str:
    """Return a text with no-break spaces, and ranges of numbers held together."""
    text = text.replace(" —", f"{NO_BREAK_SPACE}—")
    text = RANGE.sub(f"–{WORD_JOINER}", text)
    text = SHORT_WORD.sub(rf"\1{NO_BREAK_SPACE}", text)
    return NUMBER.sub(rf"\1{NO_BREAK_SPACE}", text)
