"""What migrations say to the database beyond tables."""

from collections.abc import Callable

from django.conf import settings
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps


def take_back(rights: str, *tables: str) -> migrations.RunPython:
    """Take `rights` on `tables` from the role that serves. Where it is the owner itself, triggers alone remain."""

    def _said(verb: str, word: str) -> Callable[[StateApps, BaseDatabaseSchemaEditor], None]:
        def say(apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
            serving = str(settings.DATABASES["default"]["USER"])
            if serving and serving != settings.DATABASES["owner"]["USER"]:
                editor.execute(f"{verb} {rights} ON {', '.join(tables)} {word} {editor.quote_name(serving)}")

        return say

    return migrations.RunPython(_said("REVOKE", "FROM"), _said("GRANT", "TO"))


def append_only(table: str, sentence: str) -> migrations.RunSQL:
    """Refuse every update, delete and truncate of `table`, whoever asks; `sentence` says why."""
    name = f"{table}_is_append_only"
    quoted = sentence.replace("'", "''")
    return migrations.RunSQL(
        f"""
        CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          RAISE EXCEPTION '{quoted}';
        END $$;
        CREATE TRIGGER {name} BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}
          FOR EACH STATEMENT EXECUTE FUNCTION {name}();
        """,
        f"DROP FUNCTION {name}() CASCADE",
    )
