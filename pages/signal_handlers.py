"""Connects every change of content to the content version, and pictures to their sizes."""

from typing import Any

from django.apps import apps
from django.conf import settings
from django.db import transaction
from django.db.models import Model
from django.db.models.signals import m2m_changed, post_delete, post_save

from wagtail.contrib.redirects.models import Redirect
from wagtail.documents.models import Document
from wagtail.models import Collection, Page, PageViewRestriction, Site
from wagtail.signals import (
    page_published,
    page_slug_changed,
    page_unpublished,
    post_page_move,
)

from pages.models import ContentVersion, SiteImage, SiteRendition
from pages.services.freshness import content_changed
from pages.services.pictures import make_sizes

# A new size of a picture changes no page; it is made while one is shown. One that is gone does.
UNWATCHED = (ContentVersion, SiteRendition)

DRAFT_FIELDS = frozenset(
    {"draft_title", "has_unpublished_changes", "latest_revision", "latest_revision_created_at"}
)


def connect() -> None:
    """Listen to all models whose rows a public page can show: ours, Wagtail's, and those that
    settings.CONTENT_MODELS names of other apps.
    """
    watched: list[type[Model]] = [
        model for model in apps.get_app_config("pages").get_models() if model not in UNWATCHED
    ]
    watched += [Page, Site, Redirect, Collection, PageViewRestriction, Document]
    watched += [apps.get_model(label) for label in settings.CONTENT_MODELS]
    for model in watched:
        uid = f"freshness-{model._meta.label}"
        post_save.connect(on_change, sender=model, dispatch_uid=uid)
        post_delete.connect(on_change, sender=model, dispatch_uid=uid)
    post_delete.connect(on_change, sender=SiteRendition, dispatch_uid="freshness-rendition")
    m2m_changed.connect(on_relation_change, dispatch_uid="freshness-m2m")
    post_save.connect(on_picture, sender=SiteImage, dispatch_uid="picture-sizes")
    for name, signal in {
        "published": page_published,
        "unpublished": page_unpublished,
        "moved": post_page_move,
        "slug": page_slug_changed,
    }.items():
        signal.connect(on_change, dispatch_uid=f"freshness-{name}")


def on_change(update_fields: frozenset[str] | None = None, **kwargs: Any) -> None:
    """Say that the content has changed (fixtures are loaded raw and change nothing yet).

    Saving a draft writes fields that no visitor sees; the admin does so all the time by itself.
    """
    if kwargs.get("raw") or (update_fields and update_fields <= DRAFT_FIELDS):
        return
    content_changed()


def on_relation_change(sender: type[Model], action: str, **kwargs: Any) -> None:
    """Say so for many-to-many fields of our models."""
    if sender._meta.app_label == "pages" and action.startswith("post_"):
        content_changed()


def on_picture(instance: SiteImage, raw: bool = False, **kwargs: Any) -> None:
    """Have the sizes of a picture made, once it is there for the worker to read."""
    if settings.MAKE_SIZES_AHEAD and not raw:
        transaction.on_commit(lambda: make_sizes.enqueue(instance.pk))
