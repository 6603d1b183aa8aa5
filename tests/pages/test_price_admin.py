"""The admin as its people meet it: the area «Цены», the report of gaps, refused deletions."""

import re
from datetime import timedelta
from decimal import Decimal
from io import BytesIO

from django.contrib.auth.models import Permission
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from wagtail.models import PageLogEntry, ReferenceIndex

import pytest
from openpyxl import load_workbook

from pages import selectors
from pages.admin import gaps_report
from pages.models import (
    Biomaterial,
    ContactPage,
    HomePage,
    LegalDocumentPage,
    PanelMember,
    Preparation,
    Purpose,
    PurposePage,
    ServiceCategoryPage,
    ServicePage,
    ServicePreparation,
)
from pages.services.prices import set_price
from tests.factories import pages as make

pytestmark = pytest.mark.django_db

EDITORS = "Редакторы"
MANAGERS = "Менеджеры цен"
REVIEWERS = "Медицинские рецензенты"
HEADS = "Заведующие"
OPERATORS = "Операторы чата"
ROLES = (EDITORS, MANAGERS, REVIEWERS, HEADS, OPERATORS)
SEE_PRICES = (EDITORS, MANAGERS, REVIEWERS, HEADS)
SET_PRICES = (MANAGERS, HEADS)
SEE_GAPS = (MANAGERS, HEADS)

D = Decimal


@pytest.fixture
def manager(client):
    """The price manager, signed in."""
    user = make.staff(MANAGERS)
    client.force_login(user)
    return user


def of(service):
    """Return the address of a service's prices."""
    return reverse("prices:service", args=[service.pk])


def form(service, amount="420", **fields):
    """Return what the form sends."""
    seen = selectors.price_state(service.pk)
    return {"amount": amount, "start": "now", "valid_from": "", "note": "", "seen": seen, **fields}


def local(moment):
    """Return a moment as the browser's control sends it."""
    return f"{timezone.localtime(moment):%Y-%m-%dT%H:%M}"


def text(response):
    """Return the words of a page, spaces and markup aside."""
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())


def names(response):
    """Return the titles in a list."""
    return [service.title for service in response.context["object_list"]]


def workbook_rows(response):
    """Return the values of a workbook, row by row."""
    sheet = load_workbook(BytesIO(response.content)).active
    return [list(row) for row in sheet.iter_rows(values_only=True)]


class TestRights:
    """Each role sees its screens and no other; the menu offers nothing that is shut."""

    @pytest.mark.parametrize("role", ROLES)
    def test_screens_of_a_role(self, client, role):
        service = make.service(price="390")
        moment = timezone.now() + timedelta(days=3)
        price = set_price(service_id=service.pk, amount=D(400), valid_from=moment)
        client.force_login(make.staff(role))
        sees, sets = role in SEE_PRICES, role in SET_PRICES
        cancel = reverse("prices:cancel", args=[service.pk, price.pk])
        expected = {
            ("get", reverse("prices:index")): 200 if sees else 403,
            ("get", reverse("prices:index_results")): 200 if sees else 403,
            ("get", reverse("prices:index") + "?export=xlsx"): 200 if sees else 403,
            ("get", of(service)): 200 if sees else 403,
            ("post", of(service)): 422 if sets else 403,
            ("get", cancel): 200 if sets else 403,
            ("get", reverse(gaps_report.REPORT)): 200 if role in SEE_GAPS else 403,
            ("get", reverse(gaps_report.REPORT) + "?export=csv"): 200 if role in SEE_GAPS else 403,
        }
        found = {
            (method, url): getattr(client, method)(url).status_code for method, url in expected
        }
        assert found == expected
        if not sets:
            assert client.post(cancel).status_code == 403
            assert client.post(of(service), form(service)).status_code == 403
            assert make.amounts(service) == [D(390), D(400)]

    @pytest.mark.parametrize("role", ROLES)
    def test_menu_and_first_screen_of_a_role(self, client, role):
        client.force_login(make.staff(role))
        page = client.get(reverse("wagtailadmin_home")).content.decode()
        assert (f'"url": "{reverse("prices:index")}"' in page) == (role in SEE_PRICES)
        assert (f'"url": "{reverse(gaps_report.REPORT)}"' in page) == (role in SEE_GAPS)
        assert ("catalogue-gaps-section" in page) == (role in SEE_GAPS)

    @pytest.mark.parametrize("role", [EDITORS, REVIEWERS])
    def test_who_only_looks_gets_no_form(self, client, role):
        client.force_login(make.staff(role))
        page = client.get(of(make.service(price="390"))).content.decode()
        assert 'name="amount"' not in page
        assert "390" in page

    def test_strangers_are_sent_to_the_door(self, client):
        service = make.service(price="390")
        for url in (reverse("prices:index"), of(service), reverse(gaps_report.REPORT)):
            assert client.get(url).url.startswith("/admin/login/")

    def test_rights_are_given_in_the_settings_of_groups(self, client):
        client.force_login(make.staff())
        page = client.get(reverse("wagtailusers_groups:add")).content.decode()
        rights = Permission.objects.filter(
            codename__in=["view_serviceprice", "add_serviceprice", "view_catalogue_gaps"]
        )
        assert rights.count() == 3
        assert all(f'value="{right.pk}"' in page for right in rights)

    def test_screens_need_no_inline_script_or_style(self, client, manager):
        service = make.service(price="390")
        price = set_price(
            service_id=service.pk, amount=D(400), valid_from=timezone.now() + timedelta(days=3)
        )
        for url in (
            reverse("prices:index"),
            of(service),
            reverse("prices:cancel", args=[service.pk, price.pk]),
            reverse(gaps_report.REPORT),
        ):
            response = client.get(url)
            assert "unsafe" not in response.headers["Content-Security-Policy"]
            page = response.content.decode()
            scripts = re.findall(r"<script\b([^>]*)>", page)
            assert all("src=" in one or "application/json" in one for one in scripts), url
            assert not re.search(r"<style\b|<[^>]+\s(style|on\w+)=", page), url


class TestList:
    """The list of all prices."""

    @pytest.fixture(autouse=True)
    def services(self, manager):
        """Three services of two categories."""
        blood, urine = make.category("Кровь"), make.category("Моча")
        self.urine = urine
        self.sugar = make.service(blood, title="Глюкоза", code="02-001", price="270")
        self.panel = make.service(blood, title="Комплекс", code="02-900", kind="panel")
        self.urinalysis = make.service(
            urine, title="Общий анализ мочи", code="01-007", price="320.50", live=False
        )
        set_price(
            service_id=self.sugar.pk,
            amount=D(300),
            valid_from=timezone.now() + timedelta(days=3),
        )

    def test_list_shows_drafts_too_by_code(self, client):
        response = client.get(reverse("prices:index"))
        assert names(response) == ["Общий анализ мочи", "Глюкоза", "Комплекс"]
        words = text(response).replace("\u202f", " ").replace("\xa0", " ")
        for word in ("320,50 ₽", "270 ₽", "300 ₽", "Кровь"):
            assert word in words

    @pytest.mark.parametrize(
        ("query", "found"),
        [
            ("q=глюк", ["Глюкоза"]),
            ("q=01-007", ["Общий анализ мочи"]),
            ("q=нет", []),
            ("kind=panel", ["Комплекс"]),
            ("state=none", ["Комплекс"]),
            ("state=scheduled", ["Глюкоза"]),
            ("state=absurd", ["Общий анализ мочи", "Глюкоза", "Комплекс"]),
            ("category=999999", ["Общий анализ мочи", "Глюкоза", "Комплекс"]),
            ("ordering=-price", ["Общий анализ мочи", "Глюкоза", "Комплекс"]),
            ("ordering=price", ["Глюкоза", "Общий анализ мочи", "Комплекс"]),
            ("ordering=-next_price", ["Глюкоза", "Общий анализ мочи", "Комплекс"]),
            ("ordering=password", ["Общий анализ мочи", "Глюкоза", "Комплекс"]),
            ("p=99999", ["Общий анализ мочи", "Глюкоза", "Комплекс"]),
            ("q=" + "а" * 10_000, []),
        ],
    )
    def test_list_is_searched_filtered_and_ordered(self, client, query, found):
        response = client.get(f"{reverse('prices:index')}?{query}")
        assert response.status_code == 200
        assert names(response) == found

    def test_list_is_filtered_by_category(self, client):
        response = client.get(reverse("prices:index"), {"category": self.urine.pk})
        assert names(response) == ["Общий анализ мочи"]

    def test_broken_text_is_refused(self, client):
        assert client.get(reverse("prices:index") + "?q=%00").status_code == 400
        assert client.get(reverse("prices:index") + "?q=%ED%A0%80").status_code == 400
        response = client.post(of(self.sugar), form(self.sugar, note="\x00"))
        assert response.status_code == 400
        assert len(make.amounts(self.sugar)) == 2

    def test_export_is_the_filtered_list(self, client):
        response = client.get(reverse("prices:index") + "?state=scheduled&export=xlsx")
        heading, row = workbook_rows(response)
        assert len(heading) == len(row)
        assert row[:2] == ["02-001", "Глюкоза"]
        assert (row[4], row[6]) == (270, 300)
        assert row[7].date() == timezone.localdate() + timedelta(days=3)
        response = client.get(reverse("prices:index") + "?q=мочи&export=csv")
        lines = response.content.decode("utf-8-sig").splitlines()
        assert len(lines) == 2
        assert ";320,50;" in lines[1]

    def test_length_costs_no_queries(self, client, django_assert_max_num_queries):
        for _number in range(40):
            make.service(price="100")
        with django_assert_max_num_queries(24):
            client.get(reverse("prices:index"))


class TestOneService:
    """Setting a price, seeing what happened, being told what is wrong."""

    @pytest.fixture(autouse=True)
    def service(self, manager):
        """A service with a price, and the person who may change it."""
        self.manager = manager
        self.page = make.service(title="Глюкоза", price="390")

    @pytest.mark.parametrize("amount", ["1250,50", "1 250.50", "1\u00a0250,50 ₽", "1250.5"])
    def test_amount_is_understood_as_people_write_it(self, client, amount):
        response = client.post(of(self.page), form(self.page, amount, note="новый реактив"))
        assert response.status_code == 302
        assert make.amounts(self.page) == [D(390), D("1250.50")]
        page = client.get(of(self.page)).content.decode()
        assert "новый реактив" in page
        assert str(self.manager) in page

    def test_price_from_a_moment_is_of_moscow(self, client):
        moment = timezone.now().replace(second=0, microsecond=0) + timedelta(days=3)
        sent = form(self.page, start="later", valid_from=local(moment))
        assert client.post(of(self.page), sent).status_code == 302
        assert selectors.price_history(self.page.pk)[0].price.valid_from == moment

    @pytest.mark.parametrize(
        "amount",
        [
            *("", "0", "-1", "0.001", "1e400", "NaN", "Infinity", "1000000", "сто"),
            *("9" * 10_000, "1,250.50", "<b>", "4_2", "٤٢"),
        ],
    )
    def test_absurd_amount_is_answered_with_words(self, client, amount):
        response = client.post(of(self.page), form(self.page, amount))
        assert response.status_code == 422
        assert response.context["form"].errors["amount"]
        assert make.amounts(self.page) == [D(390)]

    @pytest.mark.parametrize(
        ("start", "moment"),
        [
            ("later", ""),
            ("later", "2020-01-01T00:00"),
            ("later", "9999-12-31T23:59"),
            ("later", "0001-01-01T00:00"),
            ("later", "2030-13-45T99:99"),
            ("later", "завтра"),
            ("now", "2030-01-01T00:00"),
            ("", ""),
            ("ever", ""),
        ],
    )
    def test_absurd_moment_is_answered_with_words(self, client, start, moment):
        response = client.post(of(self.page), form(self.page, start=start, valid_from=moment))
        assert response.status_code == 422
        assert response.context["form"].errors
        assert make.amounts(self.page) == [D(390)]

    def test_long_note_is_refused(self, client):
        response = client.post(of(self.page), form(self.page, note="а" * 10_000))
        assert response.status_code == 422
        assert make.amounts(self.page) == [D(390)]

    def test_second_price_at_one_moment_is_refused(self, client):
        moment = timezone.now().replace(second=0, microsecond=0) + timedelta(days=3)
        set_price(service_id=self.page.pk, amount=D(400), valid_from=moment)
        sent = form(self.page, start="later", valid_from=local(moment))
        assert client.post(of(self.page), sent).status_code == 422
        assert make.amounts(self.page) == [D(390), D(400)]

    def test_second_manager_is_told_that_the_price_has_changed(self, client):
        sent = form(self.page)
        set_price(service_id=self.page.pk, amount=D(405), author=make.staff())
        response = client.post(of(self.page), sent)
        assert response.status_code == 409
        assert response.context["form"].non_field_errors()
        assert "405" in response.content.decode()
        assert make.amounts(self.page) == [D(390), D(405)]
        # The page shows how things are now, so the same form sent again is a decision.
        shown = re.search(r'name="seen" value="([^"]+)"', response.content.decode())
        assert client.post(of(self.page), sent | {"seen": shown[1]}).status_code == 302
        assert make.amounts(self.page) == [D(390), D(405), D(420)]

    def test_form_without_what_was_seen_writes_nothing(self, client):
        assert client.post(of(self.page), form(self.page, seen="")).status_code == 422
        assert client.post(of(self.page), form(self.page, seen="x" * 30)).status_code == 409
        assert make.amounts(self.page) == [D(390)]

    def test_scheduled_price_is_taken_back_after_a_question(self, client):
        price = set_price(
            service_id=self.page.pk, amount=D(400), valid_from=timezone.now() + timedelta(days=3)
        )
        url = reverse("prices:cancel", args=[self.page.pk, price.pk])
        assert url in client.get(of(self.page)).content.decode()
        assert client.get(url).status_code == 200
        assert make.amounts(self.page) == [D(390), D(400)]
        assert client.post(url).url == of(self.page)
        assert make.amounts(self.page) == [D(390)]
        assert client.post(url).status_code == 404
        assert client.get(url).status_code == 404

    def test_price_in_force_stays(self, client):
        price = selectors.price_history(self.page.pk)[0].price
        url = reverse("prices:cancel", args=[self.page.pk, price.pk])
        for answer in (client.get(url, follow=True), client.post(url, follow=True)):
            assert answer.redirect_chain == [(of(self.page), 302)]
            assert _("This price is in force already and stays in the history.") in text(answer)
        assert make.amounts(self.page) == [D(390)]

    def test_service_that_is_not_there_is_404(self, client):
        for url in (
            reverse("prices:service", args=[999_999]),
            reverse("prices:cancel", args=[999_999, 1]),
        ):
            assert client.get(url).status_code == 404
            assert client.post(url).status_code == 404

    def test_page_that_is_no_service_is_404(self, client):
        home = HomePage.objects.get()
        assert client.get(reverse("prices:service", args=[home.pk])).status_code == 404

    def test_price_is_in_the_history_of_the_page(self, client):
        client.post(of(self.page), form(self.page))
        entry = PageLogEntry.objects.get(action="pages.set_price")
        assert (entry.user, entry.page_id) == (self.manager, self.page.pk)
        client.force_login(make.staff())
        history = client.get(reverse("wagtailadmin_pages:history", args=[self.page.pk]))
        assert " ".join(entry.message.split()) in text(history)

    def test_marks_in_names_are_shown_as_text(self, client):
        page = make.service(title="<script>alert(1)</script>", price="1")
        set_price(service_id=page.pk, amount=D(2), note="<img src=x onerror=alert(1)>")
        shown = client.get(of(page)).content.decode()
        assert "<script>alert" not in shown
        assert "<img src=x" not in shown


class TestGaps:
    """What published services lack."""

    @pytest.fixture(autouse=True)
    def services(self, client):
        """A whole service, and one for each gap."""
        self.head = make.staff(HEADS)
        client.force_login(self.head)
        whole = {
            "price": "100",
            "own_preparation": "<p>Натощак.</p>",
            "nomenclature_codes": ["A09.05.023"],
        }
        make.service(title="Полный", **whole)
        make.service(title="Черновик", live=False)
        make.service(title="Процедура", **whole | {"kind": "procedure", "own_preparation": ""})
        make.service(title="Без цены", **whole | {"price": None})
        make.service(title="Без подготовки", **whole | {"own_preparation": "<p> </p>"})
        make.service(title="Без номенклатуры", **whole | {"nomenclature_codes": []})
        without_code = make.service(title="Без кода", **whole)
        ServicePage.objects.filter(pk=without_code.pk).update(code="")
        hidden = make.service(title="Подготовка скрыта", **whole | {"own_preparation": ""})
        ServicePreparation.objects.create(
            page=hidden,
            preparation=Preparation.objects.create(title="Черновик", text="…", live=False),
        )

    @pytest.mark.parametrize(
        ("gap", "found"),
        [
            ("price", {"Без цены"}),
            ("preparation", {"Без подготовки", "Подготовка скрыта"}),
            ("code", {"Без кода"}),
            ("nomenclature", {"Без номенклатуры"}),
        ],
    )
    def test_report_finds_each_gap(self, client, gap, found):
        response = client.get(reverse(gaps_report.REPORT), {"gap": gap})
        assert set(names(response)) == found
        assert selectors.gap_counts()[gap] == len(found)

    def test_report_finds_all_gaps_and_no_more(self, client):
        assert set(names(client.get(reverse(gaps_report.REPORT)))) == {
            "Без цены",
            "Без подготовки",
            "Подготовка скрыта",
            "Без кода",
            "Без номенклатуры",
        }

    def test_price_to_come_is_no_price_yet(self, client):
        coming = make.service(title="Будет")
        set_price(service_id=coming.pk, amount=D(1), valid_from=timezone.now() + timedelta(days=1))
        assert "Будет" in names(client.get(reverse(gaps_report.REPORT), {"gap": "price"}))

    def test_report_is_exported(self, client):
        url = reverse(gaps_report.REPORT)
        rows = workbook_rows(client.get(url, {"gap": "price", "export": "xlsx"}))
        assert [row[1] for row in rows[1:]] == ["Без цены"]
        assert len(rows[0]) == 2 + len(selectors.GAPS)

    def test_first_screen_counts_them(self, client):
        page = text(client.get(reverse("wagtailadmin_home")))
        assert re.search(rf"{_('preparation').capitalize()}: 2", page)

    def test_price_manager_is_led_to_the_prices(self, client):
        client.force_login(make.staff(MANAGERS))
        page = client.get(reverse(gaps_report.REPORT), {"gap": "price"}).content.decode()
        assert of(ServicePage.objects.get(title="Без цены")) in page


class TestDeletion:
    """What something leans on is not deleted: the person is told, nothing breaks."""

    @pytest.fixture(autouse=True)
    def head(self, client):
        """Somebody who may delete."""
        client.force_login(make.staff())

    def refuse(self, client, url, query="", kept=()):
        """Send a deletion; it must come back with a message, all still there."""
        answer = client.post(url + query, follow=True)
        assert answer.status_code == 200
        assert [message.level_tag for message in answer.context["messages"]] == ["error"]
        for page in kept:
            assert type(page).objects.filter(pk=page.pk).exists()
        return text(answer)

    def bulk(self, *pages):
        """Return the address of the deletion of many pages."""
        url = reverse("wagtail_bulk_action", args=["wagtailcore", "page", "delete"])
        return url, "?next=/admin/&" + "&".join(f"id={page.pk}" for page in pages)

    def test_service_with_a_price_is_kept(self, client):
        service = make.service(title="Глюкоза", price="270")
        url = reverse("wagtailadmin_pages:delete", args=[service.pk])
        assert "Глюкоза" in self.refuse(client, url, kept=[service])
        answer = client.get(url, follow=True)
        unpublish = reverse("wagtailadmin_pages:unpublish", args=[service.pk])
        assert unpublish in answer.content.decode()

    def test_category_and_catalogue_around_it_are_kept(self, client):
        service = make.service(price="270")
        category = service.get_parent().specific
        for page in (category, category.get_parent().specific, HomePage.objects.get()):
            url = reverse("wagtailadmin_pages:delete", args=[page.pk])
            self.refuse(client, url, kept=[service, category])

    def test_many_at_once_are_kept(self, client):
        priced, free = make.service(price="270"), make.service()
        told = self.refuse(client, *self.bulk(priced, free), kept=[priced, free])
        assert priced.title in told
        self.refuse(client, *self.bulk(priced.get_parent()), kept=[priced])

    def test_service_without_a_price_goes(self, client):
        service = make.service()
        client.post(reverse("wagtailadmin_pages:delete", args=[service.pk]))
        assert not ServicePage.objects.filter(pk=service.pk).exists()
        other = make.service()
        url, query = self.bulk(other)
        client.post(url + query)
        assert not ServicePage.objects.filter(pk=other.pk).exists()

    def test_member_of_a_panel_and_taking_are_kept(self, client):
        member, taking = make.service(), make.service(kind="procedure")
        panel = make.service(title="Комплекс", kind="panel")
        PanelMember.objects.create(page=panel, service=member)
        Biomaterial.objects.create(name="Кровь", taking=taking)
        ReferenceIndex.create_or_update_for_object(panel)
        for page, user in ((member, "Комплекс"), (taking, "Кровь")):
            url = reverse("wagtailadmin_pages:delete", args=[page.pk])
            assert user in self.refuse(client, url, kept=[page])
        self.refuse(client, *self.bulk(member.get_parent()), kept=[member, panel])

    def test_snippets_in_use_are_kept(self, client):
        preparation = Preparation.objects.create(title="Натощак", text="…")
        purpose = Purpose.objects.create(name="Беременность")
        material = Biomaterial.objects.create(name="Кровь")
        service = make.service(title="Глюкоза", biomaterial=material)
        ServicePreparation.objects.create(page=service, preparation=preparation)
        make.add(
            HomePage.objects.get(),
            PurposePage(title="К родам", slug="k-rodam", purpose=purpose, lead="…"),
        )
        for snippet, user in (
            (preparation, "Глюкоза"),
            (purpose, "К родам"),
            (material, "Глюкоза"),
        ):
            url = reverse(snippet.snippet_viewset.get_url_name("delete"), args=[snippet.pk])
            assert user in self.refuse(client, url, kept=[snippet])
            label = snippet._meta
            url = reverse("wagtail_bulk_action", args=[label.app_label, label.model_name, "delete"])
            self.refuse(client, url, f"?id={snippet.pk}&next=/admin/", kept=[snippet])

    def test_snippet_not_in_use_goes(self, client):
        snippet = Preparation.objects.create(title="Натощак", text="…")
        client.post(reverse(snippet.snippet_viewset.get_url_name("delete"), args=[snippet.pk]))
        assert not Preparation.objects.exists()

    def test_document_of_the_contact_form_is_kept(self, client):
        home = HomePage.objects.get()
        document = make.add(home, LegalDocumentPage(title="Согласие", slug="soglasie"))
        make.add(home, ContactPage(title="Контакты", slug="kontakty", consent_document=document))
        url = reverse("wagtailadmin_pages:delete", args=[document.pk])
        assert "Контакты" in self.refuse(client, url, kept=[document])
        self.refuse(client, *self.bulk(document), kept=[document])

    def test_categories_without_priced_services_go(self, client):
        category = make.category()
        make.service(category)
        client.post(reverse("wagtailadmin_pages:delete", args=[category.pk]))
        assert not ServiceCategoryPage.objects.filter(pk=category.pk).exists()


def test_copy_of_a_service_is_refused_with_words(client):
    client.force_login(make.staff())
    service = make.service()
    category = service.get_parent().specific
    sent = {"new_title": "Копия", "new_slug": "kopiya", "new_parent_page": category.pk}
    for alias in ({}, {"alias": "on"}):
        url = reverse("wagtailadmin_pages:copy", args=[service.pk])
        assert client.post(url, sent | alias, follow=True).context["messages"]
        assert category.get_children().count() == 1
    above = category.get_parent()
    sent |= {"new_parent_page": above.pk, "copy_subpages": "on"}
    client.post(reverse("wagtailadmin_pages:copy", args=[category.pk]), sent)
    assert above.get_children().count() == 1
    del sent["copy_subpages"]
    client.post(reverse("wagtailadmin_pages:copy", args=[category.pk]), sent)
    assert above.get_children().count() == 2
