"""What `make check` looks for beside the linters: see CHECKS at the end for the list."""

import gzip
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
JS_BUDGET = 20 * 1024
CHAT_BUDGETS = {"chat_widget.js": 6 * 1024, "chat/panel.js": 25 * 1024}

# Attributes that make a browser fetch something as soon as it has the page.
FETCHING = {
    ("audio", "src"), ("embed", "src"), ("iframe", "src"), ("img", "src"), ("img", "srcset"),
    ("input", "src"), ("link", "href"), ("object", "data"), ("script", "src"),
    ("source", "src"), ("source", "srcset"), ("use", "href"), ("video", "poster"), ("video", "src"),
}  # fmt: skip
# Links that only name an address (canonical, alternate …) fetch nothing.
NAMING_RELATIONS = {"alternate", "author", "canonical", "license", "me", "next", "prev"}
FOREIGN = re.compile(r"(?:https?:)?//", re.IGNORECASE)
CSS_FOREIGN = re.compile(r"""(?:url\(|@import)\s*["']?(?:https?:)?//""", re.IGNORECASE)
TEMPLATE_COMMENT = re.compile(r"{#.*?#}|{%\s*comment.*?%}.*?{%\s*endcomment\s*%}", re.DOTALL)
TEMPLATE_CODE = re.compile(r"{%.*?%}|{{.*?}}", re.DOTALL)


class TemplateReader(HTMLParser):
    """Collects what a strict Content-Security-Policy would refuse in one template."""

    def __init__(self) -> None:
        super().__init__()
        self.problems: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Look at one element."""
        values = {name: value or "" for name, value in attrs}
        line = self.getpos()[0]
        if tag == "style":
            self.problems.append(f"{line}: inline style sheet")
        if tag == "script" and "src" not in values and "json" not in values.get("type", ""):
            self.problems.append(f"{line}: inline script")
        relations = set(values.get("rel", "").lower().split())
        for name, value in values.items():
            if name == "style":
                self.problems.append(f"{line}: style attribute")
            elif name.startswith("on"):
                self.problems.append(f"{line}: event attribute {name}")
            elif value.strip().lower().startswith("javascript:"):
                self.problems.append(f"{line}: script in {name}")
            elif (
                (tag, name) in FETCHING
                and not relations & NAMING_RELATIONS
                and FOREIGN.match(value.strip())
            ):
                self.problems.append(f"{line}: {name} from another host")


def template_problems(source: str) -> list[str]:
    """Return what is inline or foreign in the source of a template, each with its line."""
    # Tags of the template language become blanks of the same lines, so that HTML remains.
    plain = source
    for pattern in (TEMPLATE_COMMENT, TEMPLATE_CODE):
        plain = pattern.sub(lambda match: "\n" * match.group().count("\n"), plain)
    reader = TemplateReader()
    reader.feed(plain)
    return reader.problems


def check_templates(root: Path = ROOT) -> Iterator[str]:
    """Templates hold no inline script or style and load nothing from another host."""
    for path in sorted((root / "templates").rglob("*.html")):
        for problem in template_problems(path.read_text(encoding="utf-8")):
            yield f"{path.relative_to(root)}:{problem}"


def check_style_sheets(root: Path = ROOT) -> Iterator[str]:
    """Style sheets load nothing from another host."""
    for path in sorted((root / "static").rglob("*.css")):
        if CSS_FOREIGN.search(path.read_text(encoding="utf-8")):
            yield f"{path.relative_to(root)}: loads from another host"


def check_script_sizes(root: Path = ROOT) -> Iterator[str]:
    """The scripts of a public page stay within the budget (the chat's and the admin's apart)."""
    folder = root / "static" / "js"
    paths = [
        path
        for path in sorted(folder.rglob("*.js"))
        if not path.name.startswith("chat")
        and not {"admin", "chat", "chat_inbox"} & set(path.parts)
    ]
    total = sum(len(gzip.compress(path.read_bytes())) for path in paths)
    if total > JS_BUDGET:
        yield f"static/js: {total} bytes gzipped, the budget is {JS_BUDGET}"


def check_chat_sizes(root: Path = ROOT) -> Iterator[str]:
    """The chat's launcher and its panel stay within their budgets."""
    for name, budget in CHAT_BUDGETS.items():
        size = len(gzip.compress((root / "static" / "js" / name).read_bytes()))
        if size > budget:
            yield f"static/js/{name}: {size} bytes gzipped, the budget is {budget}"


def run_manage(settings: str, *arguments: str, **environment: str) -> Iterator[str]:
    """Run a management command and yield its output if it fails."""
    done = subprocess.run(  # noqa: S603 - our own words
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": settings, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        yield f"manage.py {' '.join(arguments)}:\n{done.stdout}{done.stderr}"


def check_migrations() -> Iterator[str]:
    """Every change of a model has its migration."""
    yield from run_manage(
        "site_config.settings.test", "makemigrations", "--check", "--dry-run", "--verbosity", "1"
    )


# Values that let production settings load; none of them leads anywhere.
PRODUCTION_ENVIRONMENT = {
    "SECRET_KEY": "a-value-for-the-check-only-9f2c7e51b84d03a6c1e7f0582b9d4c6e",
    "ALLOWED_HOSTS": "kdl.example.org",
    "SITE_URL": "https://kdl.example.org",
    "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none",
    "EMAIL_URL": "smtp://127.0.0.1:1",
    "DEFAULT_FROM_EMAIL": "site@kdl.example.org",
    "REDIS_URL": "redis://127.0.0.1:1/0",
}


def check_deployment() -> Iterator[str]:
    """Production settings pass Django's own deployment check without a warning."""
    arguments = ("check", "--deploy", "--fail-level", "WARNING")
    yield from run_manage("site_config.settings.production", *arguments, **PRODUCTION_ENVIRONMENT)


CHECKS: list[Callable[[], Iterator[str]]] = [
    check_templates,
    check_style_sheets,
    check_script_sizes,
    check_chat_sizes,
    check_migrations,
    check_deployment,
]


def main() -> int:
    """Run all checks and print what they find."""
    found = False
    for check in CHECKS:
        problems = list(check())
        found = found or bool(problems)
        print(f"{'FAIL' if problems else 'ok':<5}{check.__doc__}")
        for problem in problems:
            print(f"     {problem}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
