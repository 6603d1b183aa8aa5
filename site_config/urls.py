"""Every address of the site; Wagtail's pages take what is left."""

from django.conf import settings
from django.urls import include, path
from django.views.static import serve

from wagtail import urls as wagtail_urls
from wagtail.admin import urls as wagtailadmin_urls
from wagtail.documents import urls as wagtaildocs_urls
from wagtail.utils.urlpatterns import decorate_urlpatterns

from accounts.views import AdminLoginView
from site_config.common.csp import admin_policy

handler400 = "site_config.common.errors.bad_request"
handler403 = "site_config.common.errors.permission_denied"
handler404 = "site_config.common.errors.not_found"
handler500 = "site_config.common.errors.server_error"

admin_urlpatterns = decorate_urlpatterns(
    [
        # Stands before Wagtail's own, which knows no limit.
        path("admin/login/", AdminLoginView.as_view(), name="wagtailadmin_login"),
        path("admin/", include(wagtailadmin_urls)),
    ],
    admin_policy,
)

urlpatterns = [
    path("admin/chat/api/", include("chat.inbox.urls")),
    *admin_urlpatterns,
    path("documents/", include(wagtaildocs_urls)),
    path("chat/", include("chat.urls")),
    path("", include("pages.urls")),
    path("", include("search.urls")),
]

if settings.SERVE_MEDIA:
    urlpatterns.append(
        path("media/<path:path>", serve, {"document_root": settings.MEDIA_ROOT}, name="media")
    )

urlpatterns.append(path("", include(wagtail_urls)))
