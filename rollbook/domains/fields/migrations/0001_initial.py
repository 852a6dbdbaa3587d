from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Choice",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "of",
                    models.CharField(
                        choices=[
                            ("churn", "why a client leaves"),
                            ("freeze", "why a client pauses"),
                            ("cancellation", "why a lesson is cancelled"),
                        ],
                        max_length=20,
                    ),
                ),
                ("code", models.CharField(editable=False, max_length=30, null=True)),
                ("name_ru", models.CharField(blank=True, max_length=100)),
                ("name_uk", models.CharField(blank=True, max_length=100)),
                ("name_en", models.CharField(blank=True, max_length=100)),
                ("position", models.PositiveSmallIntegerField(default=0)),
                ("archived_at", models.DateTimeField(editable=False, null=True)),
                ("version", models.PositiveIntegerField(default=1, editable=False)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("of", "code"), name="choice_code_once"),
                    models.CheckConstraint(
                        condition=models.Q(("of__in", ["churn", "freeze", "cancellation"])), name="choice_list_known"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("name_en", ""), ("name_ru", ""), ("name_uk", ""), _negated=True),
                        name="choice_has_a_name",
                    ),
                ],
            },
        ),
    ]
