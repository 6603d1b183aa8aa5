"""The laboratory's site in real processes, behind the proxy, and one scenario on it."""

import os
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path

from django.db.models import QuerySet
from django.test import Client

from playwright.sync_api import Browser

from chat.models import ChatMessage
from tests.e2e.chaos.books import Figures, check, number_of
from tests.e2e.chaos.cluster import Cluster
from tests.e2e.chaos.operators import Operator, React, answer
from tests.e2e.chaos.patients import Patient
from tests.e2e.chaos.proxy import Line, Proxy
from tests.e2e.chaos.servers import STATE, STREAM, Server, realtime_server, web_server
from tests.e2e.chaos.waiting import until
from tests.factories.chat import make_operator, make_widget

SEED = os.environ.get("SEED", "kdl")


class House:
    """Database, web server, realtime process, proxy."""

    def __init__(self, cluster: Cluster, web: Server, realtime: Server, proxy: Proxy) -> None:
        self.cluster = cluster
        self.web = web
        self.realtime = realtime
        self.proxy = proxy
        self.figures: list[Figures] = []
        self.addresses = iter(range(1, 60_000))

    def next_address(self) -> str:
        """Return the address of somebody new, in a network of their own."""
        number = next(self.addresses)
        return f"10.{number // 250}.{number % 250}.1"

    def kill_web(self) -> None:
        """Kill the web server and start it again, without waiting until it answers."""
        self.web.kill()
        self.web.start()

    def kill_realtime(self) -> None:
        """Kill the realtime process and start it again, without waiting until it answers."""
        self.realtime.kill()
        self.realtime.start()

    def kill_database(self) -> None:
        """Kill the database and start it again."""
        self.cluster.kill()
        self.cluster.start()

    def wait(self) -> None:
        """Wait until everything answers."""
        self.web.wait(STATE)
        self.realtime.wait(STREAM)


@contextmanager
def running_house(folder: Path) -> Iterator[House]:
    """Start everything; stop it in the end. Files and logs go to a folder."""
    with ExitStack() as stack:
        cluster = Cluster()
        stack.callback(cluster.close)
        environment = {
            **os.environ,
            "DATABASE_URL": cluster.url,
            "DJANGO_SETTINGS_MODULE": "tests.e2e.chaos.site_settings",
            "ENV_FILE": os.devnull,
            "PRIVATE_ROOT": str(folder / "private"),
            "TRUSTED_PROXY_COUNT": "1",
        }
        servers = [web_server(folder, environment), realtime_server(folder, environment)]
        with cluster.connected():
            make_widget()
        for server in servers:
            server.start()
            stack.callback(server.stop)
        web, realtime = servers
        proxy = Proxy(web.socket, realtime.socket, SEED)
        proxy.start()
        stack.callback(proxy.close)
        house = House(cluster, web, realtime, proxy)
        house.wait()
        yield house


class Play:
    """One scenario: its patients and operators, and the reckoning in the end."""

    def __init__(
        self, house: House, browser: Browser, name: str, operators: list[Operator]
    ) -> None:
        """Begin; scenarios that go on at once share their operators, as a laboratory has them."""
        self.house = house
        self._browser = browser
        self._name = name
        self._begun = time.monotonic()
        self.patients: list[Patient] = []
        self.operators = operators

    def operator(self, react: React = answer) -> Operator:
        """Let another operator come to work; the first one should answer."""
        client = Client()
        with self.house.cluster.connected():
            client.force_login(make_operator())
        cookie = f"sessionid={client.cookies['sessionid'].value}"
        operator = Operator(self.house.proxy, cookie, self.house.next_address(), react)
        operator.start()
        self.operators.append(operator)
        return operator

    def wait_for_answers(self, number: int) -> None:
        """Wait until the first operator has answered so much."""
        operator = self.operators[0]
        until(lambda: self._at_work() and len(operator.done) >= number, f"{number} answers")

    def patient(self) -> Patient:
        """Let another patient come, with a browser that has no tab yet."""
        name = chr(ord("A") + len(self.patients))
        address = self.house.next_address()
        patient = Patient(self._browser, self.house.proxy, name, address)
        self.patients.append(patient)
        return patient

    @property
    def lines(self) -> list[Line]:
        """The lines of all who take part."""
        return [one.line for one in (*self.patients, *self.operators)]

    def reckon(self) -> Figures:
        """Let everything come to rest on calm lines and count what is wrong."""
        for line in self.lines:
            line.calm()
        self.house.wait()
        for desk in (desk for patient in self.patients for desk in patient.tabs):
            desk.wait_until_sent()
        figures = Figures(self._name)
        with self.house.cluster.connected():
            numbers = [number_of(patient) for patient in self.patients]
            self._wait_for_operators(numbers)
            for patient in self.patients:
                check(figures, patient, self.operators)
        figures.seconds = time.monotonic() - self._begun
        self.house.figures.append(figures)
        return figures

    def _wait_for_operators(self, numbers: Sequence[int]) -> None:
        for operator in self.operators:
            operator.attend(*numbers)
        messages = ChatMessage.objects.filter(thread__in=numbers)
        for operator in self.operators:
            through = partial(self._is_through, operator, messages, numbers)
            try:
                until(through, "all is answered and read")
            except AssertionError as error:
                error.add_note(f"what the operator met last: {operator.trouble!r}")
                raise

    def _is_through(
        self, operator: Operator, messages: QuerySet[ChatMessage], numbers: Sequence[int]
    ) -> bool:
        asked = set(messages.filter(sender="visitor").values_list("pk", flat=True))
        written = set(messages.values_list("pk", flat=True))
        read = {pk for number in numbers for pk in list(operator.books[number])}
        return self._at_work() and asked <= operator.done and written <= read

    def _at_work(self) -> bool:
        for operator in self.operators:
            if operator.broken:
                raise operator.broken
        return True

    def close(self) -> None:
        """Send the patients home."""
        for patient in self.patients:
            patient.leave()
