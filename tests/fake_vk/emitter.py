"""Posts events to callback servers: VK's schedule of repeats, its patience, its switch-off."""

import json
import re
import threading
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Any

from tests.fake_vk.faults import Fault, Faults
from tests.fake_vk.shapes import reshape
from tests.fake_vk.state import API_VERSION, CallbackServer, Community, World
from tests.fake_vk.transports import Reply, Transport

# Seconds before each repeat; after the last one an event is gone.
REPEATS = (10, 3 * 60, 10 * 60, 30 * 60, 60 * 60)
PATIENT_STATUSES = frozenset({410, 429, 503})
LONGEST_DELAY = 3 * 3600
VERSION_ORDER = re.compile(rb"version (5\.\d{1,3})")
OLD_VERSION = "5.92"
WARNING = "The API version of this server is deprecated"
# An answer to an event may cause the next one, but not for ever.
ROUNDS = 500


@dataclass
class Delivery:
    """One event on its way to one server."""

    number: int
    community: Community
    server: CallbackServer
    body: dict[str, Any]
    due: float
    failed: int = 0
    parallel: int = 1
    drop_first: bool = False
    window: int = 0


@dataclass(frozen=True)
class Attempt:
    """One post, or a delivery that was lost on its way (status 0)."""

    moment: float
    server_id: int
    type: str
    event_id: str
    repeats: int
    status: int
    answer: str
    ok: bool


class Emitter:
    """Keeps the events that are to be posted, and posts those that are due."""

    def __init__(self, world: World, faults: Faults, transport: Transport) -> None:
        self._world, self._faults, self.transport = world, faults, transport
        self._pending: list[Delivery] = []
        self._last_number = 0
        self.attempts: list[Attempt] = []
        # Events that no repeat is left for, and events that fell while a server was off.
        self.gone: list[dict[str, Any]] = []
        world.listeners.append(self.take)
        world.handshake = self.handshake

    @property
    def pending(self) -> list[Delivery]:
        """What still has to be posted, by the time it is due."""
        with self._world.lock:
            return sorted(self._pending, key=lambda delivery: (delivery.due, delivery.number))

    def take(self, community: Community, kind: str, what: dict[str, Any]) -> None:
        """Queue an event for every server of the community that is subscribed to it."""
        shared = self._world.hex_word(40)
        for server in community.servers.values():
            if kind not in server.events:
                continue
            same = self._world.rules.shared_event_id
            event_id = shared if same else self._world.hex_word(40)
            body = self._envelope(community, server, kind, event_id)
            body["object"] = reshape(kind, what, server.api_version)
            if server.api_version == API_VERSION:
                self._world.judge.event("event", body)
            if server.status == "failed":
                self.gone.append(body)
            else:
                self._queue(community, server, body)

    def _envelope(
        self, community: Community, server: CallbackServer, kind: str, event_id: str
    ) -> dict[str, Any]:
        body = {
            "group_id": community.id,
            "type": kind,
            "event_id": event_id,
            "v": server.api_version,
        }
        if server.secret and (kind != "confirmation" or self._world.rules.confirmation_has_secret):
            body["secret"] = server.secret
        return body

    def _queue(self, community: Community, server: CallbackServer, body: dict[str, Any]) -> None:
        delivery = self._delivery(community, server, body)
        extra = []
        for fault in self._faults.for_event(body["type"]):
            if fault.kind == "lost":
                self.gone.append(body)
                return
            extra += self._spoil(delivery, fault)
        self._pending += [delivery, *extra]

    def _delivery(
        self, community: Community, server: CallbackServer, body: dict[str, Any], later: float = 0
    ) -> Delivery:
        self._last_number += 1
        due = self._world.clock.now() + later
        return Delivery(self._last_number, community, server, body, due)

    def _spoil(self, delivery: Delivery, fault: Fault) -> list[Delivery]:
        """Do to a delivery what was ordered; return what it makes more of."""
        body = delivery.body
        spoil = SPOILERS.get(fault.kind)
        if spoil:
            delivery.body = spoil(body)
        elif fault.kind == "drop_first":
            delivery.drop_first = True
        elif fault.kind == "reorder":
            delivery.window = fault.window
        elif fault.kind == "duplicate" and fault.parallel:
            delivery.parallel = fault.copies + 1
        elif fault.kind in {"duplicate", "second_server"}:
            copy = dict(body)
            if fault.kind == "second_server":
                copy["event_id"] = self._world.hex_word(40)
            community, server = delivery.community, delivery.server
            return [
                self._delivery(community, server, copy, fault.seconds) for _ in range(fault.copies)
            ]
        return []

    def forget(self) -> None:
        """Drop what is pending and what is remembered."""
        with self._world.lock:
            for kept in (self._pending, self.attempts, self.gone):
                kept.clear()

    def next_due(self) -> float | None:
        """Return when the next delivery to a server that is on is due."""
        with self._world.lock:
            moments = [found.due for found in self._pending if found.server.status == "ok"]
            return min(moments, default=None)

    def deliver_due(self) -> list[Attempt]:
        """Post everything that is due, also what follows from it; return the attempts."""
        attempts: list[Attempt] = []
        for _ in range(ROUNDS):
            batch = self._take_due()
            if not batch:
                return attempts
            for delivery in batch:
                attempts += self._attempt(delivery)
        raise AssertionError("The site and VK talk in circles")

    def _take_due(self) -> list[Delivery]:
        with self._world.lock:
            now = self._world.clock.now()
            due = [
                found for found in self.pending if found.due <= now and found.server.status == "ok"
            ]
            taken = {delivery.number for delivery in due}
            self._pending = [found for found in self._pending if found.number not in taken]
            window = max((delivery.window for delivery in due), default=0)
            if window > 1:
                places = {
                    found.number: place + self._world.rng.uniform(0, window)
                    for place, found in enumerate(due)
                }
                due.sort(key=lambda found: places[found.number])
            return due

    def _attempt(self, delivery: Delivery) -> list[Attempt]:
        """Post one delivery, in all its copies, and see to what its failure means."""
        with self._world.lock:
            if delivery.server.status != "ok":
                self._pending.append(delivery)
                return []
        if delivery.drop_first:
            delivery.drop_first = False
            replies: list[Reply | None] = [None]
        else:
            replies = self._post_all(delivery)
        with self._world.lock:
            attempts = [self._note(delivery, reply) for reply in replies]
            self.attempts += attempts
            if any(attempt.ok for attempt in attempts):
                delivery.server.failures = 0
            else:
                self._fail(delivery, replies[0])
            self._world.touch()
        return attempts

    def _post_all(self, delivery: Delivery) -> list[Reply | None]:
        replies: list[Reply | None] = [None] * delivery.parallel
        together = threading.Barrier(delivery.parallel)

        def post(place: int) -> None:
            together.wait()
            replies[place] = self._post(delivery.server, delivery.body, delivery.failed)

        threads = [threading.Thread(target=post, args=[place]) for place in range(1, len(replies))]
        for thread in threads:
            thread.start()
        post(0)
        for thread in threads:
            thread.join()
        return replies

    def _post(self, server: CallbackServer, body: dict[str, Any], failed: int) -> Reply | None:
        headers = {"Content-Type": "application/json", "User-Agent": "fake-vk"}
        if failed:
            headers["X-Retry-Counter"] = str(failed)
        data = json.dumps(body, ensure_ascii=False).encode()
        try:
            return self.transport(server.url, data, headers, self._world.rules.callback_timeout)
        except OSError:
            return None

    def _note(self, delivery: Delivery, reply: Reply | None) -> Attempt:
        return Attempt(
            moment=self._world.clock.now(),
            server_id=delivery.server.id,
            type=delivery.body["type"],
            event_id=str(delivery.body.get("event_id", "")),
            repeats=delivery.failed,
            status=reply.status if reply else 0,
            answer=reply.body[:200].decode(errors="replace") if reply else "",
            ok=bool(reply) and accepted(reply, b"ok"),
        )

    def _fail(self, delivery: Delivery, reply: Reply | None) -> None:
        server = delivery.server
        if reply and reply.status == 200 and reply.body == b"remove":
            delivery.community.servers.pop(server.id, None)
            server.status = "unconfigured"
            return
        order = VERSION_ORDER.fullmatch(reply.body) if reply and reply.status == 200 else None
        if order:
            server.api_version = order[1].decode()
        server.failures += 1
        limit = self._world.rules.switch_off_after
        if limit is not None and server.failures >= limit:
            server.status = "failed"
        if delivery.failed >= len(REPEATS):
            self.gone.append(delivery.body)
            return
        delay = asked_delay(reply, self._world.clock.now()) or REPEATS[delivery.failed]
        delivery.failed += 1
        delivery.due = self._world.clock.now() + delay
        self._pending.append(delivery)

    def handshake(self, community: Community, server: CallbackServer) -> bool:
        """Ask a server for the confirmation code and switch it on or off by the answer."""
        with self._world.lock:
            event_id = self._world.hex_word(40)
            body = self._envelope(community, server, "confirmation", event_id)
            expected = community.confirmation.encode()
        reply = self._post(server, body, 0)
        with self._world.lock:
            confirmed = bool(reply) and accepted(reply, expected)
            server.status = "ok" if confirmed else "failed"
            server.failures = 0
            self._world.touch()
        return confirmed


def accepted(reply: Reply | None, expected: bytes) -> bool:
    """Say whether a site answered 200 with exactly what it had to."""
    return reply is not None and reply.status == 200 and reply.body == expected


def asked_delay(reply: Reply | None, now: float) -> float | None:
    """Return the seconds that Retry-After asks for, if VK would grant them."""
    text = reply.headers.get("retry-after", "") if reply else ""
    if not reply or reply.status not in PATIENT_STATUSES or not text:
        return None
    if text.isdigit():
        delay = float(text)
    else:
        try:
            moment = parsedate_to_datetime(text)
        except ValueError:
            return None
        delay = moment.replace(tzinfo=moment.tzinfo or UTC).timestamp() - now
    return delay if 0 < delay < LONGEST_DELAY else None


def without(*names: str) -> Any:
    """Return what takes these keys away."""
    return lambda body: {key: value for key, value in body.items() if key not in names}


def with_zero_id(body: dict[str, Any]) -> dict[str, Any]:
    """Return the event with a message without a number."""
    what = body["object"]
    if "message" in what:
        return body | {"object": what | {"message": what["message"] | {"id": 0}}}
    return body | {"object": what | {"id": 0}}


SPOILERS: dict[str, Any] = {
    "no_event_id": without("event_id"),
    "no_secret": without("secret"),
    "numeric_event_id": lambda body: body | {"event_id": int(body["event_id"][:8], 16)},
    "wrong_secret": lambda body: body | {"secret": "not-the-secret"},
    "wrong_group": lambda body: body | {"group_id": body["group_id"] + 1},
    "zero_id": with_zero_id,
    "warning": lambda body: body | {"object": {"warning": WARNING}},
    "old_shape": lambda body: (
        body | {"v": OLD_VERSION, "object": reshape(body["type"], body["object"], OLD_VERSION)}
    ),
}
