"""What the tests of the chat share."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from accounts.models import User
from chat.models import ChatWidget
from tests.chat.streams import Dialogue, Server, stream_server
from tests.databases import connected_to, database_copy
from tests.factories.chat import Patient, make_operator, make_widget


@pytest.fixture
def widget(db: None) -> ChatWidget:
    """The widget that the site shows."""
    return make_widget()


@pytest.fixture
def patient(widget: ChatWidget) -> Patient:
    """A patient at their browser."""
    return Patient()


@pytest.fixture
def operator(db: None) -> User:
    """Somebody who answers."""
    return make_operator()


@pytest.fixture(scope="package")
def stream_database(suite_database: None, django_db_blocker: Any) -> Iterator[str]:
    """A database of its own for the processes of the stream: they see what is committed."""
    with django_db_blocker.unblock(), database_copy("stream") as name:
        with connected_to(name):
            make_widget()
        yield name


@pytest.fixture
def committed(stream_database: str, django_db_blocker: Any) -> Iterator[str]:
    """Lead the test's own queries to that database; returns its name."""
    with django_db_blocker.unblock(), connected_to(stream_database):
        yield stream_database


@pytest.fixture(scope="package")
def shared_stream(
    stream_database: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    """One process of the stream, for all tests that do it no harm."""
    with stream_server(stream_database, tmp_path_factory.mktemp("stream") / "log") as server:
        yield server


@pytest.fixture
def stream(shared_stream: Server, committed: str) -> Server:
    """A process of the stream, in whose database the test may write."""
    return shared_stream


@pytest.fixture
def own_stream(committed: str, tmp_path: Path) -> Iterator[Server]:
    """A process of the stream for this test alone."""
    with stream_server(committed, tmp_path / "log") as server:
        yield server


@pytest.fixture
def dialogue(committed: str) -> Dialogue:
    """A dialogue that the processes of the stream can see."""
    return Dialogue()


@pytest.fixture
def background() -> Iterator[Callable[..., Future[Any]]]:
    """Start a function beside the test; it may use no database."""
    with ThreadPoolExecutor(max_workers=4) as pool:
        yield pool.submit


@pytest.fixture
def patient_stream(committed: str, tmp_path: Path) -> Iterator[Server]:
    """A process of the stream that does nothing by the clock, only when it is told."""
    settings = "tests.chat.patient_stream_settings"
    with stream_server(committed, tmp_path / "log", settings) as server:
        yield server
