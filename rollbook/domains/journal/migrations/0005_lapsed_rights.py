"""What has lapsed lately is listed: few of millions."""

from django.db import migrations, models

from rollbook.foundation.sql import AddIndexInUse


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("journal", "0004_make_ups")]

    operations = [
        AddIndexInUse(
            model_name="mark",
            index=models.Index(
                fields=["lapsed_on"], condition=models.Q(lapsed_on__isnull=False), name="mark_lapsed_rights"
            ),
        ),
    ]
