from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("comments", "0001_initial")]

    operations = [
        migrations.AddIndex(
            model_name="comment",
            index=models.Index(fields=["-written_at", "-id"], name="comments_by_time"),
        ),
    ]
