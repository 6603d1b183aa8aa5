"""What is to appear or to go at a time does so, whatever is wrong with the rest."""

from datetime import timedelta

from django.core.management import call_command
from django.utils import timezone

import pytest
import time_machine

from pages.models import Biomaterial, NewsPage, Preparation, ServicePage
from tests.factories import pages as make
from tests.factories import sections

pytestmark = pytest.mark.django_db


@pytest.fixture
def hours_later():
    """Run the clock's job at a time after now, in hours."""

    def run(hours):
        with time_machine.travel(timezone.now() + timedelta(hours=hours), tick=False):
            call_command("publish_scheduled")

    return run


def scheduled(page, hours, **fields):
    """Let a version of the page with these values appear so many hours from now."""
    for name, value in fields.items():
        setattr(page, name, value)
    page.go_live_at = timezone.now() + timedelta(hours=hours)
    page.save_revision().publish()
    return page


def published():
    """A service published the editors' way, which a scheduled version leaves as it is."""
    page = make.service()
    page.save_revision().publish()
    return ServicePage.objects.get(pk=page.pk)


def taken_code():
    """A new version with a code that another service has taken since."""
    page = scheduled(published(), 1, summary="Новое", code="77-001")
    make.service(code="77-001")
    return page


def lost_biomaterial():
    """A new version with a biomaterial that somebody has deleted since."""
    blood = Biomaterial.objects.create(name="Кровь")
    page = scheduled(published(), 1, summary="Новое", biomaterial=blood)
    blood.delete()
    return page


@pytest.mark.parametrize("break_one", [taken_code, lost_biomaterial])
def test_a_version_that_cannot_appear_stops_no_other(hours_later, caplog, break_one):
    broken = break_one()
    other = scheduled(sections.news(live=False), 2)
    going = sections.news(expire_at=timezone.now() + timedelta(hours=2))
    hours_later(3)
    broken.refresh_from_db()
    other.refresh_from_db()
    going.refresh_from_db()
    assert (broken.summary, other.live, going.live) == ("", True, False)
    assert str(broken) in caplog.text


def test_a_version_that_could_not_appear_does_once_it_can(hours_later):
    page = taken_code()
    hours_later(2)
    ServicePage.objects.filter(code="77-001").update(code="77-002")
    hours_later(3)
    page.refresh_from_db()
    assert page.summary == "Новое"
    assert page.code == "77-001"


def test_a_page_that_cannot_go_stops_no_other(hours_later, monkeypatch):
    soon = timezone.now() + timedelta(hours=1)
    stuck, other = (
        sections.news(expire_at=soon),
        sections.news(expire_at=soon + timedelta(minutes=1)),
    )
    unpublish = NewsPage.unpublish

    def fail_for_one(page, *args, **kwargs):
        if page.pk == stuck.pk:
            raise RuntimeError
        return unpublish(page, *args, **kwargs)

    monkeypatch.setattr("wagtail.models.Page.unpublish", fail_for_one)
    hours_later(3)
    other.refresh_from_db()
    assert not other.live


def test_a_snippet_has_its_schedule_too(hours_later):
    shared = Preparation(title="Кровь", short="Натощак", text="<p>Не есть</p>", live=False)
    shared.save()
    scheduled(shared, 1)
    hours_later(2)
    shared.refresh_from_db()
    assert shared.live
