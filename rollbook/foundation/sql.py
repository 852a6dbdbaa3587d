"""What migrations say to the database beyond tables."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager

from django.conf import settings
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.state import ProjectState, StateApps


class TakeBack(migrations.RunPython):
    """What the serving role may not do to some tables. Known afterwards, too: a restored database is told it again."""

    def __init__(self, rights: str, *tables: str) -> None:
        self.rights, self.tables = rights, tables
        super().__init__(self._revoke, self._grant)

    def _revoke(self, apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
        self._say(editor, "REVOKE", "FROM")

    def _grant(self, apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
        self._say(editor, "GRANT", "TO")

    def _say(self, editor: BaseDatabaseSchemaEditor, verb: str, word: str) -> None:
        serving = str(settings.DATABASES["default"]["USER"])
        if serving and serving != settings.DATABASES["owner"]["USER"]:
            editor.execute(f"{verb} {self.rights} ON {', '.join(self.tables)} {word} {editor.quote_name(serving)}")


def take_back(rights: str, *tables: str) -> TakeBack:
    """Take `rights` on `tables` from the role that serves. Where it is the owner itself, triggers alone remain."""
    return TakeBack(rights, *tables)


def taken_back(applied: Collection[tuple[str, str]]) -> list[TakeBack]:
    """All that these migrations (app and name) took back."""
    known = MigrationLoader(None, replace_migrations=False).disk_migrations
    return [
        operation
        for key, migration in known.items()
        if key in applied
        for operation in migration.operations
        if isinstance(operation, TakeBack)
    ]


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


class AddIndexInUse(AddIndexConcurrently):
    """An index on a table that grows, built while people work in it. It needs `atomic = False` and a migration of its
    own; what a broken try left behind is taken away by the next one."""

    def database_forwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        with _patient(schema_editor):
            schema_editor.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {schema_editor.quote_name(self.index.name)}")
            super().database_forwards(app_label, schema_editor, from_state, to_state)

    def _ensure_not_in_transaction(self, schema_editor: BaseDatabaseSchemaEditor) -> None:
        if not schema_editor.collect_sql:  # whoever only looks may be in one
            super()._ensure_not_in_transaction(schema_editor)


class DropIndexInUse(migrations.AlterField):
    """A key loses its own index (`db_index=False`), for another one begins with it, or nobody asks by it; taken away
    while people work in the table. It needs `atomic = False`."""

    def database_forwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        with _patient(schema_editor):
            name = self._index(app_label, schema_editor, to_state)[0]
            schema_editor.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")

    def database_backwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        with _patient(schema_editor):
            name, table, column = self._index(app_label, schema_editor, to_state)
            schema_editor.execute(f"CREATE INDEX CONCURRENTLY IF NOT EXISTS {name} ON {table} ({column})")

    def _index(self, app_label: str, editor: BaseDatabaseSchemaEditor, state: ProjectState) -> tuple[str, str, str]:
        """Its name, as the ORM gives it, its table and its column."""
        options = state.apps.get_model(app_label, self.model_name)._meta
        table, column = options.db_table, str(options.get_field(self.name).column)
        name = editor._create_index_name(table, [column])  # type: ignore[attr-defined]
        return editor.quote_name(name), editor.quote_name(table), editor.quote_name(column)


@contextmanager
def _patient(schema_editor: BaseDatabaseSchemaEditor) -> Iterator[None]:
    """What is done CONCURRENTLY holds up nobody, and waits itself for whoever has been at it since before."""
    with schema_editor.connection.cursor() as cursor:
        cursor.execute("SHOW lock_timeout")
        (limit,) = cursor.fetchone()
    schema_editor.execute("SET lock_timeout = 0")
    yield
    schema_editor.execute(f"SET lock_timeout = '{limit}'")
