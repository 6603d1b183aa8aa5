"""The demo site, served by a real process from a database of its own."""

import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from pathlib import Path

from django.utils import timezone

from wagtail.models import Site as WagtailSite
from wagtail.models import get_page_models

from pages.models import BasePage, LegalVersion, OfficePage, ServiceKind, ServicePage
from pages.selectors.offices import office_card
from tests.databases import ROOT, connected_to, database_copy, newcomers_environment

TYPES = {model.__name__: model for model in get_page_models() if issubclass(model, BasePage)}
HOST = "127.0.0.1"


@dataclass(frozen=True)
class Site:
    """Where the running site is, which database it reads, and the addresses of its pages.

    `addresses` has one page of each type by the name of the type, and a few more.
    """

    url: str
    database: str
    addresses: dict[str, str]


@contextmanager
def demo_site(template: str, log_path: Path) -> Iterator[Site]:
    """Serve a copy of a database with the demo content until the end."""
    with database_copy("e2e", template) as name, socket.create_server((HOST, 0)) as listener:
        port = listener.getsockname()[1]
        address = f"http://{HOST}:{port}"
        with connected_to(name):
            WagtailSite.objects.update(hostname=HOST, port=port)
            moment = working_moment().isoformat()
            site = Site(address, name, find_addresses())
        environment = {**newcomers_environment(name), "SITE_URL": address, "SITE_MOMENT": moment}
        with log_path.open("wb") as log:
            # The socket listens already: whoever comes before the server is ready waits.
            server = subprocess.Popen(
                [
                    *(sys.executable, "-m", "gunicorn", "tests.e2e.wsgi:application"),
                    *("--bind", f"fd://{listener.fileno()}"),
                    *("--worker-class", "gthread", "--threads", "8", "--no-control-socket"),
                ],
                cwd=ROOT,
                env=environment,
                pass_fds=[listener.fileno()],
                stdout=log,
                stderr=log,
            )
        listener.close()
        try:
            yield site
        finally:
            server.terminate()
            server.wait(timeout=30)


def working_moment() -> datetime:
    """Return ten o'clock of the first day to come when an office is open then."""
    offices = OfficePage.objects.live().prefetch_related("hours", "exceptions")
    today = timezone.localdate()
    for days in range(1, 30):
        moment = timezone.make_aware(datetime.combine(today + timedelta(days=days), time(10)))
        if any(office_card(office, moment).is_open for office in offices):
            return moment
    raise LookupError("No office opens within a month.")


def find_addresses() -> dict[str, str]:
    """Return one address of each page type that the tree has, and of pages of a special kind."""
    firsts = {name: model.objects.live().order_by("path").first() for name, model in TYPES.items()}
    services = ServicePage.objects.live().order_by("path")
    version = LegalVersion.objects.filter(page__live=True).order_by("effective_from").first()
    document = version.page
    return {
        **{name: page.url for name, page in firsts.items() if page},
        **{kind: services.filter(kind=kind).first().url for kind in ServiceKind.values},
        "old version": document.url + document.reverse_subpage("version", args=[version.slug]),
    }
