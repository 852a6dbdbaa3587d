"""No migration holds up people at work: on the tables that grow nothing is done that takes long under a lock.

Whoever is refused here: an index by `foundation.sql.AddIndexInUse` in a migration of its own; a column with a constant
default or none, its key and its checks afterwards with NOT VALID, and validated in the next migration
(`AddConstraintNotValid`, `ValidateConstraint`); rows filled by a job. docs/production.md says how versions go together.
"""

import re

import pytest
from django.db import connections
from django.db.migrations.loader import MigrationLoader

# Made when the tables were empty.
FIRST = {
    ("access", "0001_initial"), ("access", "0002_cache"), ("billing", "0001_initial"), ("billing", "0002_ledger"),
    ("groups", "0001_initial"), ("history", "0001_initial"), ("history", "0002_append_only"),
    ("imports", "0001_initial"), ("journal", "0001_initial"), ("journal", "0002_kept"), ("people", "0001_initial"),
    ("schedule", "0001_initial"), ("schedule", "0002_kept"),
}  # fmt: skip
# Migrations that do one of these things all the same, with the reason why nobody is held up.
LOOKED_AT = {
    ("billing", "0008_by_hand"): "before the first release, there is no version before",
    ("billing", "0007_subscriptions"): "before the first release, there is no version before",
    ("journal", "0005_prepaid"): "before the first release, there is no version before",
    ("access", "0003_sessions"): "takes rights from a new table",
    ("fields", "0002_default_choices"): "fills a new table, that nobody uses yet",
    ("history", "0003_reading"): "takes rights from a new table",
    ("imports", "0002_runs"): "before the first release, there is no version before",
    ("journal", "0004_make_ups"): "before the first release, there is no version before",
    ("schedule", "0004_moved"): "before the first release, there is no version before",
}

_BIG = (
    "journal_mark", "billing_ledgerentry", "billing_payment", "billing_account", "history_entry", "schedule_lesson",
    "schedule_lessonteacher", "people_client",
)  # fmt: skip
BIG = rf'"?(?:{"|".join(_BIG)})"?'
REFUSED = {
    "an index that locks the table while it is built": rf"CREATE (?:UNIQUE )?INDEX (?!CONCURRENTLY)[^;]* ON {BIG}\b",
    "an index that is dropped under a lock that waits": r"DROP INDEX (?!CONCURRENTLY)",
    "a constraint checked against all rows at once": rf"ALTER TABLE (?:ONLY )?{BIG} ADD CONSTRAINT (?![^;]*NOT VALID)",
    "a column with a key, checked at once": rf"ALTER TABLE {BIG} ADD COLUMN [^;]*\bREFERENCES\b",
    "a column that rewrites every row": (
        rf"ALTER TABLE {BIG} ADD COLUMN [^;]*"
        r"(?:\bGENERATED\b|\bserial\b|\bIDENTITY\b|DEFAULT \(?\w*(?:random|uuid|clock)\w*\()"
    ),
    "a column changed in every row, or read whole": rf"ALTER TABLE {BIG} ALTER COLUMN \S+ (?:TYPE|SET NOT NULL)",
    "a column that the version before cannot fill: give it `db_default`, or null": r"ALTER COLUMN \S+ DROP DEFAULT",
    "rows changed by a migration": rf"(?:UPDATE|DELETE FROM|INSERT INTO) {BIG}\b",
    "a table that is locked or rewritten": rf"(?:LOCK TABLE|CLUSTER|VACUUM FULL|REINDEX TABLE|TRUNCATE)[^;]* {BIG}\b",
    "a code that cannot be looked into": r"THIS OPERATION CANNOT BE WRITTEN AS SQL|Raw Python operation",
}


def refusals(sql):
    return [why for why, pattern in REFUSED.items() if re.search(pattern, " ".join(sql.split()), re.IGNORECASE)]


@pytest.fixture
def loader(own_database):
    """Where no transaction is open: what is built beside people at work says nothing of itself inside of one."""
    return MigrationLoader(connections["default"])


def test_no_migration_holds_up_people_at_work(loader):
    ours = {
        key: migration for key, migration in loader.disk_migrations.items()
        if migration.__module__.startswith("rollbook.") and key not in FIRST | LOOKED_AT.keys()
    }  # fmt: skip
    found = {key: refusals("\n".join(loader.collect_sql([(each, False)]))) for key, each in ours.items()}
    assert {key: why for key, why in found.items() if why} == {}


def test_what_is_listed_is_there(loader):
    assert FIRST | LOOKED_AT.keys() <= loader.disk_migrations.keys()


@pytest.mark.parametrize(
    "sql",
    [
        'CREATE INDEX "x" ON "journal_mark" ("day");',
        "CREATE UNIQUE INDEX x\n  ON billing_ledgerentry (day)",
        'DROP INDEX IF EXISTS "mark_of_client";',
        'ALTER TABLE "journal_mark" ADD CONSTRAINT "x" CHECK ("share" > 0);',
        'ALTER TABLE "journal_mark" ADD COLUMN "by_id" bigint NULL CONSTRAINT "x" REFERENCES "people_client"("id");',
        'ALTER TABLE "history_entry" ADD COLUMN "key" uuid DEFAULT gen_random_uuid() NOT NULL;',
        'ALTER TABLE "history_entry" ADD COLUMN "key" int GENERATED ALWAYS AS (1) STORED;',
        'ALTER TABLE "schedule_lesson" ALTER COLUMN "note" TYPE text;',
        'ALTER TABLE "schedule_lesson" ALTER COLUMN "note" SET NOT NULL;',
        'ALTER TABLE "access_role" ALTER COLUMN "rank" DROP DEFAULT;',
        "UPDATE journal_mark SET share = 0;",
        "LOCK TABLE journal_mark;",
        "-- Raw Python operation",
    ],
)
def test_what_would_hold_them_up_is_refused(sql):
    assert refusals(sql)


@pytest.mark.parametrize(
    "sql",
    [
        'CREATE INDEX CONCURRENTLY "x" ON "journal_mark" ("day");',
        'CREATE INDEX "x" ON "journal_marker" ("day");',
        'ALTER TABLE "journal_mark" ADD CONSTRAINT "x" CHECK ("share" > 0) NOT VALID;',
        'ALTER TABLE "journal_mark" VALIDATE CONSTRAINT "x";',
        'ALTER TABLE "history_entry" ADD COLUMN "kind" varchar(10) DEFAULT \'\' NOT NULL;',
        'ALTER TABLE "imports_run" ADD CONSTRAINT "x" CHECK ("rows" > 0);',
    ],
)
def test_what_does_not_is_let_through(sql):
    assert not refusals(sql)
