"""Indexes with which another one begins, or by which nobody asks: each write paid for them."""

import django.db.models.deletion
from django.db import migrations, models

from rollbook.foundation.sql import DropIndexInUse


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("groups", "0001_initial"),
    ]

    operations = [
        DropIndexInUse(
            model_name="group",
            name="branch",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="groups",
                to="access.branch",
                verbose_name="branch",
            ),
        ),
        DropIndexInUse(
            model_name="enrolment",
            name="group",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="enrolments",
                to="groups.group",
            ),
        ),
    ]
