"""What machines ask for by address: the map of the site, robots.txt, the manifest."""

from urllib.parse import urlsplit

from django.contrib.sites.requests import RequestSite
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.templatetags.static import static
from django.urls import reverse
from django.views.decorators.http import require_safe

from wagtail.models import Site

from pages.context_processors import chrome_of
from pages.page_cache import public_view
from pages.seo.nodes import absolute, plain, site_root
from pages.sitemaps import sitemaps

XML = "application/xml"
# Marks that advertising adds to addresses; they change nothing on the page.
CAMPAIGN_PARAMETERS = (
    "utm_source&utm_medium&utm_campaign&utm_content&utm_term&yclid&gclid&ysclid&openstat&from"
)
# The token `canvas` of the light scheme.
CANVAS = "#f2f6f7"


@public_view
def sitemap_index(request: HttpRequest) -> HttpResponse:
    """Return the index of the map: each section that has pages, with its last change."""
    sections = [
        {
            "location": absolute(request, reverse("pages:sitemap-section", args=[name])),
            "last_mod": section.get_latest_lastmod(),
        }
        for name, section in sitemaps(Site.find_for_request(request)).items()
        if section.paginator.count
    ]
    return TemplateResponse(request, "sitemap_index.xml", {"sitemaps": sections}, content_type=XML)


@public_view
def sitemap_section(request: HttpRequest, section: str) -> HttpResponse:
    """Return one section of the map. Raises Http404 if there is none of this name."""
    found = sitemaps(Site.find_for_request(request)).get(section)
    if found is None:
        raise Http404
    root = urlsplit(site_root(request))
    site = RequestSite(request)
    site.domain = root.netloc
    urls = found.get_urls(site=site, protocol=root.scheme)
    return TemplateResponse(request, "sitemap.xml", {"urlset": urls}, content_type=XML)


@public_view
def robots(request: HttpRequest) -> HttpResponse:
    """Tell robots what not to fetch, and where the map of the site is."""
    lines = [
        "User-agent: *",
        "Disallow: /admin/",
        f"Disallow: {reverse('search')}",
        "Disallow: /*?q=",
        "Disallow: /*&q=",
        f"Clean-param: {CAMPAIGN_PARAMETERS}",
        "",
        f"Sitemap: {absolute(request, reverse('pages:sitemap'))}",
        "",
    ]
    return HttpResponse("\n".join(lines), content_type="text/plain; charset=utf-8")


@public_view
def manifest(request: HttpRequest) -> HttpResponse:
    """Describe the site to a phone that puts it on its home screen."""
    laboratory = chrome_of(request).laboratory
    icons = [
        {
            "src": static(f"img/icon-{name}.png"),
            "sizes": f"{size}x{size}",
            "type": "image/png",
            "purpose": purpose,
        }
        for name, size, purpose in (
            ("192", 192, "any"),
            ("512", 512, "any"),
            ("maskable-512", 512, "maskable"),
        )
    ]
    return JsonResponse(
        {
            "name": plain(laboratory.brand),
            "short_name": plain(laboratory.brand),
            "description": plain(laboratory.slogan),
            "lang": "ru",
            "start_url": "/",
            "scope": "/",
            "display": "minimal-ui",
            "background_color": CANVAS,
            "theme_color": CANVAS,
            "icons": icons,
        },
        json_dumps_params={"ensure_ascii": False},
        content_type="application/manifest+json",
    )


@require_safe
def favicon(request: HttpRequest) -> HttpResponse:
    """Lead whoever asks for the icon at its old address to the picture."""
    return redirect(static("img/icon-192.png"))
