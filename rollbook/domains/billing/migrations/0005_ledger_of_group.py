"""The revenue of a group is summed up from an index alone."""

from django.db import migrations, models
from django.db.models import Q

from rollbook.foundation.sql import AddIndexInUse


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("billing", "0004_make_ups_a_month")]

    operations = [
        AddIndexInUse(
            model_name="ledgerentry",
            index=models.Index(
                condition=Q(mark__isnull=False), fields=["group", "day"], include=("amount",), name="ledger_of_group"
            ),
        ),
    ]
