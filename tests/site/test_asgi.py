"""The server of `make run` meets odd bytes as the other one does."""

import pytest
from asgiref.testing import ApplicationCommunicator

from site_config.asgi import application


@pytest.mark.parametrize(("query", "status"), [(b"q=\xff", 400), ("q=кровь".encode(), 404)])
def test_raw_bytes_of_a_query_are_read_or_refused(own_database, query, status):
    # The server answers in a thread with a connection, and so a transaction, of its own.
    from asgiref.sync import async_to_sync

    async def ask() -> dict:
        scope = {
            "type": "http",
            "method": "GET",
            "path": "/net-takoy-stranicy/",
            "query_string": query,
            "headers": [(b"host", b"testserver")],
        }
        communicator = ApplicationCommunicator(application, scope)
        await communicator.send_input({"type": "http.request", "body": b""})
        return await communicator.receive_output(timeout=20)

    assert async_to_sync(ask)()["status"] == status
