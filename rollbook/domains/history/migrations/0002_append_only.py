from django.db import migrations

from rollbook.foundation.sql import append_only, take_back


class Migration(migrations.Migration):
    dependencies = [("history", "0001_initial")]
    operations = [
        append_only("history_entry", "History is append-only: what was done stays written."),
        take_back("UPDATE, DELETE, TRUNCATE", "history_entry"),
    ]
