"""The command `rollbook import`: what it says, and how it ends."""

from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from rollbook.domains.access.models import Organisation
from rollbook.domains.people.models import Client
from rollbook.workflows import data_imported
from tests.imports.academy import MAPPING, SMALL, changed

pytestmark = pytest.mark.django_db


def run(*args: str | Path, **options: object) -> tuple[str, str]:
    out, err = StringIO(), StringIO()
    call_command("import", *map(str, args), stdout=out, stderr=err, **options)
    return out.getvalue(), err.getvalue()


def folder_of(files: dict[str, bytes], folder: Path) -> Path:
    for name, data in files.items():
        (folder / name).write_bytes(data)
    return folder


def test_it_says_what_it_does_and_what_it_has_done() -> None:
    out, err = run("it-academy", SMALL)
    assert "attendance.csv: 9" in err
    assert "marks: 11" in err
    assert "lessons.json:1 " in out
    assert "2026-03-02 10:00" in out
    assert Client.objects.count() == 4


def test_a_dry_run_keeps_nothing() -> None:
    out, _ = run("it-academy", SMALL, dry_run=True)
    assert "marks: 11" in out
    assert not Organisation.objects.exists()


def test_errors_are_told_by_line_and_nothing_is_written(tmp_path: Path) -> None:
    folder = folder_of(changed("students.csv", "2014-05-08", "never"), tmp_path)
    err = StringIO()
    with pytest.raises(CommandError) as refused:
        call_command("import", "it-academy", str(folder), stderr=err)
    assert "students.csv:2 birth_date: " in err.getvalue()
    assert refused.value.returncode == 1
    assert not Organisation.objects.exists()


def test_the_operator_is_told_what_the_database_refuses(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(**_told: object) -> list[int]:
        Organisation.objects.create(pk=1, name="Another")
        return []

    monkeypatch.setattr(data_imported.people, "load_clients", refuse)
    err = StringIO()
    with pytest.raises(CommandError):
        call_command("import", "it-academy", str(SMALL), stderr=err)
    rule, _, told = err.getvalue().partition("database:1 ")[2].partition(": ")
    assert rule == "organisation_currency_code"
    assert told.startswith("The database refuses it: it contradicts")
    assert "DETAIL" in told


def test_a_mapping_of_ones_own(tmp_path: Path) -> None:
    mapping = tmp_path / "ours.toml"
    mapping.write_text(MAPPING.replace('name = "IT Academy"', 'name = "Ours"'), "utf-8")
    run("ours", SMALL, mapping=mapping)
    assert Organisation.objects.get().name == "Ours"


def test_an_import_is_undone_by_its_number() -> None:
    out, _ = run("it-academy", SMALL)
    number = out.rpartition("--undo ")[2].strip()
    out, _ = run(undo=int(number))
    assert "undone" in out
    assert not Client.objects.filter(archived_at=None).exists()
    with pytest.raises(CommandError, match="already"):
        run(undo=int(number))


def test_what_stands_in_the_way_of_undoing_is_named() -> None:
    out, _ = run("it-academy", SMALL)
    Client.objects.filter(first_name="Clara").update(note="likes robots")
    err = StringIO()
    with pytest.raises(CommandError, match="gone on working"):
        call_command("import", undo=int(out.rpartition("--undo ")[2]), stderr=err)
    assert err.getvalue().strip() == "Clients, changed since: First Clara"


def test_undoing_stands_alone() -> None:
    for args, options in ((("it-academy", SMALL), {"undo": 1}), ((), {}), ((), {"undo": 1, "dry_run": True})):
        with pytest.raises(CommandError):
            run(*args, **options)


@pytest.mark.parametrize("source", ["../secrets", "Academy", "a" * 31, "", "-a"])
def test_a_source_has_a_plain_name(source: str) -> None:
    with pytest.raises(CommandError):
        run("--", source, SMALL)


def test_what_is_not_there_is_named(tmp_path: Path) -> None:
    for args, options in (
        (("it-academy", tmp_path / "nowhere"), {}),
        (("unknown", SMALL), {}),
        (("it-academy", SMALL), {"mapping": tmp_path / "no.toml"}),
        (("it-academy", tmp_path), {}),
    ):
        with pytest.raises(CommandError):
            run(*args, **options)
    assert not Organisation.objects.exists()


def test_a_mapping_that_is_no_text_is_refused(tmp_path: Path) -> None:
    mapping = tmp_path / "ours.toml"
    mapping.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(CommandError):
        run("ours", SMALL, mapping=mapping)
