"""Indexes with which another one begins, or by which nobody asks: each write paid for them."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from rollbook.foundation.sql import DropIndexInUse


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("journal", "0002_kept"),
        ("people", "0001_initial"),
        ("schedule", "0002_kept"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        DropIndexInUse(
            model_name="mark",
            name="client",
            field=models.ForeignKey(
                db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="marks", to="people.client"
            ),
        ),
        DropIndexInUse(
            model_name="mark",
            name="lesson",
            field=models.ForeignKey(
                db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="marks", to="schedule.lesson"
            ),
        ),
        DropIndexInUse(
            model_name="mark",
            name="marked_by",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="marks",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
    ]
