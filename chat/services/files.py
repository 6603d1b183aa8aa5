"""Files of strangers, whichever way they come: bytes in, a file written anew out.

What is stored is never what came. The content decides the type, not the name; pictures are decoded
and encoded again, of a PDF only the pages are taken over. This happens in a process of its own
(`rewriter`), which a hostile file may bring down, but not make slow, large or curious.
"""

import json
import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from chat.errors import TooLarge, TooMany, UnsupportedType

LARGEST_FILE = 10 * 1024 * 1024
# Of the clock, on a busy machine; nginx waits 35, the rewriter itself counts processor time.
SECONDS = 25
# Each may take a core and much memory: the others of this process wait, but not for long.
AT_ONCE = 2
WAIT_SECONDS = 2

REWRITER = Path(__file__).with_name("rewriter.py")
REASONS: dict[str, Promise] = {
    "broken": _("The file is damaged. Save it anew and attach it again."),
    "encrypted": _("This PDF has a password. Save it without one and attach it again."),
    "pages": _("This PDF has no pages or more than 100. Send the pages that matter."),
    "pixels": _("This picture is too large: at most 40 megapixels."),
}

_free = threading.BoundedSemaphore(AT_ONCE)


@dataclass(frozen=True)
class Stored:
    """A file as it may be kept and given to others."""

    data: bytes
    content_type: str
    extension: str


def rewrite(data: bytes) -> Stored:
    """Return a file written anew. Raises TooLarge, UnsupportedType, TooMany."""
    if len(data) > LARGEST_FILE:
        raise TooLarge(field="file")
    if not _free.acquire(timeout=WAIT_SECONDS):
        raise TooMany(retry_after=WAIT_SECONDS)
    try:
        answer = subprocess.run(  # noqa: S603 - our own program
            # Isolated: neither the working folder nor the environment leads it to other modules.
            [sys.executable, "-I", str(REWRITER)],
            input=data,
            capture_output=True,
            timeout=SECONDS,
            # A thread's own heap would count as memory it never uses.
            env={"MALLOC_ARENA_MAX": "1"},
            check=True,
        ).stdout
    except subprocess.SubprocessError as error:
        raise UnsupportedType(REASONS["broken"], field="file") from error
    finally:
        _free.release()
    head, _newline, written = answer.partition(b"\n")
    result = json.loads(head)
    if "refused" in result:
        raise UnsupportedType(REASONS.get(result["refused"]), field="file")
    return Stored(written, result["type"], result["extension"])
