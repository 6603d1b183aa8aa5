"""`manage.py load_demo`: the demo content, added where it is missing."""

from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.db.models.signals import post_save

from wagtail.models import Site
from wagtail.signal_handlers import disable_reference_index_auto_update

from modelsearch.index import get_indexed_models
from modelsearch.signal_handlers import post_save_signal_handler

from accounts.demo import add_people
from pages.demo.catalogue import DemoCatalogue
from pages.demo.pictures import DemoPictures
from pages.demo.scale import grow
from pages.demo.sections import DemoSections
from pages.demo.tree import DemoTree
from pages.models import HomePage, SiteImage
from pages.services.pictures import make_sizes


@contextmanager
def disable_search_index_auto_update() -> Iterator[None]:
    """Let nothing that is saved ask for its place in the search index."""
    models = get_indexed_models()
    for model in models:
        post_save.disconnect(post_save_signal_handler, sender=model)
    try:
        yield
    finally:
        for model in models:
            post_save.connect(post_save_signal_handler, sender=model)


class Command(BaseCommand):
    help = "Adds the demo content. Whatever is on the site stays as it is."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the size of a large catalogue."""
        parser.add_argument(
            "--services",
            type=int,
            default=0,
            metavar="N",
            help="go on until the site has N services (for benchmarks)",
        )

    def handle(self, *args: Any, services: int, **options: Any) -> None:
        """Add the content, then fill the indexes in one go: by tasks it would take a minute."""
        with (
            transaction.atomic(),
            disable_reference_index_auto_update(),
            disable_search_index_auto_update(),
        ):
            self.add_content(services)
        if settings.MAKE_SIZES_AHEAD:
            self.say("sizes of pictures")
            for pk in SiteImage.objects.values_list("pk", flat=True):
                make_sizes.call(pk)
        self.say("indexes")
        call_command("update_index", verbosity=0)
        call_command("rebuild_references_index", verbosity=0)

    def add_content(self, services: int) -> None:
        """Add whatever is missing."""
        site = Site.objects.filter(is_default_site=True).select_related("root_page").first()
        home = site.root_page.specific if site else None
        if not isinstance(home, HomePage):
            raise CommandError("The default site does not begin with a home page of ours.")
        tree = DemoTree()
        sections = DemoSections(tree, home, DemoPictures())
        self.say("sections and people")
        sections.add_indexes()
        people = sections.add_people()
        self.say("offices")
        sections.add_offices()
        self.say("catalogue and prices")
        catalogue = DemoCatalogue(tree, tree.by_slug["analizy"], people)
        catalogue.add()
        sections.exclude_services()
        self.say("purposes, preparation, articles")
        sections.add_purpose_pages(catalogue.purposes, people)
        sections.add_preparation_pages(catalogue.preparations)
        sections.add_articles(people)
        sections.add_promotions()
        self.say("documents and text pages")
        sections.add_faq()
        sections.add_legal()
        sections.add_standard_pages()
        sections.add_contact()
        sections.fill_home()
        self.say("publishing")
        pages = tree.finish()
        sections.fill_settings(site)
        if services:
            self.say(f"growing to {services} services")
            grow(services)
        people_added = add_people()
        self.stdout.write(f"Added {pages} pages and {people_added} people.")

    def say(self, text: str) -> None:
        """Show how far the work is."""
        self.stdout.write(f"  {text} …")
        self.stdout.flush()
