"""How a text is put to a person in VK: in parts, without links of ours, with buttons."""

from collections.abc import Iterator, Sequence
from typing import Any

import regex

# VK's documentation says 9,000, others had 4,096 refused: this passes everywhere.
LONGEST_PART = 4000
# A part ends at a space if there is one this near to its end.
NEAR = 300
MARKUP = regex.compile(r"\[(?=[^\[\]|]+\|)|(?<!\w)[@*](?=[A-Za-z])")
# Takes no room and is no letter.
WORD_JOINER = "\u2060"
LONGEST_LABEL = 40

# Label, payload, colour.
Button = tuple[str, dict[str, Any], str]


def parts_of(text: str) -> list[str]:
    """Return the messages that a text takes in VK, numbered if there is more than one."""
    parts = list(split(text))
    if len(parts) == 1:
        return parts
    return [f"{part}\n({number}/{len(parts)})" for number, part in enumerate(parts, start=1)]


def split(text: str, longest: int = LONGEST_PART) -> Iterator[str]:
    """Yield a text in parts of at most `longest` UTF-16 units, whichever unit VK may count in.

    A part ends at white space if some is near its end; what is seen as one sign is never cut.
    """
    part: list[str] = []
    size = 0
    for sign in _signs(text, longest):
        if size + _units(sign) > longest:
            end = _near_space(part)
            yield "".join(part[:end]).rstrip()
            part = part[end:]
            size = sum(map(_units, part))
        part.append(sign)
        size += _units(sign)
    if rest := "".join(part).strip():
        yield rest


def _signs(text: str, longest: int) -> Iterator[str]:
    for sign in regex.findall(r"\X", text):
        # A pile of accents longer than a whole part has to be cut somewhere.
        yield from [sign] if _units(sign) <= longest else sign


def _units(sign: str) -> int:
    return len(sign.encode("utf-16-le")) // 2


def _near_space(part: list[str]) -> int:
    for index in range(len(part) - 1, max(len(part) - NEAR, 0), -1):
        if part[index].isspace():
            return index + 1
    return len(part)


def literal(text: str) -> str:
    """Return a text of which VK makes no links: what a patient names would look like our word.

    VK reads `[id1|Anna]`, `@id1` and `*id1` as links to whom or whatever they name.
    """
    return MARKUP.sub(lambda found: found[0] + WORD_JOINER, text)


def keyboard(*rows: Sequence[Button]) -> dict[str, Any]:
    """Return VK's inline keyboard of callback buttons in rows."""
    return {
        "inline": True,
        "buttons": [
            [
                {
                    "action": {
                        "type": "callback",
                        "label": label[:LONGEST_LABEL],
                        "payload": payload,
                    },
                    "color": color,
                }
                for label, payload, color in row
            ]
            for row in rows
        ],
    }
