from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("billing", "0003_fewer_indexes"),
    ]

    operations = [
        migrations.AddField(
            model_name="tariff",
            name="make_ups_a_month",
            field=models.PositiveSmallIntegerField(blank=True, null=True, verbose_name="make-ups a month at most"),
        ),
        migrations.AddConstraint(
            model_name="tariff",
            constraint=models.CheckConstraint(
                condition=models.Q(("make_ups_a_month__range", (0, 31))), name="tariff_make_ups_a_month"
            ),
        ),
    ]
