"""The sections of the demo site besides the catalogue, its settings and its menus."""

from datetime import time, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.utils import timezone

from wagtail.models import Page, Site, Workflow, WorkflowPage

from pages import models
from pages.demo.blocks import BlockMaker, block, items
from pages.demo.files import day, read
from pages.demo.pictures import DemoPictures
from pages.demo.tree import DemoTree

PARENT_SECTIONS = {
    "analizy": (
        models.CataloguePage,
        "Анализы и цены",
        "Исследования по группам, по поводу и по алфавиту — с ценой, сроком и подготовкой.",
    ),
    "ceny": (
        models.PriceListPage,
        "Прейскурант",
        "Все услуги и их цены на сегодня. Взятие материала оплачивается один раз за посещение.",
    ),
    "dlya": (
        models.PurposeIndexPage,
        "Анализы по поводу",
        "Что обычно сдают при беременности, перед операцией, в садик и в других случаях.",
    ),
    "podgotovka": (
        models.PreparationIndexPage,
        "Подготовка к анализам",
        "Короткие памятки: что можно и чего нельзя перед анализом, как собрать материал дома.",
    ),
    "otdeleniya": (
        models.OfficeIndexPage,
        "Отделения",
        "Где сдать анализы, когда открыто и до которого часа берут кровь.",
    ),
    "akcii": (models.PromotionIndexPage, "Акции", "Условия, сроки и честные старые цены."),
    "novosti": (models.NewsIndexPage, "Новости", "Что меняется в лаборатории."),
    "zhurnal": (
        models.ArticleIndexPage,
        "Журнал",
        "Понятно об анализах. Каждую статью проверяет врач.",
    ),
    "specialisty": (
        models.SpecialistIndexPage,
        "Специалисты",
        "Образование, аккредитация и часы приёма.",
    ),
    "vakansii": (models.VacancyIndexPage, "Вакансии", "Кого мы ждём."),
    "pravovaya-informatsiya": (
        models.LegalIndexPage,
        "Правовая информация",
        "Документы лаборатории с датами и прежними редакциями.",
    ),
}
# What a doctor is to look at before it is published.
REVIEWED_SECTIONS = ["analizy", "dlya", "podgotovka", "zhurnal"]
REVIEW = "Медицинская проверка"
# What Wagtail calls a site that nobody has given an address.
UNNAMED = "localhost"
DEFAULT_PORTS = {"http": 80, "https": 443}


class DemoSections:
    """Adds the sections to a tree: the index pages, people and offices before the catalogue, which
    needs them, and after it all that names services.
    """

    def __init__(self, tree: DemoTree, home: Any, pictures: DemoPictures) -> None:
        self.tree = tree
        self.home = home
        self.pictures = pictures
        self.blocks = BlockMaker(tree.service_ids.__getitem__, pictures.get)

    def add_indexes(self) -> None:
        """Add the pages that hold the sections, and the review of the medical ones."""
        review = Workflow.objects.filter(name=REVIEW).first()
        for slug, (model, title, lead) in PARENT_SECTIONS.items():
            page = self.tree.add(
                self.home,
                model(slug=slug, title=title, lead=lead, search_description=lead[:160]),
            )
            if review and slug in REVIEWED_SECTIONS and self.tree.is_new(page):
                WorkflowPage.objects.get_or_create(page=page, defaults={"workflow": review})
        prices = self.tree.by_slug["ceny"]
        if self.tree.is_new(prices):
            prices.order_number = "Приказ директора № 14-ДЕМО"

    def add_people(self) -> dict[str, Page]:
        """Add specialists and vacancies; return the specialists by slug."""
        records = read("people.toml")
        people = {
            record["slug"]: self.child(
                "specialisty",
                models.SpecialistPage,
                record,
                [
                    "position",
                    "education",
                    "accreditation",
                    "experience_since",
                    "reception_hours",
                    "lead",
                ],
            )
            for record in records["specialist"]
        }
        for record in records["vacancy"]:
            self.child(
                "vakansii",
                models.VacancyPage,
                record,
                [
                    "place",
                    "pay",
                    "schedule",
                    "employment",
                    "duties",
                    "requirements",
                ],
            )
        return people

    def add_offices(self) -> None:
        """Add offices with their hours and exceptions."""
        for record in read("offices.toml")["office"]:
            office = self.child(
                "otdeleniya",
                models.OfficePage,
                record,
                [
                    "lead",
                    "city",
                    "address",
                    "phone",
                    "latitude",
                    "longitude",
                    "head",
                    "how_to_come",
                ],
                photo=self.pictures.get(record["slug"]),
                accessibility=[block("item", name) for name in record.get("accessibility", [])],
                payments=[block("item", name) for name in record.get("payments", [])],
            )
            if not self.tree.is_new(office):
                continue
            for hours in record["hours"]:
                for weekday in hours["weekdays"]:
                    models.OfficeHours.objects.create(page=office, weekday=weekday, **times(hours))
            for other in record.get("exceptions", []):
                models.OfficeException.objects.create(
                    page=office,
                    date=timezone.localdate() + timedelta(days=other["in_days"]),
                    closed=other.get("closed", False),
                    note=other.get("note", ""),
                    **times(other),
                )

    def exclude_services(self) -> None:
        """Say of services in which offices they are not taken."""
        for record in read("offices.toml")["office"]:
            office = self.tree.by_slug[record["slug"]]
            if not self.tree.is_new(office):
                continue
            for key in record.get("not_taken", []):
                service = self.service(key)
                if self.tree.is_new(service):
                    service.not_taken_at.add(office)

    def add_preparation_pages(self, snippets: dict[str, Any]) -> None:
        """Add the pages of preparation by biomaterial."""
        for record in read("preparations.toml")["page"]:
            page = self.child("podgotovka", models.PreparationPage, record, ["lead"])
            if self.tree.is_new(page):
                for order, slug in enumerate(record.get("preparations", [])):
                    models.ShownPreparation.objects.create(
                        page=page, preparation=snippets[slug], sort_order=order
                    )

    def add_purpose_pages(self, purposes: dict[str, Any], reviewers: dict[str, Page]) -> None:
        """Add the pages by purpose, and mark the services that they name."""
        for record in read("purposes.toml")["purpose"]:
            purpose = purposes[record["slug"]]
            if models.PurposePage.objects.filter(purpose=purpose).exists():
                continue
            self.child(
                "dlya",
                models.PurposePage,
                record,
                ["lead"],
                purpose=purpose,
                checklist=[block("item", text) for text in record["checklist"]],
                **reviewed(next(iter(reviewers.values()), None)),
            )
            for key in [*record["panels"], *record["services"]]:
                service = self.service(key)
                if self.tree.is_new(service):
                    service.purposes.add(purpose)

    def add_articles(self, reviewers: dict[str, Page]) -> None:
        """Add articles and news."""
        for record in read("articles.toml")["article"]:
            article = self.child(
                "zhurnal",
                models.ArticlePage,
                record,
                ["lead", "author"],
                date=day(record, "days_ago"),
                image=self.pictures.get(record.get("picture")),
                reviewed_by=reviewers[record["reviewer"]],
                reviewed_on=day(record, "reviewed_days_ago"),
                next_review=day(record, "", "next_review_in_days"),
            )
            if self.tree.is_new(article):
                article.tags.add(*record.get("tags", []))
        for record in read("news.toml")["news"]:
            self.child(
                "novosti",
                models.NewsPage,
                record,
                ["lead"],
                date=day(record, "days_ago"),
                image=self.pictures.get(record.get("picture")),
            )

    def add_promotions(self) -> None:
        """Add promotions that run, that will, and that have ended."""
        for record in read("promotions.toml")["promotion"]:
            page = self.child(
                "akcii",
                models.PromotionPage,
                record,
                ["lead", "conditions", "legal_note", "discount_percent"],
                starts_on=day(record, "starts_days_ago", "starts_in_days"),
                ends_on=day(record, "ended_days_ago", "ends_in_days"),
                image=self.pictures.get(record.get("picture")),
            )
            if self.tree.is_new(page):
                for order, key in enumerate(record.get("services", [])):
                    models.PromotionService.objects.create(
                        page=page, service=self.service(key), sort_order=order
                    )

    def add_faq(self) -> None:
        """Add the questions people ask."""
        groups = [
            block("group", {"title": group["title"], "questions": items(group["questions"])})
            for group in read("faq.toml")["group"]
        ]
        self.tree.add(
            self.home,
            models.FaqPage(
                slug="voprosy",
                title="Вопросы и ответы",
                show_in_menus=True,
                lead="О подготовке, результатах, ценах и документах.",
                search_description="Ответы лаборатории на частые вопросы об анализах.",
                groups=groups,
            ),
        )

    def add_legal(self) -> None:
        """Add the legal documents with their versions."""
        for record in read("legal.toml")["document"]:
            page = self.child(
                "pravovaya-informatsiya",
                models.LegalDocumentPage,
                record,
                ["kind", "lead", "approved_by"],
            )
            if not self.tree.is_new(page):
                continue
            versions = sorted(record["versions"], key=lambda item: -item["effective_days_ago"])
            old_body = record.get("old_body")
            for order, version in enumerate(versions if old_body else versions[-1:]):
                is_old = bool(old_body) and order < len(versions) - 1
                body = self.blocks.body(old_body if is_old else record["body"])
                page.versions.add(
                    models.LegalVersion(
                        number=version["number"],
                        effective_from=day(version, "effective_days_ago"),
                        note=version.get("note", ""),
                        body=body,
                        sort_order=order,
                    )
                )
            page.save()

    def add_standard_pages(self) -> None:
        """Add pages of text, those under others after them."""
        for record in read("standard.toml")["page"]:
            parent = self.tree.by_slug[record["parent"]] if record["parent"] else self.home
            self.child(
                parent,
                models.StandardPage,
                record,
                ["lead"],
                show_in_menus=record.get("in_menu", False),
            )

    def add_contact(self) -> None:
        """Add the contact page; its consent box is of the page's own making."""
        record = read("contact.toml")
        consent = next(f["document"] for f in record["fields"] if "document" in f)
        page = self.child(
            self.home,
            models.ContactPage,
            record,
            ["lead", "intro", "thank_you"],
            consent_document=self.tree.by_slug[consent],
        )
        if self.tree.is_new(page):
            for order, field in enumerate(f for f in record["fields"] if "document" not in f):
                models.ContactPageField.objects.create(
                    page=page,
                    sort_order=order,
                    label=field["label"],
                    field_type=field["field_type"],
                    required=field["required"],
                    help_text=field.get("help_text", ""),
                    choices="\n".join(field.get("choices", [])),
                )

    def fill_home(self) -> None:
        """Fill the home page if it is as the migration has made it: without a single revision."""
        if (
            self.home.latest_revision_id
            or self.home.popular_services.exists()
            or self.home.steps
            or self.home.body
        ):
            return
        record = read("home.toml")
        self.home.title = record["title"]
        self.home.search_description = record["description"]
        self.home.hero_title = record["hero_title"]
        self.home.hero_text = record["hero_text"]
        self.home.search_examples = ", ".join(record["search_examples"])
        self.home.steps = [block("steps", items(record["steps"]))]
        self.home.facts = [block("facts", items(record["facts"]))]
        self.home.body = self.blocks.body(record["body"])
        for order, key in enumerate(record["popular"]):
            self.home.popular_services.add(
                models.PopularService(service=self.service(key), sort_order=order)
            )
        self.tree.added.append(self.home)

    def fill_settings(self, site: Site) -> None:
        """Fill the site's address, the laboratory's settings, the menus and the notice if empty."""
        if site.hostname == UNNAMED:
            address = urlsplit(settings.WAGTAILADMIN_BASE_URL)
            site.hostname = address.hostname or UNNAMED
            site.port = address.port or DEFAULT_PORTS[address.scheme]
            site.save()
        record = read("settings.toml")
        laboratory = models.LaboratorySettings.for_site(site)
        given = record["laboratory"]
        if not laboratory.legal_name:
            for name in given.keys() - {"notice", "notice_severity", "supervising", "socials"}:
                setattr(laboratory, name, given[name])
            laboratory.slogan = "Анализы во Владикавказе и республике"
            laboratory.supervising = [block("body", body) for body in given["supervising"]]
            laboratory.socials = [block("link", link) for link in given["socials"]]
            laboratory.save()
            notice = models.NoticeBar(text=given["notice"], tone=given["notice_severity"])
            notice.page = self.tree.by_slug["otdeleniya"].page_ptr
            notice.save()
            notice.save_revision().publish()
        navigation = models.Navigation.for_site(site)
        if not navigation.menu:
            navigation.menu = [
                block("item", self.entry(entry, "children")) for entry in record["menu"]
            ]
            navigation.footer = [
                block(
                    "column",
                    {"title": column["title"], "links": items(map(self.link, column["links"]))},
                )
                for column in record["footer"]
            ]
            navigation.save()

    def entry(self, record: dict[str, Any], name: str) -> dict[str, Any]:
        """Return an entry of the menu with the links under it; not with a link to itself."""
        children = [link for link in record[name] if link["page"] != record["page"]]
        return {**self.link(record), name: items(map(self.link, children))}

    def link(self, record: dict[str, Any]) -> dict[str, Any]:
        """Return a link of a menu."""
        return {
            "page": self.tree.by_slug[record["page"]].pk,
            "title": record.get("title", ""),
            "text": record.get("text", ""),
        }

    def service(self, key: str) -> Any:
        """Return a service by its key: the very page of this run if it is new."""
        pk = self.tree.service_ids[key]
        new = next((page for page in self.tree.added if page.pk == pk), None)
        return new or models.ServicePage.objects.get(pk=pk)

    def child(
        self,
        parent: Page | str,
        model: type[Page],
        record: dict[str, Any],
        names: list[str],
        **fields: Any,
    ) -> Any:
        """Add a page made of these values of a record, its body, and fields that come from
        elsewhere.
        """
        values = {name: exact(record[name]) for name in names if name in record}
        if "body" in record and any(field.name == "body" for field in model._meta.get_fields()):
            values["body"] = self.blocks.body(record["body"])
        if isinstance(parent, str):
            parent = self.tree.by_slug[parent]
        return self.tree.add(
            parent,
            model(
                slug=record["slug"],
                title=record["title"],
                search_description=record.get("description", "")[:160],
                **values,
                **fields,
            ),
        )


def reviewed(by: Page | None) -> dict[str, Any]:
    """Return the fields of a text that a doctor has checked lately."""
    today = timezone.localdate()
    return {
        "reviewed_by": by,
        "reviewed_on": today - timedelta(days=25),
        "next_review": today + timedelta(days=340),
    }


def exact(value: Any) -> Any:
    """Return a value of a record; a fraction as the decimal number that was written."""
    return Decimal(str(value)) if isinstance(value, float) else value


def times(record: dict[str, Any]) -> dict[str, Any]:
    """Return the times of a record of hours. A closing that is not after the opening is the next
    day's.
    """
    names = ("opens", "closes", "lunch_from", "lunch_to", "last_sampling")
    found: dict[str, Any] = {n: time.fromisoformat(record[n]) for n in names if n in record}
    if "opens" in found:
        found["overnight"] = found["closes"] <= found["opens"]
    return found
