"""Locks the requirements: requirements/*.in become *.txt with exact versions and hashes.

`python -m site_config.lock`          resolves anew (asks the package index)
`python -m site_config.lock --check`  says whether the .txt files were made from the .in files as
                                      they are now (asks nobody)
"""

import hashlib
import re
import subprocess
import sys
from pathlib import Path

REQUIREMENTS = Path(__file__).resolve().parents[1] / "requirements"
NAMES = ("base", "production", "dev")
INCLUDE = re.compile(r"^-r\s+(\S+)", re.MULTILINE)
STAMP = "# Locked by `make lock` from {name}.in, sha256 {digest}"


def digest(path: Path) -> str:
    """Return the hash of a .in file together with the files it includes."""
    text = path.read_text(encoding="utf-8")
    parts = [text, *(digest(path.parent / name) for name in INCLUDE.findall(text))]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def stamp(name: str, folder: Path = REQUIREMENTS) -> str:
    """Return the first line that a locked file carries while it answers to its .in file."""
    return STAMP.format(name=name, digest=digest(folder / f"{name}.in"))


def stale(folder: Path = REQUIREMENTS) -> list[str]:
    """Return the names of the locked files that were not made from their .in files as they are."""
    names = []
    for name in NAMES:
        locked = folder / f"{name}.txt"
        text = locked.read_text(encoding="utf-8") if locked.exists() else ""
        if text.partition("\n")[0] != stamp(name, folder):
            names.append(locked.name)
    return names


def lock() -> None:
    """Resolve every .in file; versions already locked stay unless the .in file forbids them."""
    for name in NAMES:
        source, target = REQUIREMENTS / f"{name}.in", REQUIREMENTS / f"{name}.txt"
        command = [sys.executable, "-m", "uv", "pip", "compile", "--quiet", "--generate-hashes"]
        command += ["--python-version", "3.11", "--universal", "--no-header"]
        # With its extra stripped from the pin, old pip takes the newest version for a package that
        # another asks for with an extra, and then refuses it for having no hash.
        command += ["--no-strip-extras"]
        command += ["--no-emit-index-url", "--no-emit-find-links"]
        command += ["--output-file", str(target), str(source)]
        subprocess.run(command, check=True, cwd=REQUIREMENTS.parent)  # noqa: S603 - our own words
        locked = target.read_text(encoding="utf-8")
        target.write_text(f"{stamp(name)}\n{locked}", encoding="utf-8")
        print(f"requirements/{target.name}")


def main() -> int:
    """Lock, or with --check tell whether locking is due."""
    if "--check" not in sys.argv[1:]:
        lock()
        return 0
    names = stale()
    for name in names:
        print(f"requirements/{name} is older than its .in file: run `make lock`")
    return 1 if names else 0


if __name__ == "__main__":
    sys.exit(main())
