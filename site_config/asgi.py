"""The ASGI application: the whole site in one process, as `make run` starts it.

The chat's stream stands in front of Django: a request that stays open for hours would hold a
thread of it.
"""

import os
from typing import Any
from urllib.parse import quote

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "site_config.settings.production")

django_application = get_asgi_application()

# Its modules need Django's registry of models.
from chat.realtime.app import PATH as STREAM_PATH  # noqa: E402
from chat.realtime.app import application as stream_application  # noqa: E402


async def application(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """Hand the request to the chat's stream or to Django.

    Raw bytes in a query string, which Django refuses to decode here, are escaped first: then they
    meet the same check, and the same error page, as under WSGI.
    """
    kind = scope["type"]
    if kind == "lifespan" or kind == "websocket" or scope["path"] == STREAM_PATH:
        await stream_application(scope, receive, send)
        return
    query: bytes = scope.get("query_string", b"")
    if not query.isascii():
        scope = {**scope, "query_string": quote(query, safe="%&=+/?:;,@!$'()*~-._").encode()}
    await django_application(scope, receive, send)
