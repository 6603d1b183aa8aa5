"""Numbers of content states come from a sequence: none is ever given twice."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("pages", "0004_roles")]

    operations = [
        migrations.RunSQL(
            "CREATE SEQUENCE pages_contentversion_numbers START 2",
            "DROP SEQUENCE pages_contentversion_numbers",
        )
    ]
