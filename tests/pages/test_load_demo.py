"""The demo content: complete, true to itself, and harmless to a site in use."""

import re
from collections import Counter
from decimal import Decimal
from io import StringIO
from urllib.parse import urldefrag, urljoin

from django.apps import apps
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import TestCase
from django.utils import timezone

from wagtail.fields import RichTextField, StreamField
from wagtail.models import Page, Site

import pytest

from accounts.models import User
from pages import selectors
from pages.demo.catalogue import DemoCatalogue
from pages.demo.files import read_common_tests
from pages.demo.pictures import DemoPictures
from pages.demo.sections import DemoSections
from pages.demo.tree import DemoTree
from pages.models import (
    ArticlePage,
    Biomaterial,
    CataloguePage,
    FaqPage,
    HomePage,
    LaboratorySettings,
    LegalDocumentPage,
    Navigation,
    NewsPage,
    NoticeBar,
    OfficePage,
    PriceListPage,
    ServicePage,
    ServicePrice,
    SpecialistPage,
    VacancyPage,
)
from pages.services.prices import set_price
from tests.factories import pages as make
from tests.factories import sections

LINK = re.compile(r'linktype=\\?"page\\?" id=\\?"(\d+)')


def load(**options):
    """Load the demo content and return what the command says it has added."""
    output = StringIO()
    call_command("load_demo", stdout=output, **options)
    return next(line for line in output.getvalue().splitlines() if line.startswith("Added"))


def rows():
    """Return how many rows there are of everything that a loading could add."""
    models = [*apps.get_app_config("pages").get_models(), Page, User]
    return {model.__name__: model._default_manager.count() for model in models}


@pytest.mark.usefixtures("demo")
class TestContent:
    """What is there."""

    def test_every_common_test_is_a_service(self):
        wanted = Counter(row["name_ru"] for row in read_common_tests())
        assert wanted.total() == 186
        titles = ServicePage.objects.live().values_list("title", flat=True)
        assert not wanted - Counter(titles)

    def test_no_published_service_lacks_what_a_patient_asks_for(self):
        counts = selectors.gap_counts()
        assert (counts["price"], counts["preparation"], counts["code"]) == (0, 0, 0)
        assert not ServicePage.objects.live().filter(turnaround_days=None, kind="test").exists()
        assert not ServicePage.objects.live().filter(summary="").exists()

    def test_panels_save_what_they_say(self):
        panels = ServicePage.objects.live().filter(kind="panel", members__isnull=False).distinct()
        assert panels.count() >= 10
        for panel in panels:
            card = selectors.service_card(panel)
            assert len(card.members) == panel.members.count() >= 2
            separately = sum(row.price for row in card.members)
            assert card.saving.separately == separately > card.row.price
            assert card.saving.saved == separately - card.row.price

    def test_procedures_have_fees(self):
        procedures = ServicePage.objects.live().filter(kind="procedure")
        assert procedures.count() >= 6
        prices = selectors.current_prices(procedures.values_list("pk", flat=True))
        assert len(prices) == procedures.count()

    def test_offices_keep_different_hours(self):
        cards = selectors.offices()
        assert len(cards) == 5
        assert len({tuple(line.hours for line in card.week) for card in cards}) >= 3

    def test_promotions_of_all_three_kinds(self):
        assert selectors.running_promotions()
        assert selectors.coming_promotions()
        assert selectors.ended_promotions()
        for page in selectors.running_promotions():
            for row in selectors.promotion_rows(page):
                assert row.old_price is None or row.old_price > row.price

    def test_prices_have_a_past_and_a_future(self):
        now = timezone.now()
        assert ServicePrice.objects.filter(valid_from__gt=now).count() >= 3
        past = Counter(
            ServicePrice.objects.filter(valid_from__lte=now).values_list("service_id", flat=True)
        )
        assert max(past.values()) > 1

    def test_the_other_sections_are_filled(self):
        assert ArticlePage.objects.live().count() >= 8
        for model in (NewsPage, SpecialistPage, VacancyPage, LegalDocumentPage, FaqPage):
            assert model.objects.live().exists(), model
        for document in LegalDocumentPage.objects.live():
            assert document.current_version, document
        chrome = selectors.chrome(Site.objects.get())
        assert chrome.menu
        assert chrome.footer
        assert chrome.laboratory.legal_name
        assert set(chrome.urls) == {
            *("catalogue", "prices", "offices", "promotions", "purposes", "preparation", "news"),
            *("articles", "faq", "specialists", "legal", "contacts"),
        }

    def test_a_person_for_each_role(self):
        groups = User.objects.values_list("groups__name", flat=True)
        assert len(set(groups) - {None}) == 5
        assert User.objects.filter(is_superuser=True).count() == 1

    def test_no_link_in_any_text_is_dead(self):
        live = set(Page.objects.live().values_list("pk", flat=True))
        count = 0
        for page in Page.objects.live().specific():
            for field in page._meta.get_fields():
                if isinstance(field, RichTextField | StreamField):
                    text = str(field.value_from_object(page))
                    assert not re.search(r"<a>|href=.{0,2}(page|service):", text), page
                    for pk in LINK.findall(text):
                        count += 1
                        assert int(pk) in live, page
        assert count > 100

    def test_no_link_on_a_page_is_dead(self, client):
        """Every page is read (of the many services every tenth), and every address it names."""
        services = ServicePage.objects.live().order_by("path")
        pages = Page.objects.live().filter(depth__gt=1).exclude(pk__in=services.values("pk"))
        known = set(services.values_list("url_path", flat=True))
        wanted = {page.url: "" for page in [*pages, *services[::10]]}
        seen = {}
        while wanted:
            url, source = wanted.popitem()
            response = client.get(url)
            assert response.status_code == 200, f"{url} on {source}"
            seen[url] = source
            if "html" not in response["Content-Type"]:
                continue
            for href in re.findall(r'<a\b[^>]*?\bhref="([^"]*)"', response.content.decode()):
                address = urldefrag(urljoin(url, href.replace("&amp;", "&"))).url
                address = re.sub(r"^https?://(localhost|testserver)(:\d+)?", "", address) or "/"
                inside = address.startswith("/") and not address.startswith(("/static/", "/media/"))
                # The letters of the catalogue and published services are enough once.
                if not inside or "letter=" in address or f"/home{address}" in known:
                    continue
                if address not in seen:
                    wanted.setdefault(address, url)
        assert len(seen) > 120


@pytest.mark.usefixtures("demo")
class TestAgain:
    """A second loading."""

    def test_nothing_is_added_twice(self):
        before, version = rows(), selectors.content_version()
        assert load() == "Added 0 pages and 0 people."
        assert rows() == before
        assert selectors.content_version() == version

    def test_what_editors_have_done_stays(self):
        service = ServicePage.objects.live().filter(kind="test").first()
        set_price(service_id=service.pk, amount=Decimal("12345"))
        article, prices = ArticlePage.objects.first(), PriceListPage.objects.get()
        office = OfficePage.objects.first()
        office.hours.filter(weekday=1).delete()
        changes = {
            service: {"title": "Другое имя", "slug": "drugoe-imya"},
            article: {"title": "Другая статья", "slug": "drugaya"},
            prices: {"title": "Наши цены", "slug": "nashi-ceny"},
        }
        with TestCase.captureOnCommitCallbacks(execute=True):
            for page, fields in changes.items():
                for name, value in fields.items():
                    setattr(page, name, value)
                page.save_revision().publish()
            news = NewsPage.objects.live().first()
            news.unpublish()
        laboratory = LaboratorySettings.for_site(Site.objects.get())
        laboratory.phone = "+7 867 200-00-09"
        laboratory.save()
        NoticeBar.objects.all().delete()
        own = sections.standard(title="Своя страница")
        before = rows()
        assert load() == "Added 0 pages and 0 people."
        assert rows() == before
        for page, fields in changes.items():
            page.refresh_from_db()
            assert {name: getattr(page, name) for name in fields} == fields
        assert Decimal("12345") in make.amounts(service)
        assert not office.hours.filter(weekday=1).exists()
        news.refresh_from_db()
        assert not news.live
        laboratory.refresh_from_db()
        assert laboratory.phone == "+7 867 200-00-09"
        own.refresh_from_db()
        assert own.live

    def test_people_come_only_with_a_password(self, settings):
        User.objects.all().delete()
        del settings.DEMO_PASSWORD
        assert load() == "Added 0 pages and 0 people."
        assert not User.objects.exists()

    def test_a_larger_catalogue_on_demand(self):
        count = ServicePage.objects.live().count()
        load(services=count + 3)
        assert ServicePage.objects.live().count() == count + 3
        load(services=count + 3)
        assert ServicePage.objects.live().count() == count + 3
        assert selectors.gap_counts()["price"] == 0


@pytest.mark.django_db
class TestFailure:
    """Nothing half-written."""

    def test_a_failure_in_the_middle_writes_nothing(self, monkeypatch):
        def fail(self):
            raise RuntimeError

        before, version = rows(), selectors.content_version()
        # People, offices, categories and procedures are there by then.
        monkeypatch.setattr(DemoCatalogue, "add_tests", fail)
        with pytest.raises(RuntimeError):
            load()
        assert rows() == before
        assert selectors.content_version() == version
        assert connection.is_usable()

    def test_a_site_of_another_kind_is_left_alone(self):
        site = Site.objects.get()
        site.root_page = Page.objects.get(depth=1)
        site.save()
        before = rows()
        with pytest.raises(CommandError):
            load()
        assert rows() == before
        assert not Navigation.objects.exists()


# --- On a site of its own ---------------------------------------------------------------------

# A code and a biomaterial that the demo data have too.
CODE = "01-001"
BLOOD = "Венозная кровь (сыворотка)"


@pytest.mark.django_db
def test_services_of_the_site_get_no_invented_price():
    real = make.service(code=CODE, title="Наш анализ")
    blood = Biomaterial.objects.create(name=BLOOD)
    tree = DemoTree()
    DemoCatalogue(tree, CataloguePage.objects.get(), {}).add()
    assert ServicePage.objects.count() > 100
    assert make.amounts(real) == []
    # Nor a fee that would add to what they cost.
    blood.refresh_from_db()
    assert blood.taking is None
    assert Biomaterial.objects.filter(taking__isnull=False).exists()


@pytest.mark.django_db
def test_a_home_page_that_an_editor_has_written_stays():
    home = HomePage.objects.get()
    home.hero_title = "Наша лаборатория"
    home.save_revision().publish()
    home = HomePage.objects.get()
    DemoSections(DemoTree(), home, DemoPictures()).fill_home()
    assert home.hero_title == "Наша лаборатория"


@pytest.mark.django_db
def test_the_price_list_of_the_site_stays_the_only_one():
    prices = make.price_list_page(slug="nashi-ceny")
    tree = DemoTree()
    DemoSections(tree, HomePage.objects.get(), DemoPictures()).add_indexes()
    assert PriceListPage.objects.get() == prices
    assert tree.by_slug["ceny"] == prices
    assert not Page.objects.filter(slug="ceny").exists()
