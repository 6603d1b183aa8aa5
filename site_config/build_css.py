"""Builds static/css/custom_style.css from static/css/parts, in the order of static/css/order.txt.

`python -m site_config.build_css`          builds
`python -m site_config.build_css --check`  fails if what is committed is not what would be built
"""

import sys
from pathlib import Path

from rcssmin import cssmin

CSS = Path(__file__).resolve().parents[1] / "static" / "css"
VENDORED = "../"
HEADER = "/* Built by `make css` from static/css/parts: change the parts, not this file. */\n"


class BuildError(Exception):
    """The list of parts and the parts that are there disagree."""


def ordered_parts(folder: Path) -> list[Path]:
    """Return the parts in the order of order.txt: one path under parts/ a line, # for comments.

    A path that begins with ../ leads out of static/css, to a vendored style sheet. Raises
    BuildError if a part is listed twice, listed and absent, or there and not listed.
    """
    lines = (folder / "order.txt").read_text(encoding="utf-8").splitlines()
    names = [name for line in lines if (name := line.partition("#")[0].strip())]
    vendored = {name for name in names if name.startswith(VENDORED)}
    present = vendored | {
        path.relative_to(folder / "parts").as_posix() for path in parts_present(folder)
    }
    problems = [
        f"listed twice: {name}" for name in sorted({n for n in names if names.count(n) > 1})
    ]
    problems += [f"listed and absent: {name}" for name in names if name not in present]
    problems += [f"not listed: {name}" for name in sorted(present.difference(names))]
    if problems:
        raise BuildError("static/css/order.txt: " + "; ".join(problems))
    return [folder / name if name in vendored else folder / "parts" / name for name in names]


def parts_present(folder: Path) -> list[Path]:
    """Return all parts, listed or not."""
    return sorted((folder / "parts").rglob("*.css"))


def build(folder: Path = CSS) -> str:
    """Return the style sheet of the site: its parts joined and minified."""
    source = "\n".join(path.read_text(encoding="utf-8") for path in ordered_parts(folder))
    minified: str = cssmin(source, keep_bang_comments=True)
    return f"{HEADER}{minified}\n"


def main(folder: Path = CSS) -> int:
    """Build, or with --check tell whether building is due."""
    target = folder / "custom_style.css"
    try:
        built = build(folder)
    except (BuildError, FileNotFoundError) as error:
        print(error, file=sys.stderr)
        return 1
    if "--check" not in sys.argv[1:]:
        target.write_text(built, encoding="utf-8")
        return 0
    if not target.exists() or target.read_text(encoding="utf-8") != built:
        print("static/css/custom_style.css is stale: run `make css`", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
