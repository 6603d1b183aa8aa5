"""A server that lacks a setting does not start half-safe: it does not start."""

import os
import subprocess
import sys

import pytest

from site_config.static_checks import PRODUCTION_ENVIRONMENT, check_deployment, check_migrations

REQUIRED = sorted(set(PRODUCTION_ENVIRONMENT) - {"REDIS_URL"})


def start(environment: dict[str, str], root) -> subprocess.CompletedProcess:
    """Load the production settings with this environment and no .env file."""
    return subprocess.run(
        [sys.executable, "-c", "from django.conf import settings; settings.DEBUG"],
        cwd=root,
        env={
            "PATH": os.environ["PATH"],
            "DJANGO_SETTINGS_MODULE": "site_config.settings.production",
            "ENV_FILE": os.devnull,
            **environment,
        },
        capture_output=True,
        text=True,
        check=False,
    )


def test_production_starts_with_all_it_needs(project_root):
    done = start(PRODUCTION_ENVIRONMENT, project_root)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("name", REQUIRED)
@pytest.mark.parametrize("value", [None, " "])
def test_production_refuses_to_start_without(name, value, project_root):
    environment = {key: text for key, text in PRODUCTION_ENVIRONMENT.items() if key != name}
    if value is not None:
        environment[name] = value
    done = start(environment, project_root)
    assert done.returncode != 0
    assert f"Set {name} in the environment" in done.stderr


def test_example_names_every_required_value(project_root):
    example = (project_root / ".env.example").read_text(encoding="utf-8")
    assert [name for name in REQUIRED if f"\n{name}=" not in example] == []


def test_production_passes_the_deployment_check(monkeypatch):
    # The suite sets it for the browser's sake; servers do not.
    monkeypatch.delenv("DJANGO_ALLOW_ASYNC_UNSAFE", raising=False)
    assert list(check_deployment()) == []


def test_every_change_of_a_model_has_its_migration():
    assert list(check_migrations()) == []
