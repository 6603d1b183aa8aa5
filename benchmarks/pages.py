"""`make bench-pages`: what public pages cost with 3,000 services.

Beside each page stands a view that returns a constant, on the same server, in the same run: rounds
of both alternate and medians are printed. The uncached figures come from a parameter that the page
cache does not know, so every request is rendered anew.
"""

import gzip
import os
import re
import subprocess
import sys
import time
import urllib.parse
import urllib.request
from pathlib import Path
from statistics import median

from benchmarks.load import requests_per_second
from benchmarks.report import Report

ROOT = Path(__file__).resolve().parents[1]
SERVICES = 3000
PORT = 8899
ROUNDS = 5
CACHED_REQUESTS = 800
UNCACHED_REQUESTS = 40

CACHED_SHARE = 0.5
UNCACHED_SHARE = 0.05
SERVICE_QUERIES = 15
LIST_QUERIES = 20
PAGE_WEIGHT_KB = 150
SCRIPT_KB = 20


def main() -> None:
    """Make the catalogue if need be, start a server, measure, stop the server."""
    from site_config.local_database import start  # noqa: PLC0415 - a development requirement

    print("Preparing 3,000 services …", flush=True)
    os.environ["DATABASE_URL"] = os.environ.get("BENCH_DATABASE_URL") or start(
        ROOT / ".local" / "bench-postgres"
    )
    os.environ["DJANGO_SETTINGS_MODULE"] = "benchmarks.settings"
    prepare()
    pages = addresses()
    server = subprocess.Popen(
        [
            str(Path(sys.executable).parent / "gunicorn"),
            "site_config.wsgi:application",
            "--worker-class=gthread",
            "--workers=1",
            "--threads=4",
            "--keep-alive=60",
            f"--bind=127.0.0.1:{PORT}",
            "--log-level=error",
            "--no-control-socket",
        ],
        cwd=ROOT,
    )
    try:
        wait_for(server)
        report = Report()
        speed(report, pages)
        weight(report, pages)
        queries(report, pages)
        report.finish()
    finally:
        server.terminate()
        server.wait(timeout=30)


def prepare() -> None:
    """Bring the database of the benchmark up to date."""
    import django  # noqa: PLC0415 - needs the environment that main() sets

    django.setup()
    from django.core.management import call_command  # noqa: PLC0415

    from pages.models import ServicePage  # noqa: PLC0415

    call_command("migrate", verbosity=0)
    if ServicePage.objects.count() < SERVICES:
        call_command("load_demo", services=SERVICES)


def addresses() -> dict[str, str]:
    """Return the measured pages: name and address."""
    from pages.models import ServicePage  # noqa: PLC0415 - needs Django to be set up

    service = ServicePage.objects.get(title="Глюкоза")
    return {
        "home": "/",
        "category": service.get_parent().url,
        "service": service.url,
        "price list": "/ceny/",
        "search": "/poisk/?q=%D0%B3%D0%BB%D1%8E%D0%BA%D0%BE%D0%B7%D0%B0",
    }


def wait_for(server: subprocess.Popen[bytes]) -> None:
    """Return when the server answers. Raises RuntimeError if it ends or is silent for a minute."""
    for _ in range(120):
        if server.poll() is not None:
            break
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{PORT}/healthz/", timeout=5).close()
            return
        except OSError:
            time.sleep(0.5)
    raise RuntimeError("the server did not start")


def uncached(path: str) -> str:
    """Return the address with a parameter that makes the page cache step aside."""
    return f"{path}{'&' if '?' in path else '?'}bench=1"


def speed(report: Report, pages: dict[str, str]) -> None:
    """Print requests a second of each page, cached and not, beside the constant view."""
    for path in pages.values():
        requests_per_second(PORT, path, 8)
        requests_per_second(PORT, uncached(path), 8)
    for name, path in pages.items():
        constants, kept, fresh = [], [], []
        for _ in range(ROUNDS):
            constants.append(requests_per_second(PORT, "/constant/", CACHED_REQUESTS))
            if name != "search":
                kept.append(requests_per_second(PORT, path, CACHED_REQUESTS))
            fresh.append(requests_per_second(PORT, uncached(path), UNCACHED_REQUESTS))
        constant = median(constants)
        if kept:
            report.share(
                f"{name}, cached", median(kept), "req/s", baseline=constant, at_least=CACHED_SHARE
            )
        if name == "service":
            report.share(
                f"{name}, uncached",
                median(fresh),
                "req/s",
                baseline=constant,
                at_least=UNCACHED_SHARE,
            )
        else:
            report.figure(f"{name}, uncached", median(fresh), "req/s", baseline=constant)


def weight(report: Report, pages: dict[str, str]) -> None:
    """Print the bytes of a first visit, pictures aside, gzipped."""
    for name, path in pages.items():
        html = fetch(path)
        assets = set(re.findall(r'(?:href|src)="(/static/[^"]+\.(?:css|js|woff2))"', html.decode()))
        sizes = {asset: compressed(asset, fetch(asset)) for asset in assets}
        for asset in [asset for asset in assets if asset.endswith(".css")]:
            for font in re.findall(r"url\(\"?([^)\"]+\.woff2)", fetch(asset).decode()):
                address = urllib.parse.urljoin(asset, font)
                sizes[address] = compressed(address, fetch(address))
        scripts = sum(size for asset, size in sizes.items() if asset.endswith(".js"))
        html_size = len(gzip.compress(html, 6))
        report.figure(f"{name}, HTML", len(html) / 1024, "KB")
        report.at_most(
            f"{name}, first visit", (html_size + sum(sizes.values())) / 1024, "KB", PAGE_WEIGHT_KB
        )
        report.at_most(f"{name}, scripts", scripts / 1024, "KB", SCRIPT_KB)


def fetch(path: str) -> bytes:
    """Return the body of an address."""
    with urllib.request.urlopen(f"http://127.0.0.1:{PORT}{path}", timeout=60) as answer:
        body: bytes = answer.read()
    return body


def compressed(path: str, body: bytes) -> int:
    """Return how many bytes go over the wire: fonts are compressed already."""
    return len(body) if path.endswith(".woff2") else len(gzip.compress(body, 6))


def queries(report: Report, pages: dict[str, str]) -> None:
    """Print how many queries each page takes when the page cache steps aside."""
    from django.db import connection  # noqa: PLC0415 - needs Django to be set up
    from django.test import Client  # noqa: PLC0415
    from django.test.utils import CaptureQueriesContext  # noqa: PLC0415

    client = Client(headers={"host": f"127.0.0.1:{PORT}"})
    for name, path in pages.items():
        client.get(uncached(path))
        with CaptureQueriesContext(connection) as captured:
            client.get(uncached(path))
        budget = SERVICE_QUERIES if name == "service" else LIST_QUERIES
        report.at_most(f"{name}, queries", len(captured), "", budget)


if __name__ == "__main__":
    main()
