"""What the whole site shares: the laboratory's requisites, menus, the notice bar."""

from typing import ClassVar

from django.db import models
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from wagtail import blocks
from wagtail.admin.panels import (
    FieldPanel,
    FieldRowPanel,
    MultiFieldPanel,
    ObjectList,
    PublishingPanel,
    TabbedInterface,
)
from wagtail.contrib.settings.models import BaseSiteSetting, register_setting
from wagtail.fields import StreamField
from wagtail.models import DraftStateMixin, PreviewableMixin, RevisionMixin

from pages.blocks import FooterColumnBlock, MenuItemBlock


@register_setting(icon="home", order=100)
class LaboratorySettings(BaseSiteSetting):
    """Requisites and contacts (ПП РФ 736 of 11.05.2023: what a site of paid care must show)."""

    brand = models.CharField(_("name of the site"), max_length=80, default="Дзагуров КДЛ")
    slogan = models.CharField(_("line under the name"), max_length=120, blank=True)
    legal_name = models.CharField(_("full legal name"), max_length=250, blank=True)
    short_name = models.CharField(_("short legal name"), max_length=120, blank=True)
    inn = models.CharField(_("INN"), max_length=12, blank=True)
    ogrn = models.CharField(_("OGRN"), max_length=15, blank=True)
    legal_address = models.CharField(_("legal address"), max_length=250, blank=True)
    director = models.CharField(_("director"), max_length=120, blank=True)
    founded_year = models.PositiveSmallIntegerField(_("works since (year)"), null=True, blank=True)
    licence_number = models.CharField(_("licence number"), max_length=80, blank=True)
    licence_date = models.DateField(_("date of the licence"), null=True, blank=True)
    licence_body = models.CharField(_("licensing body and its phone"), max_length=250, blank=True)
    licence_works = models.TextField(_("works under the licence"), blank=True)
    phone = models.CharField(_("phone"), max_length=30, blank=True)
    email = models.EmailField(_("e-mail"), blank=True)
    socials = StreamField(
        [
            (
                "link",
                blocks.StructBlock(
                    [
                        ("title", blocks.CharBlock(max_length=60, label=_("title"))),
                        ("url", blocks.URLBlock(label=_("address"))),
                    ],
                    icon="link",
                    label=_("link"),
                ),
            )
        ],
        verbose_name=_("social networks"),
        blank=True,
    )
    supervising = StreamField(
        [
            (
                "body",
                blocks.StructBlock(
                    [
                        ("name", blocks.CharBlock(max_length=200, label=_("name"))),
                        ("address", blocks.CharBlock(max_length=250, label=_("address"))),
                        ("phone", blocks.CharBlock(max_length=60, label=_("phone"))),
                    ],
                    icon="group",
                    label=_("supervising body"),
                ),
            )
        ],
        verbose_name=_("supervising bodies"),
        blank=True,
    )
    contraindications = models.CharField(
        _("warning line"),
        max_length=200,
        default="Имеются противопоказания, необходима консультация специалиста",
        help_text=_("Stands on every page (38-ФЗ art. 24 part 7)."),
    )
    social_image = models.ForeignKey(
        "pages.SiteImage",
        verbose_name=_("picture for social networks"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )

    select_related: ClassVar[list[str]] = ["social_image"]
    edit_handler = TabbedInterface(
        [
            ObjectList(
                [
                    FieldPanel("brand"),
                    FieldPanel("slogan"),
                    FieldRowPanel([FieldPanel("phone"), FieldPanel("email")]),
                    FieldPanel("socials"),
                    FieldPanel("contraindications"),
                    FieldPanel("social_image"),
                ],
                heading=_("Contacts"),
            ),
            ObjectList(
                [
                    FieldPanel("legal_name"),
                    FieldPanel("short_name"),
                    FieldRowPanel([FieldPanel("inn"), FieldPanel("ogrn")]),
                    FieldPanel("legal_address"),
                    FieldRowPanel([FieldPanel("director"), FieldPanel("founded_year")]),
                    MultiFieldPanel(
                        [
                            FieldRowPanel(
                                [FieldPanel("licence_number"), FieldPanel("licence_date")]
                            ),
                            FieldPanel("licence_body"),
                            FieldPanel("licence_works"),
                        ],
                        heading=_("Licence"),
                    ),
                    FieldPanel("supervising"),
                ],
                heading=_("Requisites"),
            ),
        ]
    )

    class Meta:
        verbose_name = _("laboratory")


@register_setting(icon="bars", order=110)
class Navigation(BaseSiteSetting):
    """The main menu and the columns of the footer."""

    menu = StreamField(
        [("item", MenuItemBlock())], verbose_name=_("main menu"), blank=True, max_num=8
    )
    footer = StreamField(
        [("column", FooterColumnBlock())], verbose_name=_("footer"), blank=True, max_num=5
    )

    panels = [FieldPanel("menu"), FieldPanel("footer")]

    class Meta:
        verbose_name = _("menus")


class NoticeBar(DraftStateMixin, RevisionMixin, PreviewableMixin, models.Model):
    """A line above every page while it is published; publishing can be scheduled."""

    class Tone(models.TextChoices):
        """How loud it is."""

        INFO = "info", _("information")
        WARNING = "warning", _("attention")
        URGENT = "urgent", _("urgent")

    text = models.CharField(_("text"), max_length=200)
    tone = models.CharField(_("tone"), max_length=10, choices=Tone, default=Tone.INFO)
    page = models.ForeignKey(
        "wagtailcore.Page",
        verbose_name=_("page with more"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )

    panels = [FieldPanel("text"), FieldPanel("tone"), FieldPanel("page"), PublishingPanel()]

    class Meta:
        verbose_name = _("notice")
        verbose_name_plural = _("notices")
        ordering = ["-pk"]

    def __str__(self) -> str:
        return self.text

    def get_preview_template(self, request: HttpRequest, mode_name: str) -> str:
        """Return the template of the bar by itself."""
        return "pages/notice_preview.html"
