"""The timetable asks which lessons were moved away from a day: few of all."""

from django.db import migrations, models

from rollbook.foundation.sql import AddIndexInUse


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("schedule", "0005_versions")]

    operations = [
        AddIndexInUse(
            model_name="lesson",
            index=models.Index(
                condition=models.Q(("moved_from__isnull", False)),
                fields=["group", "moved_from"],
                name="lesson_moved_away",
            ),
        ),
    ]
