"""Which Content-Security-Policy a page of the admin gets.

The site's policy (CONTENT_SECURITY_POLICY) is strict and is the default everywhere. Wagtail's date
fields, choosers, inline panels and rich text put inline scripts and styles into its own screens,
so these get a looser one. Screens of ours keep the strict policy: name them in
CSP_STRICT_ADMIN_PREFIXES.
"""

import re
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase

from csp.constants import HEADER, SELF, UNSAFE_INLINE
from csp.decorators import csp_replace

View = Callable[..., HttpResponseBase]

WAGTAIL_SCREENS = {
    "script-src": [SELF, UNSAFE_INLINE],
    "style-src": [SELF, UNSAFE_INLINE],
    "img-src": [SELF, "data:", "blob:"],
    "media-src": [SELF],
    "frame-src": [SELF],
    "frame-ancestors": [SELF],
}
# The page as visitors will see it, in a frame beside the form.
PREVIEW = re.compile(r"/preview(_on_\w+)?/|/block-preview/")
PREVIEW_FRAMES = {"frame-ancestors": [SELF]}


def admin_policy(view: View) -> View:
    """Give a view of the admin the loosest policy that its address needs, and no looser."""
    loose = csp_replace(WAGTAIL_SCREENS)(view)
    framed = csp_replace(PREVIEW_FRAMES)(view)

    @wraps(view)
    def with_policy(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        path = request.path_info
        if path.startswith(tuple(settings.CSP_STRICT_ADMIN_PREFIXES)):
            return view(request, *args, **kwargs)
        if not PREVIEW.search(path):
            return loose(request, *args, **kwargs)
        response = framed(request, *args, **kwargs)
        # Wagtail renders a preview through all the middleware, as for a visitor: the answer has the
        # site's policy already, and the middleware leaves a header that is there.
        response.headers.pop(HEADER, None)
        return response

    return with_policy
