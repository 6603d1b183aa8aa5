"""Answers for whoever watches the site: is the process up, is it ready to serve.

A middleware, not two routes: the answers must not wait for anything that may be broken below.
"""

from collections.abc import Callable
from datetime import datetime
from http import HTTPStatus

from django.db import DatabaseError, InterfaceError, connection
from django.db.migrations.executor import MigrationExecutor
from django.db.models import Max
from django.http import HttpRequest, HttpResponseBase, JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from django_tasks_db.models import DBTaskResult

# The clock asks for a heartbeat each minute; two may be late before anybody is woken.
WORKER_MAX_AGE_SECONDS = 180


@never_cache
@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    """Say that the process answers, whatever else is broken."""
    return JsonResponse({"status": "ok"})


@never_cache
@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """Say whether all is there that pages need: database, migrations, a working task worker."""
    try:
        pending = unapplied_migrations()
        age = worker_age_seconds(timezone.now())
    except (DatabaseError, InterfaceError):
        report: dict[str, object] = {"status": "unavailable", "database": "down"}
        return JsonResponse(report, status=HTTPStatus.SERVICE_UNAVAILABLE)
    worker_works = age is not None and age <= WORKER_MAX_AGE_SECONDS
    ready = worker_works and not pending
    report = {
        "status": "ready" if ready else "unavailable",
        "database": "ok",
        "migrations": "pending" if pending else "ok",
        "worker": "ok" if worker_works else "late",
        "worker_age_seconds": age,
    }
    return JsonResponse(report, status=HTTPStatus.OK if ready else HTTPStatus.SERVICE_UNAVAILABLE)


def unapplied_migrations() -> int:
    """Return how many migrations the database has yet to see."""
    executor = MigrationExecutor(connection)
    return len(executor.migration_plan(executor.loader.graph.leaf_nodes()))


def worker_age_seconds(now: datetime) -> int | None:
    """Return the seconds since the worker last finished a task, None if it never did.

    Any task counts: behind a long queue the heartbeat waits, though the worker works.
    """
    last = DBTaskResult.objects.aggregate(last=Max("finished_at"))["last"]
    return None if last is None else max(0, int((now - last).total_seconds()))


ANSWERS: dict[str, Callable[[HttpRequest], HttpResponseBase]] = {
    "/healthz/": healthz,
    "/readyz/": readyz,
}


class HealthMiddleware:
    """Answers the addresses of ANSWERS."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return ANSWERS.get(request.path_info, self.get_response)(request)
