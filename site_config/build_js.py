"""Builds static/js/chat/panel.js, the chat's panel in one file, from the modules beside it.

`python -m site_config.build_js`          builds
`python -m site_config.build_js --check`  fails if what is committed is not what would be built

The modules run as they are, too (src-panel="/static/js/chat/frame.js"): joined they are one request
instead of nineteen, and small.
"""

import re
import sys
from pathlib import Path

import minify

FOLDER = Path(__file__).resolve().parents[1] / "static" / "js" / "chat"
ENTRY = "frame.js"
TARGET = "panel.js"
HEADER = "// Built by `make js` from the modules beside it: change those, not this file.\n"
IMPORT = re.compile(r'^import \{[\w\s,]*\} from "\./([\w-]+\.js)";\n', re.MULTILINE)
EXPORT = re.compile(r"^export (?=(?:async )?function |class |const )", re.MULTILINE)
NAME = re.compile(r"^export (?:async )?(?:function|class|const) (\w+)", re.MULTILINE)
# What joining leaves must be gone: other spellings of import and export are not understood.
LEFT = re.compile(r"^\s*(?:import|export)\b.*", re.MULTILINE)


class BuildError(Exception):
    """The modules are written in a way that cannot be joined."""


def in_order(folder: Path, name: str, seen: dict[str, str] | None = None) -> dict[str, str]:
    """Return a module with all that it imports, by name, each after what it needs."""
    seen = {} if seen is None else seen
    if name not in seen:
        source = (folder / name).read_text(encoding="utf-8")
        for needed in IMPORT.findall(source):
            in_order(folder, needed, seen)
        seen[name] = source
    return seen


def build(folder: Path = FOLDER) -> str:
    """Return the panel in one file. Raises BuildError if two modules use one name at the top."""
    modules = in_order(folder, ENTRY)
    parts = []
    for name, source in modules.items():
        part = EXPORT.sub("", IMPORT.sub("", source))
        if left := LEFT.search(part):
            raise BuildError(f"{name}: cannot be joined: {left.group().strip()}")
        parts.append(part)
    doors = ", ".join(NAME.findall(modules[ENTRY]))
    try:
        built: str = minify.string(
            "application/javascript", "".join(parts) + f"export {{ {doors} }};\n"
        )
    except minify.MinifyError as error:
        raise BuildError(str(error)) from error
    return f"{HEADER}{built}\n"


def is_fresh(folder: Path = FOLDER) -> bool:
    """Say whether the panel that is there is what its modules make."""
    target = folder / TARGET
    return target.exists() and target.read_text(encoding="utf-8") == build(folder)


def main(folder: Path = FOLDER) -> int:
    """Build, or with --check tell whether building is due."""
    try:
        if "--check" not in sys.argv[1:]:
            (folder / TARGET).write_text(build(folder), encoding="utf-8")
        elif not is_fresh(folder):
            print("static/js/chat/panel.js is stale: run `make js`", file=sys.stderr)
            return 1
    except (BuildError, FileNotFoundError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
