"""What a mark remembers of the subscription that paid for it."""

from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("journal", "0004_make_ups"),
        ("people", "0002_fewer_indexes"),
        ("schedule", "0006_moved_away"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="mark",
            name="lapse_share",
            field=models.PositiveSmallIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name="mark",
            name="prepaid",
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.AddConstraint(
            model_name="mark",
            constraint=models.CheckConstraint(
                condition=models.Q(("lapse_share__lte", 100)), name="mark_lapse_share_per_cent"
            ),
        ),
    ]
