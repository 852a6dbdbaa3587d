"""The schema is changed while people work, by the version of tomorrow under that of today, and changed back: nobody
waits for a lock longer than they would notice, and the version of today works on before, between and after."""

import shutil
import time
from pathlib import Path
from textwrap import dedent, indent
from threading import Event, Thread

import pytest

import rollbook
from tests.faults.conftest import LONG
from tests.faults.house import House, wait_until
from tests.faults.load import CELLS, Caller, Load
from tests.faults.proof import prove

NOTICED = 1.0  # seconds
TOMORROW = {
    "journal": {
        "0901_index": """
            atomic = False
            operations = [AddIndexInUse("mark", models.Index(fields=["day", "lesson"], name="mark_of_tomorrow"))]
        """,
        "0902_column": """
            operations = [
                migrations.AddField("mark", "mood", models.CharField(max_length=10, db_default="")),
                AddConstraintNotValid(
                    "mark", models.CheckConstraint(condition=~models.Q(mood="bad"), name="mark_mood_of_tomorrow")
                ),
            ]
        """,
        "0903_checked": """
            operations = [ValidateConstraint("mark", "mark_mood_of_tomorrow")]
        """,
    },
    "billing": {
        "0901_index": """
            atomic = False
            operations = [
                AddIndexInUse("ledgerentry", models.Index(fields=["made_at"], name="ledger_of_tomorrow")),
            ]
        """,
    },
}
OF_TOMORROW = """
    SELECT (SELECT count(*) FROM pg_class WHERE relname LIKE '%of_tomorrow')
      + (SELECT count(*) FROM pg_constraint WHERE conname LIKE '%of_tomorrow')
      + (SELECT count(*) FROM pg_attribute WHERE attrelid = 'journal_mark'::regclass AND attname = 'mood')
"""
HEAD = """
from django.contrib.postgres.operations import AddConstraintNotValid, ValidateConstraint
from django.db import migrations, models
from rollbook.foundation.sql import AddIndexInUse

class Migration(migrations.Migration):
    dependencies = [("{app}", "{before}")]
"""


@pytest.fixture
def tomorrow(tmp_path):
    """A copy of the program with migrations that are not written yet; and, by domain, the last of today's."""
    package = Path(rollbook.__file__).parent
    shutil.copytree(package, tmp_path / "tomorrow" / "rollbook", ignore=shutil.ignore_patterns("static", "*.pyc"))
    today = {}
    for app, coming in TOMORROW.items():
        folder = tmp_path / "tomorrow/rollbook/domains" / app / "migrations"
        today[app] = before = max(file.stem for file in folder.glob("0*.py"))
        for name, body in coming.items():
            whole = HEAD.format(app=app, before=before) + indent(dedent(body), "    ")
            (folder / f"{name}.py").write_text(whole)
            before = name
    return tmp_path / "tomorrow", today


@pytest.fixture
def peopled(tmp_path):
    """With as many marks as a chain of 30 branches has, in the long form."""
    with House.founded(tmp_path, "M" if LONG else "S") as house:
        yield house


class Queue(Thread):
    """How long anybody of the pages has waited for a lock on a table."""

    def __init__(self, house):
        super().__init__(daemon=True)
        self.house, self.halt, self.longest = house, Event(), 0.0

    def run(self):
        with self.house.connected() as db:
            while not self.halt.wait(0.02):
                (waits,) = db.execute("""
                    SELECT coalesce(max(extract(epoch FROM clock_timestamp() - waitstart)), 0)
                    FROM pg_locks JOIN pg_stat_activity USING (pid)
                    WHERE NOT granted AND locktype = 'relation' AND usename = 'rollbook_serving'
                """).fetchone()
                self.longest = max(self.longest, float(waits))

    def stop(self):
        self.halt.set()
        self.join()


class LongReader(Thread):
    """A backup or a report: reads all tables in one transaction, for seconds, again and again."""

    def __init__(self, house):
        super().__init__(daemon=True)
        self.house, self.halt = house, Event()

    def run(self):
        with self.house.connected() as db:
            while not self.halt.wait(0.7):
                with db.transaction():
                    db.execute("SELECT FROM journal_mark, billing_ledgerentry, history_entry LIMIT 1")
                    self.halt.wait(2)

    def stop(self):
        self.halt.set()
        self.join()


def test_nobody_notices_a_migration_or_its_way_back(peopled, tomorrow, figures):
    house, (path, today) = peopled, tomorrow
    house.begin("web", "serve")
    cells, since = house.all(CELLS), house.one("SELECT max(id) FROM history_entry")
    queue, reader = Queue(house), LongReader(house)
    began = time.monotonic()
    with Load(lambda: Caller(house.ports, house.key), cells, 4) as load:
        wait_until(lambda: load.acknowledged >= 20, "work goes on")
        queue.start()
        reader.start()
        house.rollbook("migrate", "--verbosity", "0", at=path)
        assert house.one(OF_TOMORROW) == 4
        there = load.acknowledged
        wait_until(lambda: load.acknowledged >= there + 20, "the version of today works with the tables of tomorrow")
        for app, last in today.items():
            house.rollbook("migrate", app, last, "--verbosity", "0", at=path)
        assert house.one(OF_TOMORROW) == 0
        back = load.acknowledged
        wait_until(lambda: load.acknowledged >= back + 20, "and with its own again")
        reader.stop()
        queue.stop()
    proof = prove(house, load, since)
    figures["migrated under load"] = {
        "marks": house.one("SELECT count(*) FROM journal_mark"), "acknowledged": load.acknowledged,
        "longest wait for a table s": round(queue.longest, 2), "seconds": round(time.monotonic() - began),
    }  # fmt: skip
    assert load.unanswered == {}
    assert (load.surprises, proof.lost, proof.doubled, proof.halved) == ([], [], [], [])
    assert queue.longest < NOTICED
