"""What a database holds: of each table how many rows, and a sum over them in which their order does not count."""

from typing import Any, NamedTuple

import psycopg
from psycopg import sql

Connection = psycopg.Connection[tuple[Any, ...]]

# Emptied in a backup. Who reads a session could go on with it, and what the cache counts is over when it is restored.
LEFT_OUT = ("access_session", "cache")

# How values are written must not hang on server, database or role.
AS_ALWAYS = """
    SET DateStyle = 'ISO, MDY'; SET TimeZone = 'UTC'; SET IntervalStyle = 'postgres'; SET extra_float_digits = 1;
    SET bytea_output = 'hex'; SET statement_timeout = 0; SET idle_in_transaction_session_timeout = 0
"""
TABLES = """
    SELECT relname, array_agg(attname ORDER BY attnum)
    FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid AND attnum > 0
      AND NOT attisdropped AND attgenerated = ''
    WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND NOT EXISTS (
      SELECT FROM pg_depend WHERE classid = 'pg_class'::regclass AND objid = pg_class.oid AND deptype = 'e'
    )
    GROUP BY relname ORDER BY relname
"""
# Each row by a hash of its text. PostgreSQL keeps this hash the same from version to version, for tables are
# partitioned by it. What is generated is left out, for it is worked out anew.
COUNTED = """
    SELECT count(*), coalesce(bit_xor(hashtextextended(ROW({columns})::text COLLATE "C", 0)), 0) FROM {table}
"""
SEQUENCES = "SELECT sequencename, coalesce(last_value, 0) FROM pg_sequences WHERE schemaname = 'public'"


class Counted(NamedTuple):
    rows: int
    checksum: str


def count(db: Connection) -> dict[str, Counted]:
    """Of every table but those whose rows are left out, as this connection sees them."""
    found = db.execute(TABLES).fetchall()
    return {table: _count(db, table, columns) for table, columns in found if table not in LEFT_OUT}


def _count(db: Connection, table: str, columns: list[str]) -> Counted:
    listed = sql.SQL(", ").join(map(sql.Identifier, columns))
    rows, checksum = db.execute(sql.SQL(COUNTED).format(columns=listed, table=sql.Identifier(table))).fetchone()
    return Counted(rows, f"{checksum & 0xFFFF_FFFF_FFFF_FFFF:016x}")


def numbers(db: Connection) -> dict[str, int]:
    """The last number that each sequence has given. No snapshot holds them still: they only grow."""
    return dict(db.execute(SEQUENCES).fetchall())
