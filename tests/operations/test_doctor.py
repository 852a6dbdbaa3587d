"""The doctor finds nothing in a school that is well, and each thing that is wrong with one that is not."""

import json
from decimal import Decimal
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connections

from rollbook.domains.billing import actions as billing
from rollbook.domains.billing.models import LedgerEntry, Tariff
from rollbook.domains.comments.rules import On
from rollbook.domains.journal.models import Status
from rollbook.operations.doctor import PROMISES, examine
from rollbook.screens.selling import Wanted
from rollbook.workflows import (
    comment_written,
    lesson_marked,
    money_corrected,
    money_transferred,
    payment_announced,
    payment_received,
    subscription_sold,
)
from rollbook.workflows.subscription_sold import Order
from tests.school import AT, DAY, found_school

# By the name of the promise: what only somebody who owns the tables, and goes past the triggers, can do to it.
HARM = {
    "filled_whole": "CREATE TABLE unfinished_demo ()",
    "constraints_hold": "ALTER TABLE journal_mark ADD CONSTRAINT slack CHECK (version > 9) NOT VALID",
    "triggers_watch": "ALTER TABLE schedule_lesson DISABLE TRIGGER lesson_has_its_local_day",
    "append_only": "DROP TRIGGER history_entry_is_append_only ON history_entry",
    "two_roles": "GRANT UPDATE ON billing_account TO rollbook_serving",
    "founded": "DELETE FROM access_organisation",
    "owned": "UPDATE access_user SET is_active = false WHERE username = 'vera'",
    "grants_reach": "DELETE FROM groups_group_grants",
    "one_payer": "UPDATE people_relation SET pays = false WHERE id = (SELECT min(id) FROM people_relation)",
    "whoever_left_is_out": """
        DELETE FROM groups_group_teachers;
        UPDATE people_employee SET left_on = current_date - 1 WHERE first_name = 'Boris'""",
    "nobody_in_a_group_that_is_over": "UPDATE groups_group SET state = 'disbanded' WHERE name = 'Dance'",
    "who_left_is_recorded": """
        UPDATE groups_enrolment SET until = '2026-10-01'
        WHERE group_id = (SELECT id FROM groups_group WHERE name = 'Dance')""",
    "records_follow_enrolments": """
        INSERT INTO groups_churnrecord (client_id, enrolment_id, group_id, left_on, note, recorded_at, version)
        SELECT client_id, id, group_id, '2026-10-01', '', now(), 1 FROM groups_enrolment LIMIT 1""",
    "who_is_back_came_soon": """
        UPDATE groups_enrolment SET until = '2026-10-01' WHERE id = (SELECT max(id) FROM groups_enrolment);
        INSERT INTO groups_churnrecord (
          client_id, enrolment_id, group_id, left_on, note, recorded_at, version, returned_id)
        SELECT client_id, id, group_id, until, '', now(), 1, id FROM groups_enrolment WHERE until IS NOT NULL""",
    "frozen_is_not_marked": """
        INSERT INTO groups_freeze (client_id, since, until, reason)
        SELECT DISTINCT client_id, date '2026-08-30', date '2026-09-05', '' FROM journal_mark""",
    "teachers_work_here": "UPDATE people_employee SET left_on = current_date - 1 WHERE first_name = 'Boris'",
    "lesson_of_its_timetable": """
        UPDATE schedule_lesson SET slot_id = NULL;
        UPDATE schedule_lesson lesson SET slot_id = slot.id
        FROM schedule_timetableslot slot JOIN groups_group ON groups_group.id = slot.group_id
        WHERE groups_group.name = 'Judo' AND lesson.group_id = (SELECT id FROM groups_group WHERE name = 'Dance')""",
    "closed_days_are_free": """
        UPDATE schedule_lesson lesson SET day = current_date + 30, slot_id = slot.id,
          starts_at = (current_date + 30 + time '12:00') AT TIME ZONE 'UTC',
          ends_at = (current_date + 30 + time '13:00') AT TIME ZONE 'UTC'
        FROM schedule_timetableslot slot JOIN groups_group ON groups_group.id = slot.group_id
        WHERE lesson.group_id = slot.group_id AND groups_group.name = 'Dance';
        INSERT INTO schedule_closingday (branch_id, day, reason)
        SELECT branch_id, current_date + 30, '' FROM groups_group WHERE name = 'Dance'""",
    "lesson_day": "UPDATE schedule_lesson SET day = day - 3 WHERE held_at IS NULL",
    "lesson_teacher_time": "UPDATE schedule_lessonteacher SET counts = NOT counts",
    "lesson_of_its_branch": """
        UPDATE schedule_lesson SET starts_at = now() + interval '1 day', ends_at = now() + interval '2 days',
          branch_id = (SELECT max(id) FROM access_branch), day = current_date
        WHERE group_id = (SELECT id FROM groups_group WHERE name = 'Dance')""",
    "moved_from_elsewhere": "UPDATE schedule_lesson SET moved_from = day",
    "guests_of_a_trial_lesson": """
        UPDATE schedule_lesson SET lesson_type_id = (SELECT id FROM schedule_lessontype WHERE code = 'trial');
        UPDATE journal_mark SET kind = 'one_off'""",
    "mark_day": "UPDATE journal_mark SET day = day - 1",
    "mark_of_a_member": "UPDATE groups_enrolment SET since = '2030-01-01', until = NULL",
    "held_lesson_is_marked": "UPDATE schedule_lesson SET held_at = NULL, held_by_id = NULL",
    "make_up_pairs": """
        UPDATE journal_mark SET kind = 'make_up', makes_up_id = (SELECT max(id) FROM journal_mark)
        WHERE id = (SELECT min(id) FROM journal_mark)""",
    "right_used_once": """
        DROP INDEX mark_worked_off_once;
        UPDATE journal_mark SET make_up_until = day + 30 WHERE status = 'missed';
        INSERT INTO journal_mark (client_id, lesson_id, day, kind, status, minutes_late, present, uses_lesson,
          pays_teacher, share, price, makes_up_id, worked_off_note, marked_at, version)
        SELECT client_id, lesson.id, lesson.day, 'make_up', 'planned', 0, false, false, false, 0, 0, mark.id, '',
          now(), 1
        FROM journal_mark mark JOIN schedule_lesson lesson ON lesson.id <> mark.lesson_id
        WHERE mark.status = 'missed'""",
    "lapsed_is_unused": "UPDATE journal_mark SET make_up_until = day + 30, lapsed_on = day WHERE status = 'missed'",
    "stands_aside_with_its_lesson": "UPDATE journal_mark SET stands_aside = true",
    "charged_as_decided": "UPDATE journal_mark SET charged = false WHERE status = 'missed'",
    "present_is_attended": "UPDATE journal_mark SET present = NOT present",
    "stored_balance": "UPDATE billing_account SET balance = balance + 0.01",
    "charged_as_marked": "UPDATE journal_mark SET price = price + 1",
    "charged_to_whom_it_is": """
        UPDATE billing_ledgerentry SET client_id = (SELECT max(id) FROM people_client)
        WHERE id = (SELECT min(id) FROM billing_ledgerentry WHERE kind = 'charge')""",
    "reversals": """
        INSERT INTO billing_ledgerentry (client_id, branch_id, kind, amount, mark_id, reverses_id, day, made_at)
        SELECT client_id, branch_id, 'reversal', 1, mark_id, id, day, made_at FROM billing_ledgerentry
        WHERE kind = 'charge' LIMIT 1""",
    "burned_as_it_lapsed": """
        INSERT INTO billing_ledgerentry (client_id, branch_id, kind, amount, lapse_of_id, day, made_at)
        SELECT client_id, branch_id, 'lapse', 1, mark_id, day, made_at FROM billing_ledgerentry
        WHERE mark_id IS NOT NULL LIMIT 1""",
    "lessons_used": "UPDATE billing_subscription SET used = used + 1",
    "covered_by_their_own": "UPDATE billing_coveredmark SET uses = NOT uses",
    "all_lessons_cost_all": "UPDATE billing_subscription SET lessons = used",
    "charged_at_the_start": """
        INSERT INTO billing_ledgerentry (client_id, branch_id, kind, amount, subscription_id, instalment, day, made_at)
        SELECT client_id, branch_id, 'charge', -1, subscription_id, 2, day, made_at FROM billing_ledgerentry
        WHERE instalment IS NOT NULL LIMIT 1""",
    "discounts_add_up": "UPDATE billing_subscriptiondiscount SET sum = sum + 1",
    "closed_months_were_over": """
        INSERT INTO schedule_closedmonth (branch_id, month, closed_at)
        SELECT id, '2026-08-01', '2026-08-31' FROM access_branch""",
    "closed_months_stand": """
        INSERT INTO schedule_closedmonth (branch_id, month, closed_at)
        SELECT id, '2026-09-01', '2026-10-05' FROM access_branch;
        UPDATE billing_ledgerentry SET made_at = '2026-10-06'""",
    "booked_after_what_they_concern": "UPDATE billing_ledgerentry SET about = day",
    "payments_are_booked": "UPDATE billing_payment SET is_refund = NOT is_refund",
    "transfers_cancel_out": "UPDATE billing_transfer SET amount = amount + 1",
    "discounts_within_charges": """
        UPDATE billing_ledgerentry SET amount = amount + 100 WHERE discounts_id IS NOT NULL""",
    "confirmed_is_paid": """
        UPDATE billing_announcedpayment SET client_id = (SELECT max(id) FROM people_client)
        WHERE payment_id IS NOT NULL""",
    "comment_belongs": "UPDATE comments_comment SET of_client_id = NULL",
    "commented_lesson_is_kept": "UPDATE schedule_lesson SET touched_at = NULL",
    "mention_is_of_another": "UPDATE comments_mention SET user_id = (SELECT min(written_by_id) FROM comments_comment)",
    "backups_go_on": """
        INSERT INTO history_entry (at, by_name, via, verb, subject, within, old, new)
        SELECT now() - gone, '', 'job', 'house.backed_up', 'house', '', '{}', '{}'
        FROM unnest(ARRAY[interval '49 hours', interval '50 hours']) gone""",
    "proofs_go_on": """
        INSERT INTO history_entry (at, by_name, via, verb, subject, within, old, new)
        SELECT now(), '', 'job', 'house.proven', 'house', '', '{}', jsonb_build_object('made_at', now() - gone)
        FROM unnest(ARRAY[interval '49 hours', interval '50 hours']) gone""",
    "backups_come_back": """
        INSERT INTO history_entry (at, by_name, via, verb, subject, within, old, new)
        SELECT now() - interval '1 hour', '', 'job', verb, 'house', '', '{}', '{}'
        FROM unnest(ARRAY['house.proven', 'house.proof_failed', 'house.proof_failed']) verb""",
}
# Harm that breaks another promise as well, by its nature.
ALONG = {
    "mark_day": {"lesson_day"}, "lesson_of_its_branch": {"lesson_day", "mark_day", "lesson_teacher_time"},
    "lesson_day": {"mark_day"}, "founded": {"owned"},
    "reversals": {"stored_balance", "charged_as_marked", "discounts_within_charges"},
    "teachers_work_here": {"whoever_left_is_out"}, "make_up_pairs": {"charged_as_marked"},
    "burned_as_it_lapsed": {"stored_balance"},
    "charged_at_the_start": {"stored_balance"},
    "charged_to_whom_it_is": {"stored_balance", "discounts_within_charges"},
    "discounts_within_charges": {"stored_balance"},
}


@pytest.fixture
def well(own_database):
    """A school in which something has happened."""
    school = found_school()
    ivan, olga = (client.pk for client in school.clients())
    lesson_marked.mark(
        lesson_id=school.lessons["chess"].pk, marks={ivan: Status.ATTENDED, olga: Status.MISSED}, seen=None, at=AT,
        by=school.actor("mara"),
    )
    jan, vera = school.clients("judo")[0], school.actor("vera")
    month = Tariff.objects.create(name="Month", kind="month", pricing="month", price=100, charged="start")
    order = Order(
        wanted=Wanted(jan.pk, school.groups["judo"].pk, month.pk, DAY), key="a sale",
        once=billing.once(percent=Decimal(10), amount=None, reason="First"),
    )
    subscription_sold.sell(orders=[order], at=AT, by=vera)
    lesson_marked.mark(
        lesson_id=school.lessons["judo"].pk, marks={jan.pk: Status.ATTENDED}, seen=None, at=AT, by=vera
    )
    payment_received.receive(
        client_id=ivan, amount=Decimal(30), method="cash", on=DAY, note="", key="a key", at=AT, by=school.actor("mara")
    )
    money_transferred.transfer(
        from_client_id=ivan, to_client_id=olga, amount=Decimal(5), reason="Sisters", key="moved", at=AT,
        by=school.actor("mara"),
    )
    money_corrected.discount(
        entry_id=LedgerEntry.objects.get(client=ivan, kind="charge").pk, percent=Decimal(10), reason="Late",
        key="let off", at=AT, by=school.actor("oleg"),
    )
    told = payment_announced.announce(
        client_id=ivan, amount=Decimal(20), method="transfer", on=DAY, note="", key="told", at=AT,
        by=school.actor("mara"),
    )
    payment_announced.confirm(announced_id=told, at=AT, by=school.actor("vera"))
    comment_written.write(
        on=On(client_id=ivan, lesson_id=school.lessons["chess"].pk), text="@Anna, see", asks=True, at=AT,
        by=school.actor("mara"),
    )
    comment_written.write(
        on=On(lesson_id=school.lessons["chess"].pk), text="Snow", asks=False, at=AT, by=school.actor("mara")
    )
    with connections["owner"].cursor() as cursor:  # the timetable of the cast begins long ago and nobody runs its jobs
        cursor.execute("UPDATE schedule_timetableslot SET valid_until = '2026-09-02'")
    return school


def broken():
    return {finding.promise.name for finding in examine() if finding.broken}


def test_nothing_is_found_where_all_is_well(well):
    assert broken() == set()
    out = StringIO()
    call_command("doctor", json=True, stdout=out)
    told = [json.loads(line) for line in out.getvalue().splitlines()]
    assert len([each for each in told if "promise" in each]) == len(PROMISES)
    assert {each["broken"] for each in told} == {0}
    assert "backup" in {each.get("lacks") for each in told}


@pytest.mark.parametrize("name", HARM)
def test_each_broken_promise_is_found(well, name):
    with connections["owner"].cursor() as cursor:
        for table in ("schedule_lesson", "schedule_lessonteacher", "journal_mark", "billing_ledgerentry"):
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        cursor.execute(HARM[name])
        for table in ("schedule_lesson", "schedule_lessonteacher", "journal_mark", "billing_ledgerentry"):
            if name != "triggers_watch":
                cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
    found = broken()
    assert name in found
    assert found <= {name} | ALONG.get(name, set())


def test_a_group_without_lessons_ahead_is_found(well):
    with connections["owner"].cursor() as cursor:
        cursor.execute("UPDATE schedule_timetableslot SET valid_until = NULL")
    assert broken() == {"lessons_ahead"}


def test_every_promise_was_broken_once():
    assert {promise.name for promise in PROMISES} == {*HARM, "lessons_ahead"}


def test_the_command_says_what_is_wrong_and_ends_with_one(well):
    with connections["owner"].cursor() as cursor:
        cursor.execute("UPDATE billing_account SET balance = 0")
    out = StringIO()
    with pytest.raises(CommandError) as ended:
        call_command("doctor", stdout=out)
    assert ended.value.returncode == 1
    ivan = well.clients()[0].pk
    assert "BROKEN  stored_balance" in out.getvalue()
    assert f"client:{ivan}" in out.getvalue()
