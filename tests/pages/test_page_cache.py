"""The page cache: whatever changes is seen by the very next request, and nobody sees
another's page.
"""

import gzip
import re
import subprocess
import sys
import threading
from datetime import date, timedelta

from django.core.cache import caches
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from wagtail.contrib.redirects.models import Redirect
from wagtail.documents.models import Document
from wagtail.models import PageViewRestriction, Site

import pytest
import time_machine

from pages import selectors
from pages.models import (
    Biomaterial,
    LegalVersion,
    Navigation,
    NoticeBar,
    OfficeException,
    Preparation,
    ServicePreparation,
)
from pages.services.freshness import content_changed
from pages.services.prices import set_price
from tests.factories import pages as make
from tests.factories import sections
from tests.factories.files import picture
from tests.factories.forms import form


def read(client, url, **headers):
    """Return the words of a page."""
    response = client.get(url, headers=headers)
    assert response.status_code == 200, (url, response.status_code)
    return response.content.decode()


def is_kept(client, url):
    """Say whether a page comes from the cache: nothing but the content version is asked for."""
    with CaptureQueriesContext(connection) as captured:
        client.get(url)
    return len(captured) == 1


def keep(client, url):
    """Return a page that is in the cache from now on."""
    # The first request makes the rows of settings, which any site in use has.
    read(client, url)
    words = read(client, url)
    assert is_kept(client, url)
    return words


def publish(page, **fields):
    """Publish a page with other values, as an editor does."""
    page = page.specific_class.objects.get(pk=page.pk)
    for name, value in fields.items():
        setattr(page, name, value)
    page.save_revision().publish()


@pytest.mark.django_db
class TestChanges:
    """After each kind of change the next request shows it."""

    def turns(self, client, url, change, *, shown="", gone=""):
        """Check a kept page before and after a change."""
        before = keep(client, url)
        assert not shown or shown not in before
        assert gone in before
        change()
        after = read(client, url)
        assert shown in after
        assert not gone or gone not in after

    def test_a_page_is_published(self, client):
        page = make.service(title="Глюкоза")
        self.turns(
            client, page.url, lambda: publish(page, title="Сахар"), shown="Сахар", gone="Глюкоза"
        )

    def test_a_new_page_appears_in_its_list_and_goes_with_it(self, client):
        page = make.service(title="Глюкоза")
        category = page.get_parent()
        self.turns(
            client,
            category.url,
            lambda: make.service(category.specific, title="Железо"),
            shown="Железо",
        )
        self.turns(client, category.url, page.unpublish, gone="Глюкоза")

    def test_an_unpublished_page_is_gone(self, client):
        page = make.service()
        keep(client, page.url)
        page.unpublish()
        assert client.get(page.url).status_code == 404

    def test_a_deleted_page_is_gone(self, client):
        page = sections.news(title="Лишняя новость")
        keep(client, page.url)
        self.turns(client, page.get_parent().url, page.delete, gone="Лишняя новость")
        assert client.get(page.url).status_code == 404

    def test_a_moved_page_is_in_its_new_place(self, client):
        page = make.service(make.category("Биохимия"), title="Глюкоза")
        target = make.category("Гормоны")
        keep(client, page.url)
        self.turns(client, target.url, lambda: page.move(target, pos="last-child"), shown="Глюкоза")
        page.refresh_from_db()
        assert "Гормоны" in read(client, page.url)

    def test_pages_put_in_another_order(self, client):
        first, second = (sections.specialist(title=name) for name in ("Первая", "Вторая"))
        url = first.get_parent().url
        before = keep(client, url)
        assert before.index("Первая") < before.index("Вторая")
        first.refresh_from_db()
        second.move(first, pos="left")
        after = read(client, url)
        assert after.index("Вторая") < after.index("Первая")

    def test_a_changed_address_leads_on(self, client, django_capture_on_commit_callbacks):
        page = make.service(slug="old")
        old = page.url
        keep(client, old)
        with django_capture_on_commit_callbacks(execute=True):
            publish(page, slug="new")
        response = client.get(old)
        assert response.status_code in (301, 302)
        assert client.get(response["Location"]).status_code == 200

    def test_a_price_from_now_on(self, client):
        page = make.service(price=390)
        for url in (page.url, page.get_parent().url, make.price_list_page().url):
            keep(client, url)
        set_price(service_id=page.pk, amount=415)
        for url in (page.url, page.get_parent().url, make.price_list_page().url):
            words = read(client, url)
            assert "415" in words
            assert "/ceny/" not in url or "390" not in words

    def test_a_scheduled_price_comes_into_force(self, client):
        with time_machine.travel(make.moscow(2026, 3, 2, 10), tick=False) as clock:
            page = make.service(price=390)
            make.price_list_page()
            moment = make.moscow(2026, 3, 2, 15, 30)
            set_price(service_id=page.pk, amount=415, valid_from=moment)
            for url in ("/ceny/", page.get_parent().url):
                assert "415" not in keep(client, url)
            clock.move_to(moment - timedelta(seconds=1))
            assert "415" not in read(client, "/ceny/")
            clock.move_to(moment)
            for url in ("/ceny/", page.get_parent().url):
                words = read(client, url)
                assert "415" in words
                assert "390" not in words

    def test_hours_of_an_office(self, client):
        with time_machine.travel(make.moscow(2026, 3, 2, 10), tick=False):
            page = sections.office()
            self.turns(
                client,
                page.url,
                lambda: page.hours.filter(weekday=1).first().delete(),
                shown="ткроется завтра в 8:00",
            )

    def test_an_exception_of_an_office(self, client):
        with time_machine.travel(make.moscow(2026, 3, 2, 10), tick=False):
            page = sections.office()
            closed = {"date": date(2026, 3, 2), "closed": True}
            self.turns(
                client,
                "/",
                lambda: OfficeException.objects.create(page=page, **closed),
                shown="ткроется завтра в 8:00",
            )

    def test_settings_of_the_laboratory(self, client):
        sections.laboratory(phone="+7 867 200-00-01")
        self.turns(
            client,
            "/",
            lambda: sections.laboratory(phone="+7 867 200-00-02"),
            shown="200-00-02",
            gone="200-00-01",
        )

    def test_the_menu(self, client):
        page = sections.standard(title="О лаборатории")

        def change():
            menu = Navigation.for_site(Site.objects.get())
            link = {"page": page.pk, "title": "Коротко о нас", "children": []}
            menu.menu = [{"type": "item", "value": link}]
            menu.save()

        self.turns(client, "/", change, shown="Коротко о нас")
        self.turns(client, "/", page.unpublish, gone="Коротко о нас")

    def test_a_notice(self, client):
        notice = NoticeBar(text="Завтра не работаем", live=False)
        notice.save()
        publishing = lambda: notice.save_revision().publish()  # noqa: E731
        self.turns(client, "/", publishing, shown="Завтра не работаем")
        notice.refresh_from_db()
        self.turns(client, "/", notice.unpublish, gone="Завтра не работаем")

    def test_a_notice_published_and_taken_down_by_the_clock(self, client):
        with time_machine.travel(make.moscow(2026, 3, 2, 10), tick=False) as clock:
            notice = NoticeBar(text="Завтра не работаем", live=False)
            notice.go_live_at = make.moscow(2026, 3, 2, 12)
            notice.expire_at = make.moscow(2026, 3, 2, 14)
            notice.save()
            notice.save_revision(approved_go_live_at=notice.go_live_at).publish()
            assert "Завтра не работаем" not in keep(client, "/")
            clock.move_to(make.moscow(2026, 3, 2, 12, 1))
            call_command("publish_scheduled")
            assert "Завтра не работаем" in keep(client, "/")
            clock.move_to(make.moscow(2026, 3, 2, 14, 1))
            call_command("publish_scheduled")
            assert "Завтра не работаем" not in read(client, "/")

    def test_a_shared_preparation(self, client):
        page = make.service()
        shared = Preparation.objects.create(title="Кровь", short="Натощак", text="<p>Не есть</p>")
        page.preparations.add(ServicePreparation(preparation=shared))
        page.save()

        def change():
            shared.short = "Голод восемь часов"
            shared.save_revision().publish()

        self.turns(client, page.url, change, shown="Голод", gone="Натощак")

    def test_a_biomaterial_and_its_fee(self, client):
        blood = Biomaterial.objects.create(name="Кровь из вены")
        page = make.service(biomaterial=blood, price=390)
        fee = make.service(kind="procedure", price=163)

        def change():
            blood.name, blood.taking = "Сыворотка", fee
            blood.save()

        self.turns(client, page.url, change, shown="163", gone="Кровь из вены")

    def test_a_purpose(self, client):
        page = sections.purpose(title="К операции")
        service = make.service(title="Группа крови")
        self.turns(
            client,
            page.url,
            lambda: publish(service, purposes=[page.purpose]),
            shown="Группа крови",
        )

        def change():
            page.purpose.icon = "scalpel"
            page.purpose.save()

        self.turns(client, page.get_parent().url, change, shown="#scalpel")

    def test_a_picture_and_its_words(self, client, admin):
        image = sections.image(title="Здание")
        page = sections.news(image=image)
        editing = reverse("wagtailimages:edit", args=[image.pk])
        fields = {"title": "Здание", "collection": image.collection_id, "tags": ""}

        def describe():
            assert admin.post(editing, {**fields, "description": "Вход с улицы"}).status_code == 302

        self.turns(client, page.url, describe, shown="Вход с улицы")

        def replace():
            upload = SimpleUploadedFile("other.png", picture(), content_type="image/png")
            data = {**fields, "description": "Вход с улицы", "file": upload}
            assert admin.post(editing, data).status_code == 302

        old = re.search(r"/media/images/[^ \"]+avif", read(client, page.url))[0]
        self.turns(client, page.url, replace, shown="other", gone=old)

    def test_a_document_that_a_page_links_to(self, client):
        document = Document.objects.create(
            title="Договор", file=SimpleUploadedFile("a.pdf", b"%PDF")
        )
        page = sections.standard(
            body=[("text", f'<p><a linktype="document" id="{document.pk}">Договор</a></p>')]
        )
        old = document.url

        def change():
            document.file = SimpleUploadedFile("b.pdf", b"%PDF")
            document.save()

        self.turns(client, page.url, change, gone=old)

    def test_a_redirect(self, client):
        assert client.get("/staraya/").status_code == 404
        Redirect.add_redirect("/staraya/", redirect_to="/ceny/")
        assert client.get("/staraya/").status_code in (301, 302)

    def test_a_promotion_begins_and_ends(self, client):
        with time_machine.travel(make.moscow(2026, 3, 2, 10), tick=False) as clock:
            service = make.service(price=390)
            make.promotion(
                date(2026, 3, 5),
                service,
                title="Весна",
                ends_on=date(2026, 3, 6),
                discount_percent=10,
            )
            assert "Весна" not in keep(client, service.url)
            clock.move_to(make.moscow(2026, 3, 5, 0, 0))
            assert "Весна" in keep(client, service.url)
            assert "Весна" in keep(client, "/")
            clock.move_to(make.moscow(2026, 3, 6, 23, 59))
            assert "Весна" in read(client, "/")
            clock.move_to(make.moscow(2026, 3, 7, 0, 0))
            assert "Весна" not in read(client, service.url)
            assert "Весна" not in read(client, "/")

    def test_a_version_of_a_document_comes_into_force(self, client):
        with time_machine.travel(make.moscow(2026, 3, 2, 10), tick=False) as clock:
            page = sections.legal()
            body = [("text", "<p>Новый порядок возврата</p>")]
            page.versions.add(
                LegalVersion(number="2.0", effective_from=date(2026, 3, 3), body=body)
            )
            page.save()
            assert "Новый порядок возврата" not in keep(client, page.url)
            clock.move_to(make.moscow(2026, 3, 3, 0, 0))
            assert "Новый порядок возврата" in read(client, page.url)

    def test_a_page_made_private_is_shut_at_once(self, client):
        page = make.service(title="Закрытый анализ", price=390)
        make.price_list_page()
        keep(client, page.url)
        lists = [page.get_parent().url, "/ceny/", "/analizy/?letter=%D0%97"]
        for url in lists:
            assert "Закрытый анализ" in read(client, url)
        sections.hide(page)
        assert client.get(page.url).status_code == 302
        for url in lists:
            assert "Закрытый анализ" not in read(client, url)

    def test_a_new_size_of_a_picture_changes_nothing(self):
        image = sections.image()
        known = selectors.content_version()
        image.get_rendition("width-78")
        assert selectors.content_version() == known


@pytest.fixture
def admin():
    """A client of somebody who may do everything."""
    client = Client()
    client.force_login(make.staff())
    return client


@pytest.mark.django_db
class TestVersion:
    """The number by which a page is known to be right."""

    def test_a_change_that_is_taken_back_changes_nothing(self, client):
        page = make.service(title="Глюкоза")
        keep(client, page.url)
        before = selectors.content_version()
        with pytest.raises(RuntimeError), transaction.atomic():
            publish(page, title="Сахар")
            # Whoever looks from inside sees the change, and keeps it for nobody.
            assert "Сахар" in read(client, page.url)
            raise RuntimeError
        assert selectors.content_version() == before
        assert "Глюкоза" in read(client, page.url)
        assert is_kept(client, page.url)

    def test_a_number_never_comes_twice(self):
        """Else what was made of a change that was taken back would pass for the next one."""
        numbers = set()
        for _ in range(3):
            with pytest.raises(RuntimeError), transaction.atomic():
                content_changed()
                numbers.add(selectors.content_version())
                raise RuntimeError
        content_changed()
        numbers.add(selectors.content_version())
        assert len(numbers) == 4

    def test_the_frame_of_a_change_that_was_taken_back_is_not_shown(self, client):
        sections.laboratory(phone="+7 867 200-00-01")
        keep(client, "/")
        with pytest.raises(RuntimeError), transaction.atomic():
            sections.laboratory(phone="+7 867 200-00-02")
            assert "200-00-02" in read(client, "/")
            raise RuntimeError
        sections.laboratory(slogan="Другой девиз")
        words = read(client, "/")
        assert "Другой девиз" in words
        assert "200-00-01" in words


class TestAtTheSameTime:
    """Real transactions, real threads, a real second process."""

    def test_a_page_shown_before_a_change_is_committed_is_not_kept_beyond_it(
        self, own_database, together
    ):
        page = make.service(title="Глюкоза")
        keep(Client(), page.url)
        changed, look = threading.Event(), threading.Event()

        def editor():
            with transaction.atomic():
                publish(page, title="Сахар")
                changed.set()
                assert look.wait(20)

        def visitor():
            assert changed.wait(20)
            words = [read(Client(), page.url) for _ in range(2)]
            look.set()
            return words

        failed, words = together(editor, visitor)
        assert failed is None
        assert all("Глюкоза" in each for each in words)
        assert "Сахар" in read(Client(), page.url)

    def test_a_page_begun_before_a_change_is_not_kept_beyond_it(
        self, own_database, together, monkeypatch
    ):
        page = make.service(title="Глюкоза")
        read(Client(), "/")
        begun, change = threading.Event(), threading.Event()
        make_card = selectors.service_card

        def slowly(service):
            begun.set()
            assert change.wait(20)
            return make_card(service)

        monkeypatch.setattr(selectors, "service_card", slowly)

        def editor():
            assert begun.wait(20)
            publish(page, title="Сахар")
            change.set()

        words, failed = together(lambda: read(Client(), page.url), editor)
        assert failed is None
        assert "Глюкоза" in words
        words = read(Client(), page.url)
        assert "Сахар" in words
        assert "Глюкоза" not in words

    def test_two_editors_at_once_are_both_seen(self, own_database, together, settings):
        # As on a site: the search index is written by the worker, not by the editor's request.
        settings.TASKS = {"default": {"BACKEND": "django_tasks.backends.dummy.DummyBackend"}}
        pages = [make.service(title=title) for title in ("Глюкоза", "Железо")]
        for page in pages:
            keep(Client(), page.url)
        before = selectors.content_version()
        assert together(
            lambda: publish(pages[0], title="Сахар"), lambda: publish(pages[1], title="Ферритин")
        ) == [None, None]
        assert selectors.content_version() > before
        assert "Сахар" in read(Client(), pages[0].url)
        assert "Ферритин" in read(Client(), pages[1].url)

    def test_a_change_in_another_process(self, own_database, project_root):
        page = make.service(price=390)
        keep(Client(), page.url)
        parameters = connection.get_connection_params()
        script = (
            "import os, django; from django.db import connection; django.setup();"
            f"connection.settings_dict['NAME'] = {parameters['dbname']!r};"
            "from pages.services.prices import set_price;"
            f"set_price(service_id={page.pk}, amount=415)"
        )
        subprocess.run([sys.executable, "-c", script], check=True, cwd=project_root)
        assert "415" in read(Client(), page.url)


@pytest.mark.django_db
class TestVisitors:
    """Nothing of one visitor reaches another."""

    def test_the_bar_of_an_editor(self, client, admin):
        page = make.service()
        assert "userbar" in read(admin, page.url)
        assert "userbar" not in keep(client, page.url)
        assert "userbar" in read(admin, page.url)
        assert "userbar" not in read(client, page.url)

    def test_a_page_sets_no_cookie_and_takes_none(self, client):
        page = make.service()
        keep(Client(), page.url)
        client.cookies["anything"] = "secret-of-a-visitor"
        response = client.get(page.url)
        assert not response.cookies
        assert b"secret-of-a-visitor" not in response.content
        assert is_kept(Client(), page.url)

    def test_a_session_passes_the_cache_by(self, client):
        page = make.service()
        keep(client, page.url)
        client.cookies["sessionid"] = "somebody"
        assert not is_kept(client, page.url)

    def test_the_token_of_a_form(self, client):
        page = sections.contacts()
        tokens = set()
        for _ in range(2):
            visitor = Client()
            response = visitor.get(page.url)
            tokens.add(response.cookies["csrftoken"].value)
            assert not is_kept(visitor, page.url)
        assert len(tokens) == 2

    def test_what_an_editor_tries_out_stays_in_the_preview(self, client, admin):
        page = make.service(title="Глюкоза")
        keep(client, page.url)
        address = reverse("wagtailadmin_pages:preview_on_edit", args=[page.pk])
        data = form(type(page), title="Сахар", slug=page.slug, code=page.code)
        assert admin.post(address, data).json()["is_valid"]
        assert "Сахар" in read(admin, address)
        assert "Сахар" not in read(client, page.url)
        assert is_kept(client, page.url)

    def test_a_page_with_a_password(self, client):
        page = sections.standard(title="Для врачей")
        PageViewRestriction.objects.create(
            page=page, restriction_type=PageViewRestriction.PASSWORD, password="anamnesis"
        )
        assert "Для врачей</h1>" not in read(client, page.url)
        restriction = page.get_view_restrictions().get()
        address = reverse("wagtailcore_authenticate_with_password", args=[restriction.pk, page.pk])
        data = {"password": "anamnesis", "return_url": page.url}
        assert client.post(address, data).status_code == 302
        # Who knows the password reads it; the next visitor does not.
        assert "Для врачей</h1>" in read(client, page.url)
        assert "Для врачей</h1>" not in read(Client(), page.url)

    def test_words_in_an_address_stay_with_who_typed_them(self, client):
        page = make.service()
        assert "evil" not in keep(client, page.url)
        for query in ("utm_source=evil", "q=evil", "page=evil", "category=evil", "letter=evil"):
            client.get(f"{page.url}?{query}")
            assert not is_kept(client, f"{page.url}?{query}")
            assert "evil" not in read(client, page.url)

    def test_each_encoding_gets_its_own(self, client):
        page = make.service(title="Глюкоза")
        squeezed = client.get(page.url, headers={"accept-encoding": "gzip"})
        plain = client.get(page.url)
        again = client.get(page.url, headers={"accept-encoding": "br, gzip"})
        assert squeezed["Content-Encoding"] == again["Content-Encoding"] == "gzip"
        assert "Content-Encoding" not in plain
        assert gzip.decompress(squeezed.content) == gzip.decompress(again.content) == plain.content
        assert {squeezed["Vary"], plain["Vary"]} == {"Accept-Encoding"}

    def test_a_question_for_the_headers_alone_spoils_nothing(self, client):
        page = make.service(title="Глюкоза")
        head = client.head(page.url)
        assert head.status_code == 200
        assert head.content == b""
        got = client.get(page.url)
        assert "Глюкоза" in got.content.decode()
        assert head["ETag"] == got["ETag"]
        assert client.head(page.url).content == b""

    def test_who_has_the_page_is_told_so_until_it_changes(self, client):
        page = make.service(title="Глюкоза")
        keep(client, page.url)
        tag = client.get(page.url)["ETag"]
        same = client.get(page.url, headers={"if-none-match": tag})
        assert (same.status_code, same.content) == (304, b"")
        assert same["Cache-Control"] == "no-cache"
        publish(page, title="Сахар")
        changed = client.get(page.url, headers={"if-none-match": tag})
        assert changed.status_code == 200
        assert changed["ETag"] != tag

    def test_another_host_has_pages_of_its_own(self, client):
        page = make.service()
        keep(client, page.url)
        other = client.get(page.url, headers={"host": "other.example"})
        assert b"other.example" not in client.get(page.url).content
        assert other.status_code == 200


@pytest.mark.django_db
class TestMemory:
    """Strangers cannot fill it."""

    def test_what_people_type_is_not_kept(self, client):
        page = make.price_list_page()
        service = make.service(price=390)
        urls = [page.url, service.url, "/", "/ceny/price.csv", "/analizy/", "/robots.txt"]
        for url in urls:
            client.get(url)
            client.get(url)
        filled = len(caches["pages"]._cache)
        assert filled
        for number in range(10):
            for name in ("q", "category", "letter", "page", "utm_source", f"p{number}"):
                for url in urls:
                    client.get(url, {name: f"{number}words"})
        assert len(caches["pages"]._cache) == filled

    def test_what_the_site_links_to_is(self, client):
        service = make.service(title="Глюкоза", price=390)
        make.price_list_page()
        slug = service.get_parent().slug
        for url in (
            "/ceny/?page=1",
            f"/ceny/?category={slug}",
            f"/ceny/price.csv?category={slug}",
            "/analizy/?letter=%D0%93",
            f"{service.get_parent().url}?page=1",
        ):
            client.get(url)
            keep(client, url)
