"""load_demo on a site that has content of its own: whatever is there stays as it is."""

from wagtail.models import Page

import pytest

from pages.demo.catalogue import DemoCatalogue
from pages.demo.pictures import DemoPictures
from pages.demo.sections import DemoSections
from pages.demo.tree import DemoTree
from pages.models import Biomaterial, CataloguePage, HomePage, PriceListPage, ServicePage
from tests.factories import pages as make

pytestmark = pytest.mark.django_db

# A code and a biomaterial that the demo data have too.
CODE = "01-001"
BLOOD = "Венозная кровь (сыворотка)"


def add_catalogue() -> None:
    """Add the demo catalogue to the site's own."""
    tree = DemoTree()
    DemoCatalogue(tree, CataloguePage.objects.get(), {}).add()


def test_a_service_without_a_price_gets_no_invented_one():
    real = make.service(code=CODE, title="Наш анализ")
    add_catalogue()
    assert ServicePage.objects.count() > 100
    assert make.amounts(real) == []


def test_what_a_service_costs_in_all_stays():
    make.category()
    blood = Biomaterial.objects.create(name=BLOOD)
    add_catalogue()
    blood.refresh_from_db()
    assert blood.taking is None
    assert Biomaterial.objects.filter(taking__isnull=False).exists()


def test_a_home_page_that_an_editor_has_written_stays():
    home = HomePage.objects.get()
    home.hero_title = "Наша лаборатория"
    home.save_revision().publish()
    home = HomePage.objects.get()
    DemoSections(DemoTree(), home, DemoPictures()).fill_home()
    assert home.hero_title == "Наша лаборатория"


def test_the_price_list_of_the_site_stays_the_only_one():
    prices = make.price_list_page(slug="nashi-ceny")
    tree = DemoTree()
    DemoSections(tree, HomePage.objects.get(), DemoPictures()).add_indexes()
    assert PriceListPage.objects.get() == prices
    assert tree.by_slug["ceny"] == prices
    assert not Page.objects.filter(slug="ceny").exists()
