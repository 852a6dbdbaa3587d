"""What makes tables slow to fill, taken off and put on again: indexes, keys, triggers, autovacuum.

What is there is asked of the catalogue, so that whatever a migration adds is seen to. What is to be put on again is
written down in the transaction that takes it off, and struck out in the one that puts it on: whenever the filling is
killed, the database itself says what it lacks.
"""

from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Literal

import psycopg
from psycopg.sql import SQL, Identifier

Database = psycopg.Connection[Any]
Stage = Literal["indexes", "references", "checks", "end"]
"""In this order things are put on again."""
LARGE = 10 << 20
"""Bytes of a table whose indexes are worth a line."""

# For each thing a table has: (of which table, stage, how it is taken off, how it is put on again).
# A foreign key is put on unchecked, and checked by itself: that locks so little that two can be checked at once.
_OFF_AND_BACK = """
WITH filled AS (
  SELECT oid, oid::regclass AS name, reloptions FROM pg_class WHERE oid = ANY(%s::text[]::regclass[])
), fk AS (
  SELECT conrelid::regclass AS name, conname, pg_get_constraintdef(oid) AS definition, convalidated FROM pg_constraint
  WHERE contype = 'f' AND (conrelid IN (SELECT oid FROM filled) OR confrelid IN (SELECT oid FROM filled))
)
SELECT name::text, 'references', format('ALTER TABLE %%s DROP CONSTRAINT %%I', name, conname),
  format('ALTER TABLE %%s ADD CONSTRAINT %%I %%s', name, conname, definition)
    || CASE WHEN convalidated THEN ' NOT VALID' ELSE '' END
FROM fk
UNION ALL
SELECT name::text, 'checks', NULL, format('ALTER TABLE %%s VALIDATE CONSTRAINT %%I', name, conname)
FROM fk WHERE convalidated
UNION ALL
SELECT name::text, 'indexes', format('ALTER TABLE %%s DROP CONSTRAINT %%I', name, conname),
  format('ALTER TABLE %%s ADD CONSTRAINT %%I %%s', name, conname, pg_get_constraintdef(pg_constraint.oid))
FROM pg_constraint JOIN filled ON filled.oid = conrelid WHERE contype IN ('p', 'u', 'x')
UNION ALL
SELECT name::text, 'indexes', format('DROP INDEX %%s', indexrelid::regclass), pg_get_indexdef(indexrelid)
FROM pg_index JOIN filled ON filled.oid = indrelid
WHERE NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid AND contype IN ('p', 'u', 'x'))
UNION ALL
SELECT name::text, 'end', format('ALTER TABLE %%s DISABLE TRIGGER %%I', name, tgname),
  format('ALTER TABLE %%s ENABLE %%s TRIGGER %%I', name,
         CASE tgenabled WHEN 'A' THEN 'ALWAYS' WHEN 'R' THEN 'REPLICA' ELSE '' END, tgname)
FROM pg_trigger JOIN filled ON filled.oid = tgrelid WHERE NOT tgisinternal AND tgenabled <> 'D'
UNION ALL
SELECT name::text, 'end', format('ALTER TABLE %%s SET (autovacuum_enabled = off)', name),
  format('ALTER TABLE %%s RESET (autovacuum_enabled)', name)
FROM filled WHERE coalesce(reloptions::text NOT LIKE '%%autovacuum_enabled%%', true)
"""


class Bare:
    """The tables named, while they are filled. The table `mark` says what they lack; where it is not, nothing."""

    def __init__(self, db: Database, tables: Collection[str], *, mark: str) -> None:
        self._db, self._tables, self._mark = db, list(tables), mark

    @property
    def is_unfinished(self) -> bool:
        return self._db.execute("SELECT to_regclass(%s)", [self._mark]).fetchone() != (None,)

    def take_off(self) -> None:
        """From now on only those who fill the tables should use them, until `finish` or `give_up`."""
        create = SQL("CREATE TABLE {} (id serial, of text, stage text, statement text)")
        with self._db.transaction():
            self._db.execute(create.format(Identifier(self._mark)))
            self._take_off()

    def put_on(self, connect: Callable[[], Database], *, lanes: int, tell: Callable[[str], object]) -> None:
        """All but the triggers, and statistics, over so many connections at once. `tell` hears of what takes long."""

        def index(table: str) -> None:
            with connect() as db:
                self._carry_out(db, "indexes", of=table)
                db.execute(SQL("VACUUM (ANALYZE) {}").format(Identifier(table)))
                if db.execute("SELECT pg_table_size(%s::regclass) > %s", [table, LARGE]).fetchone() == (True,):
                    tell(f"indexes of {table}")

        def check(table: str) -> None:
            with connect() as db:
                self._carry_out(db, "checks", of=table)

        _at_once(lanes, index, self._largest_first(self._tables))
        tell("all indexes, and statistics")
        self._carry_out(self._db, "references")
        _at_once(lanes, check, self._largest_first({of for of, *_ in self._left(self._db, "checks")}))
        tell("all references checked")

    def give_up(self) -> None:
        """The tables are empty, and as if nothing had been begun."""
        tables = SQL(", ").join(map(Identifier, self._tables))
        with self._db.transaction():
            self._take_off()  # what is back already: while others point at a table, not even an empty one is emptied
            self._db.execute(SQL("TRUNCATE {} RESTART IDENTITY").format(tables))
            for stage in ("indexes", "references", "checks"):
                self._carry_out(self._db, stage)
            self.finish()

    def finish(self) -> None:
        """The last of it: the triggers watch again, and nothing is said to be lacking."""
        with self._db.transaction():
            self._carry_out(self._db, "end")
            self._db.execute(SQL("DROP TABLE {}").format(Identifier(self._mark)))

    def _take_off(self) -> None:
        """Whatever there is now."""
        write_down = SQL("INSERT INTO {} (of, stage, statement) VALUES (%s, %s, %s)").format(Identifier(self._mark))
        things = self._db.execute(_OFF_AND_BACK, [self._tables]).fetchall()
        for of, stage, off, back in sorted(things, key=lambda thing: thing[1] != "references"):
            self._db.execute(write_down, [of, stage, back])
            if off:
                self._db.execute(off)

    def _carry_out(self, db: Database, stage: Stage, of: str | None = None) -> None:
        strike_out = SQL("DELETE FROM {} WHERE id = %s").format(Identifier(self._mark))
        for table, id_, statement in self._left(db, stage):
            if of in (None, table):
                with db.transaction():
                    db.execute(strike_out, [id_])
                    db.execute(statement)

    def _left(self, db: Database, stage: Stage) -> list[tuple[str, int, str]]:
        ask = SQL("SELECT of, id, statement FROM {} WHERE stage = %s ORDER BY id").format(Identifier(self._mark))
        return db.execute(ask, [stage]).fetchall()

    def _largest_first(self, tables: Collection[str]) -> list[str]:
        ask = "SELECT name FROM unnest(%s::text[]) name ORDER BY pg_table_size(name::regclass) DESC, name"
        return [name for (name,) in self._db.execute(ask, [list(tables)])]


def _at_once(lanes: int, work: Callable[[str], object], tables: Collection[str]) -> None:
    pool = ThreadPoolExecutor(lanes)
    try:
        list(pool.map(work, tables))
    finally:
        pool.shutdown(cancel_futures=True)
