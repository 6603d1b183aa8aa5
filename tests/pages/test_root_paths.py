"""What another process knows of the place of the home page."""

from django.core.cache import cache

from wagtail.models import Site
from wagtail.models.sites import SITE_ROOT_PATHS_CACHE_KEY, SITE_ROOT_PATHS_CACHE_VERSION

import pytest

from pages.models import HomePage
from tests.factories import pages as make

pytestmark = pytest.mark.django_db


def test_links_lead_home_though_another_process_has_renamed_the_home_page(client):
    make.price_list_page()
    service = make.service(price=10)
    assert 'href="/analizy/' in client.get(service.url).content.decode()
    remembered = cache.get(SITE_ROOT_PATHS_CACHE_KEY, version=SITE_ROOT_PATHS_CACHE_VERSION)
    home = HomePage.objects.get()
    home.slug = "glavnaya"
    home.save_revision().publish()
    # Saving forgets it in the process of the editor alone.
    cache.set(SITE_ROOT_PATHS_CACHE_KEY, remembered, version=SITE_ROOT_PATHS_CACHE_VERSION)
    words = client.get("/ceny/").content.decode()
    assert 'href="/analizy/' in words
    assert 'href="//' not in words
    assert Site.get_site_root_paths()[0].root_path == "/glavnaya/"
