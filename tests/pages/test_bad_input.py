"""Nonsense, mistakes and malice: a clear word or the right 4xx, never a 500, nothing
half-written.
"""

import json
import re

from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from wagtail.documents.models import Document
from wagtail.test.utils.form_data import inline_formset

import pytest

from pages.models import (
    LegalDocumentPage,
    LegalIndexPage,
    OfficeIndexPage,
    OfficePage,
    PanelMember,
    Preparation,
    PromotionIndexPage,
    PromotionPage,
    ServicePage,
    SiteImage,
)
from tests.factories import forms, sections
from tests.factories import pages as make
from tests.factories.files import picture

pytestmark = pytest.mark.django_db

RUSSIAN = re.compile("[а-яё]{3}", re.IGNORECASE)


@pytest.fixture
def editor(client):
    """A client of an editor's."""
    client.force_login(make.staff("Редакторы"))
    return client


def send(editor, model, parent, page=None, action="action-publish", **fields):
    """Send the form of a page, new or not, and return the answer."""
    if page is None:
        name = model._meta.model_name
        address = reverse("wagtailadmin_pages:add", args=["pages", name, parent.pk])
    else:
        address = reverse("wagtailadmin_pages:edit", args=[page.pk])
    return editor.post(
        address, {**forms.form(model, **fields), **({action: "1"} if action else {})}
    )


def complaints(response):
    """Return what a refused form says, in Russian words."""
    assert response.status_code == 200
    form = response.context["form"]
    found = [str(message) for errors in form.errors.values() for message in errors]
    for formset in form.formsets.values():
        found += [str(message) for message in formset.non_form_errors()]
        for errors in formset.errors:
            found += [str(message) for messages in errors.values() for message in messages]
    assert found
    return " ".join(found)


def rows(*values):
    """Return inline rows."""
    return inline_formset(list(values))


@pytest.fixture
def refused(editor):
    """Send a form that must be refused; return what it says. Neither page nor draft comes of it."""

    def check(model, parent, page=None, **fields):
        said = []
        for action in ("action-publish", None):
            before = model.objects.count()
            revision = page and page.latest_revision_id
            said.append(complaints(send(editor, model, parent, page, action, **fields)))
            assert model.objects.count() == before
            if page:
                page.refresh_from_db()
                assert page.latest_revision_id == revision
        return said[0]

    return check


class TestServices:
    """Codes, panels, rows that are there twice."""

    def test_panel_that_contains_itself(self, refused):
        page = make.service(kind="panel")
        refused(
            ServicePage,
            None,
            page,
            kind="panel",
            code=page.code,
            members=rows({"service": str(page.pk)}),
        )
        assert not PanelMember.objects.exists()

    @pytest.mark.parametrize("kind", ["panel", "procedure"])
    def test_panel_of_what_is_no_test(self, refused, kind):
        other = make.service(kind=kind)
        said = refused(
            ServicePage,
            make.category(),
            kind="panel",
            members=rows({"service": str(other.pk)}),
        )
        assert RUSSIAN.search(said)

    def test_member_of_a_panel_stays_a_test(self, refused):
        panel, member = make.service(kind="panel"), make.service()
        PanelMember.objects.create(page=panel, service=member)
        refused(ServicePage, None, member, kind="panel", code=member.code)
        member.refresh_from_db()
        assert member.kind == "test"

    def test_only_a_panel_has_members(self, refused):
        member = make.service()
        refused(ServicePage, make.category(), members=rows({"service": str(member.pk)}))

    @pytest.mark.parametrize(
        ("name", "row"),
        [
            ("members", lambda: {"service": str(make.service().pk)}),
            ("related", lambda: {"service": str(make.service().pk)}),
            ("synonyms", lambda: {"text": "Сахар", "kind": "everyday"}),
            (
                "preparations",
                lambda: {
                    "preparation": str(
                        Preparation.objects.create(title="Кровь", short="…", text="…").pk
                    )
                },
            ),
        ],
    )
    def test_row_that_is_there_twice(self, refused, editor, name, row):
        value = row()
        said = refused(ServicePage, make.category(), kind="panel", **{name: rows(value, value)})
        assert RUSSIAN.search(said)
        # The same from two editors, each of whom added it while the other's form was open.
        page = make.service(kind="panel")
        fields = {"kind": "panel", "code": page.code, "slug": page.slug}
        answer = send(editor, ServicePage, None, page, **fields, **{name: rows(value)})
        assert answer.status_code == 302
        page.refresh_from_db()
        refused(ServicePage, None, page, **fields, **{name: rows(value)})
        assert getattr(ServicePage.objects.get(pk=page.pk), name).count() == 1

    def test_without_a_code_a_draft_is_saved_and_not_published(self, editor):
        parent = make.category()
        said = complaints(send(editor, ServicePage, parent, code="", slug="without"))
        assert RUSSIAN.search(said)
        assert not ServicePage.objects.filter(slug="without").exists()
        assert (
            send(editor, ServicePage, parent, None, None, code="", slug="draft").status_code == 302
        )
        draft = ServicePage.objects.get(slug="draft")
        assert not draft.live
        # Not by the button for many pages either.
        address = reverse("wagtail_bulk_action", args=["wagtailcore", "page", "publish"])
        response = editor.post(f"{address}?id={draft.pk}")
        assert response.status_code in (200, 302)
        draft.refresh_from_db()
        assert not draft.live
        # Two drafts without a code do not stand in each other's way.
        assert send(editor, ServicePage, parent, None, None, code="", slug="two").status_code == 302

    @pytest.mark.parametrize(
        ("typed", "kept"),
        [
            ("02-001", "02-001"),
            (" 02 - 001 ", "02-001"),
            ("О2-ОО1", "02-001"),
            ("o2-OO1", "02-001"),
            ("к-010", "K-010"),
            ("СОVID-19", "COVID-19"),
        ],
    )
    def test_code_is_brought_to_one_spelling(self, editor, typed, kept):
        assert send(editor, ServicePage, make.category(), code=typed).status_code == 302
        assert ServicePage.objects.get().code == kept

    @pytest.mark.parametrize(
        "typed", ["02_001", "Ж-1", "02-001;", "-", "02--001", "<b>", "№1", "1" * 21]
    )
    def test_code_that_is_none(self, refused, typed):
        assert RUSSIAN.search(refused(ServicePage, make.category(), code=typed))

    @pytest.mark.parametrize("typed", ["02-001", "О2-ОО1", "02-001 ", "02 -001"])
    def test_code_of_another_service(self, refused, typed):
        make.service(code="02-001")
        assert RUSSIAN.search(refused(ServicePage, make.category(), code=typed))

    @pytest.mark.parametrize(
        ("typed", "kept"),
        [
            ("А09.05.023", ["A09.05.023"]),
            ("a09.05.023, В03.016.002", ["A09.05.023", "B03.016.002"]),
            ("А09.О5.О23", ["A09.05.023"]),
            ("A09.05.023,А09.05.023", ["A09.05.023"]),
        ],
    )
    def test_nomenclature_in_look_alike_letters(self, editor, typed, kept):
        page = make.category()
        assert send(editor, ServicePage, page, nomenclature_codes=typed).status_code == 302
        assert ServicePage.objects.get().nomenclature_codes == kept

    @pytest.mark.parametrize("typed", ["Ж09.05.023", "A09", "A09.05.023;DROP", "A09.05.023," * 20])
    def test_nomenclature_that_is_none(self, refused, typed):
        assert RUSSIAN.search(refused(ServicePage, make.category(), nomenclature_codes=typed))

    @pytest.mark.parametrize(
        "fields",
        [
            {"age_from": "18", "age_to": "3"},
            {"age_from": "-1"},
            {"age_to": "500"},
            {"turnaround_days": "-1"},
            {"turnaround_days": "9" * 30},
            {"kind": "other"},
            {"biomaterial": "999999"},
            {"reviewed_on": "2026-03-02", "next_review": "2026-03-01"},
            {"reviewed_on": "31.02.2026"},
            {"title": "т" * 256},
            {"slug": "русский адрес"},
        ],
        ids=str,
    )
    def test_values_out_of_range(self, refused, fields):
        assert RUSSIAN.search(refused(ServicePage, make.category(), **fields))


class TestHours:
    """Hours that cannot be."""

    @pytest.fixture
    def index(self):
        return make.under_home(OfficeIndexPage, title="Отделения", slug="otdeleniya")

    @pytest.mark.parametrize(
        "fields",
        [
            {"opens": "18:00", "closes": "08:00"},
            {"opens": "08:00", "closes": "08:00"},
            {"opens": "08:00", "closes": ""},
            {"opens": "", "closes": ""},
            {"opens": "08:00", "closes": "10:00", "overnight": "on"},
            {"lunch_from": "07:00", "lunch_to": "09:00"},
            {"lunch_from": "13:00", "lunch_to": "19:00"},
            {"lunch_from": "14:00", "lunch_to": "13:00"},
            {"lunch_from": "13:00", "lunch_to": "13:00"},
            {"lunch_from": "13:00", "lunch_to": ""},
            {"last_sampling": "19:00"},
            {"last_sampling": "07:00"},
            {"opens": "25:00"},
            {"weekday": "8"},
            {"weekday": ""},
            {"weekday": "9" * 30},
        ],
        ids=str,
    )
    def test_day_that_cannot_be(self, refused, index, fields):
        row = {"weekday": "1", **forms.DAY, **fields}
        assert RUSSIAN.search(refused(OfficePage, index, hours=rows(row)))
        assert not OfficePage.objects.exists()

    def test_weekday_that_is_there_twice(self, refused, editor, index):
        row = {"weekday": "1", **forms.DAY}
        assert RUSSIAN.search(refused(OfficePage, index, hours=rows(row, row)))
        page = sections.office()
        refused(OfficePage, None, page, slug=page.slug, hours=rows(row))
        assert page.hours.filter(weekday=1).count() == 1

    @pytest.mark.parametrize("following", [1, 7])
    def test_night_that_runs_into_the_next_day(self, refused, index, following):
        night = {**forms.DAY, "opens": "20:00", "closes": "09:00", "overnight": "on"}
        before = 7 if following == 1 else following - 1
        hours = rows({"weekday": str(before), **night}, {"weekday": str(following), **forms.DAY})
        assert RUSSIAN.search(refused(OfficePage, index, hours=hours))

    @pytest.mark.parametrize(
        "fields",
        [
            {"closed": "on", "opens": "08:00", "closes": "12:00"},
            {"opens": "", "closes": ""},
            {"date": "", "closed": "on", "opens": "", "closes": ""},
            {"date": "0000-00-00"},
            {"opens": "12:00", "closes": "08:00"},
        ],
        ids=str,
    )
    def test_exception_that_cannot_be(self, refused, index, fields):
        row = {"date": "2026-03-02", "note": "", **forms.DAY, **fields}
        assert RUSSIAN.search(refused(OfficePage, index, exceptions=rows(row)))

    def test_date_that_is_there_twice(self, refused, index):
        row = {"date": "2026-03-02", "note": "", **forms.DAY}
        assert RUSSIAN.search(refused(OfficePage, index, exceptions=rows(row, row)))

    def test_place_that_is_not_on_earth(self, refused, index):
        assert RUSSIAN.search(refused(OfficePage, index, latitude="91", longitude="-181"))


class TestDates:
    """Documents and promotions."""

    @pytest.mark.parametrize("number", ["", "1.", "версия", "1.0.0.0", "1 0", "٣", "1" * 13])
    def test_number_of_a_version(self, refused, number):
        index = make.under_home(LegalIndexPage, title="Документы", slug="pravo")
        versions = rows(forms.version(number, "2026-01-01"))
        if number:
            assert RUSSIAN.search(refused(LegalDocumentPage, index, versions=versions))

    @pytest.mark.parametrize(
        ("first", "second"),
        [
            (("1.0", "2026-01-01"), ("1.0", "2026-02-01")),
            (("1.0", "2026-01-01"), ("1.1", "2026-01-01")),
        ],
    )
    def test_version_that_is_there_twice(self, refused, first, second):
        index = make.under_home(LegalIndexPage, title="Документы", slug="pravo")
        versions = rows(forms.version(*first), forms.version(*second))
        assert RUSSIAN.search(refused(LegalDocumentPage, index, versions=versions))
        page = sections.legal()
        assert page.versions.get().number == "1.0"
        refused(LegalDocumentPage, None, page, slug=page.slug, versions=rows(forms.version(*first)))

    def test_document_without_a_version_is_not_published(self, editor):
        index = make.under_home(LegalIndexPage, title="Документы", slug="pravo")
        said = complaints(send(editor, LegalDocumentPage, index, versions=rows()))
        assert RUSSIAN.search(said)
        assert not LegalDocumentPage.objects.exists()

    @pytest.mark.parametrize("number", ["9.9", "..", "1.0/..", "%2e", "1" * 500])
    def test_version_that_is_not_there(self, client, number):
        page = sections.legal()
        assert client.get(f"{page.url}versions/{number}/").status_code == 404

    @pytest.mark.parametrize(
        "fields",
        [
            {"starts_on": "2026-03-02", "ends_on": "2026-03-01"},
            {"starts_on": ""},
            {"discount_percent": "0"},
            {"discount_percent": "100"},
            {"discount_percent": "-5"},
        ],
        ids=str,
    )
    def test_promotion_that_cannot_be(self, refused, fields):
        index = make.under_home(PromotionIndexPage, title="Акции", slug="akcii")
        assert RUSSIAN.search(refused(PromotionPage, index, **fields))

    def test_last_day_may_be_the_first(self, editor):
        index = make.under_home(PromotionIndexPage, title="Акции", slug="akcii")
        days = {"starts_on": "2026-03-02", "ends_on": "2026-03-02"}
        assert send(editor, PromotionPage, index, **days).status_code == 302


BROKEN = {"NUL": "a%00b", "surrogate": "a%ED%A0%80b", "not UTF-8": "a%FFb"}


class TestAddresses:
    """What anybody may type into the line of the browser."""

    @pytest.fixture
    def urls(self):
        make.service(title="Глюкоза", price=390)
        make.price_list_page()
        sections.news()
        category = make.category()
        return ["/ceny/", "/novosti/", category.url, "/poisk/", "/analizy/"]

    @pytest.mark.parametrize(
        "number",
        ["0", "-1", "abc", "1" + "0" * 30, "2", "1.5", "²", "١", "", " 1", "1e3", "9" * 5000],
    )
    def test_page_number_that_is_not_there(self, client, urls, number):
        for url in urls[:3]:
            response = client.get(url, {"page": number})
            assert response.status_code == 404, (url, number)
            assert "Такой страницы нет" in response.content.decode()
        assert client.get("/poisk/", {"q": "глюкоза", "page": number}).status_code == 404

    @pytest.mark.parametrize("broken", BROKEN.values(), ids=BROKEN)
    @pytest.mark.parametrize("name", ["q", "page", "category", "letter", "utm"])
    def test_text_that_is_no_text(self, client, urls, name, broken):
        for url in urls:
            assert client.get(f"{url}?{name}={broken}").status_code == 400
        assert client.get(f"/{broken}/").status_code == 400

    def test_ten_thousand_letters(self, client, urls):
        long = "глюкоза " * 1250
        response = client.get("/poisk/", {"q": long})
        assert response.status_code == 400
        assert "слишком длинный" in response.content.decode()
        for url, name in (("/ceny/", "q"), ("/ceny/", "category"), ("/analizy/", "letter")):
            response = client.get(url, {name: long})
            assert response.status_code in (200, 400)
            assert len(response.content) < 200_000

    def test_words_of_many_parts(self, client, urls):
        """Each word is a condition of its own; thousands would stop the database."""
        assert client.get("/ceny/", {"q": "а " * 5000}).status_code == 200

    @pytest.mark.parametrize(
        "text", ["'", '"', "%", "_", "\\", "<script>alert(1)</script>", "🧪", "{{7*7}}"]
    )
    def test_letters_with_a_meaning_elsewhere(self, client, urls, text):
        for url, name in (
            ("/ceny/", "q"),
            ("/poisk/", "q"),
            ("/ceny/", "category"),
            ("/analizy/", "letter"),
        ):
            response = client.get(url, {name: text})
            assert response.status_code == 200
            assert "<script>alert" not in response.content.decode()
            assert "49" not in re.findall(r'value="([^"]*)"', response.content.decode())

    @pytest.mark.parametrize("method", ["post", "put", "delete", "patch"])
    def test_other_methods(self, client, urls, method):
        for url in ("/poisk/", "/ceny/price.csv"):
            assert getattr(client, method)(url).status_code == 405

    def test_address_of_ten_thousand_letters(self, client):
        assert client.get("/" + "a" * 10_000 + "/").status_code == 404

    def test_parameter_given_many_times(self, client, urls):
        assert client.get("/novosti/?page=1&page=abc").status_code == 404
        assert client.get("/novosti/?page=abc&page=1").status_code == 200


SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


class TestFiles:
    """Files that are not what they should be."""

    @pytest.mark.parametrize(
        ("name", "content"),
        [
            ("evil.svg", lambda: SVG),
            ("evil.png", lambda: SVG),
            ("renamed.png", lambda: b"%PDF-1.7 no picture"),
            ("page.png", lambda: b"<html><script>alert(1)</script></html>"),
            ("empty.png", lambda: b""),
            ("cut.png", lambda: picture((400, 300))[:60]),
            ("huge.png", lambda: picture((8000, 6300))),
            ("picture.exe", lambda: picture((40, 30))),
            ("bitmap.bmp", lambda: picture((40, 30), "BMP")),
        ],
    )
    def test_picture(self, editor, name, content):
        upload = SimpleUploadedFile(name, content(), content_type="image/png")
        data = {"title": "Картинка", "file": upload, "collection": "1"}
        response = editor.post(reverse("wagtailimages:add"), data)
        assert response.status_code == 200
        assert RUSSIAN.search(str(response.context["form"].errors))
        upload.seek(0)
        data = {"title": "Картинка", "files[]": upload, "collection": "1"}
        response = editor.post(reverse("wagtailimages:add_multiple"), data)
        assert response.status_code == 200
        answer = json.loads(response.content)
        assert answer["success"] is False
        assert RUSSIAN.search(answer["error_message"])
        assert not SiteImage.objects.exists()

    def test_picture_named_after_another_kind(self, editor):
        """A JPEG called PNG is still a picture: it is taken and shown as what it is."""
        upload = SimpleUploadedFile(
            "photo.png", picture((40, 30), "JPEG"), content_type="image/png"
        )
        data = {
            "title": "Картинка",
            "file": upload,
            "collection": "1",
            "tags": "",
            "description": "",
        }
        response = editor.post(reverse("wagtailimages:add"), data)
        assert response.status_code in (200, 302)
        for image in SiteImage.objects.all():
            assert image.get_rendition("width-20|format-webp").file.read(4) == b"RIFF"

    @pytest.mark.parametrize("name", ["evil.svg", "page.html", "script.js", "run.exe", "noname"])
    def test_document(self, editor, name):
        upload = SimpleUploadedFile(name, SVG, content_type="application/pdf")
        data = {"title": "Документ", "file": upload, "collection": "1", "tags": ""}
        response = editor.post(reverse("wagtaildocs:add"), data)
        assert response.status_code == 200
        assert RUSSIAN.search(str(response.context["form"].errors))
        assert not Document.objects.exists()

    def test_page_renamed_to_a_document_runs_nowhere(self, editor, client):
        upload = SimpleUploadedFile("evil.pdf", SVG, content_type="text/html")
        data = {"title": "Документ", "file": upload, "collection": "1", "tags": ""}
        editor.post(reverse("wagtaildocs:add"), data)
        for document in Document.objects.all():
            response = client.get(document.url)
            assert response["Content-Type"] == "application/pdf"
            assert response["X-Content-Type-Options"] == "nosniff"


class TestForms:
    """Forms larger or stranger than any person sends."""

    def test_more_fields_than_any_page_has(self, editor):
        page = make.service()
        address = reverse("wagtailadmin_pages:edit", args=[page.pk])
        response = editor.post(address, {f"field{number}": "x" for number in range(10_001)})
        assert response.status_code == 400

    def test_more_bytes_than_any_page_has(self, editor):
        page = make.service()
        address = reverse("wagtailadmin_pages:edit", args=[page.pk])
        response = editor.post(
            address,
            "title=" + "x" * (5 * 1024 * 1024 + 1),
            content_type="application/x-www-form-urlencoded",
        )
        assert response.status_code in (400, 413)

    def test_more_rows_than_there_may_be(self, refused):
        members = rows(*({"text": f"Имя {number}", "kind": "everyday"} for number in range(61)))
        assert RUSSIAN.search(refused(ServicePage, make.category(), synonyms=members))

    @pytest.mark.parametrize("field", ["title", "code", "synonyms-0-text", "summary"])
    @pytest.mark.parametrize("broken", ["a\x00b", "a\ud800b"], ids=["NUL", "surrogate"])
    def test_text_that_is_no_text(self, editor, field, broken):
        parent = make.category()
        address = reverse("wagtailadmin_pages:add", args=["pages", "servicepage", parent.pk])
        data = forms.form(ServicePage, synonyms=rows({"text": "Имя", "kind": "everyday"}))
        data[field] = broken
        body = "&".join(f"{name}={quoted(value)}" for name, value in data.items())
        response = editor.post(address, body, content_type="application/x-www-form-urlencoded")
        # Django reads bytes that are no UTF-8 as signs of replacement, which can be stored.
        assert response.status_code in (200, 302, 400)
        for page in ServicePage.objects.all():
            assert "\x00" not in page.title
            page.title.encode()

    def test_form_without_its_counters(self, editor):
        page = make.service()
        address = reverse("wagtailadmin_pages:edit", args=[page.pk])
        response = editor.post(address, {"title": "Новое имя", "slug": page.slug})
        assert response.status_code == 400
        page.refresh_from_db()
        assert page.title != "Новое имя"


def quoted(value):
    """Return a value as a form sends it, whatever is in it."""
    return "".join(f"%{byte:02X}" for byte in value.encode("utf-8", "surrogatepass"))
