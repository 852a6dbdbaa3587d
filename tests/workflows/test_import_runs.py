"""A file is sent, understood, and taken in by a worker: once, whoever presses how often, and whoever dies."""

import io
import threading
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
import xlsxwriter
from django.db import connection, connections
from django.utils import translation
from procrastinate.contrib.django.models import ProcrastinateJob

from rollbook.domains.access.actor import operator
from rollbook.domains.imports import actions as imports
from rollbook.domains.imports import queries as kept
from rollbook.domains.imports.actions import ChosenOtherwise, NoFile, NotAlone, RunsAlready
from rollbook.domains.imports.models import ImportedRow, Run, State, Upload
from rollbook.domains.people.models import Client
from rollbook.foundation.errors import InvalidInput, NotAllowed, NotFound, TooLarge, WrongKind
from rollbook.foundation.tables.apart import Options
from rollbook.workflows import data_imported, file_uploaded, import_carried_out, import_undone
from rollbook.workflows.file_imported import taking
from tests import databases
from tests.imports.taking_back import HEAD, PEOPLE, checksums
from tests.school import AT, found_school

NOW = datetime(2026, 9, 2, 9, tzinfo=UTC)
WORKER = operator("", via="job")
FILE = "ФИО ребёнка;Дата рождения;Телефон мамы\nПетров Иван;12.05.2016;067 123-45-67\nБез даты;;\nНикто;32.13.2016;1\n"


@pytest.fixture(autouse=True)
def _in_english():
    with translation.override("en"):
        yield


@pytest.fixture
def vera(school):
    return school.actor("vera")


@pytest.fixture
def committed(own_database):
    """The school in a database of its own: what a worker does is told over a second connection."""
    return found_school()


@pytest.fixture
def owner(committed):
    return committed.actor("vera")


def send(by, data=FILE, name="kids.csv"):
    return file_uploaded.send(name=name, data=data.encode("cp1251") if isinstance(data, str) else data, at=AT, by=by)


def chosen(upload_id, by, school):
    card = kept.upload(upload_id=upload_id, by=by)
    file_uploaded.choose(
        upload_id=upload_id, columns=card.columns, branch_id=school.branches["north"].pk, duplicates="join", by=by
    )
    return upload_id


def ordered(school, by, *, is_trial=False, **how):
    upload_id = chosen(send(by, **how), by, school)
    return file_uploaded.order(upload_id=upload_id, is_trial=is_trial, at=NOW, by=by)


def carry_out(run_id):
    import_carried_out.carry_out(run_id=run_id, at=NOW, by=WORKER)
    return Run.objects.get(pk=run_id)


# ---- what a file seems to be


def test_a_file_is_understood_when_it_is_sent(school, vera):
    card = kept.upload(upload_id=send(vera), by=vera)
    assert card.kind == "clients"
    about = card.described
    assert (about["encoding"], about["separator"], about["count"]) == ("windows-1251", ";", 3)
    assert card.columns["Дата рождения"] == "birth_date"
    assert card.branch_id is None, "of two branches none is chosen for anybody"


def test_with_one_branch_there_is_nothing_to_choose(school, vera):
    school.branches["south"].__class__.objects.filter(pk=school.branches["south"].pk).update(archived_at=AT)
    assert kept.upload(upload_id=send(vera), by=vera).branch_id == school.branches["north"].pk


def test_the_next_file_with_this_header_is_taken_as_the_last_one(school, vera):
    upload_id = send(vera, "A;B\nПетров Иван;12.05.2016\n")
    columns = {"A": "name", "B": "birth_date"}
    south = school.branches["south"].pk
    file_uploaded.read_again(
        upload_id=upload_id, options=Options(), kind="clients", branch_id=None, duplicates="join", by=vera
    )
    file_uploaded.choose(upload_id=upload_id, columns=columns, branch_id=south, duplicates="skip", by=vera)
    file_uploaded.order(upload_id=upload_id, is_trial=False, at=NOW, by=vera)
    card = kept.upload(upload_id=send(vera, "A;B\nСидоров Пётр;13.05.2016\n"), by=vera)
    assert (dict(card.columns), card.branch_id, card.duplicates) == (columns, south, "skip")


def test_what_was_said_of_the_last_file_does_not_stop_the_next_one(school, vera):
    march, april = (
        _book({name: [["ФИО ребёнка", "Дата рождения"], ["Петров Иван", "12.05.2016"]]}) for name in ("Март", "Апрель")
    )
    upload_id = send(vera, march, "kids.xlsx")
    file_uploaded.read_again(
        upload_id=upload_id, options=Options(sheet="Март"), kind="", branch_id=None, duplicates="join", by=vera
    )
    file_uploaded.order(upload_id=chosen(upload_id, vera, school), is_trial=False, at=NOW, by=vera)
    card = kept.upload(upload_id=send(vera, april, "kids.xlsx"), by=vera)
    assert (card.described["sheet"], card.kind, card.columns["Дата рождения"]) == ("Апрель", "clients", "birth_date")
    assert kept.upload(upload_id=send(vera, march, "kids.xlsx"), by=vera).options["sheet"] == "Март"


def _book(sheets):
    data = io.BytesIO()
    with xlsxwriter.Workbook(data) as book:
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            for number, row in enumerate(rows):
                sheet.write_row(number, 0, row)
    return data.getvalue()


def test_a_file_may_be_read_otherwise(school, vera):
    upload_id = send(vera, "one\nФИО,Телефон\nПетров Иван,89123456789\n")
    options = Options(separator=",", header=2)
    file_uploaded.read_again(
        upload_id=upload_id, options=options, kind="", branch_id=None, duplicates="join", by=vera
    )
    card = kept.upload(upload_id=upload_id, by=vera)
    assert (card.described["header"], card.described["columns"]) == (2, ["ФИО", "Телефон"])


@pytest.mark.parametrize(
    ("data", "refusal"),
    [(b"", InvalidInput), (b"%PDF-1.7 ...", WrongKind), (b"a;b\n" * 6_000_000, TooLarge), (b"\x00\x01\x02", WrongKind)],
)
def test_what_is_no_table_is_not_kept(school, vera, data, refusal):
    with pytest.raises(refusal):
        send(vera, data)
    assert not Upload.objects.exists()


def test_only_who_may_set_everything_may_send(school):
    for name in ("oleg", "anna", "dina"):
        with pytest.raises(NotAllowed):
            send(school.actor(name))
    assert not Upload.objects.exists()


def test_what_must_be_said_is_asked_for(school, vera):
    upload_id = send(vera)
    card = kept.upload(upload_id=upload_id, by=vera)
    with pytest.raises(InvalidInput) as refusal:
        file_uploaded.choose(upload_id=upload_id, columns=card.columns, branch_id=None, duplicates="join", by=vera)
    assert set(refusal.value.fields) == {"branch"}
    north = school.branches["north"].pk
    for columns in ({}, {"Телефон мамы": "nonsense"}):
        with pytest.raises(InvalidInput) as refusal:
            file_uploaded.choose(upload_id=upload_id, columns=columns, branch_id=north, duplicates="join", by=vera)
        assert set(refusal.value.fields) == {"columns"}
    with pytest.raises(NotFound):
        file_uploaded.choose(
            upload_id=upload_id, columns=card.columns, branch_id=987654, duplicates="join", by=vera
        )


# ---- once


def test_it_is_ordered_from_a_worker_and_says_what_came_of_it(committed, owner):
    before = checksums()
    run_id = ordered(committed, owner)
    assert ProcrastinateJob.objects.filter(task_name="imports.run", args__run_id=run_id).count() == 1
    run = carry_out(run_id)
    assert (run.state, run.by_name) == (State.DONE, "Vera")
    assert run.added["clients"] == run.result["taken"] == 2
    assert {problem["line"] for problem in run.problems} == {4}
    assert run.result["broken"] == 1
    import_undone.undo(run_id=run_id, at=NOW, by=owner)
    assert checksums() == before


def test_a_trial_keeps_nothing_but_its_result(committed, owner):
    before = checksums()
    run = carry_out(ordered(committed, owner, is_trial=True))
    assert (run.state, run.added["clients"]) == (State.DONE, 2)
    assert checksums() == before
    assert not ImportedRow.objects.exists()


def test_pressed_twice_is_one_run(committed, owner):
    upload_id = chosen(send(owner), owner, committed)
    first = file_uploaded.order(upload_id=upload_id, is_trial=False, at=NOW, by=owner)
    assert file_uploaded.order(upload_id=upload_id, is_trial=False, at=NOW, by=owner) == first
    carry_out(first)
    with pytest.raises(RunsAlready):
        file_uploaded.order(upload_id=upload_id, is_trial=False, at=NOW, by=owner)
    assert Run.objects.count() == 1


def test_two_who_press_at_once_get_one_run(committed, owner):
    upload_id = chosen(send(owner), owner, committed)
    together, got = threading.Barrier(2), []

    def press():
        together.wait()
        got.append(file_uploaded.order(upload_id=upload_id, is_trial=False, at=NOW, by=owner))
        connections.close_all()

    threads = [threading.Thread(target=press) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert got[0] == got[1]
    assert ProcrastinateJob.objects.filter(task_name="imports.run").count() == Run.objects.count() == 1


def test_a_job_that_comes_twice_is_done_once(committed, owner):
    run_id = ordered(committed, owner)
    carry_out(run_id)
    clients = Client.objects.count()
    assert carry_out(run_id).state == State.DONE
    assert Client.objects.count() == clients


def test_while_it_runs_nobody_changes_how(committed, owner):
    run_id = ordered(committed, owner)
    upload_id = Run.objects.get(pk=run_id).upload_id
    with pytest.raises(RunsAlready):
        chosen(upload_id, owner, committed)


def test_what_was_taken_in_stays_as_it_was_meant_and_another_sheet_is_another_upload(committed, owner):
    book = _book({
        name: [["ФИО ребёнка", "Дата рождения"], [child, "12.05.2016"]]
        for name, child in (("Март", "Петров Иван"), ("Апрель", "Сидоров Пётр"))
    })
    upload_id = chosen(send(owner, book, "kids.xlsx"), owner, committed)
    carry_out(file_uploaded.order(upload_id=upload_id, is_trial=False, at=NOW, by=owner))
    april = {"options": Options(sheet="Апрель"), "kind": "", "branch_id": None, "duplicates": "join", "by": owner}
    with pytest.raises(RunsAlready):
        file_uploaded.read_again(upload_id=upload_id, **april)
    again = send(owner, book, "kids.xlsx")
    file_uploaded.read_again(upload_id=again, **april)
    run_id = file_uploaded.order(upload_id=chosen(again, owner, committed), is_trial=False, at=NOW, by=owner)
    assert carry_out(run_id).added["clients"] == 1
    assert Client.objects.filter(last_name="Сидоров").exists()


def test_of_a_trial_only_that_is_imported_which_was_tried(committed, owner):
    trial = carry_out(ordered(committed, owner, is_trial=True))
    file_uploaded.choose(
        upload_id=trial.upload_id, columns=kept.upload(upload_id=trial.upload_id, by=owner).columns,
        branch_id=committed.branches["south"].pk, duplicates="join", by=owner,
    )
    with pytest.raises(ChosenOtherwise):
        file_uploaded.order_tried(run_id=trial.pk, at=NOW, by=owner)
    with pytest.raises(ChosenOtherwise):
        file_uploaded.as_read(run_id=trial.pk, by=owner)
    chosen(trial.upload_id, owner, committed)
    carry_out(file_uploaded.order_tried(run_id=trial.pk, at=NOW, by=owner))
    assert Client.objects.filter(last_name="Петров", branch=committed.branches["north"]).exists()


def test_how_far_it_is_is_seen_from_outside(committed, owner, monkeypatch):
    seen = []

    def look(**told):
        tell(**told)
        seen.append(Run.objects.using("owner").values_list("state", "stage", "done", "total").get())

    tell = imports.tell
    monkeypatch.setattr(imports, "tell", look)
    carry_out(ordered(committed, owner))
    assert {state for state, *_rest in seen} == {State.RUNNING}
    assert {stage for _state, stage, *_rest in seen} >= {"reading", "taking", "writing"}


# ---- one after another


@pytest.fixture
def another(own_database):
    """Somebody who takes something in just now, on a machine of their own."""
    with psycopg.connect(databases.address_of(own_database, "default")) as somebody:
        somebody.execute("SELECT pg_advisory_xact_lock(hashtext('imports'), 0)")
        yield somebody


def test_runs_are_carried_out_one_after_another(committed, owner):
    for name in ("kids.csv", "more.csv"):
        ordered(committed, owner, name=name)
    jobs = ProcrastinateJob.objects.filter(task_name="imports.run")
    assert [job.lock for job in jobs] == ["imports.run"] * 2


def test_a_run_waits_until_whoever_takes_something_in_has_done(committed, owner, another):
    run_id = ordered(committed, owner)

    def work():
        carry_out(run_id)
        connections.close_all()

    worker = threading.Thread(target=work)
    worker.start()
    waits = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
    while worker.is_alive() and not another.execute(waits).fetchone()[0]:
        worker.join(0.02)
    assert Run.objects.get(pk=run_id).state == State.WAITING
    another.commit()
    worker.join()
    assert Run.objects.get(pk=run_id).state == State.DONE


def test_beside_another_import_nothing_is_taken_back_or_in_by_command(committed, owner, another):
    run_id = Run.objects.create(source="x", state=State.DONE, by_name="Vera", asked_at=NOW).pk
    with pytest.raises(NotAlone):
        import_undone.undo(run_id=run_id, at=NOW, by=owner)
    with pytest.raises(NotAlone):
        data_imported.take_in(source="ours", mapping=HEAD + PEOPLE, fetch=lambda _: None, at=NOW, by=WORKER)
    another.commit()
    import_undone.undo(run_id=run_id, at=NOW, by=owner)
    assert Run.objects.get(pk=run_id).state == State.UNDONE


# ---- what breaks


def test_a_run_whose_worker_died_says_so_and_may_be_begun_again(committed, owner, own_database):
    run_id = ordered(committed, owner)
    with psycopg.connect(databases.address_of(own_database, "default")) as worker:
        worker.execute("SELECT pg_try_advisory_xact_lock(hashtext('imports.run'), %s::int)", [run_id])
        Run.objects.filter(pk=run_id).update(state=State.RUNNING, started_at=NOW, told_at=NOW - timedelta(hours=1))
        assert imports.rescue(at=NOW, by=WORKER) == 0, "it is silent, but lives"
        assert carry_out(run_id).state == State.RUNNING
    # Its connection is gone, and with it its lock.
    assert imports.rescue(at=NOW, by=WORKER) == 1
    run = Run.objects.get(pk=run_id)
    assert (run.state, "stopped" in run.trouble) == (State.BROKEN, True)
    again = file_uploaded.order(upload_id=run.upload_id, is_trial=False, at=NOW, by=owner)
    assert again != run_id
    assert carry_out(again).state == State.DONE


def test_a_job_of_a_dead_worker_that_is_done_anew_breaks_its_run_off(committed, owner):
    run_id = ordered(committed, owner)
    Run.objects.filter(pk=run_id).update(state=State.RUNNING, started_at=NOW, told_at=NOW)
    assert carry_out(run_id).state == State.BROKEN


def test_a_run_of_which_no_worker_knows_is_broken_off(school, vera):
    run_id = ordered(school, vera)
    later = NOW + timedelta(hours=1)
    assert imports.rescue(at=later, by=WORKER) == 0, "it waits for its turn"
    ProcrastinateJob.objects.filter(task_name="imports.run").delete()
    assert imports.rescue(at=NOW, by=WORKER) == 0, "it has just been asked for"
    assert imports.rescue(at=later, by=WORKER) == 1
    assert Run.objects.get(pk=run_id).state == State.BROKEN


def test_whoever_has_lost_the_right_meanwhile_imports_nothing(committed, owner):
    run_id = ordered(committed, owner)
    committed.users["vera"].__class__.objects.filter(username="vera").update(is_active=False)
    run = carry_out(run_id)
    assert (run.state, "no right" in run.trouble) == (State.BROKEN, True)


def test_a_file_of_which_too_much_is_wrong_is_not_taken(committed, owner, monkeypatch):
    monkeypatch.setattr(taking, "MOST_PROBLEMS", 5)
    monkeypatch.setattr(taking, "FIRST_PROBLEMS", 3)
    wrong = FILE + "Лишний;32.13.2016;067 123-45-67\n" * 5
    run = carry_out(ordered(committed, owner, data=wrong))
    assert (run.state, "Too many lines" in run.trouble) == (State.BROKEN, True)
    assert [problem["line"] for problem in run.problems] == [4, 4, 5]
    assert not ImportedRow.objects.exists()


@pytest.mark.parametrize(("times", "state"), [(2, State.DONE), (99, State.BROKEN)])
def test_who_gives_way_to_somebody_begins_anew(committed, owner, monkeypatch, times, state):
    tried = []

    def give_way(**how):
        tried.append(take_in(**how))
        if len(tried) <= times:
            with connection.cursor() as cursor:
                cursor.execute("DO $$ BEGIN RAISE SQLSTATE '40P01'; END $$")
        return tried[-1]

    take_in = import_carried_out.file_imported.take_in
    monkeypatch.setattr(import_carried_out.file_imported, "take_in", give_way)
    before = Client.objects.count()
    run = carry_out(ordered(committed, owner))
    assert (run.state, len(tried)) == (state, min(times + 1, import_carried_out.TRIES))
    assert Client.objects.count() == before + (2 if state == State.DONE else 0)


def test_a_fault_is_told_and_keeps_nothing(committed, owner, monkeypatch):
    run_id = ordered(committed, owner)
    before = checksums()

    def fail(**_told):
        raise RuntimeError("no luck")

    monkeypatch.setattr(import_carried_out.import_undone, "stood", fail)
    with pytest.raises(RuntimeError):
        carry_out(run_id)
    assert Run.objects.get(pk=run_id).state == State.BROKEN
    assert checksums() == before


# ---- what is forgotten


def test_files_are_forgotten_after_a_month(school, vera):
    old, young = send(vera), file_uploaded.send(name="new.csv", data=FILE.encode(), at=NOW, by=vera)
    assert imports.forget_files(at=AT + imports.KEPT + timedelta(hours=1), by=WORKER) == 1
    assert Upload.objects.get(pk=young).data
    assert Upload.objects.get(pk=old).data is None
    with pytest.raises(NoFile):
        file_uploaded.order(upload_id=old, is_trial=False, at=NOW, by=vera)
