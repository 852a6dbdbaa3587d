"""An index with which another one begins: each sign-in paid for it."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from rollbook.foundation.sql import DropIndexInUse


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("access", "0003_sessions")]

    operations = [
        DropIndexInUse(
            model_name="signin",
            name="user",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="sign_ins",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
    ]
