"""An import is taken back as a whole: what it added goes, what stood before is as it was, what people did stops it."""

from datetime import UTC, date, datetime
from decimal import Decimal as D

import pytest
from django.utils import translation

from rollbook.domains.access.actor import Actor, Grant, Permission, Reach
from rollbook.domains.billing.models import Account, EntryKind, LedgerEntry, Method
from rollbook.domains.comments.rules import On
from rollbook.domains.groups import actions as groups
from rollbook.domains.groups.models import ChurnRecord, Enrolment, Group, GroupState
from rollbook.domains.history.models import Entry
from rollbook.domains.imports.actions import CannotBeUndone
from rollbook.domains.imports.models import ImportedRow, Run, State
from rollbook.domains.imports.rules import Origin
from rollbook.domains.journal import actions as journal
from rollbook.domains.journal.fields import MarkRow
from rollbook.domains.journal.models import Kind, Mark, Status
from rollbook.domains.journal.rules import Means, Switches
from rollbook.domains.people import actions as people
from rollbook.domains.people.actions import NewContact
from rollbook.domains.people.models import Client, Relation
from rollbook.domains.schedule import actions as schedule
from rollbook.domains.schedule.models import Lesson
from rollbook.foundation.errors import NotAllowed, NotFound
from rollbook.foundation.references import references
from rollbook.workflows import comment_written, import_undone, lesson_marked, month_closed, payment_received
from tests.imports.taking_back import BY, GROUPS, MARKS, MONEY, PEOPLE, checksums, take_in
from tests.school import AT

SWITCHES = {Status.ATTENDED: Switches(present=True, uses_lesson=True, pays_teacher=True, share=100)}
NOW = datetime(2026, 9, 2, 9, tzinfo=UTC)
pytestmark = pytest.mark.django_db


@pytest.fixture
def before(school):
    school.enrol("Max")
    with translation.override("en"):
        yield checksums()


def undo(run, by=BY):
    import_undone.undo(run_id=run.pk, at=NOW, by=by)


def refused(run, by=BY):
    with pytest.raises(CannotBeUndone) as refusal:
        undo(run, by)
    return [value["text"] for value in refusal.value.values]


def imported(run, target):
    """The first row of this sort that the run has added."""
    ids = ImportedRow.objects.filter(run=run, target=target).order_by("pk").values_list("subject_id", flat=True)
    return ids[0]


# ---- what goes


@pytest.mark.parametrize("parts", [[PEOPLE], [PEOPLE, GROUPS], [PEOPLE, GROUPS, MARKS]], ids=len)
def test_without_money_every_table_is_as_it_was(before, parts):
    run = take_in(*parts)
    assert checksums() != before
    undo(run)
    assert checksums() == before


def test_what_the_timetable_made_of_it_goes_with_it(before):
    run = take_in(PEOPLE, GROUPS)
    group = Group.objects.get(name="Painters")
    made = schedule.make_lessons(until=date(2026, 10, 1), at=AT, group_ids=[group.pk], by=BY)
    assert made.lessons > 2
    undo(run)
    assert checksums() == before


def test_records_of_those_who_left_go_with_it_and_whoever_it_brought_back_has_left_again(before):
    run = take_in(PEOPLE, GROUPS)
    added = Enrolment.objects.get(pk=imported(run, "enrolments"))
    groups.end_enrolment(enrolment_id=added.pk, until=date(2026, 9, 10), seen=None, at=AT, by=BY)
    Enrolment.objects.filter(pk=added.pk).update(until=added.until, version=added.version)
    stay = Enrolment.objects.get(client__first_name="Max")
    record = ChurnRecord.objects.create(
        client=stay.client, enrolment=stay, group=stay.group, left_on=date(2026, 8, 30), recorded_at=AT, returned=added
    )
    Enrolment.objects.filter(pk=stay.pk).update(until=date(2026, 8, 30))
    assert ChurnRecord.objects.count() == 2
    undo(run)
    assert ChurnRecord.objects.get() == record
    record.refresh_from_db()
    assert record.returned is None


def test_what_the_ledger_knows_is_reversed_and_put_away(before):
    run = take_in(PEOPLE, GROUPS, MARKS, MONEY)
    assert sorted(Account.objects.filter(client__first_name__in=["Ada", "Ben"]).values_list("balance", flat=True)) == [
        D(-80), D(420)
    ]
    undo(run)
    after = checksums()
    assert not Account.objects.exclude(balance=0).exists()
    assert not LedgerEntry.objects.exclude(kind=EntryKind.REVERSAL).filter(reversed_by=None).exists()
    assert not Client.objects.filter(first_name__in=["Ada", "Ben"], archived_at=None).exists()
    assert Group.objects.get(name="Painters").state == GroupState.DISBANDED
    assert set(Mark.objects.values_list("status", flat=True)) == {None}
    assert set(Lesson.objects.filter(group__name="Painters").values_list("cancelled_at", "held_at")) == {(NOW, None)}
    untouched = {
        "people_contact", "people_relation", "groups_enrolment", "groups_freeze", "schedule_timetableslot",
        "schedule_closingday", "billing_tariff", "billing_tariffuse",
    }
    assert {table for table in untouched if before[table] != after[table]} == set()


def test_each_thing_that_went_says_so_in_the_history(before):
    run = take_in(PEOPLE)
    client = imported(run, "clients")
    undo(run)
    entry = Entry.objects.filter(subject=f"client:{client}").latest("pk")
    assert (entry.verb, entry.by_name) == ("import.undone", BY.name)


# ---- what can be done afterwards


def test_what_was_undone_can_be_imported_again(before):
    undo(take_in(PEOPLE, GROUPS, MARKS, MONEY))
    again = take_in(PEOPLE, GROUPS, MARKS, MONEY)
    assert again.added["marks"] == 2
    assert sorted(Account.objects.exclude(balance=0).values_list("balance", flat=True)) == [D(-80), D(420)]
    undo(again)
    assert not Account.objects.exclude(balance=0).exists()


def test_a_mark_comes_back_into_the_row_of_the_one_that_was_taken_back(before):
    undo(take_in(PEOPLE, GROUPS, MARKS, MONEY))
    rows = dict(Mark.objects.values_list("pk", "version"))
    lesson, client = Mark.objects.values_list("lesson", "client").first()
    Lesson.objects.filter(pk=lesson).update(cancelled_at=None, cancel_reason="")
    row = MarkRow(
        key="again", origin=Origin("marks.csv", 2), client=client, lesson=lesson, status=Status.ATTENDED,
        kind=Kind.ONE_OFF,
    )
    means = {lesson: Means(SWITCHES, D(80))}
    (pk,) = journal.load_marks(rows=[row], means=means, at=AT, by=BY)
    mark = Mark.objects.get(pk=pk)
    assert (mark.pk in rows, mark.version, mark.status) == (True, rows[pk] + 1, Status.ATTENDED)
    assert journal.unload_marks(ids=[pk], at=NOW, by=BY) == (pk,)
    assert Mark.objects.get(pk=pk).status is None


def test_marks_of_a_month_that_is_closed_by_now_stay_and_so_does_the_rest(before):
    run = take_in(PEOPLE, GROUPS, MARKS, MONEY)
    branch, day = Mark.objects.values_list("lesson__branch", "day").first()
    month_closed.close(branch_id=branch, month=day, at=AT.replace(year=2027), by=BY)
    with pytest.raises(CannotBeUndone, match="closed by now"):
        undo(run)
    month_closed.reopen(branch_id=branch, month=day, at=AT.replace(year=2027), by=BY)
    undo(run)


def test_twice_is_said_so(before):
    run = take_in(PEOPLE)
    undo(run)
    assert Run.objects.get(pk=run.pk).state == State.UNDONE
    with pytest.raises(CannotBeUndone, match="already"):
        undo(run)


def test_an_absent_run_is_not_found():
    with pytest.raises(NotFound):
        import_undone.undo(run_id=987, at=NOW, by=BY)


# ---- what stands in the way


def test_nothing_is_touched_where_something_stands_in_the_way(before):
    run = take_in(PEOPLE)
    change(run)
    now = checksums()
    assert refused(run) == ["Clients, changed since: Ada"]
    assert checksums() == now
    assert Run.objects.get(pk=run.pk).state == State.DONE


def change(run):
    people.change_client(
        client_id=imported(run, "clients"), values={"note": "Likes chess"}, seen=None, at=AT, by=BY
    )


def pay(run):
    payment_received.receive(
        client_id=imported(run, "clients"), amount=D(10), method=Method.CASH, on=date(2026, 8, 1), note="",
        key="somebody-paid", at=AT, by=BY,
    )


def freeze(run):
    groups.freeze(
        client_id=imported(run, "clients"), since=date(2026, 9, 5), until=date(2026, 9, 9), reason="", at=AT, by=BY
    )


def speak_of_a_client(run):
    comment_written.write(on=On(client_id=imported(run, "clients")), text="Shy", asks=False, at=AT, by=BY)


def attach(run):
    aunt = NewContact(values={"first_name": "Aunt"}, relation={"kinship": "other"})
    people.add_contact(client_id=imported(run, "clients"), contact=aunt, at=AT, by=BY)


def give_to_another(run):
    max_ = Client.objects.get(first_name="Max")
    mother = NewContact(contact_id=imported(run, "contacts"), relation={"kinship": "other"})
    people.add_contact(client_id=max_.pk, contact=mother, at=AT, by=BY)


def write_to_nobody(run):
    people.change_contact(
        relation_id=imported(run, "relations"), values={}, relation={"is_written_to": False}, seen=None, at=AT, by=BY
    )


@pytest.mark.parametrize(
    ("done", "told"),
    [
        (pay, "Entries in the ledger, added since: Ada"),
        (freeze, "Freezes, added since: Ada"),
        (speak_of_a_client, "Comments, added since: Ada"),
        (attach, "Contacts' ties to clients, added since: Ada"),
        (give_to_another, "Contacts' ties to clients, added since: Max"),
        (write_to_nobody, "Contacts' ties to clients, changed since: Ada"),
    ],
)
def test_work_of_people_on_clients_stands_in_the_way(before, done, told):
    run = take_in(PEOPLE)
    done(run)
    assert told in refused(run)


def mark(run):
    lesson = Lesson.objects.filter(group__name="Painters").latest("starts_at")
    lesson_marked.mark(lesson_id=lesson.pk, marks={imported(run, "clients"): "attended"}, seen=None, at=AT, by=BY)


def speak_of_a_group(run):
    comment_written.write(on=On(group_id=imported(run, "groups")), text="Loud", asks=False, at=AT, by=BY)


def speak_of_a_cell(run):
    cell = On(client_id=imported(run, "clients"), lesson_id=imported(run, "lessons"))
    comment_written.write(on=cell, text="Was late", asks=False, at=AT, by=BY)


def cancel(run):
    schedule.cancel_lesson(lesson_id=imported(run, "lessons"), reason="Flu", at=AT, by=BY)


def teach_by_another(run):
    group = Group.objects.get(name="Painters")
    groups.change_group(group_id=group.pk, values={}, teacher_ids=[], seen=None, at=AT, by=BY)


def enrol_another(run):
    max_ = Client.objects.get(first_name="Max")
    groups.enrol(
        client_id=max_.pk, group_id=imported(run, "groups"), since=date(2026, 9, 3), weekdays=(), at=AT, by=BY
    )


def teach_elsewhere(run):
    chess = Group.objects.get(name="Chess")
    chess.teachers.add(imported(run, "employees"))


@pytest.mark.parametrize(
    ("done", "told"),
    [
        (mark, "Marks, added since: Ada"),
        (speak_of_a_group, "Comments, added since: Painters"),
        (speak_of_a_cell, "Comments, added since: Painters"),
        (speak_of_a_cell, "Marks, added since: Ada"),
        (cancel, "Lessons, changed since: Painters"),
        (teach_by_another, "Groups, changed since: Painters"),
        (enrol_another, "Enrolments, added since: Max"),
        (teach_elsewhere, "Teachers of groups, added since: Chess"),
    ],
)
def test_work_of_people_on_groups_stands_in_the_way(before, done, told):
    run = take_in(PEOPLE, GROUPS)
    done(run)
    assert told in refused(run)


def test_a_later_import_stands_in_the_way_until_it_is_undone(before):
    first = take_in(PEOPLE, GROUPS)
    second = take_in(MARKS)
    assert refused(first) == ["Marks, added since: Ada, Ben"]
    undo(second)
    undo(first)
    assert checksums() == before


def test_what_is_named_is_few_and_the_rest_is_counted(before):
    many = ", ".join(f'{{ n = "{n}", name = "Kid {n}" }}' for n in range(8))
    run = take_in(PEOPLE.partition("[[rows]]\nbecome = \"contacts\"")[0].replace(
        '{ n = "1", name = "Ada" }, { n = "2", name = "Ben" }', many
    ))
    Client.objects.filter(first_name__startswith="Kid").update(note="Seen")
    (told,) = refused(run)
    assert told == "Clients, changed since: Kid 0, Kid 1, Kid 2, Kid 3, Kid 4, and 3 more"


def test_what_somebody_has_taken_away_is_not_missed(before):
    run = take_in(PEOPLE)
    relation = Relation.objects.get(pk=imported(run, "relations"))
    relation.delete()
    undo(run)
    assert checksums() == before


def test_one_who_may_not_change_clients_may_not_undo_their_import(before):
    run = take_in(PEOPLE)
    some = Actor(None, "Some", "test", (Grant(frozenset([Permission.SETTINGS_EDIT]), Reach.EVERYTHING),))
    with pytest.raises(NotAllowed):
        undo(run, some)


def test_whatever_can_come_to_hang_on_an_import_has_a_name():
    pointing = {field.model for target in import_undone.TARGETS.values() for field in references(target.model)}
    assert pointing | {target.model for target in import_undone.TARGETS.values()} <= set(import_undone.WORDS)
