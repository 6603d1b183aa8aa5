"""No visitor waits for a picture to be made."""

import re
from pathlib import Path

from django.core.cache import caches
from django.db import connection
from django.test.utils import CaptureQueriesContext

from wagtail.images.models import Filter

import pytest

from pages.models import ArticleIndexPage, SiteRendition
from pages.services.pictures import SIZES, make_sizes
from tests.factories import sections

TAG = re.compile(r"{% (?:image|picture) \S+ (.*?)(?: \w+=| as |%})")


@pytest.fixture
def ahead(settings, django_capture_on_commit_callbacks):
    """Have sizes made ahead; what is saved inside is committed after it."""
    settings.MAKE_SIZES_AHEAD = True
    return lambda: django_capture_on_commit_callbacks(execute=True)


def test_every_size_that_a_template_asks_for_is_made_ahead(project_root: Path):
    templates = [*project_root.glob("templates/**/*.html")]
    asked = [tag for path in templates for tag in TAG.findall(path.read_text(encoding="utf-8"))]
    assert len(asked) > 8
    assert {size for tag in asked for size in Filter.expand_spec(tag.strip())} <= set(SIZES)


@pytest.mark.django_db
def test_a_saved_picture_has_all_its_sizes(ahead):
    with ahead():
        image = sections.image()
    made = image.renditions.values_list("filter_spec", flat=True)
    assert set(made) == set(SIZES)


@pytest.mark.django_db
def test_a_new_focus_is_followed(ahead):
    with ahead():
        image = sections.image()
    image.focal_point_x = image.focal_point_y = 10
    image.focal_point_width = image.focal_point_height = 5
    with ahead():
        image.save()
    specs = image.renditions.exclude(focal_point_key="").values_list("filter_spec", flat=True)
    assert "fill-176x176" in specs


@pytest.mark.django_db
def test_a_page_makes_none_while_it_is_shown(ahead, client):
    with ahead():
        page = sections.article(image=sections.image())
    before = SiteRendition.objects.count()
    for url in (page.url, page.get_parent().url, "/"):
        assert client.get(url).status_code == 200
    assert SiteRendition.objects.count() == before


@pytest.mark.django_db
def test_a_picture_that_is_gone_or_broken_stops_no_worker():
    image = sections.image()
    image.file.storage.delete(image.file.name)
    make_sizes.call(image.pk)
    assert not image.renditions.exists()
    make_sizes.call(0)


@pytest.mark.django_db
def test_a_list_reads_the_sizes_of_all_pictures_at_once(ahead, client):
    def count():
        address = ArticleIndexPage.objects.get().url
        # The first visits make the settings, then what many pages share.
        client.get(address)
        caches["pages"].clear()
        client.get(address)
        for cache in caches.all():
            cache.clear()
        with CaptureQueriesContext(connection) as captured:
            client.get(address)
        return len(captured)

    with ahead():
        sections.article(image=sections.image())
    one = count()
    with ahead():
        sections.article(image=sections.image())
        sections.article(image=sections.image())
    assert count() == one
