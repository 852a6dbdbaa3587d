"""What was backed up comes back whole, beside what lives; what is not whole does not look like a backup."""

import io
import json
import os
import resource
import signal
import subprocess
import sys
import tarfile
import threading
import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from unittest.mock import Mock

import psycopg
import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connections
from django.test import override_settings
from django.utils import translation
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.sql import SQL, Identifier

from rollbook.domains.access.actor import operator
from rollbook.domains.access.models import Organisation, Session
from rollbook.domains.billing.models import Payment
from rollbook.domains.history import actions as history
from rollbook.domains.history.models import Entry
from rollbook.domains.journal.models import Status
from rollbook.domains.people.models import Client
from rollbook.operations import backup, house
from rollbook.operations.backup import (
    NotConfirmed,
    NotTried,
    Unkept,
    archive,
    census,
    databases,
    making,
    programs,
    restoring,
)
from rollbook.operations.backup.making import missing_keys
from rollbook.operations.doctor import examine
from rollbook.operations.launch.cluster import SUPERUSER
from rollbook.workflows import lesson_marked, payment_received
from tests.databases import address_of, pointed_at
from tests.school import AT, DAY, found_school

NOW = datetime(2026, 9, 2, 2, 11, tzinfo=UTC)


@pytest.fixture(autouse=True)
def in_english():
    with translation.override("en"):
        yield


@pytest.fixture
def folder(tmp_path):
    with override_settings(
        BACKUP_FOLDER=tmp_path / "backups", MEDIA_ROOT=tmp_path / "files", BACKUP_KEEP=14, BACKUPS_ARE_COPIED=False
    ):
        yield tmp_path / "backups"


@pytest.fixture
def lively(own_database, folder):
    """A school in which something has happened, and whose timetable is over, since nobody runs its jobs."""
    school = found_school()
    ivan, olga = (client.pk for client in school.clients())
    lesson_marked.mark(
        lesson_id=school.lessons["chess"].pk, marks={ivan: Status.ATTENDED, olga: Status.MISSED}, seen=None, at=AT,
        by=school.actor("mara"),
    )
    pay(school)
    with connections["owner"].cursor() as cursor:
        cursor.execute("UPDATE schedule_timetableslot SET valid_until = '2026-09-02'")
    return school


@pytest.fixture
def elsewhere(lively):
    """The name of a database without a table."""
    name = f"test_{os.getpid()}_empty"
    with databases.beside() as db:
        databases.drop(db, name)
        db.execute(SQL("CREATE DATABASE {} TEMPLATE template0").format(Identifier(name)))
    yield name
    with databases.beside() as db:
        databases.drop(db, name)


def pay(school, key="a key"):
    ivan = school.clients()[0]
    payment_received.receive(
        client_id=ivan.pk, amount=Decimal(30), method="cash", on=DAY, note="", key=key, at=AT, by=school.actor("mara")
    )


def counted():
    with databases.connected("owner", databases.live()) as db:
        db.execute(census.AS_ALWAYS)
        return census.count(db)


def rights():
    """What whoever serves may do with each table and sequence."""
    with databases.connected("default", databases.live()) as db:
        found = """
            SELECT relname, array_agg(right_ ORDER BY right_) FILTER (WHERE has_table_privilege(oid, right_))
            FROM pg_class, unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE']) right_
            WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'S') GROUP BY relname"""
        return dict(db.execute(found).fetchall())


def names_of_databases():
    """Those of this process: another one of the same run may be proving a backup in its scratch database right now."""
    with databases.beside() as db:
        names = {name for (name,) in db.execute("SELECT datname FROM pg_database").fetchall()}
    return {name for name in names if name.startswith(f"test_{os.getpid()}_")}


def whole(folder):
    return [path.name for path in archive.all_in(folder)]


# There and back ------------------------------------------------------------------------------------------------------


def test_onto_an_empty_database_every_table_comes_back_equal_and_keeps_its_promises(lively, folder, elsewhere):
    before = counted()
    made = backup.back_up(at=NOW)
    assert made.manifest.tables == before
    assert made.path.name == "rollbook-20260902T021100Z.tar"
    assert made.path.stat().st_mode & 0o777 == 0o600
    with pointed_at(elsewhere):
        restored = backup.restore(made.path, at=NOW)
        assert counted() == before
        assert (restored.kept_as, restored.missing_keys, restored.proof.broken) == ("", 0, ())
        assert [finding for finding in examine() if finding.broken] == []
    assert not [name for name in names_of_databases() if "scratch" in name or "before" in name]


def test_whoever_serves_may_work_in_what_came_back_and_not_change_the_ledger(lively, folder, elsewhere):
    made, before = backup.back_up(at=NOW), rights()
    with pointed_at(elsewhere):
        backup.restore(made.path, at=NOW)
        assert rights() == before
        pay(lively, "another key")  # no id is given twice, the balance follows
        assert Payment.objects.count() == 2
        for statement in ("UPDATE billing_ledgerentry SET amount = 0", "DELETE FROM history_entry"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege), databases.connected("default", elsewhere) as db:
                db.execute(statement)
        with databases.connected("owner", elsewhere) as db:
            db.execute("CREATE TABLE of_tomorrow (id bigint)")
        with databases.connected("default", elsewhere) as db:
            db.execute("INSERT INTO of_tomorrow VALUES (1)")


def test_files_come_back_and_sessions_do_not(lively, folder, elsewhere, tmp_path):
    long = "a" * 120
    (tmp_path / "files" / "notes").mkdir(parents=True)
    (tmp_path / "files" / "notes" / f"{long}.txt").write_text("kept")
    Session.objects.create(session_key="a-secret-of-somebody", session_data="", expire_date=NOW)
    made = backup.back_up(at=NOW)
    assert b"a-secret-of-somebody" not in made.path.read_bytes()
    assert made.manifest.left_out == ("access_session", "cache")
    (tmp_path / "files" / "notes" / f"{long}.txt").write_text("changed since")
    with pointed_at(elsewhere):
        backup.restore(made.path, at=NOW)
        assert Session.objects.count() == 0
    assert (tmp_path / "files" / "notes" / f"{long}.txt").read_text() == "kept"
    aside = tmp_path / "files_before_20260902t021100" / "notes" / f"{long}.txt"
    assert aside.read_text() == "changed since"


def test_where_the_files_cannot_be_put_the_database_stays_too(lively, folder, tmp_path, monkeypatch):
    files = tmp_path / "files"
    files.mkdir()
    (files / "a note").write_text("kept")
    (tmp_path / ".restored-by-the-killed").mkdir()
    made = backup.back_up(at=NOW)
    (files / "a note").write_text("changed since")
    pay(lively, "since then")
    rename = Path.rename

    def refuse(path, target):
        if target == files and ".restored-" in str(path):
            raise OSError(28, "No space left on device")
        return rename(path, target)

    with monkeypatch.context() as full:
        full.setattr(Path, "rename", refuse)
        with pytest.raises(Unkept, match="The files cannot be put in .*: No space left on device"):
            backup.restore(made.path, over="Test school", at=NOW)
    with monkeypatch.context() as busy:
        busy.setattr(databases, "_rename", Mock(side_effect=psycopg.errors.ObjectInUse("one is there")))
        with pytest.raises(Unkept, match="cannot be sent away"):
            backup.restore(made.path, over="Test school", at=NOW)
    assert (files / "a note").read_text() == "changed since"
    assert Payment.objects.count() == 2
    assert sorted(path.name for path in tmp_path.iterdir()) == ["backups", "files"]


def test_what_is_written_meanwhile_is_either_counted_and_dumped_or_neither(lively, folder, monkeypatch):
    """A writer goes on the whole time; what came back must equal what was counted all the same."""
    over, done = threading.Event(), []

    def write():
        while not over.is_set():
            pay(lively, f"meanwhile {len(done)}")
            done.append(1)
        connections.close_all()

    writer = threading.Thread(target=write)
    count = census.count

    def count_late(db):
        at_first = len(done)
        while len(done) < at_first + 5:
            time.sleep(0.01)
        return count(db)

    monkeypatch.setattr(census, "count", count_late)
    writer.start()
    try:
        made = backup.back_up(at=NOW)
    finally:
        over.set()
        writer.join()
    monkeypatch.undo()
    assert made.manifest.tables["billing_payment"].rows < Payment.objects.count()
    with override_settings(BACKUP_FOLDER=folder):
        backup.prove(made.path)


# Over what lives -----------------------------------------------------------------------------------------------------


def test_a_live_database_is_replaced_only_by_who_types_its_name_and_then_kept(lively, folder, own_database):
    made = backup.back_up(at=NOW)
    pay(lively, "since then")
    for name in ("", "Test", "test school"):
        with pytest.raises(NotConfirmed):
            backup.restore(made.path, over=name, at=NOW)
    assert Payment.objects.count() == 2

    restored = backup.restore(made.path, over="Test school", at=NOW)
    assert Payment.objects.count() == 1
    assert restored.kept_as == f"{own_database}_before_20260902t021100"
    with pointed_at(restored.kept_as):
        assert Payment.objects.count() == 2
    with databases.beside() as db:
        databases.drop(db, restored.kept_as)


def test_the_command_asks_for_the_name_and_says_what_it_did(lively, folder, monkeypatch):
    out = io.StringIO()
    call_command("backup", stdout=out)
    (path,) = archive.all_in(folder)
    assert str(path) in out.getvalue()

    monkeypatch.setattr("sys.stdin.isatty", lambda: False, raising=False)
    with pytest.raises(CommandError, match="Test school"):
        call_command("restore", path)
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("builtins.input", lambda question: "yes")
    with pytest.raises(CommandError, match="was not typed as it is"):
        call_command("restore", path)
    monkeypatch.setattr("builtins.input", lambda question: "Test school")
    call_command("restore", path, stdout=out, stderr=io.StringIO())
    said = out.getvalue()
    assert "Everybody signs in anew" in said
    entry = Entry.objects.get(subject="house")
    assert (entry.verb, entry.via, entry.new["file"]) == ("house.restored", "command", path.name)
    with databases.beside() as db:
        databases.drop(db, said.split("is the database ")[1].split(";")[0])


# What is not whole ---------------------------------------------------------------------------------------------------


def damaged(path, name, change):
    """Another file, as the first one after somebody's disk has changed it."""
    other = path.with_name(name)
    other.write_bytes(change(path.read_bytes()))
    return other


def test_a_damaged_file_is_refused_and_nothing_that_lives_is_touched(lively, folder):
    path = backup.back_up(at=NOW).path
    before = counted()
    half = 512 + (path.stat().st_size // 4)
    files = (
        damaged(path, "a bit.tar", lambda data: data[:half] + bytes([data[half] ^ 1]) + data[half + 1 :]),
        damaged(path, "half.tar", lambda data: data[: len(data) // 2]),
        damaged(path, "headless.tar", lambda data: bytes(1024) + data[1024:]),
        damaged(path, "nothing.tar", lambda data: b""),
        damaged(path, "a text.tar", lambda data: b"Dear backup" * 100),
        damaged(path, "of others.tar", lambda data: data.replace(b"manifest.json", b"menifest.json")),
        folder / "absent.tar",
        folder,
    )
    for file in files:
        with pytest.raises(Unkept) as refused:
            backup.restore(file, over="Test school", at=NOW)
        assert file.name in str(refused.value)
        assert "Traceback" not in str(refused.value)
    assert counted() == before
    assert not [name for name in names_of_databases() if "scratch" in name]


def test_what_differs_from_what_was_counted_is_refused(lively, folder, tmp_path):
    """As if pg_dump had left out a row."""
    path = backup.back_up(at=NOW).path
    with tarfile.open(path) as tar:
        manifest = json.loads(tar.extractfile("manifest.json").read())
        dump = tar.extractfile("database.dump").read()
    manifest["tables"]["people_client"]["rows"] += 1
    with (tmp_path / "other.tar").open("wb") as file:
        writer = archive.Writer(file)
        writer.add_bytes("database.dump", dump)
        writer.add_bytes("manifest.json", json.dumps(manifest).encode())
        writer.end()
    with pytest.raises(Unkept, match="differs from what was counted: people_client"):
        backup.restore(tmp_path / "other.tar", over="Test school", at=NOW)
    assert Client.objects.count() > 0


def test_whoever_is_killed_leaves_nothing_that_looks_whole(lively, folder, own_database):
    with databases.connected("owner", own_database) as db:
        db.execute("BEGIN; LOCK TABLE people_client")  # so that the dump stands in the middle
        process = start_backup(folder, own_database)
        wait_for(lambda: list(folder.glob(".unfinished-*")))
        wait_for(lambda: waiting(db))
        process.send_signal(signal.SIGKILL)
        process.communicate()
    assert whole(folder) == []
    assert len(list(folder.glob(".unfinished-*"))) == 1
    with pytest.raises(Unkept, match="There is no backup"):
        backup.newest()
    backup.back_up(at=NOW)  # sweeps what was left
    assert whole(folder) == ["rollbook-20260902T021100Z.tar"]
    assert list(folder.glob(".unfinished-*")) == []


def test_a_full_disk_leaves_nothing_and_says_so(lively, folder, own_database):
    def little_room():
        resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))

    process = start_backup(folder, own_database, preexec_fn=little_room)
    _, said = process.communicate()
    assert process.returncode == 1
    assert "Nothing was kept in" in said
    assert "File too large" in said
    assert sorted(path.name for path in folder.iterdir()) == [".lock"]
    assert Entry.objects.get(subject="house").verb == "house.backup_failed"


def start_backup(folder, database, **how):
    told = {
        "DATABASE_URL": address_of(database, "default"), "DATABASE_OWNER_URL": address_of(database, "owner"),
        "BACKUP_FOLDER": str(folder), "FILES": str(folder.parent / "files"),
    }  # fmt: skip
    command = [sys.executable, "-m", "rollbook.operations.launch", "backup"]
    return subprocess.Popen(command, env=os.environ | told, stderr=subprocess.PIPE, text=True, **how)


def waiting(db):
    return db.execute("SELECT count(*) FROM pg_locks WHERE NOT granted").fetchone()[0]


def wait_for(condition):
    until = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < until, "it never came"
        time.sleep(0.05)


# Older, newer, elsewhere ---------------------------------------------------------------------------------------------


def test_an_older_backup_is_brought_up_to_date(lively, folder):
    call_command("migrate", "history", "0001", database="owner", verbosity=0)
    made = backup.back_up(at=NOW)
    restored = backup.restore(made.path, over="Test school", at=NOW)
    assert [finding for finding in examine() if finding.broken] == []
    with databases.beside() as db:
        databases.drop(db, restored.kept_as)


def of_tomorrow(statement):
    with connections["owner"].cursor() as cursor:
        cursor.execute(statement)


BEGIN_TOMORROW = "INSERT INTO django_migrations (app, name, applied) VALUES ('access', '0999_of_tomorrow', now())"
UNDO_TOMORROW = "DELETE FROM django_migrations WHERE name = '0999_of_tomorrow'"


def test_a_newer_backup_is_refused(lively, folder, elsewhere, monkeypatch):
    of_tomorrow(BEGIN_TOMORROW)
    monkeypatch.setattr(making, "version", lambda name: "99.0")
    made = backup.back_up(at=NOW)
    of_tomorrow(UNDO_TOMORROW)
    for attempt in (lambda: backup.prove(made.path), lambda: backup.restore(made.path, over="Test school", at=NOW)):
        with pytest.raises(Unkept, match=r"newer than this one: access\.0999_of_tomorrow"):
            attempt()
    with pointed_at(elsewhere), pytest.raises(Unkept, match="of Rollbook 99.0, which is newer"):
        backup.restore(made.path, at=NOW)


def test_what_the_next_version_has_migrated_is_proven_and_restored_by_this_one(lively, folder, elsewhere, monkeypatch):
    """Before the restart of an upgrade, and after a downgrade that left the tables as they were."""
    of_tomorrow(BEGIN_TOMORROW)
    made = backup.back_up(at=NOW)
    backup.prove(made.path)
    with pointed_at(elsewhere):  # the machine is lost, too
        backup.restore(made.path, at=NOW)
        assert Payment.objects.count() == 1
    monkeypatch.setattr(making, "version", lambda name: "99.0")
    backup.prove(backup.back_up(at=NOW + timedelta(seconds=1)).path)  # from before the downgrade


def test_without_the_right_to_create_databases_an_empty_one_is_filled_and_nothing_is_proven(
    lively, folder, elsewhere, monkeypatch
):
    monkeypatch.setattr(databases, "may_create", lambda: False)
    before = counted()
    made = backup.back_up(at=NOW)
    for attempt in (lambda: backup.prove(made.path), lambda: backup.restore(made.path, over="Test school", at=NOW)):
        with pytest.raises(NotTried, match="may not create databases"):
            attempt()
    with pytest.raises(NotTried):
        house.prove(made.path, at=NOW, by=operator("", via="job"))
    assert Entry.objects.get(subject="house").verb == "house.not_tried"  # nothing is known, so nothing has failed
    with pointed_at(elsewhere):
        backup.restore(made.path, at=NOW)
        assert counted() == before


def test_other_secret_keys_are_noticed_those_that_were_in_use_before_too(lively, folder):
    old, new, next_ = settings.SECRET_KEY, "another one " * 4, "the third " * 4
    with override_settings(SECRET_KEY=new, SECRET_KEY_FALLBACKS=[old]):
        made = backup.back_up(at=NOW)
        assert archive.manifest_of(made.path) == made.manifest
        assert missing_keys(made.manifest) == 0
    for key, fallbacks, missing in (
        (old, [new], 0), (new, [], 1), (old, [], 1), (next_, [], 2), (next_, [new], 1), (next_, [new, old], 0),
    ):  # fmt: skip
        with override_settings(SECRET_KEY=key, SECRET_KEY_FALLBACKS=fallbacks):
            assert missing_keys(made.manifest) == missing


def test_what_a_later_version_says_besides_is_no_reason_to_refuse(lively, folder):
    manifest = backup.back_up(at=NOW).manifest
    told = json.loads(manifest.written())
    assert archive.Manifest.read(json.dumps(told | {"mood": "good"}).encode()) == manifest
    for name in ("fallbacks", "house", "database"):  # and what an earlier one did not
        told.pop(name)
    assert archive.Manifest.read(json.dumps(told).encode()).tables == manifest.tables


def test_without_fitting_programs_nothing_is_begun(lively, folder, monkeypatch):
    monkeypatch.setattr(programs, "candidates", lambda: iter([Path("/nowhere")]))
    monkeypatch.setattr("shutil.which", lambda name: None)
    with pytest.raises(Unkept, match="There is no pg_dump of PostgreSQL"):
        backup.back_up(at=NOW)
    assert whole(folder) == []


def test_a_password_stands_in_no_argument(monkeypatch):
    monkeypatch.setattr(databases, "address", lambda *_: "host=db user=owner password=secret dbname=x options='-c a=b'")
    monkeypatch.setenv("PGHOST", "elsewhere")
    address, environment = databases.for_program("owner", "x", "work_mem=64MB")
    told = {"host": "db", "user": "owner", "dbname": "x", "options": "-c a=b -c work_mem=64MB"}
    assert conninfo_to_dict(address) == told
    assert environment["PGPASSWORD"] == "secret"
    assert "PGHOST" not in environment


def test_the_programs_are_of_the_servers_version_where_they_are_here(monkeypatch):
    tools = {
        Path(name): programs.Tools(Path(name), version)
        for name, version in {"old": "14.2", "same": "16.1", "next": "17.5", "new": "18.6"}.items()
    }
    monkeypatch.setattr(programs, "candidates", lambda: iter(tools))
    monkeypatch.setattr("shutil.which", lambda name: None)
    monkeypatch.setattr(programs, "_found", tools.get)
    assert [programs.fitting(major).version for major in (14, 15, 16, 17)] == ["14.2", "16.1", "16.1", "17.5"]
    assert programs.fitting(15, dumped_by="17.0").version == "17.5"  # an earlier one cannot read what that wrote
    assert programs.fitting(16, dumped_by="14.2").version == "16.1"


def test_a_later_pg_restore_may_say_what_an_earlier_server_does_not_know_and_no_more():
    once = (  # the server answers in its own language, and with its own quotation marks
        "pg_restore: error: could not execute query: ОШИБКА:  нераспознанный параметр конфигурации:"
        " «transaction_timeout»\nCommand was: SET transaction_timeout = 0;\n"
    )
    more = (
        'pg_restore: error: could not execute query: ERROR:  relation "x" already exists\n'
        "Command was: CREATE TABLE public.x ();\n"
    )
    ignored = "pg_restore: warning: errors ignored on restore: {}"
    assert programs._only_what_is_said_to_all(once + ignored.format(1))
    assert not programs._only_what_is_said_to_all(once + more + ignored.format(2))
    assert not programs._only_what_is_said_to_all(more)


def test_the_programs_speak_english_whatever_is_spoken_here(monkeypatch):
    monkeypatch.setenv("LC_ALL", "ru_RU.UTF-8")
    monkeypatch.setenv("LANGUAGE", "ru")
    command = [sys.executable, "-c", "import os; print(os.environ['LC_ALL'], os.environ['LANGUAGE'] or 'none')"]
    with programs._running(command, dict(os.environ), stdout=subprocess.PIPE) as (program, _said):
        assert program.stdout.read() == b"C none\n"


# The folder ----------------------------------------------------------------------------------------------------------


def test_the_newest_are_kept_and_the_proven_one_and_nothing_else_is_touched(lively, folder):
    folder.mkdir()
    (folder / "rollbook-notes.tar").touch()
    for day in range(5):
        (folder / f"rollbook-202608{day + 10}T021100Z.tar").touch()
    with override_settings(BACKUP_KEEP=2):
        backup.back_up(at=NOW, spare={"rollbook-20260811T021100Z.tar"})
    assert sorted(path.name for path in folder.glob("*.tar")) == [
        "rollbook-20260811T021100Z.tar", "rollbook-20260814T021100Z.tar", "rollbook-20260902T021100Z.tar",
        "rollbook-notes.tar",
    ]  # fmt: skip


def test_of_each_day_the_last_is_kept(lively, folder):
    """Whoever makes ten in an hour drives out no night."""
    folder.mkdir()
    for moment in ("0829T021100", "0830T021100", "0831T021100", "0831T090000", "0901T021100", "0902T021059"):
        (folder / f"rollbook-2026{moment}Z.tar").touch()
    with override_settings(BACKUP_KEEP=3):
        backup.back_up(at=NOW)
    assert whole(folder) == [f"rollbook-2026{moment}Z.tar" for moment in ("0831T090000", "0901T021100", "0902T021100")]


@pytest.mark.parametrize("change", [{"house": "2020-01-01T00:00:00+00:00"}, {"database": "rollbook of 7"}])
def test_where_the_backups_of_another_house_lie_nothing_is_made_and_nothing_removed(
    lively, folder, monkeypatch, change
):
    history.record(verb="organisation.founded", subject=making.HOUSE, new={}, at=AT, by=operator("", via="job"))
    with monkeypatch.context() as there:
        there.setattr(making, "Manifest", lambda **told: archive.Manifest(**told | change))
        backup.back_up(at=NOW - timedelta(days=1))
    (folder / "rollbook-20260901T120000Z.tar").touch()  # tells nothing
    with override_settings(BACKUP_KEEP=1), pytest.raises(Unkept, match=r"backups of another database \(Test school\)"):
        backup.back_up(at=NOW)
    assert len(whole(folder)) == 2
    assert list(folder.glob(".unfinished-*")) == []


def test_a_hosting_that_does_not_tell_which_server_it_is_keeps_nobody_from_backups():
    refused = Mock(execute=Mock(side_effect=psycopg.errors.InsufficientPrivilege("permission denied")))
    assert databases.which(refused) == ""


def test_a_house_that_has_moved_knows_its_backups_by_its_history(lively, folder, monkeypatch):
    job = operator("", via="job")
    with monkeypatch.context() as before:
        before.setattr(making, "Manifest", lambda **told: archive.Manifest(**told | {"database": "rollbook of 7"}))
        house.back_up(at=NOW - timedelta(days=1), by=job)
    house.back_up(at=NOW, by=job)
    assert len(whole(folder)) == 2


def test_elsewhere_nothing_is_removed(lively, folder, tmp_path):
    with override_settings(BACKUP_KEEP=1):
        for second in range(2):
            backup.back_up(at=NOW + timedelta(seconds=second), folder=tmp_path / "usb")
    assert len(whole(tmp_path / "usb")) == 2
    assert backup.newest(tmp_path / "usb").name == "rollbook-20260902T021101Z.tar"


def test_two_at_once_do_not_mix(lively, folder):
    with archive.unfinished(folder, NOW) as (writer, _path):
        with pytest.raises(Unkept, match="Another backup is being written"):
            backup.back_up(at=NOW)
        writer.add_bytes("of the first", b"")
    with pytest.raises(Unkept, match="is there already"):
        backup.back_up(at=NOW)


def test_a_scratch_database_that_a_killed_run_left_is_swept(lively, folder, own_database):
    made = backup.back_up(at=NOW)
    left, own = f"{own_database}_scratch_0123abcd", f"{own_database}_scratch_of_yesterday"
    with databases.beside() as db:
        for name in (left, own):
            db.execute(SQL("CREATE DATABASE {} TEMPLATE template0").format(Identifier(name)))
    proof = backup.prove(made.path)
    assert proof.manifest.rows == sum(table.rows for table in counted().values())
    assert [name for name in names_of_databases() if "scratch" in name] == [own]  # named like one by somebody
    with databases.beside() as db:
        databases.drop(db, own)


def test_names_are_cut_by_bytes_and_never_in_the_middle_of_a_letter(monkeypatch):
    monkeypatch.setattr(databases, "live", lambda: "школа" * 8)
    name = databases._beside_live("_before_", databases.stamp(NOW))
    assert 61 <= len(name.encode()) <= 63
    assert name.endswith("_before_20260902t021100")
    begins = databases._beside_live("_scratch_", "", room=8)
    assert databases._beside_live("_scratch_", "0123abcd") == begins + "0123abcd"


def test_the_scratch_database_lies_on_the_disks_of_the_live_one(lively, folder, own_database):
    def disks():
        with databases.beside() as db:
            found = "SELECT spcname FROM pg_database d JOIN pg_tablespace s ON s.oid = dattablespace WHERE datname = %s"
            return db.execute(found, [own_database]).fetchone()[0]

    made = backup.back_up(at=NOW)
    connections.close_all()
    fast = f"fast_{os.getpid()}"
    superuser = make_conninfo(databases.address("owner", "postgres"), user=SUPERUSER)
    with psycopg.connect(superuser, autocommit=True) as db:
        db.execute("SET allow_in_place_tablespaces = on")
        db.execute(f"CREATE TABLESPACE {fast} LOCATION ''")
        db.execute(f"GRANT CREATE ON TABLESPACE {fast} TO rollbook_owner")
        db.execute(f"ALTER DATABASE {own_database} SET TABLESPACE {fast}")
        restored = backup.restore(made.path, over="Test school", at=NOW)
        assert disks() == fast
        connections.close_all()
        databases.drop(db, restored.kept_as)
        db.execute(f"ALTER DATABASE {own_database} SET TABLESPACE pg_default")
        db.execute(f"DROP TABLESPACE {fast}")


def test_what_is_said_of_the_whole_database_holds_for_the_one_that_takes_its_place(lively, folder, own_database):
    def said():
        with databases.beside() as db:
            found = "SELECT datacl::text[] FROM pg_database WHERE datname = %s"
            return set(db.execute(found, [own_database]).fetchone()[0])

    with databases.beside() as db:
        db.execute(SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(Identifier(own_database)))
        serving = databases.role_of("owner").replace("owner", "serving")
        db.execute(SQL("GRANT CONNECT ON DATABASE {} TO {}").format(Identifier(own_database), Identifier(serving)))
    before = said()
    made = backup.back_up(at=NOW)
    restored = backup.restore(made.path, over="Test school", at=NOW)
    assert said() == before
    with databases.beside() as db:
        databases.drop(db, restored.kept_as)


def test_whoever_comes_back_at_once_holds_nothing_up(lively, folder, own_database):
    """As pages, the event stream and workers do."""
    made = backup.back_up(at=NOW)
    over, visits = threading.Event(), []

    def visit():
        while not over.is_set():
            with suppress(psycopg.OperationalError), databases.connected("default", own_database) as db:
                visits.append(db.execute("SELECT 1 FROM pg_sleep(0.2)").fetchone())

    visitors = [threading.Thread(target=visit) for _ in range(3)]
    for visitor in visitors:
        visitor.start()
    try:
        restored = backup.restore(made.path, over="Test school", at=NOW)
    finally:
        over.set()
        for visitor in visitors:
            visitor.join()
    assert visits
    with databases.beside() as db:
        databases.drop(db, restored.kept_as)


def test_whoever_cannot_be_sent_away_keeps_their_database(lively, folder, own_database, monkeypatch):
    made = backup.back_up(at=NOW)

    def in_use(*_):
        raise psycopg.errors.ObjectInUse("There is 1 other session using the database.")

    monkeypatch.setattr(databases, "_rename", in_use)
    with pytest.raises(Unkept, match="cannot be sent away: stop pages and workers"):
        backup.restore(made.path, over="Test school", at=NOW)
    assert Payment.objects.count() == 1
    assert not [name for name in names_of_databases() if "scratch" in name]


def test_a_sequence_that_would_give_a_number_twice_is_refused(lively, folder, monkeypatch):
    made = backup.back_up(at=NOW)
    numbers = census.numbers
    monkeypatch.setattr(census, "numbers", lambda db: numbers(db) | {"people_client_id_seq": 0})
    with pytest.raises(Unkept, match="given twice: people_client_id_seq"):
        backup.prove(made.path)


def test_sums_do_not_hang_on_the_order_of_rows_but_on_each_of_them(own_database):
    with databases.connected("owner", own_database) as db:
        db.execute(census.AS_ALWAYS)
        db.execute("CREATE TABLE a (id int, words text); CREATE TABLE b (id int, words text)")
        db.execute("INSERT INTO a VALUES (1, 'x'), (2, NULL)")
        db.execute("INSERT INTO b VALUES (2, NULL), (1, 'x')")
        found = census.count(db)
        assert found["a"] == found["b"]
        db.execute("UPDATE b SET words = '' WHERE id = 2")
        assert found["b"] != census.count(db)["b"]


def test_an_organisation_without_a_name_to_type_cannot_be(lively):
    """An empty name would be typed by nobody and by everybody."""
    assert Organisation.objects.exclude(name="").count() == 1
    assert restoring.standing().organisation == "Test school"
