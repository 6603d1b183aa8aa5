"""Whoever watches the site learns what is broken, and only that."""

from datetime import UTC, datetime, timedelta

from django.db import OperationalError, connection
from django.utils import timezone

import pytest
from django_tasks import TaskResultStatus
from django_tasks_db.models import DBTaskResult

from site_config.common import health
from site_config.common.tasks import heartbeat

pytestmark = pytest.mark.django_db


@pytest.fixture
def worker_worked():
    """Returns a function that lets the worker have finished a heartbeat so long ago."""

    def finish(ago: timedelta) -> None:
        DBTaskResult.objects.create(
            status=TaskResultStatus.SUCCESSFUL,
            task_path=heartbeat.module_path,
            args_kwargs={"args": [], "kwargs": {}},
            backend_name="default",
            run_after=timezone.now(),
            finished_at=timezone.now() - ago,
            exception_class_path="",
            traceback="",
        )

    return finish


@pytest.fixture
def dead_database(monkeypatch):
    """A database that answers nobody."""

    def refuse(*args, **kwargs):
        raise OperationalError("connection refused")

    monkeypatch.setattr(connection, "cursor", refuse)


def test_site_with_everything_in_place_is_ready(client, worker_worked):
    worker_worked(timedelta(seconds=50))
    response = client.get("/readyz/")
    assert response.status_code == 200
    assert response.json()["status"] == "ready"
    assert "no-store" in response.headers["Cache-Control"]


def test_silent_worker_is_noticed(client, worker_worked):
    worker_worked(timedelta(minutes=10))
    response = client.get("/readyz/")
    assert response.status_code == 503
    assert response.json()["worker"] == "late"


def test_worker_that_never_worked_is_noticed(client):
    assert client.get("/readyz/").json()["worker_age_seconds"] is None


def test_unapplied_migration_is_noticed(client, worker_worked, monkeypatch):
    worker_worked(timedelta(0))
    monkeypatch.setattr(health, "unapplied_migrations", lambda: 1)
    response = client.get("/readyz/")
    assert response.status_code == 503
    assert response.json()["migrations"] == "pending"


def test_dead_database_is_noticed(client, dead_database):
    response = client.get("/readyz/")
    assert response.status_code == 503
    assert response.json() == {"status": "unavailable", "database": "down"}


def test_process_answers_while_the_database_is_dead(client, dead_database):
    response = client.get("/healthz/")
    assert response.status_code == 200
    assert "no-store" in response.headers["Cache-Control"]


def test_age_is_counted_to_the_last_heartbeat(worker_worked):
    worker_worked(timedelta(hours=1))
    worker_worked(timedelta(seconds=30))
    age = health.worker_age_seconds(datetime.now(UTC))
    assert age is not None
    assert age < 1800
