"""The roles of the staff: each does its work in the admin, and nothing that is not."""

from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from wagtail.models import Page, Task, Workflow, WorkflowState

import pytest

from pages.models import HomePage, LaboratorySettings, Navigation, Preparation, SiteImage
from tests.factories import forms, sections
from tests.factories import pages as make
from tests.factories.files import picture

pytestmark = pytest.mark.django_db

EDITORS = "Редакторы"
MANAGERS = "Менеджеры цен"
REVIEWERS = "Медицинские рецензенты"
HEADS = "Заведующие"
OPERATORS = "Операторы чата"
ROLES = (EDITORS, MANAGERS, REVIEWERS, HEADS, OPERATORS)
REVIEW = "Медицинская проверка"


def for_roles(*allowed):
    """Run a test for each role with `may`: whether it is among those allowed."""
    cases = [pytest.param(role, role in allowed, id=role) for role in ROLES]
    return pytest.mark.parametrize(("role", "may"), cases)


def enter(client, role):
    """Sign in as somebody of a role."""
    user = make.staff(role)
    client.force_login(user)
    return user


def opens(client, address):
    """Say whether a screen opens; a refusal is 403 or a way back to the first page."""
    response = client.get(address)
    assert response.status_code in (200, 302, 403)
    return response.status_code == 200


class TestPages:
    """Who writes, who publishes, who deletes."""

    @for_roles(EDITORS, HEADS)
    def test_add_and_publish(self, client, role, may):
        category = make.category()
        enter(client, role)
        address = reverse("wagtailadmin_pages:add", args=["pages", "servicepage", category.pk])
        assert opens(client, address) == may
        data = {**forms.form(forms.ServicePage), "action-publish": "1"}
        client.post(address, data)
        assert Page.objects.child_of(category).live().exists() == may

    @for_roles(EDITORS, HEADS, REVIEWERS)
    def test_change(self, client, role, may):
        page = sections.news(title="Новость")
        enter(client, role)
        address = reverse("wagtailadmin_pages:edit", args=[page.pk])
        assert opens(client, address) == may
        client.post(address, forms.form(type(page), title="Правка", slug=page.slug))
        page.refresh_from_db()
        assert (page.draft_title == "Правка") == may
        assert page.title == "Новость"

    @for_roles(EDITORS, HEADS)
    def test_publish(self, client, role, may):
        page = sections.news(title="Новость")
        enter(client, role)
        data = forms.form(type(page), title="Правка", slug=page.slug)
        address = reverse("wagtailadmin_pages:edit", args=[page.pk])
        client.post(address, {**data, "action-publish": "1"})
        page.refresh_from_db()
        assert (page.title == "Правка") == may

    @for_roles(EDITORS, HEADS)
    def test_take_down(self, client, role, may):
        page = sections.news()
        enter(client, role)
        client.post(reverse("wagtailadmin_pages:unpublish", args=[page.pk]))
        page.refresh_from_db()
        assert page.live != may

    @for_roles(HEADS)
    def test_lock(self, client, role, may):
        page = sections.news()
        enter(client, role)
        client.post(reverse("wagtailadmin_pages:lock", args=[page.pk]))
        page.refresh_from_db()
        assert page.locked == may

    @for_roles(EDITORS, HEADS)
    def test_schedule(self, client, role, may):
        page = make.service(live=False)
        enter(client, role)
        moment = f"{timezone.localtime().year + 1}-01-01 08:00"
        data = forms.form(type(page), slug=page.slug, code=page.code, go_live_at=moment)
        address = reverse("wagtailadmin_pages:edit", args=[page.pk])
        client.post(address, {**data, "action-publish": "1"})
        page.refresh_from_db()
        assert page.approved_schedule == may
        assert not page.live


class TestShared:
    """Snippets, settings, files."""

    @for_roles(EDITORS, HEADS)
    @pytest.mark.parametrize("name", ["preparation", "noticebar", "biomaterial", "purpose"])
    def test_add_what_pages_share(self, client, role, may, name):
        enter(client, role)
        assert opens(client, reverse(f"wagtailsnippets_pages_{name}:add")) == may

    @for_roles(EDITORS, HEADS, REVIEWERS)
    def test_change_a_preparation(self, client, role, may):
        made = Preparation.objects.create(title="Кровь", short="Натощак", text="<p>…</p>")
        enter(client, role)
        address = reverse("wagtailsnippets_pages_preparation:edit", args=[made.pk])
        assert opens(client, address) == may

    @for_roles(EDITORS, HEADS)
    @pytest.mark.parametrize("model", [LaboratorySettings, Navigation])
    def test_change_settings(self, client, role, may, model):
        enter(client, role)
        names = ["pages", model._meta.model_name]
        site = HomePage.objects.get().get_site()
        assert opens(client, reverse("wagtailsettings:edit", args=[*names, site.pk])) == may

    @for_roles(EDITORS, HEADS)
    def test_add_a_picture(self, client, role, may):
        enter(client, role)
        assert opens(client, reverse("wagtailimages:add")) == may
        upload = SimpleUploadedFile("a.png", picture(), content_type="image/png")
        data = {"title": "Вход", "file": upload, "collection": "1", "tags": "", "description": ""}
        client.post(reverse("wagtailimages:add"), data)
        assert SiteImage.objects.exists() == may

    @for_roles(EDITORS, HEADS)
    def test_add_a_document(self, client, role, may):
        enter(client, role)
        assert opens(client, reverse("wagtaildocs:add")) == may

    @for_roles()
    @pytest.mark.parametrize(
        "name",
        [
            "wagtailusers_users:index",
            "wagtailusers_groups:index",
            "wagtailsites:index",
            "wagtailadmin_collections:index",
            "wagtailadmin_workflows:index",
        ],
    )
    def test_nobody_but_the_administrator_rules_the_house(self, client, role, may, name):
        enter(client, role)
        assert opens(client, reverse(name)) == may


class TestReview:
    """The medical review of a text."""

    def test_it_is_there_with_its_reviewers(self):
        workflow = Workflow.objects.get(active=True)
        assert workflow.name == REVIEW
        (task,) = workflow.tasks
        groups = task.specific.groups.values_list("name", flat=True)
        assert set(groups) == {REVIEWERS, HEADS}
        assert Task.objects.filter(active=True).count() == 1

    def test_an_editor_sends_a_reviewer_approves(self, client):
        page = sections.article(title="Статья", live=False)
        workflow = Workflow.objects.get()
        workflow.workflow_pages.create(page=page.get_parent())
        enter(client, EDITORS)
        edit = reverse("wagtailadmin_pages:edit", args=[page.pk])
        data = forms.form(type(page), title="Статья", slug=page.slug)
        client.post(edit, {**data, "action-submit": "1"})
        state = WorkflowState.objects.get()
        assert state.status == "in_progress"
        reviewer = enter(client, REVIEWERS)
        task = state.current_task_state.task.specific
        assert task.user_can_access_editor(page, reviewer)
        address = reverse(
            "wagtailadmin_pages:workflow_action",
            args=[page.pk, "approve", state.current_task_state.pk],
        )
        client.post(address, {"comment": "Верно"})
        page.refresh_from_db()
        assert page.live
        assert client.get(page.url).status_code == 200

    def test_a_review_does_not_publish_what_is_not_ready(self, client):
        """A service without a code can be a draft, not a page."""
        page = make.service(code="", live=False)
        enter(client, EDITORS)
        Workflow.objects.get().workflow_pages.create(page=page.get_parent())
        data = forms.form(type(page), slug=page.slug, code="")
        edit = reverse("wagtailadmin_pages:edit", args=[page.pk])
        response = client.post(edit, {**data, "action-submit": "1"})
        assert response.status_code == 200
        assert response.context["form"].errors["code"]
        assert not WorkflowState.objects.exists()

    @for_roles(REVIEWERS, HEADS)
    def test_who_may_approve(self, client, role, may):
        page = sections.article(live=False)
        page.save_revision()
        state = Workflow.objects.get().start(page, make.staff(EDITORS))
        enter(client, role)
        address = reverse(
            "wagtailadmin_pages:workflow_action",
            args=[page.pk, "approve", state.current_task_state.pk],
        )
        client.post(address, {"comment": ""})
        page.refresh_from_db()
        assert page.live == may


class TestOperators:
    """An operator has no business in the content."""

    def test_nothing_is_open_but_the_first_page(self, client):
        make.service()
        enter(client, OPERATORS)
        assert client.get(reverse("wagtailadmin_home")).status_code == 200
        page = HomePage.objects.get()
        shut = [
            reverse("wagtailadmin_explore", args=[page.pk]),
            reverse("wagtailadmin_pages:edit", args=[page.pk]),
            reverse("wagtailimages:index"),
            reverse("wagtaildocs:index"),
            reverse("wagtailredirects:index"),
            reverse("wagtailforms:index"),
            reverse("wagtailsnippets:index"),
            reverse("prices:index"),
        ]
        for address in shut:
            assert client.get(address).status_code in (302, 403), address

    def test_the_menu_offers_nothing(self, client):
        enter(client, OPERATORS)
        words = client.get(reverse("wagtailadmin_home")).content.decode()
        for name in ("/admin/pages/", "/admin/images/", "/admin/prices/", "/admin/settings/"):
            assert f'"url": "{name}' not in words

    def test_a_search_in_the_admin_shows_no_pages(self, client):
        make.service(title="Секретный черновик", live=False)
        enter(client, OPERATORS)
        response = client.get(reverse("wagtailadmin_pages:search"), {"q": "секретный"})
        assert "Секретный черновик" not in response.content.decode()


def test_who_is_not_staff_stays_outside(client):
    user = make.staff(OPERATORS)
    user.groups.clear()
    client.force_login(user)
    response = client.get(reverse("wagtailadmin_home"))
    assert response.status_code in (302, 403)
    assert Page.objects.exists()


class TestLetters:
    """What patients write is read by those who answer for the site, not by all who may edit."""

    @for_roles(EDITORS, HEADS)
    def test_letters_of_patients(self, client, role, may):
        page = sections.contacts()
        enter(client, role)
        assert opens(client, reverse("wagtailforms:list_submissions", args=[page.pk])) == may
