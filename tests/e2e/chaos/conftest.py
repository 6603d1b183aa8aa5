"""What the chaos tests share: one house for all of them, and the lines in the end."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser

from tests.e2e.chaos.books import Figures
from tests.e2e.chaos.operators import Operator
from tests.e2e.chaos.stage import House, Play, running_house

FIGURES = pytest.StashKey[list[Figures]]()


@pytest.fixture(scope="package")
def house(
    suite_database: None,
    django_db_blocker: Any,
    tmp_path_factory: pytest.TempPathFactory,
    request: pytest.FixtureRequest,
) -> Iterator[House]:
    """The site in real processes with a database server of its own, for all scenarios."""
    with django_db_blocker.unblock(), running_house(tmp_path_factory.mktemp("chaos")) as house:
        django_db_blocker.block()
        request.config.stash[FIGURES] = house.figures
        yield house


@pytest.fixture
def plays(
    house: House, browser: Browser, django_db_blocker: Any
) -> Iterator[Callable[[str], Play]]:
    """Begin a scenario of this name; several may go on at once."""
    begun: list[Play] = []
    operators: list[Operator] = []

    def begin(name: str) -> Play:
        begun.append(Play(house, browser, name, operators))
        return begun[-1]

    with django_db_blocker.unblock():
        yield begin
        for operator in operators:
            operator.stop()
        for play in begun:
            play.close()


@pytest.fixture
def play(plays: Callable[[str], Play], request: pytest.FixtureRequest) -> Play:
    """A scenario called as the test is, with an operator who answers."""
    words = str.maketrans("_[", "  ", "]")
    play = plays(request.node.name.removeprefix("test_").translate(words))
    play.operator()
    return play


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Print a line for each scenario, whatever became of it."""
    figures = config.stash.get(FIGURES, [])
    if figures:
        terminalreporter.section("chat chaos")
        for one in figures:
            terminalreporter.write_line(str(one))
        total = sum(one.sent for one in figures)
        terminalreporter.write_line(f"{total} messages in {len(figures)} scenarios")
