"""One line of log for each request: what was asked for and how it went, not by whom."""

import logging
import time
from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase

logger = logging.getLogger(__name__)


class RequestLogMiddleware:
    """Logs method, name of the route, status and milliseconds.

    The path stays out: it may hold what a visitor typed. The route says which view answered; it is
    null where none did (a page from the cache, a refused request).
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        started = time.perf_counter()
        response = self.get_response(request)
        fields = {
            "method": request.method,
            "route": request.resolver_match.view_name if request.resolver_match else None,
            "status": response.status_code,
            "ms": round((time.perf_counter() - started) * 1000, 1),
        }
        logger.info("request", extra={"fields": fields})
        return response
