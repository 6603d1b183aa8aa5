"""Long lists in pages."""

from collections.abc import Sequence

from django.core.paginator import EmptyPage, Page, PageNotAnInteger, Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpRequest

PER_PAGE = 12


def paginate(request: HttpRequest, items: QuerySet | Sequence, per_page: int = PER_PAGE) -> Page:
    """Return the page of `items` that `?page=` names, the first without it.

    Raises Http404 for a number beyond the last page or what is not a number.
    """
    return paginate_by(request.GET.get("page", "1"), items, per_page)


def paginate_by(number: str, items: QuerySet | Sequence, per_page: int) -> Page:
    """Return the page of `items` with this number. Raises Http404 if there is none."""
    # int() of ten thousand digits is slow on purpose in Python; no list here is that long.
    if not number.isascii() or not number.isdigit() or len(number) > 6:
        raise Http404
    try:
        return Paginator(items, per_page).page(number)
    except (EmptyPage, PageNotAnInteger) as error:
        raise Http404 from error
