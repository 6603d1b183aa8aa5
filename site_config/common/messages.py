"""The interface texts: found in the source, kept in locale/ru, compiled by Python alone."""

import re
from collections.abc import Iterable, Iterator
from io import BytesIO
from pathlib import Path

from django.utils.translation.template import templatize

import polib
from babel.messages.extract import DEFAULT_KEYWORDS, extract

PACKAGES = ("accounts", "chat", "pages", "search", "site_config")
KEYWORDS = {
    **DEFAULT_KEYWORDS,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext_lazy": (1, 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext_lazy": ((1, "c"), 2, 3),
}
METADATA = {
    "Project-Id-Version": "Dzagurov KDL",
    "Language": "ru",
    "MIME-Version": "1.0",
    "Content-Type": "text/plain; charset=utf-8",
    "Content-Transfer-Encoding": "8bit",
    "Plural-Forms": (
        "nplurals=3; plural=(n%10==1 && n%100!=11 ? 0 : "
        "n%10>=2 && n%10<=4 && (n%100<12 || n%100>14) ? 1 : 2);"
    ),
}
PLURALS = 3
PLACEHOLDER = re.compile(r"%\((\w+)\)[a-z]|{(\w+)[^}]*}")


def python_messages(path: Path) -> Iterator[polib.POEntry]:
    """Yield the texts of a Python file."""
    yield from entries(extract("python", BytesIO(path.read_bytes()), KEYWORDS))


def template_messages(path: Path) -> Iterator[polib.POEntry]:
    """Yield the texts of a template: translate, blocktranslate, and _() in tags."""
    # templatize leaves calls of gettext among blanked-out text, each call on one line.
    for line in templatize(path.read_text(encoding="utf-8"), origin=str(path)).splitlines():
        if "gettext" in line or "_(" in line:
            yield from entries(extract("python", BytesIO(line.strip().encode()), KEYWORDS))


def entries(found: Iterable[tuple]) -> Iterator[polib.POEntry]:
    """Turn what Babel found into entries without a translation."""
    for _line, text, _comments, context in found:
        singular, *plural = text if isinstance(text, tuple) else (text,)
        if not singular:
            continue
        entry = polib.POEntry(msgid=singular, msgctxt=context)
        if plural:
            entry.msgid_plural = plural[0]
            entry.msgstr_plural = dict.fromkeys(range(PLURALS), "")
        yield entry


def collect(root: Path) -> dict[tuple[str | None, str], polib.POEntry]:
    """Return all texts of the project by context and text, each with the files it stands in."""
    sources = [
        (python_messages, path)
        for package in PACKAGES
        for path in sorted((root / package).rglob("*.py"))
        if "migrations" not in path.parts
    ]
    sources += [
        (template_messages, path)
        for suffix in ("html", "txt", "xml")
        for path in sorted((root / "templates").rglob(f"*.{suffix}"))
    ]
    found: dict[tuple[str | None, str], polib.POEntry] = {}
    for read, path in sources:
        place = (path.relative_to(root).as_posix(), "")
        for entry in read(path):
            known = found.setdefault((entry.msgctxt, entry.msgid), entry)
            if entry.msgid_plural and not known.msgid_plural:
                known.msgid_plural, known.msgstr_plural = entry.msgid_plural, entry.msgstr_plural
            if place not in known.occurrences:
                known.occurrences.append(place)
    return found


def merged(root: Path, po_path: Path) -> polib.POFile:
    """Return the catalogue as it should be: the texts of the source, translated as far as known."""
    catalogue = polib.POFile(wrapwidth=100)
    catalogue.metadata = METADATA
    old = polib.pofile(str(po_path)) if po_path.exists() else polib.POFile()
    known = {(entry.msgctxt, entry.msgid): entry for entry in old if not entry.obsolete}
    for key, entry in sorted(
        collect(root).items(), key=lambda item: (item[0][1], item[0][0] or "")
    ):
        before = known.get(key)
        if before is not None:
            entry.flags = before.flags
            if bool(before.msgid_plural) == bool(entry.msgid_plural):
                entry.msgstr, entry.msgstr_plural = before.msgstr, before.msgstr_plural
        catalogue.append(entry)
    return catalogue


def problems(catalogue: polib.POFile) -> Iterator[str]:
    """Yield what is untranslated, fuzzy, or has other placeholders than the source."""
    for entry in catalogue:
        if not entry.translated():
            yield f"{'fuzzy' if entry.fuzzy else 'untranslated'}: {entry.msgid!r}"
            continue
        wanted = placeholders(entry.msgid_plural or entry.msgid)
        given = list(entry.msgstr_plural.values()) if entry.msgid_plural else [entry.msgstr]
        if any(placeholders(text) - wanted for text in given):
            yield f"unknown placeholder in the translation of {entry.msgid!r}"
        elif wanted - set().union(*map(placeholders, given)):
            yield f"placeholder lost in the translation of {entry.msgid!r}"


def placeholders(text: str) -> set[str]:
    """Return the names of the values that a text has places for."""
    return {percent or brace for percent, brace in PLACEHOLDER.findall(text)}
