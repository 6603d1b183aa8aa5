"""VK's events as a benchmark sends them: each one new, each over a connection of its own."""

import asyncio
import json
import time
from itertools import count
from uuid import uuid4

from benchmarks.processes import HOST
from tests.fake_vk.fake import GROUP_ID, SECRET

PATIENTS = 40
FIRST_PATIENT = 700_000


class Events:
    """Makes events of messages and remembers them."""

    def __init__(self) -> None:
        self.sent: list[str] = []
        self.texts: list[str] = []
        # Of an hour that no run before had.
        self._numbers = count(int(time.time()) * 1000 % 2**40)

    def new(self) -> bytes:
        """Return the event of a message that nobody has sent before."""
        number = next(self._numbers)
        peer = FIRST_PATIENT + number % PATIENTS
        event_id, text = uuid4().hex, f"Вы работаете? {uuid4().hex}"
        self.sent.append(event_id)
        self.texts.append(text)
        message = {
            "date": int(time.time()),
            "from_id": peer,
            "peer_id": peer,
            "id": number,
            "conversation_message_id": number % 2**31,
            "out": 0,
            "text": text,
            "attachments": [],
            "fwd_messages": [],
            "random_id": 0,
        }
        return json.dumps(
            {
                "group_id": GROUP_ID,
                "type": "message_new",
                "event_id": event_id,
                "v": "5.199",
                "secret": SECRET,
                "object": {"message": message, "client_info": {}},
            }
        ).encode()


async def post(port: int, path: str, body: bytes) -> tuple[int, bytes]:
    """Post an event, over a connection of its own, and return status and body."""
    reader, writer = await asyncio.open_connection(HOST, port)
    writer.write(
        f"POST {path} HTTP/1.1\r\nHost: {HOST}:{port}\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n".encode()
        + body
    )
    head, _, answer = (await reader.read()).partition(b"\r\n\r\n")
    writer.close()
    return int(head.split(b" ", 2)[1]), answer
