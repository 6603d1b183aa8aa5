"""The roles of the staff, as groups with their permissions, and the medical review."""

from typing import Any

from django.db import migrations

EDITOR = "Редакторы"
PRICE_MANAGER = "Менеджеры цен"
REVIEWER = "Медицинские рецензенты"
HEAD = "Заведующие"
OPERATOR = "Операторы чата"
# Wagtail's own two groups would only confuse: nobody is in them.
REPLACED = ["Editors", "Moderators"]

SHARED = ["preparation", "noticebar"]
PLAIN = ["biomaterial", "purpose"]
EDITOR_RIGHTS = [
    *[f"pages.{act}_{model}" for model in SHARED for act in ("add", "change", "delete", "publish")],
    *[f"pages.{act}_{model}" for model in PLAIN for act in ("add", "change", "delete")],
    "pages.change_laboratorysettings",
    "pages.change_navigation",
]
PRICE_RIGHTS = ["pages.view_serviceprice", "pages.add_serviceprice", "pages.view_catalogue_gaps"]
REVIEWER_RIGHTS = ["pages.change_preparation", "pages.view_serviceprice"]

RIGHTS = {
    EDITOR: [*EDITOR_RIGHTS, "pages.view_serviceprice"],
    PRICE_MANAGER: PRICE_RIGHTS,
    REVIEWER: REVIEWER_RIGHTS,
    HEAD: [*EDITOR_RIGHTS, *PRICE_RIGHTS],
    OPERATOR: [],
}
PAGE_RIGHTS = {
    EDITOR: ["add_page", "change_page", "publish_page"],
    REVIEWER: ["change_page"],
    HEAD: [
        "add_page",
        "change_page",
        "publish_page",
        "bulk_delete_page",
        "lock_page",
        "unlock_page",
    ],
}
FILE_RIGHTS = [
    # Wagtail asks for the rights of its own model of pictures, whatever model is in use.
    "wagtailimages.add_image",
    "wagtailimages.change_image",
    "wagtailimages.choose_image",
    "wagtaildocs.add_document",
    "wagtaildocs.change_document",
    "wagtaildocs.choose_document",
]
REVIEW = "Медицинская проверка"


def make_roles(apps: Any, schema_editor: Any) -> None:
    """Make the groups, give them their permissions, make the medical review workflow."""
    Group = apps.get_model("auth", "Group")
    Permission = apps.get_model("auth", "Permission")
    ContentType = apps.get_model("contenttypes", "ContentType")
    Page = apps.get_model("wagtailcore", "Page")
    Collection = apps.get_model("wagtailcore", "Collection")
    GroupPagePermission = apps.get_model("wagtailcore", "GroupPagePermission")
    GroupCollectionPermission = apps.get_model("wagtailcore", "GroupCollectionPermission")

    models = {"access_admin": "admin"}

    def permission(right: str) -> Any:
        # Permissions are made after all migrations; those needed here are made now, by their names.
        app_label, codename = right.split(".")
        model = models.get(codename) or codename.split("_")[-1]
        if codename == "view_catalogue_gaps":
            model = "servicepage"
        content_type, _ = ContentType.objects.get_or_create(app_label=app_label, model=model)
        found, _ = Permission.objects.get_or_create(
            content_type=content_type,
            codename=codename,
            defaults={"name": f"Can {codename.replace('_', ' ')}"},
        )
        return found

    root = Page.objects.get(depth=1)
    files = Collection.objects.get(depth=1)
    for name, rights in RIGHTS.items():
        group, _ = Group.objects.get_or_create(name=name)
        # Added, not set: the migrations of other apps give rights to the same groups.
        group.permissions.add(
            *[permission(right) for right in ["wagtailadmin.access_admin", *rights]]
        )
        for codename in PAGE_RIGHTS.get(name, []):
            GroupPagePermission.objects.get_or_create(
                group=group, page=root, permission=permission(f"wagtailcore.{codename}")
            )
        if name in {EDITOR, HEAD}:
            for right in FILE_RIGHTS:
                GroupCollectionPermission.objects.get_or_create(
                    group=group, collection=files, permission=permission(right)
                )
    Group.objects.filter(name__in=REPLACED).delete()
    make_review(apps, Group.objects.get(name=REVIEWER), Group.objects.get(name=HEAD))


def make_review(apps: Any, *groups: Any) -> None:
    """Make the workflow of medical review in place of Wagtail's moderation."""
    ContentType = apps.get_model("contenttypes", "ContentType")
    Workflow = apps.get_model("wagtailcore", "Workflow")
    WorkflowTask = apps.get_model("wagtailcore", "WorkflowTask")
    GroupApprovalTask = apps.get_model("wagtailcore", "GroupApprovalTask")

    Workflow.objects.filter(name="Moderators approval").delete()
    GroupApprovalTask.objects.filter(name="Moderators approval").delete()
    content_type, _ = ContentType.objects.get_or_create(
        app_label="wagtailcore", model="groupapprovaltask"
    )
    task = GroupApprovalTask.objects.create(name=REVIEW, content_type=content_type)
    task.groups.set(groups)
    workflow = Workflow.objects.create(name=REVIEW)
    WorkflowTask.objects.create(workflow=workflow, task=task.task_ptr, sort_order=0)


class Migration(migrations.Migration):
    dependencies = [
        ("pages", "0003_price_rows_stay"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("wagtailadmin", "0006_formstate"),
        ("wagtailcore", "0097_baselogentry_uuid_action_timestamp_indexes"),
        ("wagtaildocs", "0014_alter_document_file_size"),
        ("wagtailimages", "0027_image_description"),
    ]

    operations = [migrations.RunPython(make_roles, migrations.RunPython.noop)]
