"""What an app keeps of the content without knowing who looks after its freshness."""

from collections.abc import Callable
from typing import TypeVar

from django.conf import settings
from django.utils.module_loading import import_string

T = TypeVar("T")


def kept(name: str, make: Callable[[], T]) -> T:
    """Return what `make` returned for the present state of the content; callers must not alter it.

    settings.CONTENT_KEEPER names who knows that state, settings.CONTENT_MODELS what belongs to it.
    """
    keeper: Callable[[str, Callable[[], T]], T] = import_string(settings.CONTENT_KEEPER)
    return keeper(name, make)
