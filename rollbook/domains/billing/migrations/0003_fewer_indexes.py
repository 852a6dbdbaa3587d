"""Indexes with which another one begins, or by which nobody asks: each write paid for them."""

import django.db.models.deletion
from django.db import migrations, models

from rollbook.foundation.sql import DropIndexInUse


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("access", "0003_sessions"),
        ("billing", "0002_ledger"),
        ("people", "0001_initial"),
    ]

    operations = [
        DropIndexInUse(
            model_name="ledgerentry",
            name="branch",
            field=models.ForeignKey(
                db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="access.branch"
            ),
        ),
        DropIndexInUse(
            model_name="ledgerentry",
            name="client",
            field=models.ForeignKey(
                db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="ledger", to="people.client"
            ),
        ),
    ]
