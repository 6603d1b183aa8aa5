"""How the inbox's calls come in: as the widget's do, from operators only."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from accounts.models import User
from chat.api.http import View, endpoint
from chat.errors import Forbidden, SignedOut
from chat.permissions import Anyone, may_answer, may_manage
from chat.services.texts import clean_line


class OperatorRequest(HttpRequest):
    """A request of somebody who may answer; what `operators_call` hands to a view."""

    user: User


def operators_call(
    *methods: str, right: Callable[[Anyone], bool] = may_answer
) -> Callable[[Callable[..., HttpResponseBase]], View]:
    """Make a call of a view: 401 for nobody, 403 for who lacks the right, else as `endpoint`."""

    def decorate(view: Callable[..., HttpResponseBase]) -> View:
        @endpoint(*methods)
        @wraps(view)
        def call(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if not request.user.is_authenticated:
                raise SignedOut
            if not right(request.user):
                raise Forbidden
            return view(request, *args, **kwargs)

        return call

    return decorate


def managers_call(*methods: str) -> Callable[[Callable[..., HttpResponseBase]], View]:
    """Make a call of a view, for those who manage the chat."""
    return operators_call(*methods, right=may_manage)


def query_text(request: HttpRequest, field: str, longest: int = 200) -> str:
    """Return a parameter of the address as one line of text. Raises Invalid."""
    return clean_line(request.GET.get(field, ""), field=field, longest=longest)
