"""The groups of the staff.

Wagtail brings Editors and Moderators with permissions on pages, pictures and documents, and a
workflow in which Moderators approve. They become our editors and medical reviewers; the other
roles begin with the door of the admin, and apps add what their models allow.
"""

from django.db import migrations

EDITORS = "Редакторы"
REVIEWERS = "Медицинские рецензенты"
HEADS = "Руководители"
RENAMED = {"Editors": EDITORS, "Moderators": REVIEWERS}
ADDED = ["Менеджеры цен", HEADS, "Операторы"]
WORKFLOW = ("Moderators approval", "Медицинская проверка")
PAGE_PERMISSIONS = [
    ("add_page", "Can add page"),
    ("change_page", "Can change page"),
    ("publish_page", "Can publish any page"),
    ("bulk_delete_page", "Can delete pages with children"),
    ("lock_page", "Can lock/unlock pages you've locked"),
    ("unlock_page", "Can unlock any page"),
]


def make_roles(apps, schema_editor):
    Group = apps.get_model("auth", "Group")
    Permission = apps.get_model("auth", "Permission")
    ContentType = apps.get_model("contenttypes", "ContentType")
    Page = apps.get_model("wagtailcore", "Page")
    GroupPagePermission = apps.get_model("wagtailcore", "GroupPagePermission")
    GroupCollectionPermission = apps.get_model("wagtailcore", "GroupCollectionPermission")

    for old, new in RENAMED.items():
        Group.objects.filter(name=old).update(name=new)
    for name in [*RENAMED.values(), *ADDED]:
        Group.objects.get_or_create(name=name)
    for name in ("Workflow", "Task"):
        model = apps.get_model("wagtailcore", name)
        model.objects.filter(name=WORKFLOW[0]).update(name=WORKFLOW[1])

    door = Permission.objects.get(content_type__app_label="wagtailadmin", codename="access_admin")
    for group in Group.objects.filter(name__in=[*RENAMED.values(), *ADDED]):
        group.permissions.add(door)

    editors = Group.objects.get(name=EDITORS)
    heads = Group.objects.get(name=HEADS)
    root = Page.objects.get(depth=1)
    page_type, _ = ContentType.objects.get_or_create(app_label="wagtailcore", model="page")
    for codename, title in PAGE_PERMISSIONS:
        permission, _ = Permission.objects.get_or_create(
            content_type=page_type, codename=codename, defaults={"name": title}
        )
        for group in (editors, heads):
            GroupPagePermission.objects.get_or_create(group=group, page=root, permission=permission)
    for given in GroupCollectionPermission.objects.filter(group=editors):
        GroupCollectionPermission.objects.get_or_create(
            group=heads, collection_id=given.collection_id, permission_id=given.permission_id
        )


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0001_initial"),
        ("wagtailcore", "0097_baselogentry_uuid_action_timestamp_indexes"),
        ("wagtailadmin", "0006_formstate"),
        ("wagtailimages", "0027_image_description"),
        ("wagtaildocs", "0014_alter_document_file_size"),
    ]

    operations = [migrations.RunPython(make_roles, migrations.RunPython.noop)]
