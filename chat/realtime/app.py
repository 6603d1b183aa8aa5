"""The ASGI application for /chat/stream/: in front of Django, never through its handler."""

import asyncio
import gc
import logging
import signal
from collections.abc import Callable
from types import FrameType

from chat.realtime.asks import Scope
from chat.realtime.process import Realtime
from chat.realtime.refusals import turn_away
from chat.realtime.transports import Receive, Send

logger = logging.getLogger(__name__)

PATH = "/chat/stream/"


class StreamApplication:
    """The application: starts with the server, or with the first request where it does not say."""

    def __init__(self) -> None:
        self._realtime: Realtime | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request for the stream, or the server's start and stop.

        WebSockets to any other address end here too: Django knows none.
        """
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["path"] != PATH:
            await turn_away(receive, send)
        else:
            await self._started().serve(scope, receive, send)

    def _started(self) -> Realtime:
        if self._realtime is None:
            # What the program is made of is not looked through for rubbish any more: it took half a
            # second each time, and every stream waited for it.
            gc.collect()
            gc.freeze()
            self._realtime = Realtime()
            on_sigterm(self._stop)
        return self._realtime

    def _stop(self) -> None:
        if self._realtime is not None and not self._realtime.stopping:
            self._realtime.start(self._realtime.stop())

    async def _live(self, receive: Receive, send: Send) -> None:
        while True:
            kind = (await receive())["type"]
            if kind == "lifespan.startup":
                self._started()
            elif self._realtime is not None:
                if not self._realtime.stopping:
                    await self._realtime.stop()
                self._realtime.close()
                self._realtime = None
            await send({"type": f"{kind}.complete"})
            if kind == "lifespan.shutdown":
                return


def on_sigterm(stop: Callable[[], None]) -> None:
    """Call `stop` in the running loop when the process is told to stop, beside the server.

    Servers wait for open connections first and tell applications last, which with streams is never.
    A handler set here is called as well as one that the server set with its loop.
    """
    loop = asyncio.get_running_loop()
    before = signal.getsignal(signal.SIGTERM)

    def handle(number: int, frame: FrameType | None) -> None:
        loop.call_soon_threadsafe(stop)
        if callable(before):
            before(number, frame)

    try:
        signal.signal(signal.SIGTERM, handle)
    except ValueError:
        # Not in the main thread: whoever runs the loop stops it.
        logger.info("the chat's streams are not told of SIGTERM here")


application = StreamApplication()
