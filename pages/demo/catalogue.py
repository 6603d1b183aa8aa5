"""The catalogue of the demo site: categories, services, panels, procedures and their prices."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.utils import timezone
from django.utils.text import slugify

from wagtail.models import Page

from anyascii import anyascii

from pages import models, selectors
from pages.demo.blocks import block, items
from pages.demo.files import read, read_common_tests, read_service_texts
from pages.demo.tree import DemoTree
from pages.services.prices import load_price_history

FIRST_PRICES_DAYS_AGO = 540
LAST_CHANGE_DAYS_AGO = 150
NEXT_CHANGE_IN_DAYS = 40
PANEL_STEP = Decimal(10)

# Letters before the number in our own codes of what is not a test of the table.
PANEL_PREFIX = "K"
PROCEDURE_PREFIX = "U"


class DemoCatalogue:
    """Adds the catalogue to a tree. Afterwards `tree.service_ids` knows every service by
    its key.
    """

    def __init__(self, tree: DemoTree, catalogue: Page, reviewers: dict[str, Page]) -> None:
        self.tree = tree
        self.catalogue = catalogue
        self.reviewers = reviewers
        self.categories: dict[str, Page] = {}
        self.category_of_group: dict[str, Page] = {}
        self.biomaterials: dict[str, models.Biomaterial] = {}
        self.new_biomaterials: set[str] = set()
        self.preparations: dict[str, models.Preparation] = {}
        self.purposes: dict[str, models.Purpose] = {}
        self.texts: dict[str, dict[str, Any]] = {}
        self.services: dict[str, models.ServicePage] = {}

    def add(self) -> None:
        """Add everything."""
        self.add_categories()
        self.add_shared()
        self.add_procedures()
        self.add_tests()
        self.add_panels()
        self.add_taking()
        self.relate()
        self.add_prices()

    def add_categories(self) -> None:
        """Add the groups of services."""
        for record in read("categories.toml")["category"]:
            page = self.tree.add(
                self.catalogue,
                models.ServiceCategoryPage(
                    slug=record["slug"],
                    title=record["title"],
                    lead=record["lead"],
                    search_description=record["description"],
                    intro=record["intro"],
                    icon=record["icon"],
                ),
            )
            self.categories[record["slug"]] = page
            if "csv_group" in record:
                self.category_of_group[record["csv_group"]] = page

    def add_shared(self) -> None:
        """Add the snippets that services share: purposes, preparations, biomaterials."""
        for order, record in enumerate(read("purposes.toml")["purpose"]):
            self.purposes[record["slug"]], _ = models.Purpose.objects.get_or_create(
                name=record["menu_title"], defaults={"icon": record["icon"], "order": order}
            )
        for record in read("preparations.toml")["preparation"]:
            made = self.preparations[record["slug"]] = preparation(record)
            for text in record.get("csv", []):
                self.preparations[text] = made
        for record in read("biomaterials.toml")["biomaterial"]:
            made_of, is_new = models.Biomaterial.objects.get_or_create(
                name=record["name"],
                defaults={
                    "container": record.get("container", ""),
                    "home": record.get("home", ""),
                },
            )
            self.biomaterials[record["slug"]] = made_of
            if is_new:
                self.new_biomaterials.add(record["slug"])
            for text in record.get("csv", []):
                self.biomaterials[text] = made_of

    def add_procedures(self) -> None:
        """Add taking of blood and smears, home visits, injections."""
        category = self.categories["protsedury"]
        for number, (key, record) in enumerate(read("procedures.toml").items(), start=1):
            self.add_service(
                category,
                key,
                record,
                kind=models.ServiceKind.PROCEDURE,
                title=record["title"],
                code=f"{PROCEDURE_PREFIX}-{number:03}",
                nomenclature_codes=[record["nomenclature"]] if record.get("nomenclature") else [],
                how=record["how"],
            )

    def add_tests(self) -> None:
        """Add every row of the table of common tests, with its texts."""
        texts = read_service_texts()
        numbers: dict[str, int] = {}
        groups = list(self.category_of_group)
        for row in read_common_tests():
            group = row["group"]
            numbers[group] = numbers.get(group, 0) + 1
            text = texts[row["key"]]
            days = row["turnaround_days"] or text.get("turnaround_days")
            service = self.add_service(
                self.category_of_group[group],
                row["key"],
                text,
                kind=text.get("kind", models.ServiceKind.TEST),
                title=row["name_ru"],
                code=f"{groups.index(group) + 1:02}-{numbers[group]:03}",
                nomenclature_codes=row["code_804n"].replace(";", " ").split(),
                biomaterial=self.biomaterials[row["biomaterial"]],
                turnaround_days=int(days) if days else None,
            )
            if self.tree.is_new(service):
                models.ServicePreparation.objects.create(
                    page=service, preparation=self.preparations[row["preparation"]]
                )

    def add_panels(self) -> None:
        """Add panels with their members."""
        category = self.categories["kompleksy"]
        records = read("panels.toml")
        for number, (key, record) in enumerate(records.items(), start=1):
            self.add_service(
                category,
                key,
                record,
                kind=models.ServiceKind.PANEL,
                title=record["title"],
                code=f"{PANEL_PREFIX}-{number:03}",
                for_whom=record.get("for_whom", ""),
                turnaround_days=record.get("turnaround_days"),
            )
        for key, record in self.texts.items():
            panel = self.services[key]
            if record.get("members") and self.tree.is_new(panel):
                self.add_members(panel, record["members"])

    def add_members(self, panel: Any, keys: list[str]) -> None:
        """Put services into a panel; it asks for the preparation and the tube of its
        first member.
        """
        first = self.services[keys[0]]
        panel.biomaterial = first.biomaterial
        for order, key in enumerate(keys):
            models.PanelMember.objects.create(
                page=panel, service=self.services[key], sort_order=order
            )
        if not panel.preparations.exists():
            wanted = {
                link.preparation_id: link.preparation
                for key in keys
                for link in self.services[key].preparations.select_related("preparation")
            }
            strictest = sorted(wanted.values(), key=lambda item: -(item.hours_fasting or 0))
            for order, item in enumerate(strictest[:3]):
                models.ServicePreparation.objects.create(
                    page=panel, preparation=item, sort_order=order
                )

    def add_service(self, category: Page, key: str, record: dict[str, Any], **fields: Any) -> Any:
        """Add one service with its synonyms; one that has the same code is taken as it is."""
        self.texts[key] = record
        existing = models.ServicePage.objects.filter(code=fields["code"]).first()
        if existing:
            service = existing
            self.tree.by_slug[service.slug] = service
        else:
            service = self.tree.add(category, new_service(record, fields, self.reviewers))
            if self.tree.is_new(service):
                service.purposes = [self.purposes[slug] for slug in record.get("purposes", [])]
                for order, synonym in enumerate(record.get("synonyms", [])):
                    models.Synonym.objects.get_or_create(
                        page=service,
                        text=synonym["text"],
                        defaults={"kind": synonym["kind"], "sort_order": order},
                    )
        self.services[key] = service
        self.tree.service_ids[key] = service.pk
        return service

    def add_taking(self) -> None:
        """Tell new biomaterials which procedure takes them: it adds to what their services cost."""
        for record in read("biomaterials.toml")["biomaterial"]:
            made_of = self.biomaterials[record["slug"]]
            if record.get("taking") and record["slug"] in self.new_biomaterials:
                made_of.taking = self.services[record["taking"]]
                made_of.save()

    def relate(self) -> None:
        """Link related services, now that all of them are there."""
        for key, record in self.texts.items():
            service = self.services[key]
            if not self.tree.is_new(service):
                continue
            for order, other in enumerate(record.get("related", [])):
                models.RelatedService.objects.create(
                    page=service, service=self.services[other], sort_order=order
                )

    def add_prices(self) -> None:
        """Give new services prices with their history; panels cost less than their parts.

        A service that was there keeps what it costs, and stays without a price if it has none.
        """
        new = {key: self.texts[key] for key in self.texts if self.tree.is_new(self.services[key])}
        for key, record in new.items():
            if "price" in record:
                self.price(key, Decimal(str(record["price"])), record)
        prices = selectors.current_prices(self.tree.service_ids.values())
        for key, record in new.items():
            if "discount" in record:
                members = [self.tree.service_ids[member] for member in record["members"]]
                if not prices.keys() >= set(members):
                    continue
                together = sum(prices[member] for member in members)
                share = 1 - Decimal(str(record["discount"]))
                self.price(
                    key, (together * share / PANEL_STEP).quantize(Decimal(1)) * PANEL_STEP, {}
                )

    def price(self, key: str, amount: Decimal, record: dict[str, Any]) -> None:
        """Give a service its price, with an earlier and a later one if the record has them."""
        rows = [(moment(-FIRST_PRICES_DAYS_AGO), Decimal(str(record.get("was", amount))))]
        if "was" in record:
            rows.append((moment(-LAST_CHANGE_DAYS_AGO), amount))
        if "next" in record:
            rows.append((moment(NEXT_CHANGE_IN_DAYS), Decimal(str(record["next"]))))
        load_price_history(
            service_id=self.tree.service_ids[key], rows=rows, source=models.PriceSource.DEMO
        )


def moment(days: int) -> datetime:
    """Return the midnight that many days from today, in the laboratory's time."""
    midnight = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight + timedelta(days=days)


def preparation(record: dict[str, Any]) -> Any:
    """Return the snippet with this title, made from the record if there is none."""
    found = models.Preparation.objects.filter(title=record["title"]).first()
    if found:
        return found
    made = models.Preparation(
        title=record["title"],
        short=record["short"],
        text=record["text"],
        dos=[block("item", text) for text in record.get("dos", [])],
        donts=[block("item", text) for text in record.get("donts", [])],
        hours_fasting=record.get("hours_fasting"),
    )
    made.save()
    made.save_revision().publish()
    return made


def new_service(record: dict[str, Any], fields: dict[str, Any], reviewers: dict[str, Page]) -> Any:
    """Return a service made of a record and of fields that come from elsewhere."""
    today = timezone.localdate()
    title = fields["title"]
    return models.ServicePage(
        slug=slugify(anyascii(title))[:60].strip("-"),
        short_name=record.get("short_name", ""),
        official_name=record.get("official_name", ""),
        summary=record.get("summary", ""),
        search_description=record.get("summary", "")[:160],
        purpose_text=record.get("purpose", ""),
        limits=record.get("limits", ""),
        own_preparation=record.get("own_preparation", ""),
        method=record.get("method", ""),
        turnaround_note=record.get("turnaround_note", ""),
        working_days_only=record.get("working_days_only", False),
        sex=record.get("sex", models.Sex.ANY),
        intervals=[
            block("quantity", {**interval, "rows": items(interval["rows"])})
            for interval in record.get("intervals", [])
        ],
        reviewed_by=next(iter(reviewers.values()), None),
        reviewed_on=today - timedelta(days=40),
        next_review=today + timedelta(days=325),
        **fields,
    )
