"""The ASGI application: the whole site in one process, as `make run` starts it."""

import os
from typing import Any
from urllib.parse import quote

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "site_config.settings.production")

django_application = get_asgi_application()


async def application(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """Hand the request to Django.

    Raw bytes in a query string, which Django refuses to decode here, are escaped first: then they
    meet the same check, and the same error page, as under WSGI.
    """
    query: bytes = scope.get("query_string", b"")
    if not query.isascii():
        scope = {**scope, "query_string": quote(query, safe="%&=+/?:;,@!$'()*~-._").encode()}
    await django_application(scope, receive, send)
