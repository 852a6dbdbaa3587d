import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("schedule", "0004_moved")]

    operations = [
        migrations.AddField(
            model_name="lesson",
            name="version",
            field=models.PositiveIntegerField(db_default=1, default=1, editable=False),
        ),
        # What a form calls them.
        migrations.AlterField("lesson", "starts_at", models.DateTimeField(verbose_name="starts")),
        migrations.AlterField("lesson", "ends_at", models.DateTimeField(verbose_name="ends")),
        migrations.AlterField(
            "lesson", "topic", models.CharField(blank=True, max_length=200, verbose_name="topic")
        ),
        migrations.AlterField("lesson", "note", models.TextField(blank=True, max_length=2000, verbose_name="note")),
        migrations.AlterField(
            "lesson",
            "room",
            models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="lessons",
                to="schedule.room",
                verbose_name="room",
            ),
        ),
    ]
