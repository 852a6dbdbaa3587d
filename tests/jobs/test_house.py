"""The night: backed up, proven and examined once, and how each ended is written down."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

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
    """Of those that lie there, by when they were made; one whose last proof failed is none."""
    spared = []
    monkeypatch.setattr(backup, "back_up", lambda **how: spared.append(how["spare"]) or 1 / 0)
    folder.mkdir()
    names = [f"rollbook-2026083{day}T021100Z.tar" for day in range(3)]
    for name in names:
        (folder / name).touch()
    for verb, name, where in (
        ("proven", names[1], folder), ("proven", names[0], folder), ("proven", names[2], folder),
        ("proof_failed", names[2], folder), ("proven", "rollbook-20260901T021100Z.tar", folder / "usb"),
    ):  # fmt: skip
        tell(verb, file=name, folder=str(where))
    with pytest.raises(ZeroDivisionError):
        house.back_up(at=NIGHT, by=jobs._job())
    assert spared == [{names[1]}]


# When a night is over -----------------------------------------------------------------------------------------------

TONIGHT, YESTERDAY = "rollbook-20260902T231100Z.tar", "rollbook-20260901T231100Z.tar"


def tell(verb, *, at=NIGHT, via="job", **new):
    Entry.objects.create(at=at, by_name="", via=via, verb=f"house.{verb}", subject="house", old={}, new=new)


def due():
    return house.is_due("back_up", at=NIGHT + timedelta(hours=1), by=jobs._job())


@pytest.mark.parametrize("verb", ["proven", "not_tried"])
def test_a_night_is_done_by_the_proof_of_a_file_that_was_made_in_it(school, folder, tmp_path, monkeypatch, verb):
    assert due()
    tell("backed_up", file=TONIGHT, folder=str(folder))  # and whoever made it was killed
    tell("proven", file=YESTERDAY, folder=str(folder))  # by hand
    tell("proven", file=TONIGHT, folder=str(tmp_path / "usb"))
    assert due()
    tell(verb, file=TONIGHT, folder=str(folder))
    assert not due()
    monkeypatch.chdir(tmp_path)
    with override_settings(BACKUP_FOLDER=Path("backups")):
        assert not due()


def test_what_fails_by_hand_takes_no_try_from_the_night(school, folder):
    for _try in range(3):
        tell("backup_failed", via="command", folder=str(folder))
        tell("backup_failed", folder="/media/usb")
    assert due()
    for _try in range(3):
        assert due()
        tell("proof_failed", file=TONIGHT, folder=str(folder))
    assert not due()


def test_a_file_whose_proof_failed_or_was_never_begun_is_proven_before_there_is_another(own_database, folder):
    def to_be_proven():
        return house.to_be_proven(at=NIGHT + timedelta(hours=1), by=jobs._job())

    found_school()
    assert to_be_proven() is None
    folder.mkdir()
    (folder / YESTERDAY).touch()
    assert to_be_proven() is None
    (folder / TONIGHT).touch()
    assert to_be_proven() == folder / TONIGHT
    tell("proof_failed", file=TONIGHT, folder=str(folder))
    assert to_be_proven() == folder / TONIGHT
    tell("proof_failed", file=TONIGHT, folder=str(folder))
    assert to_be_proven() is None  # so another one is made
    tell("proven", file=TONIGHT, folder=str(folder))
    assert to_be_proven() is None


def test_an_hour_later_the_same_file_is_tried_again(own_database, folder, monkeypatch):
    found_school()
    prove = backup.prove

    def disturbed(path, **how):
        monkeypatch.setattr(backup, "prove", prove)
        raise Unkept("Another backup is being restored just now.")

    monkeypatch.setattr(backup, "prove", disturbed)
    for _hour in range(2):
        jobs.nightly(timestamp=0)
    assert written() == ["house.backed_up", "house.proof_failed", "house.examined", "house.proven"]
    assert len(archive.all_in(folder)) == 1
    proven = Entry.objects.get(verb="house.proven").new
    assert (proven["folder"], proven["made_at"]) == (str(folder), Entry.objects.earliest("pk").new["made_at"])


def test_whatever_breaks_is_written_down_and_the_examination_follows(school, folder, monkeypatch):
    monkeypatch.setattr(backup, "back_up", lambda **how: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        jobs.nightly(timestamp=0)
    assert written() == ["house.backup_failed", "house.examined"]
    failed = Entry.objects.get(verb="house.backup_failed").new
    assert (failed["why"], failed["details"]) == (
        "It broke off: {error}.", {"error": "ZeroDivisionError: division by zero"}
    )  # fmt: skip
