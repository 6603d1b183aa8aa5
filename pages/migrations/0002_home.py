"""The home page in place of Wagtail's welcome page, and the row of the content version."""

from typing import Any

from django.db import migrations


def make_home(apps: Any, schema_editor: Any) -> None:
    """Replace the welcome page, if it is still there and alone, with a home page of ours."""
    Page = apps.get_model("wagtailcore", "Page")
    Site = apps.get_model("wagtailcore", "Site")
    Locale = apps.get_model("wagtailcore", "Locale")
    ContentType = apps.get_model("contenttypes", "ContentType")
    HomePage = apps.get_model("pages", "HomePage")
    apps.get_model("pages", "ContentVersion").objects.get_or_create(pk=1)

    welcome = Page.objects.filter(path="00010001", slug="home", numchild=0).first()
    if welcome is None or Page.objects.filter(depth=2).count() > 1:
        return
    site = Site.objects.filter(is_default_site=True).first()
    locale = Locale.objects.first()
    # The site points at the welcome page; it goes with it and is made anew below.
    welcome.delete()
    content_type, _ = ContentType.objects.get_or_create(app_label="pages", model="homepage")
    home = HomePage.objects.create(
        path="00010001",
        depth=2,
        numchild=0,
        slug="home",
        url_path="/home/",
        title="Дзагуров КДЛ",
        draft_title="Дзагуров КДЛ",
        hero_title="Клинико-диагностическая лаборатория",
        content_type=content_type,
        locale=locale,
    )
    Site.objects.update_or_create(
        is_default_site=True,
        defaults={
            "hostname": site.hostname if site else "localhost",
            "port": site.port if site else 80,
            "site_name": "Дзагуров КДЛ",
            "root_page_id": home.pk,
        },
    )


class Migration(migrations.Migration):
    dependencies = [
        ("pages", "0001_initial"),
        ("contenttypes", "0002_remove_content_type_name"),
        ("wagtailcore", "0097_baselogentry_uuid_action_timestamp_indexes"),
    ]

    operations = [migrations.RunPython(make_home, migrations.RunPython.noop)]
