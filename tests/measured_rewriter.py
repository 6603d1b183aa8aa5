"""Stands in for `chat.services.rewriter` while coverage is measured: runs it and notes its lines.

The rewriter is started without an environment and may write no file, so it cannot be measured as
other processes are. Its limits hold here too, but the one on files is lifted when it has ended.
"""

import resource
import runpy
from pathlib import Path

from coverage import Coverage

ROOT = Path(__file__).resolve().parents[1]
REWRITER = ROOT / "chat" / "services" / "rewriter.py"

_setrlimit = resource.setrlimit


def set_soft_limit(kind: int, limits: tuple[int, int]) -> None:
    """Set a limit so that it binds and can be lifted."""
    _setrlimit(kind, (limits[0], resource.getrlimit(kind)[1]))


def main() -> None:
    """Rewrite stdin to stdout."""
    measured = Coverage(
        data_file=ROOT / ".coverage", data_suffix=True, config_file=ROOT / "pyproject.toml"
    )
    resource.setrlimit = set_soft_limit
    measured.start()
    runpy.run_path(str(REWRITER), run_name="__main__")
    measured.stop()
    most = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
    _setrlimit(resource.RLIMIT_FSIZE, (most, most))
    measured.save()


if __name__ == "__main__":
    main()
