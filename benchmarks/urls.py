"""The site's addresses and one more: a view that does nothing, behind the same middleware."""

from django.http import HttpRequest, HttpResponse
from django.urls import path

from site_config.urls import *
from site_config.urls import urlpatterns as site_urlpatterns

BODY = b"<!doctype html><title>constant</title><p>A page that costs nothing." * 10


def constant(request: HttpRequest) -> HttpResponse:
    """Answer always the same."""
    return HttpResponse(BODY)


urlpatterns = [path("constant/", constant), *site_urlpatterns]
