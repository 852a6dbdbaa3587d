import django.db.models.deletion
import django.db.models.functions.comparison
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("access", "0005_keys_seen"),
        ("fields", "0001_initial"),
        ("groups", "0003_churn"),
        ("people", "0002_fewer_indexes"),
        ("schedule", "0003_fewer_indexes"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="lesson",
            name="lesson_cancelled_and_not_held",
        ),
        migrations.RemoveConstraint(
            model_name="lesson",
            name="lesson_once_per_slot_and_day",
        ),
        migrations.AddField(
            model_name="lesson",
            name="cancelled_for",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="fields.choice",
            ),
        ),
        migrations.AddField(
            model_name="lesson",
            name="moved_from",
            field=models.DateField(null=True),
        ),
        migrations.AddConstraint(
            model_name="lesson",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("cancel_reason", ""), ("cancelled_at", None), ("cancelled_by", None), ("cancelled_for", None)
                    ),
                    models.Q(("cancelled_at__isnull", False), ("held_at", None)),
                    _connector="OR",
                ),
                name="lesson_cancelled_and_not_held",
            ),
        ),
        migrations.AddConstraint(
            model_name="lesson",
            constraint=models.UniqueConstraint(
                models.F("slot"),
                django.db.models.functions.comparison.Coalesce("moved_from", "day"),
                name="lesson_once_per_slot_and_day",
            ),
        ),
    ]
