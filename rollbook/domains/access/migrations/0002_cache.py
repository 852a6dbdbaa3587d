from django.db import migrations


class Migration(migrations.Migration):
    """The cache that all processes share, whose keeper of promises is the sign-in: tries counted, codes spent.
    Unlogged, for after a crash it may as well be empty."""

    dependencies = [("access", "0001_initial")]
    operations = [
        migrations.RunSQL(
            """
            CREATE UNLOGGED TABLE cache (
              cache_key varchar(255) PRIMARY KEY,
              value text NOT NULL,
              expires timestamptz NOT NULL
            );
            CREATE INDEX cache_expires ON cache (expires);
            """,
            "DROP TABLE cache",
        ),
    ]
