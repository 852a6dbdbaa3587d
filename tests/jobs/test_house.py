"""The night: backed up, proven and examined once, and how each ended is written down."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.test import override_settings

from rollbook.domains.history.models import Entry
from rollbook.jobs import house as jobs
from rollbook.operations import backup, house
from rollbook.operations.backup import Unkept, archive
from tests.school import found_school

NIGHT = datetime(2026, 9, 2, 23, 11, tzinfo=UTC)  # 2:11 in Kyiv


@pytest.fixture
def folder(tmp_path):
    with override_settings(BACKUP_FOLDER=tmp_path / "backups", MEDIA_ROOT=tmp_path / "files"):
        yield tmp_path / "backups"


def written():
    return list(Entry.objects.filter(subject="house").order_by("pk").values_list("verb", flat=True))


def at(moment):
    return time_machine.travel(moment)


def test_a_night_ends_with_a_backup_that_was_proven(own_database, folder):
    found_school()
    jobs.nightly(timestamp=0)
    assert written() == ["house.backed_up", "house.proven", "house.examined"]
    (path,) = archive.all_in(folder)
    assert Entry.objects.get(verb="house.proven").new["file"] == path.name
    jobs.nightly(timestamp=0)  # an hour later
    assert len(written()) == 3


def test_what_a_night_missed_is_done_by_day_and_only_once(school, monkeypatch):
    done = []
    monkeypatch.setattr(jobs, "_examine", lambda: done.append("examined"))
    monkeypatch.setattr(jobs, "_back_up", lambda: done.append("backed up"))
    with at(NIGHT + timedelta(hours=9)):
        jobs.nightly(timestamp=0)
    assert done == ["backed up", "examined"]


def test_the_night_is_the_one_of_the_organisation(school):
    with at(NIGHT):
        assert house.next_night(at=NIGHT).isoformat() == "2026-09-04T02:00:00+03:00"
        house.examine(at=NIGHT, by=jobs._job())
    assert not house.is_due("examine", at=NIGHT + timedelta(hours=23, minutes=40), by=jobs._job())
    assert house.is_due("examine", at=NIGHT + timedelta(hours=23, minutes=55), by=jobs._job())
    assert house.is_due("back_up", at=NIGHT, by=jobs._job())


def test_before_an_organisation_is_founded_nothing_is_due(db):
    jobs.nightly(timestamp=0)
    assert written() == []


def test_a_backup_that_fails_is_written_down_and_tried_three_times_a_night(school, folder, monkeypatch):
    def fail(**_how):
        raise Unkept("Nothing was kept in {folder}: {why}.", folder="/b", why="No space left on device")

    monkeypatch.setattr(backup, "back_up", fail)
    for hour in range(5):
        with at(NIGHT + timedelta(hours=hour)):
            jobs.nightly(timestamp=0)
    assert written() == ["house.backup_failed", "house.examined", "house.backup_failed", "house.backup_failed"]
    assert Entry.objects.filter(verb="house.backup_failed").last().new["details"]["why"] == "No space left on device"
    assert house.is_due("back_up", at=NIGHT + timedelta(days=1), by=jobs._job())


def test_a_proof_that_fails_is_written_down(school, folder, tmp_path):
    (tmp_path / "rollbook-20260902T021100Z.tar").write_text("no backup")
    with pytest.raises(Unkept):
        house.prove(tmp_path / "rollbook-20260902T021100Z.tar", at=NIGHT, by=jobs._job())
    assert written() == ["house.proof_failed"]


def test_the_newest_proven_one_is_spared(school, folder, monkeypatch):
    spared = []
    monkeypatch.setattr(backup, "back_up", lambda **how: spared.append(how["spare"]) or 1 / 0)
    for day, name in enumerate(("old.tar", "new.tar")):
        told = {"file": name, "rows": 1, "seconds": 1}
        Entry.objects.create(
            at=NIGHT + timedelta(days=day), by_name="", via="job", verb="house.proven", subject="house", old={},
            new=told,
        )  # fmt: skip
    with pytest.raises(ZeroDivisionError):
        house.back_up(at=NIGHT, by=jobs._job())
    assert spared == [{"new.tar"}]
