"""The content of the site: one file for each family of pages."""

from pages.models.articles import ArticleIndexPage, ArticlePage
from pages.models.base import BasePage, ReviewedMixin
from pages.models.catalogue import (
    Biomaterial,
    CataloguePage,
    PanelMember,
    RelatedService,
    ServiceCategoryPage,
    ServiceKind,
    ServicePage,
    ServicePreparation,
    Sex,
    Synonym,
)
from pages.models.forms import ContactPage, ContactPageField
from pages.models.freshness import ContentVersion
from pages.models.home import HomePage, PopularService
from pages.models.images import SiteImage, SiteRendition
from pages.models.legal import LegalDocumentPage, LegalIndexPage, LegalVersion
from pages.models.news import NewsIndexPage, NewsPage
from pages.models.offices import (
    WEEKDAYS,
    OfficeException,
    OfficeHours,
    OfficeIndexPage,
    OfficePage,
)
from pages.models.people import (
    SpecialistIndexPage,
    SpecialistPage,
    VacancyIndexPage,
    VacancyPage,
)
from pages.models.preparation import (
    Preparation,
    PreparationIndexPage,
    PreparationPage,
    ShownPreparation,
)
from pages.models.prices import PriceListPage, PriceSource, ServicePrice
from pages.models.promotions import PromotionIndexPage, PromotionPage, PromotionService
from pages.models.purposes import Purpose, PurposeIndexPage, PurposePage
from pages.models.settings import LaboratorySettings, Navigation, NoticeBar
from pages.models.standard import FaqPage, StandardPage

__all__ = [
    "WEEKDAYS",
    "ArticleIndexPage",
    "ArticlePage",
    "BasePage",
    "Biomaterial",
    "CataloguePage",
    "ContactPage",
    "ContactPageField",
    "ContentVersion",
    "FaqPage",
    "HomePage",
    "LaboratorySettings",
    "LegalDocumentPage",
    "LegalIndexPage",
    "LegalVersion",
    "Navigation",
    "NewsIndexPage",
    "NewsPage",
    "NoticeBar",
    "OfficeException",
    "OfficeHours",
    "OfficeIndexPage",
    "OfficePage",
    "PanelMember",
    "PopularService",
    "Preparation",
    "PreparationIndexPage",
    "PreparationPage",
    "PriceListPage",
    "PriceSource",
    "PromotionIndexPage",
    "PromotionPage",
    "PromotionService",
    "Purpose",
    "PurposeIndexPage",
    "PurposePage",
    "RelatedService",
    "ReviewedMixin",
    "ServiceCategoryPage",
    "ServiceKind",
    "ServicePage",
    "ServicePreparation",
    "ServicePrice",
    "Sex",
    "ShownPreparation",
    "SiteImage",
    "SiteRendition",
    "SpecialistIndexPage",
    "SpecialistPage",
    "StandardPage",
    "Synonym",
    "VacancyIndexPage",
    "VacancyPage",
]
