"""Each write pays for every index: none is there that is but the beginning of another one."""

from django.db import connection

# Small tables that the ORM makes by itself, between two others.
MADE_BY_THE_ORM = "_(teachers|grants|branches|groups)$"

BEGINNINGS = """
  WITH known AS (
    SELECT indrelid::regclass::text AS of_table, indexrelid::regclass::text AS name, indkey::text || ' ' AS columns,
           indisunique, coalesce(pg_get_expr(indpred, indrelid), '') AS condition, indclass::text || ' ' AS classes
    FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid JOIN pg_am ON pg_am.oid = relam
    WHERE amname = 'btree'
      AND indrelid::regclass::text ~ '^(access|billing|comments|fields|groups|history|imports|journal|people|schedule)_'
  )
  SELECT less.name, more.name FROM known less JOIN known more USING (of_table, condition)
  WHERE less.name <> more.name AND NOT less.indisunique AND starts_with(more.columns, less.columns)
    AND starts_with(more.classes, less.classes) AND of_table !~ %s
  ORDER BY 1, 2
"""


def test_no_index_is_the_beginning_of_another_one(db):
    with connection.cursor() as cursor:
        cursor.execute(BEGINNINGS, [MADE_BY_THE_ORM])
        assert cursor.fetchall() == []


def test_the_guard_finds_one(db):
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE journal_trial (lesson_id bigint, client_id bigint)")
        cursor.execute("CREATE UNIQUE INDEX once ON journal_trial (lesson_id, client_id)")
        cursor.execute("CREATE INDEX one_too_many ON journal_trial (lesson_id)")
        cursor.execute(BEGINNINGS, [MADE_BY_THE_ORM])
        assert ("one_too_many", "once") in cursor.fetchall()
