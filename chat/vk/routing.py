"""Where an operator's message from VK goes. Pure: text and facts in, an address out.

`#50 Привет` goes to thread 50 and to no other. What looks like an address and is none that can be
used is refused: it must never fall back to another thread, since that would show one patient what
was meant for another.
"""

import re
from dataclasses import dataclass
from enum import Enum

import regex

LARGEST_NUMBER = 2**63 - 1

# What people cannot see in front of the first sign: spaces, joiners, direction marks, a BOM.
INVISIBLE = re.compile(r"[\s\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]+")
# Shift+3 types № on a Russian keyboard.
ADDRESS = re.compile(r"[#№][ \t\u00a0\u2009\u202f]*([0-9]+)(?=$|[\s,:])[\s,:]*", re.ASCII)
WIDE_SPACES = "\u00a0\u2009\u202f"
LOOKS_LIKE_ADDRESS = re.compile(r"[#№＃]\s*[\d²³¹]")
# «#50летПобеды», «#50-летие»: a word that begins with a number, not an address.
HASHTAG = regex.compile(r"[#№]\s*[0-9]+-?\p{L}")


class Kind(Enum):
    """What the beginning of a text says about where it shall go."""

    NONE = "none"
    THREAD = "thread"
    REFUSED = "refused"


@dataclass(frozen=True)
class Address:
    """The outcome: `number` with Kind.THREAD; `text` is what is left to say."""

    kind: Kind
    text: str
    number: int | None = None


def parse(text: str, group_id: int) -> Address:
    """Read the address at the beginning of an operator's text (design: VK, Operators).

    Understood: `#50`, `№50`, `# 50`, `#050`, then white space, comma, colon or the end; ASCII
    digits only; after mentions of our own community. The first address wins.
    """
    rest = _without_invisible_start(text)
    own_mention = re.compile(rf"\[(?:club|public){group_id}\|[^\]]*\],?")
    while mention := own_mention.match(rest):
        rest = _without_invisible_start(rest[mention.end() :])
    rest = rest.rstrip()
    for wide in WIDE_SPACES:
        # re.ASCII, which keeps foreign digits out, does not know them as white space.
        rest = rest.replace(wide, " ")
    found = ADDRESS.match(rest)
    if found:
        number = _number(found.group(1))
        if number is None:
            return Address(Kind.REFUSED, rest)
        return Address(Kind.THREAD, rest[found.end() :].strip(), number)
    if LOOKS_LIKE_ADDRESS.match(rest) and not HASHTAG.match(rest):
        return Address(Kind.REFUSED, rest)
    return Address(Kind.NONE, rest)


def _number(digits: str) -> int | None:
    significant = digits.lstrip("0")
    if not significant or len(significant) > len(str(LARGEST_NUMBER)):
        return None
    number = int(significant)
    return number if number <= LARGEST_NUMBER else None


def _without_invisible_start(text: str) -> str:
    start = INVISIBLE.match(text)
    return text[start.end() :] if start else text
