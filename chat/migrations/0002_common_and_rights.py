"""The common dialogue, and what operators and heads may do."""

from typing import Any

from django.db import migrations

OPERATOR = "Операторы чата"
HEAD = "Заведующие"
EDITOR = "Редакторы"
WIDGET = [
    *[f"{act}_chatwidget" for act in ("add", "change", "delete", "publish")],
    "change_chatsettings",
]
REPLIES = [f"{act}_chatreply" for act in ("add", "change", "delete", "publish")]
RIGHTS = {
    OPERATOR: ["answer_chat"],
    HEAD: ["answer_chat", "manage_chat", *REPLIES, *WIDGET],
    EDITOR: WIDGET,
}
MODELS = {"answer_chat": "chatthread", "manage_chat": "chatthread"}


def make(apps: Any, schema_editor: Any) -> None:
    """Make the common dialogue and give the groups their rights."""
    apps.get_model("chat", "ChatThread").objects.get_or_create(is_common=True)
    Group = apps.get_model("auth", "Group")
    Permission = apps.get_model("auth", "Permission")
    ContentType = apps.get_model("contenttypes", "ContentType")
    for name, codenames in RIGHTS.items():
        group, _ = Group.objects.get_or_create(name=name)
        for codename in codenames:
            # Permissions are made after all migrations; those needed are made now, by their names.
            content_type, _ = ContentType.objects.get_or_create(
                app_label="chat", model=MODELS.get(codename) or codename.split("_")[-1]
            )
            permission, _ = Permission.objects.get_or_create(
                content_type=content_type,
                codename=codename,
                defaults={"name": f"Can {codename.replace('_', ' ')}"},
            )
            group.permissions.add(permission)


class Migration(migrations.Migration):
    dependencies = [
        ("chat", "0001_initial"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [migrations.RunPython(make, migrations.RunPython.noop)]
