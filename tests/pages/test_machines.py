"""What search engines, social networks and feed readers see of the site: true, whole, public."""

import json
import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from datetime import date, time, timedelta
from decimal import Decimal
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlsplit

from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

import pytest
import time_machine

from pages import selectors
from pages.context_processors import chrome_of
from pages.models import (
    Biomaterial,
    OfficeException,
    OfficeHours,
    PanelMember,
    ServicePage,
    Synonym,
)
from pages.services.prices import set_price
from tests.factories import pages as make
from tests.factories import sections

pytestmark = pytest.mark.django_db

ROOT = "https://kdl.example"
SCHEMA = "https://schema.org/"

# What each type cannot do without, by schema.org and by the search engines that read it.
REQUIRED = {
    "WebPage": {"url", "name", "description", "isPartOf", "breadcrumb"},
    "CollectionPage": {"url", "name", "description", "isPartOf", "breadcrumb"},
    "ContactPage": {"url", "name", "description", "isPartOf", "breadcrumb"},
    "MedicalWebPage": {"url", "name", "description", "isPartOf", "breadcrumb"},
    "ProfilePage": {"url", "name", "mainEntity"},
    "FAQPage": {"mainEntity"},
    "Question": {"name", "acceptedAnswer"},
    "Answer": {"text"},
    "Article": {"headline", "datePublished", "dateModified", "author", "publisher"},
    "NewsArticle": {"headline", "datePublished", "dateModified", "author", "publisher"},
    "Person": {"name"},
    "Service": {"name", "url"},
    "MedicalTest": {"name", "url"},
    "MedicalTestPanel": {"name", "url"},
    "MedicalProcedure": {"name", "url"},
    "MedicalCode": {"codeValue", "codingSystem"},
    "Offer": {"price", "priceCurrency", "itemOffered", "seller", "url"},
    "UnitPriceSpecification": {"price", "priceCurrency", "priceType"},
    "MedicalOrganization": {"name", "url", "logo"},
    "DiagnosticLab": {"name", "url"},
    "MedicalClinic": {"address", "telephone", "openingHoursSpecification", "parentOrganization"},
    "PostalAddress": {"streetAddress", "addressCountry"},
    "GeoCoordinates": {"latitude", "longitude"},
    "OpeningHoursSpecification": {"opens", "closes"},
    "EducationalOccupationalCredential": {"credentialCategory", "name"},
    "JobPosting": {"title", "description", "datePosted", "hiringOrganization", "jobLocation"},
    "BreadcrumbList": {"itemListElement"},
    "ListItem": {"position", "name", "item"},
    "WebSite": {"url", "name", "potentialAction"},
    "SearchAction": {"target", "query-input"},
    "EntryPoint": {"urlTemplate"},
    "ImageObject": {"url"},
    "City": {"name"},
    "Place": {"address"},
    "Organization": {"name"},
    "PropertyValue": {"propertyID", "value"},
    "LocationFeatureSpecification": {"name", "value"},
}
ADDRESSES = {"@id", "url", "item", "image", "urlTemplate", "sameAs", "availability", "priceType"}
DATES = {"validFrom", "validThrough", "priceValidUntil", "lastReviewed", "datePosted"}


class HeadParser(HTMLParser):
    """Collects what a machine takes from a page: meta, links, scripts with data."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.meta: dict[str, str] = {}
        self.links: dict[str, list[dict[str, str]]] = {}
        self.scripts: list[dict[str, str]] = []
        self.documents: list[str] = []
        self.in_data = False
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        values = dict(attrs)
        if tag == "meta" and "content" in values:
            self.meta.setdefault(values.get("name") or values.get("property"), values["content"])
        if tag == "link":
            self.links.setdefault(values["rel"], []).append(values)
        if tag == "script":
            self.scripts.append(values)
            self.in_data = values.get("type") == "application/ld+json"

    def handle_endtag(self, tag: str) -> None:
        self.in_data = False

    def handle_data(self, data: str) -> None:
        if self.in_data:
            self.documents.append(data)

    @property
    def graph(self) -> list[dict[str, Any]]:
        """The nodes of the one JSON-LD document."""
        (text,) = self.documents
        document = json.loads(text)
        assert document["@context"] == "https://schema.org"
        return document["@graph"]

    @property
    def canonical(self) -> str:
        """The address that the page says it has."""
        (link,) = self.links["canonical"]
        return link["href"]


def types_of(node: dict[str, Any]) -> list[str]:
    found = node.get("@type", [])
    return found if isinstance(found, list) else [found]


def walk(value: Any) -> Iterator[dict[str, Any]]:
    """Yield all nodes, those inside others too."""
    if isinstance(value, list):
        for item in value:
            yield from walk(item)
    if isinstance(value, dict):
        yield value
        for item in value.values():
            yield from walk(item)


def check(graph: list[dict[str, Any]]) -> None:
    """Hold every node against the rules."""
    named = [node["@id"] for node in graph if "@id" in node]
    assert len(named) == len(set(named)), "two nodes of one name"
    for node in walk(graph):
        if set(node) == {"@id"}:
            continue
        assert types_of(node), node
        for schema_type in types_of(node):
            missing = REQUIRED[schema_type] - set(node)
            assert not missing, (schema_type, missing, node)
        for name, value in node.items():
            assert value not in (None, "", [], {}), (name, node)
            texts = value if isinstance(value, list) else [value]
            for text in texts:
                if name in ADDRESSES and isinstance(text, str):
                    assert urlsplit(text).scheme in {"https", "http"}, (name, text)
                    assert urlsplit(text).netloc, (name, text)
                if name in DATES:
                    assert date.fromisoformat(text[:10])
        if "BreadcrumbList" in types_of(node):
            positions = [item["position"] for item in node["itemListElement"]]
            assert positions == list(range(1, len(positions) + 1))
        if "price" in node:
            assert re.fullmatch(r"\d+\.\d\d", node["price"])
            assert node["priceCurrency"] == "RUB"


def only(graph: list[dict[str, Any]], schema_type: str) -> dict[str, Any]:
    """Return the one node of a type at the top of the graph."""
    (node,) = [node for node in graph if schema_type in types_of(node)]
    return node


@pytest.fixture(autouse=True)
def _site() -> None:
    sections.site()


@pytest.fixture
def read(client):
    """Open a page as a visitor and return what a machine takes from it; its data must be sound."""

    def read(page: Any, query: str = "") -> HeadParser:
        address = page if isinstance(page, str) else page.url
        response = client.get(f"{address}{query}")
        assert response.status_code == 200
        head = HeadParser(response.content.decode())
        check(head.graph)
        return head

    return read


def page_of(kind: str) -> Any:
    """Make a page of a kind, with what it needs."""
    builders = {
        "home": lambda: make.HomePage.objects.get(),
        "catalogue": lambda: make.category().get_parent().specific,
        "category": make.category,
        "service": lambda: make.service(price="390"),
        "prices": make.price_list_page,
        "office": sections.office,
        "offices": lambda: sections.office().get_parent().specific,
        "promotion": lambda: make.promotion(timezone.localdate(), make.service(price="100")),
        "promotions": lambda: make.promotion(timezone.localdate()).get_parent().specific,
        "news": sections.news,
        "news list": lambda: sections.news().get_parent().specific,
        "article": sections.article,
        "articles": lambda: sections.article().get_parent().specific,
        "specialist": sections.specialist,
        "specialists": lambda: sections.specialist().get_parent().specific,
        "vacancy": sections.vacancy,
        "vacancies": lambda: sections.vacancy().get_parent().specific,
        "faq": lambda: sections.faq(("Можно пить воду?", "<p>Да.</p>")),
        "standard": sections.standard,
        "purpose": sections.purpose,
        "purposes": lambda: sections.purpose().get_parent().specific,
        "preparation": sections.preparation,
        "preparations": lambda: sections.preparation().get_parent().specific,
        "legal": sections.legal,
        "documents": lambda: sections.legal().get_parent().specific,
        "contacts": sections.contacts,
    }
    return builders[kind]()


KINDS = {
    "home": "WebSite",
    "catalogue": "CollectionPage",
    "category": "CollectionPage",
    "service": "MedicalWebPage",
    "prices": "CollectionPage",
    "office": "MedicalClinic",
    "offices": "MedicalOrganization",
    "promotion": "WebPage",
    "promotions": "CollectionPage",
    "news": "NewsArticle",
    "news list": "CollectionPage",
    "article": "Article",
    "articles": "CollectionPage",
    "specialist": "ProfilePage",
    "specialists": "CollectionPage",
    "vacancy": "JobPosting",
    "vacancies": "CollectionPage",
    "faq": "FAQPage",
    "standard": "WebPage",
    "purpose": "MedicalWebPage",
    "purposes": "CollectionPage",
    "preparation": "MedicalWebPage",
    "preparations": "CollectionPage",
    "legal": "WebPage",
    "documents": "CollectionPage",
    "contacts": "ContactPage",
}


@pytest.mark.parametrize(("kind", "schema_type"), KINDS.items(), ids=list(KINDS))
def test_every_page_type_describes_itself(read, kind, schema_type):
    page = page_of(kind)
    head = read(page)
    assert only(head.graph, schema_type)
    trail = only(head.graph, "BreadcrumbList")["itemListElement"]
    assert trail[0]["item"] == f"{ROOT}/"
    assert trail[-1]["item"] == head.canonical == f"{ROOT}{page.url}"
    assert head.meta["description"].strip()
    assert head.meta["robots"].startswith("index")
    for name in ("type", "title", "description", "url", "image", "site_name", "locale"):
        assert head.meta[f"og:{name}"]
    assert head.meta["og:url"] == head.canonical
    assert head.meta["og:image"].startswith(ROOT)


class TestService:
    """A service with its price."""

    def test_price_is_the_one_in_force_to_the_kopeck(self, read):
        service = make.service(price="390")
        set_price(service_id=service.pk, amount=Decimal("420.50"))
        graph = read(service).graph
        offer = only(graph, "Offer")
        assert offer["price"] == "420.50"
        assert offer["itemOffered"] == {"@id": only(graph, "Service")["@id"]}
        assert only(graph, "Service")["offers"] == {"@id": offer["@id"]}
        assert "MedicalTest" in types_of(only(graph, "Service"))
        assert "priceValidUntil" not in offer

    def test_scheduled_price_ends_the_current_one_the_day_before(self, read):
        with time_machine.travel(make.moscow(2030, 5, 1, 12), tick=False):
            service = make.service(price="390")
            moment = make.moscow(2030, 5, 20)
            set_price(service_id=service.pk, amount=Decimal(420), valid_from=moment)
            offer = only(read(service).graph, "Offer")
            assert (offer["price"], offer["priceValidUntil"]) == ("390.00", "2030-05-19")
        with time_machine.travel(make.moscow(2030, 5, 20, 0, 1), tick=False):
            assert only(read(service).graph, "Offer")["price"] == "420.00"

    def test_service_without_a_price_offers_nothing(self, read):
        graph = read(make.service()).graph
        assert not [node for node in walk(graph) if "Offer" in types_of(node)]

    def test_taking_fee_stands_beside_the_price_not_in_it(self, read):
        taking = make.service(kind="procedure", title="Взятие крови", price="190")
        blood = Biomaterial.objects.create(name="Кровь", taking=taking)
        offer = only(read(make.service(price="390", biomaterial=blood)).graph, "Offer")
        assert offer["price"] == "390.00"
        assert offer["addOn"]["price"] == "190.00"
        assert "MedicalProcedure" in types_of(offer["addOn"]["itemOffered"])

    def test_taking_fee_of_an_unpublished_procedure_stands_there_too(self, read):
        taking = make.service(kind="procedure", title="Взятие крови", price="190", live=False)
        blood = Biomaterial.objects.create(name="Кровь", taking=taking)
        service = make.service(price="390", biomaterial=blood)
        offer = only(read(service).graph, "Offer")
        assert offer["addOn"]["price"] == "190.00"
        assert offer["addOn"]["itemOffered"]["name"] == "Взятие крови"
        assert taking.slug not in json.dumps(offer)

    def test_codes_and_other_names_are_there(self, read):
        service = make.service(nomenclature_codes=["A09.05.023"], short_name="Сахар")
        service.synonyms = [Synonym(text="glucose"), Synonym(text="Сахар")]
        service.save()
        node = only(read(service).graph, "MedicalTest")
        (code,) = node["code"]
        assert code["codeValue"] == "A09.05.023"
        assert code["codingSystem"] == "Номенклатура медицинских услуг (приказ 804н)"
        assert node["alternateName"] == ["Сахар", "glucose"]

    def test_panel_names_its_published_members(self, read):
        member, hidden = make.service(title="АЛТ"), make.service(title="АСТ", live=False)
        panel = make.service(kind="panel", price="900")
        panel.members = [PanelMember(service=member), PanelMember(service=hidden)]
        panel.save()
        node = only(read(panel).graph, "MedicalTestPanel")
        assert [test["name"] for test in node["subTest"]] == ["АЛТ"]
        assert node["subTest"][0]["url"] == f"{ROOT}{member.url}"

    def test_reviewer_and_day_of_review_are_named(self, read):
        doctor = sections.specialist(title="Дзагурова Ф.", position="заведующая")
        service = make.service(reviewed_by=doctor, reviewed_on=date(2026, 1, 15))
        page = only(read(service).graph, "MedicalWebPage")
        assert page["lastReviewed"] == "2026-01-15"
        assert page["reviewedBy"]["name"] == "Дзагурова Ф."
        assert page["reviewedBy"]["url"] == f"{ROOT}{doctor.url}"

    def test_words_that_look_like_tags_cannot_leave_the_data(self, read):
        title = "Проба </script><script src=//evil.example></script><!-- & \u2028"
        head = read(make.service(title=title, summary='"><meta name=robots content=none>'))
        assert only(head.graph, "Service")["name"] == title
        assert not [script for script in head.scripts if "evil" in script.get("src", "")]
        assert head.meta["robots"].startswith("index")

    def test_description_costs_the_page_two_queries(self, rf, django_assert_max_num_queries):
        service = make.service(price="390")
        page = ServicePage.objects.get(pk=service.pk)
        request = rf.get(page.url)
        head = page.get_context(request)["head"]
        # The template asks for the frame of the page anyhow.
        chrome_of(request)
        # So do the pages above it, which all pages share.
        selectors.trail(page)
        with selectors.one_version(), django_assert_max_num_queries(2):
            assert head.json_ld
            assert head.image
            assert head.canonical


class TestLaboratory:
    """The laboratory and its branches."""

    def test_home_names_requisites_licence_and_branches(self, read):
        sections.laboratory(
            brand="Дзагуров КДЛ",
            legal_name="ООО «Дзагуров»",
            inn="1500000000",
            ogrn="1021500000000",
            licence_number="Л041-01184-15/00000000",
            licence_date=date(2020, 2, 3),
            licence_body="Минздрав",
            socials=[("link", {"title": "ВК", "url": "https://vk.example/kdl"})],
        )
        office = sections.office(latitude=Decimal("43.024600"), longitude=Decimal("44.681700"))
        office.payments = [("item", "card")]
        office.save()
        graph = read("/").graph
        lab = only(graph, "MedicalOrganization")
        assert types_of(lab) == ["MedicalOrganization", "DiagnosticLab"]
        assert lab["taxID"] == "1500000000"
        assert lab["hasCredential"]["identifier"] == "Л041-01184-15/00000000"
        (branch,) = lab["department"]
        assert types_of(branch) == ["DiagnosticLab", "MedicalClinic"]
        assert branch["geo"]["latitude"] == pytest.approx(43.0246)
        assert branch["isAcceptingNewPatients"] is True
        assert branch["paymentAccepted"]
        assert lab["sameAs"] == ["https://vk.example/kdl"]

    def test_search_can_be_asked_from_outside(self, read):
        action = only(read("/").graph, "WebSite")["potentialAction"]
        assert action["target"]["urlTemplate"] == f"{ROOT}/poisk/?q={{search_term_string}}"
        assert action["query-input"] == "required name=search_term_string"

    def test_hours_are_split_by_lunch_and_run_past_midnight(self, read):
        lunch = {"lunch_from": time(13), "lunch_to": time(14)}
        office = sections.office(
            hours=[
                OfficeHours(weekday=1, opens=time(8), closes=time(18), **lunch),
                OfficeHours(weekday=2, opens=time(8), closes=time(18), **lunch),
                OfficeHours(weekday=3, opens=time(0), closes=time(0), overnight=True),
                OfficeHours(
                    weekday=7,
                    opens=time(20),
                    closes=time(6),
                    overnight=True,
                    lunch_from=time(1),
                    lunch_to=time(2),
                ),
            ]
        )
        branch = only(read(office).graph, "MedicalClinic")
        found = {
            (day.removeprefix(SCHEMA), spec["opens"], spec["closes"])
            for spec in branch["openingHoursSpecification"]
            for day in spec["dayOfWeek"]
        }
        assert found == {
            ("Monday", "08:00", "13:00"),
            ("Monday", "14:00", "18:00"),
            ("Tuesday", "08:00", "13:00"),
            ("Tuesday", "14:00", "18:00"),
            ("Wednesday", "00:00", "23:59"),
            ("Sunday", "20:00", "01:00"),
            ("Monday", "02:00", "06:00"),
        }

    def test_dates_that_differ_are_told_until_they_have_passed(self, read):
        with time_machine.travel(make.moscow(2030, 1, 3, 12), tick=False):
            office = sections.office(
                exceptions=(
                    OfficeException(date=date(2030, 1, 2), closed=True),
                    OfficeException(date=date(2030, 1, 7), closed=True),
                    OfficeException(date=date(2030, 1, 8), opens=time(9), closes=time(12)),
                )
            )
            branch = only(read(office).graph, "MedicalClinic")
        assert [
            (spec["validFrom"], spec["validThrough"], spec["opens"], spec["closes"])
            for spec in branch["specialOpeningHoursSpecification"]
        ] == [
            ("2030-01-07", "2030-01-07", "00:00", "00:00"),
            ("2030-01-08", "2030-01-08", "09:00", "12:00"),
        ]


class TestTexts:
    """Questions, articles, people, vacancies, promotions."""

    def test_questions_are_read_without_markup(self, read):
        page = sections.faq(
            ("Можно?", "<p>Да, <b>можно</b>.</p><ul><li>воду</li><li>чай</li></ul>")
        )
        (question,) = only(read(page).graph, "FAQPage")["mainEntity"]
        assert question["name"] == "Можно?"
        assert question["acceptedAnswer"]["text"] == "Да, можно. воду чай"

    def test_questions_inside_an_article_are_read_too(self, read):
        items = [{"question": "Когда?", "answer": "<p>Утром.</p>"}]
        graph = read(sections.article(body=[("text", "<p>…</p>"), ("faq", items)])).graph
        assert only(graph, "FAQPage")["mainEntity"][0]["name"] == "Когда?"

    def test_article_has_author_picture_and_dates(self, read):
        page = sections.article(author="Мадина Цгоева", image=sections.image())
        head = read(page)
        article = only(head.graph, "Article")
        assert article["author"] == {"@type": "Person", "name": "Мадина Цгоева"}
        assert article["image"] == [head.meta["og:image"]]
        assert article["datePublished"] == "2026-03-01"
        assert head.meta["og:type"] == "article"

    def test_specialist_is_the_subject_of_the_profile(self, read):
        graph = read(sections.specialist(education="СОГМА, 2001\nОрдинатура, 2003")).graph
        person = only(graph, "Person")
        assert only(graph, "ProfilePage")["mainEntity"] == {"@id": person["@id"]}
        names = [credential["name"] for credential in person["hasCredential"]]
        assert names == ["СОГМА, 2001", "Ординатура, 2003"]

    def test_vacancy_says_where_and_what(self, read):
        sections.office(city="Беслан")
        job = only(read(sections.vacancy(place="Беслан, отделение")).graph, "JobPosting")
        assert job["jobLocation"]["address"]["addressLocality"] == "Беслан"
        assert "Брать кровь" in job["description"]

    def test_promotion_tells_its_price_and_only_a_true_old_one(self, read):
        today = timezone.localdate()
        old, new = make.service(price="1000"), make.service()
        make.history(new, (3, "500"))
        page = make.promotion(
            today - timedelta(days=1), old, new, ends_on=today + timedelta(days=5)
        )
        page.discount_percent = 15
        page.save()
        offers = [node for node in read(page).graph if "Offer" in types_of(node)]
        by_price = {offer["price"]: offer for offer in offers}
        assert set(by_price) == {"850.00", "425.00"}
        assert by_price["850.00"]["priceSpecification"]["price"] == "1000.00"
        assert "priceSpecification" not in by_price["425.00"]
        assert by_price["850.00"]["validThrough"] == (today + timedelta(days=5)).isoformat()

    @pytest.mark.parametrize(("starts", "ends"), [(2, 9), (-9, -2)], ids=["coming", "ended"])
    def test_promotion_that_does_not_run_offers_nothing(self, client, starts, ends):
        today = timezone.localdate()
        page = make.promotion(
            today + timedelta(days=starts),
            make.service(price="1000"),
            ends_on=today + timedelta(days=ends),
            discount_percent=15,
        )
        head = HeadParser(client.get(page.url).content.decode())
        assert not [node for node in walk(head.graph) if "Offer" in types_of(node)]
        assert head.meta["robots"].startswith("noindex" if ends < 0 else "index")


class TestMeta:
    """Addresses, pictures, what may be indexed."""

    def test_pages_of_a_list_have_addresses_and_titles_of_their_own(self, read):
        for _number in range(13):
            page = sections.news()
        index = page.get_parent()
        first, second = read(index, "?page=1"), read(index, "?page=2")
        assert first.canonical == f"{ROOT}{index.url}"
        assert second.canonical == f"{ROOT}{index.url}?page=2"
        assert first.meta["og:title"] != second.meta["og:title"]

    @pytest.mark.parametrize("query", ["?utm_source=x", "?page=2", "?letter=А", "?page=²"])
    def test_other_parameters_do_not_multiply_a_page(self, read, query):
        page = sections.standard()
        assert read(page, query).canonical == f"{ROOT}{page.url}"

    def test_search_in_the_price_list_is_not_indexed(self, read):
        page = make.price_list_page()
        assert read(page, "?q=глюкоза").meta["robots"].startswith("noindex")

    def test_address_is_the_site_s_whatever_host_was_asked(self, client):
        page = sections.standard()
        response = client.get(page.url, headers={"host": "mirror.example"})
        assert HeadParser(response.content.decode()).canonical == f"{ROOT}{page.url}"

    def test_error_page_is_not_indexed(self, client):
        response = client.get("/net-takoy/")
        assert response.status_code == 404
        assert "noindex" in response.content.decode()

    def test_own_picture_comes_first_and_has_its_size(self, read):
        sections.laboratory(social_image=sections.image(title="Лаборатория"))
        plain = read(sections.standard())
        picture = sections.image(title="Снимок", width=1400, height=900)
        own = read(sections.standard(social_image=picture))
        assert plain.meta["og:image:alt"] == "Лаборатория"
        assert own.meta["og:image:alt"] == "Снимок"
        assert (own.meta["og:image:width"], own.meta["og:image:height"]) == ("1200", "630")

    def test_lost_file_of_a_picture_does_not_lose_the_page(self, read):
        picture = sections.image()
        picture.file.storage.delete(picture.file.name)
        assert "og-default" in read(sections.standard(social_image=picture)).meta["og:image"]

    def test_feeds_icons_and_manifest_are_linked_and_there(self, read, client):
        head = read("/")
        feeds = [link["href"] for link in head.links["alternate"]]
        assert feeds == ["/rss/news.xml", "/rss/promotions.xml"]
        (manifest,) = head.links["manifest"]
        for address in (*feeds, manifest["href"]):
            assert client.get(address).status_code == 200
        assert head.links["icon"]
        assert head.links["apple-touch-icon"]


def locations(client, address: str) -> list[str]:
    """Return the addresses in a map."""
    response = client.get(address)
    assert response.status_code == 200
    assert response["Content-Type"] == "application/xml"
    return [
        element.text for element in ET.fromstring(response.content).iter() if "loc" in element.tag
    ]


class TestSitemap:
    """The map of the site."""

    def test_every_published_public_page_is_in_exactly_one_section(self, client):
        pages = [page_of(kind) for kind in KINDS if kind != "contacts"]
        found = [
            page
            for section in locations(client, "/sitemap.xml")
            for page in locations(client, section.removeprefix(ROOT))
        ]
        assert len(found) == len(set(found))
        assert {f"{ROOT}{page.url}" for page in pages} <= set(found)

    def test_index_leaves_out_sections_without_pages(self, client):
        assert locations(client, "/sitemap.xml") == [f"{ROOT}/sitemap-pages.xml"]

    def test_drafts_private_and_ended_are_left_out(self, client):
        today = timezone.localdate()
        shown, draft, private = (make.service() for _number in range(3))
        draft.unpublish()
        sections.hide(private)
        ended = make.promotion(today - timedelta(days=9), ends_on=today - timedelta(days=1))
        coming = make.promotion(today + timedelta(days=9))
        hidden_office = sections.office()
        sections.hide(hidden_office.get_parent())
        assert locations(client, "/sitemap-services.xml") == [f"{ROOT}{shown.url}"]
        assert locations(client, "/sitemap-promotions.xml") == [f"{ROOT}{coming.url}"]
        assert ended.url not in locations(client, "/sitemap-promotions.xml")
        assert locations(client, "/sitemap-offices.xml") == []

    def test_new_price_is_a_change_of_the_page(self, client):
        service = make.service()
        ServicePage.objects.update(last_published_at=make.moscow(2020, 1, 1))
        assert (
            "<lastmod>2020-01-01</lastmod>" in client.get("/sitemap-services.xml").content.decode()
        )
        make.history(service, (3, "100"), (-30, "200"))
        changed = timezone.localdate() - timedelta(days=3)
        assert (
            f"<lastmod>{changed}</lastmod>" in client.get("/sitemap-services.xml").content.decode()
        )

    def test_more_pages_cost_no_more_queries(self, client, django_assert_max_num_queries):
        make.service(price="100")
        with CaptureQueriesContext(connection) as few:
            client.get("/sitemap-services.xml")
        for _number in range(5):
            make.service(price="100")
        with django_assert_max_num_queries(len(few)):
            client.get("/sitemap-services.xml")

    def test_unknown_section_is_not_found(self, client):
        assert client.get("/sitemap-nothing.xml").status_code == 404


class TestFiles:
    """robots.txt, the feeds, the manifest."""

    def test_robots_know_the_map_and_stay_out_of_search(self, client):
        text = client.get("/robots.txt").content.decode()
        assert f"Sitemap: {ROOT}/sitemap.xml" in text.splitlines()
        assert "Disallow: /poisk/" in text.splitlines()
        assert "Disallow: /" not in text.splitlines()

    def test_news_feed_tells_the_latest_first(self, client):
        sections.news(title="Старая", date=date(2026, 1, 1))
        fresh = sections.news(title="Новая & «важная»", date=date(2026, 2, 1), lead="О главном")
        sections.news(title="Черновик", live=False)
        response = client.get("/rss/news.xml")
        assert response["Content-Type"].startswith("application/rss+xml")
        channel = ET.fromstring(response.content).find("channel")
        items = channel.findall("item")
        assert [item.findtext("title") for item in items] == ["Новая & «важная»", "Старая"]
        assert items[0].findtext("link") == f"{ROOT}{fresh.url}"
        assert items[0].findtext("description") == "О главном"
        assert "01 Feb 2026" in items[0].findtext("pubDate")
        assert channel.findtext("link") == f"{ROOT}/novosti/"

    def test_promotion_feed_has_only_what_runs(self, client):
        today = timezone.localdate()
        running = make.promotion(today, ends_on=today)
        make.promotion(today + timedelta(days=1))
        make.promotion(today - timedelta(days=9), ends_on=today - timedelta(days=1))
        items = ET.fromstring(client.get("/rss/promotions.xml").content).iter("item")
        assert [item.findtext("link") for item in items] == [f"{ROOT}{running.url}"]

    @pytest.mark.parametrize("address", ["/rss/news.xml", "/rss/promotions.xml"])
    def test_feed_without_items_is_a_feed(self, client, address):
        assert ET.fromstring(client.get(address).content).find("channel") is not None

    def test_control_characters_of_a_pasted_title_do_not_break_the_feed(self, client):
        sections.news(title="Часы\x0bработы\x1f", lead="С\x0c1 мая")
        (item,) = ET.fromstring(client.get("/rss/news.xml").content).iter("item")
        assert item.findtext("title") == "Часы работы"

    def test_manifest_bears_the_laboratory_s_name(self, client):
        sections.laboratory(brand="Лаборатория «Тест»")
        response = client.get("/manifest.webmanifest")
        assert response["Content-Type"] == "application/manifest+json"
        document = json.loads(response.content)
        assert document["name"] == "Лаборатория «Тест»"
        assert {icon["purpose"] for icon in document["icons"]} == {"any", "maskable"}

    @pytest.mark.parametrize(
        "address",
        [
            "/sitemap.xml",
            "/sitemap-pages.xml",
            "/robots.txt",
            "/rss/news.xml",
            "/rss/promotions.xml",
            "/manifest.webmanifest",
        ],
    )
    def test_files_are_kept_revalidated_and_set_no_cookie(
        self, client, address, django_assert_num_queries
    ):
        first = client.get(address)
        assert not first.cookies
        with django_assert_num_queries(1):
            again = client.get(address, headers={"if-none-match": first["ETag"]})
        assert again.status_code == 304
        assert client.post(address).status_code == 405

    def test_fresh_news_is_in_the_kept_feed_at_once(self, client):
        client.get("/rss/news.xml")
        sections.news(title="Только что")
        assert "Только что" in client.get("/rss/news.xml").content.decode()

    def test_old_address_of_the_icon_leads_to_the_picture(self, client):
        assert client.get("/favicon.ico")["Location"].endswith(".png")
