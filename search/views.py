"""The page of search results."""

from django.core.paginator import EmptyPage
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from search.engine import QueryTooLong, clean_query, find


@require_safe
@cache_control(max_age=0, no_cache=True)
def search(request: HttpRequest) -> HttpResponse:
    """Show what `?q=` finds, twenty a page. A query that is too long is answered with 400 and a
    word why.
    """
    try:
        query = clean_query(request.GET.get("q", ""))
    except QueryTooLong:
        context = {"query": "", "error": _("The query is too long. Shorten it to a few words.")}
        return render(request, "search/search.html", context, status=400)
    number = request.GET.get("page", "1")
    if not number.isascii() or not number.isdigit() or len(number) > 3:
        raise Http404
    try:
        results = find(query, int(number)) if query else None
    except EmptyPage as error:
        raise Http404 from error
    total = results.paginator.count if results else 0
    return render(
        request, "search/search.html", {"query": query, "results": results, "total": total}
    )
