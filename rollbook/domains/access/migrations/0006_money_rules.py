"""How far discounts go, whether contracts are made, and on which day subscriptions are renewed by themselves."""

import django.core.validators
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("access", "0005_keys_seen"),
    ]

    operations = [
        migrations.AddField(
            model_name="organisation",
            name="contracts",
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.AddField(
            model_name="organisation",
            name="discount_limit",
            field=models.PositiveSmallIntegerField(
                db_default=20, default=20, validators=[django.core.validators.MaxValueValidator(100)]
            ),
        ),
        migrations.AddField(
            model_name="organisation",
            name="renewal_day",
            field=models.PositiveSmallIntegerField(
                null=True,
                validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(28)],
            ),
        ),
    ]
