"""Every kind of page: an editor can make, change and see it, and a visitor gets it quickly."""

from datetime import date, time, timedelta
from decimal import Decimal

from django.core.cache import caches
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from wagtail.models import Page, get_page_models
from wagtail.test.utils.form_data import inline_formset

import pytest

from pages.blocks import BodyBlock
from pages.models import (
    ArticleIndexPage,
    ArticlePage,
    Biomaterial,
    CataloguePage,
    ContactPage,
    FaqPage,
    HomePage,
    LegalDocumentPage,
    LegalIndexPage,
    LegalVersion,
    NewsIndexPage,
    NewsPage,
    OfficeException,
    OfficeIndexPage,
    OfficePage,
    PanelMember,
    PopularService,
    Preparation,
    PreparationIndexPage,
    PreparationPage,
    PriceListPage,
    PromotionIndexPage,
    PromotionPage,
    Purpose,
    PurposeIndexPage,
    PurposePage,
    RelatedService,
    ServiceCategoryPage,
    ServicePage,
    ServicePreparation,
    ShownPreparation,
    SpecialistIndexPage,
    SpecialistPage,
    StandardPage,
    Synonym,
    VacancyIndexPage,
    VacancyPage,
)
from tests.factories import pages as make
from tests.factories import sections
from tests.factories.forms import form, version

pytestmark = pytest.mark.django_db

PAGE_TYPES = [model for model in get_page_models() if model._meta.app_label == "pages"]
EDITORS = "Редакторы"


def of_type(*models):
    """Run a test for page types, each under its name."""
    return pytest.mark.parametrize("model", models, ids=lambda model: model.__name__)


@pytest.fixture
def editor(client):
    """An editor, signed in."""
    user = make.staff(EDITORS)
    client.force_login(user)
    return user


def preparation():
    """Add a shared preparation that is published."""
    return Preparation.objects.create(
        title=f"Натощак {next(make.numbers)}", short="8 часов без еды", text="<p>Не есть</p>"
    )


def rich_service(**fields):
    """Add a panel that has everything a service can have."""
    taking = make.service(title="Взятие крови", kind="procedure", price=150)
    blood = Biomaterial.objects.create(name=f"Кровь {taking.pk}", taking=taking)
    page = make.service(kind="panel", price=900, biomaterial=blood, purpose_text="<p>Зачем</p>")
    page.purposes = [sections.purpose().purpose]
    page.reviewed_by = sections.specialist()
    page.preparations = [ServicePreparation(preparation=preparation())]
    for member in (make.service(price=500), make.service(price=600)):
        page.members.add(PanelMember(service=member))
        page.related.add(RelatedService(service=member))
    page.synonyms = [Synonym(text="Анализ")]
    page.save()
    make.history(page.members.first().service, (-5, 700))
    make.promotion(timezone.localdate(), page, discount_percent=10)
    sections.office()
    return page


def rich_home(**fields):
    """Fill the home page with what it lists."""
    one_more_popular()
    sections.news(image=sections.image())
    sections.purpose()
    sections.office(photo=sections.image())
    make.promotion(timezone.localdate(), make.service(price=300), image=sections.image())
    return HomePage.objects.get()


def in_list(index, child):
    """Return a maker of a list page with one child in it."""

    def made():
        child()
        return index.objects.get()

    return made


def purpose_with_services():
    """Add a purpose page with a panel and a test."""
    page = sections.purpose()
    for kind in ("panel", "test"):
        service = make.service(kind=kind, price=200)
        service.purposes = [page.purpose]
        service.save()
    return page


def preparation_page():
    """Add a preparation page that shows a snippet."""
    page = sections.preparation()
    page.shown.add(ShownPreparation(preparation=preparation()))
    page.save()
    return page


MAKERS = {
    HomePage: rich_home,
    CataloguePage: in_list(CataloguePage, make.service),
    ServiceCategoryPage: in_list(ServiceCategoryPage, lambda: make.service(price=300)),
    ServicePage: rich_service,
    PurposeIndexPage: in_list(PurposeIndexPage, sections.purpose),
    PurposePage: purpose_with_services,
    PreparationIndexPage: in_list(PreparationIndexPage, sections.preparation),
    PreparationPage: preparation_page,
    PriceListPage: lambda: (make.service(price=300), make.price_list_page())[1],
    OfficeIndexPage: in_list(OfficeIndexPage, lambda: sections.office(photo=sections.image())),
    OfficePage: lambda: sections.office(photo=sections.image()),
    PromotionIndexPage: in_list(
        PromotionIndexPage, lambda: make.promotion(timezone.localdate(), image=sections.image())
    ),
    PromotionPage: lambda: make.promotion(timezone.localdate(), make.service(price=300)),
    NewsIndexPage: in_list(NewsIndexPage, lambda: sections.news(image=sections.image())),
    NewsPage: lambda: sections.news(image=sections.image()),
    ArticleIndexPage: in_list(ArticleIndexPage, lambda: sections.article(image=sections.image())),
    ArticlePage: lambda: sections.article(
        image=sections.image(), reviewed_by=sections.specialist(), reviewed_on=date(2026, 3, 1)
    ),
    SpecialistIndexPage: in_list(
        SpecialistIndexPage, lambda: sections.specialist(photo=sections.image())
    ),
    SpecialistPage: lambda: sections.specialist(photo=sections.image()),
    VacancyIndexPage: in_list(VacancyIndexPage, sections.vacancy),
    VacancyPage: sections.vacancy,
    LegalIndexPage: in_list(LegalIndexPage, sections.legal),
    LegalDocumentPage: sections.legal,
    FaqPage: lambda: sections.faq(("Когда?", "<p>Завтра</p>")),
    StandardPage: sections.standard,
    ContactPage: lambda: (sections.office(), sections.contacts())[1],
}


def parent_of(model):
    """Return a page under which one of this kind may stand."""
    parent_model = model.allowed_parent_page_models()[0]
    if parent_model is Page:
        return Page.objects.get(depth=1)
    if parent_model is ServiceCategoryPage:
        return make.category()
    found = parent_model.objects.first()
    return found or make.under_home(parent_model, title="Раздел", slug="razdel")


def edit_form(page, **fields):
    """Return the form of a page that is there, with the rows that it has."""
    if isinstance(page, LegalDocumentPage):
        row = {**version("1.0", "2025-01-01"), "id": page.versions.get().pk}
        fields["versions"] = inline_formset([row], initial=1)
    if isinstance(page, OfficePage):
        fields["hours"] = inline_formset([])
    return form(type(page), **{"slug": page.slug, **fields})


def emptied(name, value):
    """Return a field of a form before anything has been typed into it."""
    if name.endswith(("TOTAL_FORMS", "-count")):
        return "0"
    if name.endswith("_FORMS"):
        return value
    return "null" if str(value).startswith("{") else ""


def queries(client, url):
    """Return the queries of a page that is not in the cache, its frame made already."""
    for _ in range(3):
        # The first request makes rows and sizes of pictures that are there on a site in use.
        client.get(url)
        caches["pages"].clear()
    with CaptureQueriesContext(connection) as captured:
        response = client.get(url)
    assert response.status_code == 200
    return [query["sql"] for query in captured.captured_queries]


class TestEditors:
    """What an editor does with a page of each kind."""

    @of_type(*PAGE_TYPES)
    def test_is_made_in_the_admin_and_published(self, client, editor, model):
        address = reverse(
            "wagtailadmin_pages:add", args=["pages", model._meta.model_name, parent_of(model).pk]
        )
        if model is HomePage:
            # The migrations have made the one that a site may have.
            assert client.get(address).status_code in (302, 403)
            return
        assert client.get(address).status_code == 200
        data = {**form(model), "action-publish": "1"}
        response = client.post(address, data)
        assert response.status_code == 302, response.context["form"].errors
        page = model.objects.get(slug=data["slug"])
        assert page.live
        assert client.get(page.url).status_code == 200

    @of_type(*PAGE_TYPES)
    def test_is_saved_as_a_draft_with_no_more_than_a_title_and_what_it_stands_on(
        self, client, editor, model
    ):
        """An editor who is interrupted keeps what has been typed."""
        if model is HomePage:
            return
        parent = parent_of(model)
        address = reverse(
            "wagtailadmin_pages:add", args=["pages", model._meta.model_name, parent.pk]
        )
        data = {**form(model), "lead": "", "code": "", "body-count": "0"}
        response = client.post(address, data)
        assert response.status_code == 302, response.context["form"].errors
        page = model.objects.get(slug=data["slug"])
        assert not page.live
        edit = reverse("wagtailadmin_pages:edit", args=[page.pk])
        assert client.get(edit).status_code == 200

    @of_type(*PAGE_TYPES)
    def test_is_changed_in_the_admin(self, client, editor, model):
        page = MAKERS[model]()
        address = reverse("wagtailadmin_pages:edit", args=[page.pk])
        assert client.get(address).status_code == 200
        data = {**edit_form(page, title="Новое имя"), "action-publish": "1"}
        response = client.post(address, data)
        assert response.status_code == 302, response.context["form"].errors
        page.refresh_from_db()
        assert page.title == "Новое имя"
        assert "Новое имя" in client.get(page.url).content.decode()

    @of_type(*PAGE_TYPES)
    def test_is_seen_before_it_is_saved(self, client, editor, model):
        """A preview works for a new page, and in each mode for one that is there."""
        address = reverse(
            "wagtailadmin_pages:preview_on_add",
            args=["pages", model._meta.model_name, parent_of(model).pk],
        )
        if model is not HomePage:
            data = form(model, title="Только в просмотре")
            assert client.post(address, data).json() == {"is_valid": True, "is_available": True}
            assert "Только в просмотре" in client.get(address).content.decode()
        page = MAKERS[model]()
        address = reverse("wagtailadmin_pages:preview_on_edit", args=[page.pk])
        data = edit_form(page, title="Только в просмотре")
        assert client.post(address, data).json() == {"is_valid": True, "is_available": True}
        for mode, _ in page.preview_modes:
            response = client.get(address, {"mode": mode})
            assert response.status_code == 200
            assert "Только в просмотре" in response.content.decode()
        draft = reverse("wagtailadmin_pages:view_draft", args=[page.pk])
        assert client.get(draft).status_code == 200

    @of_type(*PAGE_TYPES)
    def test_half_a_page_does_not_break_its_preview(self, client, editor, model):
        """The preview follows every key; most of the fields are empty then."""
        if model is HomePage:
            return
        address = reverse(
            "wagtailadmin_pages:preview_on_add",
            args=["pages", model._meta.model_name, parent_of(model).pk],
        )
        data = {name: emptied(name, value) for name, value in form(model).items()}
        data["title"] = "Начато"
        answer = client.post(address, data)
        assert answer.status_code == 200
        assert client.get(address).status_code == 200

    @of_type(*PAGE_TYPES)
    def test_is_copied_or_refused_with_a_word(self, client, editor, model):
        page = MAKERS[model]()
        address = reverse("wagtailadmin_pages:copy", args=[page.pk])
        data = {
            "new_title": "Копия",
            "new_slug": "kopiya",
            "new_parent_page": page.get_parent().pk,
            "publish_copies": "on",
        }
        response = client.post(address, data, follow=True)
        assert response.status_code in (200, 403)
        copies = model.objects.filter(slug="kopiya")
        if copies:
            assert client.get(copies.get().url).status_code == 200
        else:
            words = response.content.decode()
            assert "messages" in words or "errorlist" in words or response.status_code == 403

    @pytest.mark.parametrize("filled", [False, True], ids=["new site", "filled site"])
    def test_every_block_shows_itself_to_the_editor(self, client, editor, filled):
        """The chooser of blocks draws each one from its example."""
        if filled:
            sections.image()
            make.service(price=300)
        for block in BodyBlock().child_blocks.values():
            assert block.is_previewable, block.name
            address = reverse("wagtailadmin_block_preview")
            response = client.get(address, {"id": block.definition_prefix})
            assert response.status_code == 200, block.name
            assert block.meta.description


class TestVisitors:
    """What a visitor gets of each kind of page."""

    @of_type(*PAGE_TYPES)
    def test_is_shown_without_a_cookie_within_its_budget(self, client, model):
        page = MAKERS[model]()
        budget = 15 if model is ServicePage else 20
        found = queries(client, page.url)
        assert len(found) <= budget, "\n".join(found)
        if model is not ContactPage:
            assert not client.cookies

    @of_type(*PAGE_TYPES)
    def test_a_draft_is_not_there(self, client, model):
        if model is HomePage:
            return
        page = MAKERS[model]()
        page.unpublish()
        assert client.get(page.url).status_code == 404

    def test_each_letter_of_the_catalogue_stands_once(self, client):
        for title in ("Альбумин", "Амилаза", "Билирубин"):
            make.service(title=title)
        catalogue = ServiceCategoryPage.objects.first().get_parent()
        assert client.get(catalogue.url).context["letters"] == ["А", "Б"]

    @pytest.mark.parametrize("live", [True, False])
    def test_the_taking_fee_is_named_whether_or_not_the_procedure_has_a_page(self, client, live):
        taking = make.service(title="Взятие крови", kind="procedure", price=190, live=live)
        blood = Biomaterial.objects.create(name="Кровь", taking=taking)
        body = client.get(make.service(price=390, biomaterial=blood).url).content.decode()
        assert "Взятие крови" in body
        assert "190\u00a0₽" in body
        assert "580\u00a0₽" in body
        assert (f'href="{taking.url}"' in body) == live

    @pytest.mark.usefixtures("search_index")
    def test_the_search_names_the_price_and_the_term(self, client):
        make.service(title="Глюкоза", price=280, turnaround_days=2)
        body = client.get("/poisk/", {"q": "глюкоза"}).content.decode()
        assert "280\u00a0₽" in body
        assert "2 дня" in body


def one_more_popular():
    service = make.service(price=310)
    home = HomePage.objects.get()
    home.popular_services.add(PopularService(service=service))
    home.save()


def one_more_member():
    panel = ServicePage.objects.get(kind="panel")
    panel.members.add(PanelMember(service=make.service(price=320)))
    panel.related.add(RelatedService(service=make.service(price=330)))
    panel.preparations.add(ServicePreparation(preparation=preparation()))
    panel.save()
    sections.office()
    make.promotion(timezone.localdate(), panel)


def one_more_version():
    page = LegalDocumentPage.objects.get()
    number = next(make.numbers)
    day = date(2000, 1, 1) + timedelta(days=number)
    page.versions.add(LegalVersion(number=number, effective_from=day, body=[("text", "<p>…</p>")]))
    page.save()


def one_more_exception():
    page = OfficePage.objects.first()
    day = timezone.localdate() + timedelta(days=page.exceptions.count() + 3)
    page.exceptions.add(OfficeException(date=day, opens=time(9), closes=time(12)))
    page.save()
    service = make.service(price=340)
    service.not_taken_at = [page]
    service.save()


def one_more_for_purpose():
    service = make.service(kind="panel", price=350)
    service.purposes = [Purpose.objects.get()]
    service.save()


def one_more_shown():
    page = PreparationPage.objects.get()
    page.shown.add(ShownPreparation(preparation=preparation()))
    page.save()


def one_more_promoted():
    page = PromotionPage.objects.get()
    page.promoted.create(service=make.service(price=Decimal(360)))


MORE = {
    HomePage: lambda: (
        one_more_popular(),
        sections.news(image=sections.image()),
        sections.purpose(),
        sections.office(photo=sections.image()),
        make.promotion(timezone.localdate(), image=sections.image()),
    ),
    CataloguePage: lambda: (make.category(), make.service()),
    ServiceCategoryPage: lambda: (make.service(price=370), make.category()),
    ServicePage: one_more_member,
    PurposeIndexPage: sections.purpose,
    PurposePage: one_more_for_purpose,
    PreparationIndexPage: sections.preparation,
    PreparationPage: one_more_shown,
    PriceListPage: lambda: (make.category(), make.service(price=380)),
    OfficeIndexPage: lambda: sections.office(photo=sections.image()),
    OfficePage: one_more_exception,
    PromotionIndexPage: lambda: make.promotion(timezone.localdate(), image=sections.image()),
    PromotionPage: one_more_promoted,
    NewsIndexPage: lambda: sections.news(image=sections.image()),
    ArticleIndexPage: lambda: sections.article(image=sections.image()),
    SpecialistIndexPage: lambda: sections.specialist(photo=sections.image()),
    VacancyIndexPage: sections.vacancy,
    LegalIndexPage: sections.legal,
    LegalDocumentPage: one_more_version,
    ContactPage: sections.office,
}


@of_type(*MORE)
def test_one_more_in_a_list_costs_no_query(client, model):
    page = MAKERS[model]()
    MORE[model]()
    few = queries(client, page.url)
    MORE[model]()
    many = queries(client, page.url)
    assert len(many) == len(few), "\n".join([*few, "--- and then ---", *many])


def test_every_kind_of_page_is_tested():
    assert set(MAKERS) == set(PAGE_TYPES)
