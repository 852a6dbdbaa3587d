"""The index of a group's entries that knew no days is the beginning of the one before."""

import django.db.models.deletion
from django.db import migrations, models

from rollbook.foundation.sql import DropIndexInUse


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("billing", "0005_ledger_of_group"), ("groups", "0003_churn")]

    operations = [
        DropIndexInUse(
            model_name="ledgerentry",
            name="group",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="groups.group",
            ),
        ),
    ]
