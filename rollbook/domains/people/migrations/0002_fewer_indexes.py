"""Indexes with which another one begins, or by which nobody asks: each write paid for them."""

import django.db.models.deletion
from django.db import migrations, models

from rollbook.foundation.sql import DropIndexInUse


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("access", "0003_sessions"),
        ("people", "0001_initial"),
    ]

    operations = [
        DropIndexInUse(
            model_name="client",
            name="branch",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="clients",
                to="access.branch",
                verbose_name="branch",
            ),
        ),
        DropIndexInUse(
            model_name="relation",
            name="client",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="relations",
                to="people.client",
            ),
        ),
    ]
