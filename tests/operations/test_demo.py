import hashlib
import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from random import Random
from unittest.mock import Mock

import pytest
from django.core.management import CommandError, call_command
from django.db import DataError, OperationalError, connection
from pytest_django.plugin import DjangoDbBlocker

from rollbook.domains.access.actor import operator
from rollbook.domains.access.models import User
from rollbook.domains.access.queries import first_owner
from rollbook.domains.billing import actions as billing
from rollbook.domains.billing.models import Account, LedgerEntry
from rollbook.domains.history import actions as history
from rollbook.domains.journal.models import Mark
from rollbook.domains.people.models import Client
from rollbook.domains.schedule import actions as schedule
from rollbook.foundation.texts import clean_line
from rollbook.operations.demo import load, rows
from rollbook.operations.demo.bare import Bare
from rollbook.operations.demo.book import Book
from rollbook.operations.demo.chain import found
from rollbook.operations.demo.names import NAMES
from rollbook.operations.demo.plan import SEED, Plan
from rollbook.operations.demo.scales import SCALES, Scale, Window
from rollbook.operations.demo.timetable import open_branch
from rollbook.operations.doctor import examine
from tests import databases

ANCHOR = date(2026, 11, 18)
MIDNIGHT = f"{ANCHOR} 00:00+03"
SMALL = Scale("small", branches=2, groups=9, clients=70, enrolled=50, weeks_back=9)
SKETCH = Scale("sketch", branches=3, groups=9, clients=60, enrolled=40, weeks_back=5)

# What the table of sizes says of S, where its areas exist: near it, whatever the day.
SIZES = {
    rows.Branch: (2, 2), rows.Group: (24, 24), rows.Client: (400, 400), rows.Lesson: (1_850, 2_300),
    rows.Mark: (16_500, 22_000), rows.LedgerEntry: (19_000, 27_000), rows.History: (25_000, 42_000),
}


def planned(*, scale: Scale = SMALL, language: str = "ru", anchor: date = ANCHOR, seed: str = "x") -> dict[type, list]:
    plan, tables = Plan(scale=scale, language=language, anchor=anchor, seed=seed), {}
    for number in range(len(plan.parts)):
        for table, batch in plan.part(number):
            tables.setdefault(table, []).extend(batch)
    return tables


def fingerprint(tables: dict[type, list]) -> str:
    told = sorted((table.__name__, batch) for table, batch in tables.items())
    return hashlib.sha256(repr(told).encode()).hexdigest()


def test_the_same_arguments_give_the_same_rows_in_every_process() -> None:
    told = "import django; django.setup(); from tests.operations.test_demo import *; print(fingerprint(planned()))"
    answers = {
        subprocess.check_output([sys.executable, "-c", told], env=os.environ | {"PYTHONHASHSEED": number}, text=True)
        for number in ("1", "2")
    }
    assert answers == {f"{fingerprint(planned())}\n"}


@pytest.mark.parametrize("other", [{"seed": "y"}, {"anchor": ANCHOR + timedelta(days=1)}, {"language": "uk"}])
def test_other_arguments_give_other_rows(other: dict[str, object]) -> None:
    assert fingerprint(planned(**other)) != fingerprint(planned())  # type: ignore[arg-type]


@pytest.mark.parametrize("anchor", [date(2026, 1, 15) + timedelta(weeks=5 * n) for n in range(12)], ids=str)
def test_every_group_finds_a_room_and_a_time_on_any_day(anchor: date) -> None:
    """The groups of a large branch fill its evenings, and what is taken differs with the day."""
    scale = SCALES["M"]
    chain = found(Book(0), NAMES["ru"], Window.around(anchor, scale))
    branch = open_branch(Book(1), chain, Random(f"{SEED} 0"), 1, 0, scale.of_branch(scale.groups, 0))
    assert len(branch.groups) == 30
    assert all(group.slots for group in branch.groups)


@pytest.mark.parametrize("anchor", [date(2026, 1, 3), date(2026, 7, 14), date(2028, 2, 29)])
def test_s_is_as_large_as_promised_on_any_day(anchor: date) -> None:
    tables = planned(scale=SCALES["S"], anchor=anchor)
    for table, (least, most) in SIZES.items():
        assert least <= len(tables[table]) <= most, table


def test_it_is_known_who_signed_in_and_who_looked_at_a_card() -> None:
    tables = planned()
    assert {row.id for row in tables[rows.User]} == {row.user_id for row in tables[rows.SignIn] if row.succeeded}
    assert {row.succeeded for row in tables[rows.SignIn]} == {True, False}
    assert {row.subject for row in tables[rows.Reading]} <= {f"client:{row.id}" for row in tables[rows.Client]}
    assert min(row.at for row in tables[rows.Reading]).date() >= ANCHOR - timedelta(days=60)
    once = Counter((row.subject, row.hour, row.by_id) for row in tables[rows.Reading])
    assert set(once.values()) == {1}


def test_columns_are_those_of_the_models() -> None:
    for table, model in load.TABLES.items():
        columns = {field.attname for field in model._meta.concrete_fields if not field.generated}
        assert set(table._fields) <= columns, table  # type: ignore[attr-defined]


@pytest.mark.parametrize("language", NAMES)
def test_people_are_named_in_the_language_of_the_school(language: str) -> None:
    letters = r"[A-Za-z '’-]+" if language == "en" else r"[А-ЯЁІЇЄҐа-яёіїєґ '’-]+"
    tables = planned(language=language)
    for person in (*tables[rows.Client], *tables[rows.Contact], *tables[rows.Employee]):
        name = f"{person.last_name} {person.first_name}"
        assert re.fullmatch(letters, name), name
        assert clean_line(name) == name


def test_months_are_whole_from_the_first_day_on() -> None:
    window = Window.around(date(2026, 11, 21), SCALES["S"])
    assert (window.first, window.last) == (date(2026, 5, 1), date(2027, 1, 16))


# ------------------------------------------------------------------------------------------------------- loaded


@pytest.fixture(scope="module")
def demo(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """A database with demo S around a fixed day."""
    with django_db_blocker.unblock(), databases.clone() as name, databases.pointed_at(name):
        load.fill(scale="S", language="ru", anchor=ANCHOR)
        yield


# Each names what must not be.
NEVER = {
    "a stored balance that is not the sum": """
        SELECT client_id FROM billing_account FULL JOIN (
          SELECT client_id, sum(amount) AS balance, count(*) AS entries FROM billing_ledgerentry GROUP BY client_id
        ) summed USING (client_id)
        WHERE (billing_account.balance, billing_account.entries) IS DISTINCT FROM (summed.balance, summed.entries)""",
    "a charge that is not the mark's": """
        SELECT mark.id FROM journal_mark mark
        LEFT JOIN (SELECT mark_id, sum(amount) AS amount FROM billing_ledgerentry GROUP BY mark_id) charged
          ON charged.mark_id = mark.id
        WHERE coalesce(-charged.amount, 0) <> CASE WHEN mark.prepaid THEN 0
          ELSE round(mark.price * mark.share / 100, 2) END""",
    "a regular mark of somebody who is not expected": """
        SELECT mark.id FROM journal_mark mark JOIN schedule_lesson lesson ON lesson.id = mark.lesson_id
        WHERE mark.kind = 'regular' AND NOT EXISTS (
          SELECT FROM groups_enrolment e WHERE e.client_id = mark.client_id AND e.group_id = lesson.group_id
            AND daterange(e.since, e.until) @> lesson.day
            AND (e.weekdays IS NULL
                 OR extract(isodow FROM coalesce(lesson.moved_from, lesson.day)) = ANY(e.weekdays)))""",
    "a guest who is a member": """
        SELECT mark.id FROM journal_mark mark JOIN schedule_lesson lesson ON lesson.id = mark.lesson_id
        JOIN groups_enrolment e ON e.client_id = mark.client_id AND e.group_id = lesson.group_id
        WHERE mark.kind <> 'regular' AND daterange(e.since, e.until) @> lesson.day
          AND (e.weekdays IS NULL OR extract(isodow FROM coalesce(lesson.moved_from, lesson.day)) = ANY(e.weekdays))""",
    "a mark of a cancelled lesson": """
        SELECT mark.id FROM journal_mark mark JOIN schedule_lesson lesson ON lesson.id = mark.lesson_id
        WHERE lesson.cancelled_at IS NOT NULL""",
    "a mark of a frozen day": """
        SELECT mark.id FROM journal_mark mark JOIN groups_freeze f
          ON f.client_id = mark.client_id AND daterange(f.since, f.until) @> mark.day""",
    "a lesson on a closing day": """
        SELECT lesson.id FROM schedule_lesson lesson JOIN schedule_closingday closed USING (branch_id, day)""",
    "somebody who came on a day that has not been": f"""
        SELECT id FROM journal_mark WHERE day >= '{ANCHOR}' AND status IN ('attended', 'missed')""",
    "an act of the future": f"""
        SELECT id FROM history_entry WHERE at >= '{MIDNIGHT}' UNION ALL
        SELECT id FROM billing_ledgerentry WHERE made_at >= '{MIDNIGHT}' OR day >= '{ANCHOR}' UNION ALL
        SELECT id FROM journal_mark WHERE marked_at >= '{MIDNIGHT}' UNION ALL
        SELECT id FROM schedule_lesson WHERE greatest(held_at, touched_at, cancelled_at) >= '{MIDNIGHT}' UNION ALL
        SELECT id FROM people_client WHERE created_at >= '{MIDNIGHT}'""",
    "a held lesson in which nobody was marked": """
        SELECT lesson.id FROM schedule_lesson lesson WHERE held_at IS NOT NULL AND NOT EXISTS (
          SELECT FROM journal_mark WHERE lesson_id = lesson.id)""",
    "a lesson that is not held, and somebody came": """
        SELECT lesson.id FROM schedule_lesson lesson JOIN journal_mark mark ON mark.lesson_id = lesson.id
        WHERE held_at IS NULL AND status IN ('attended', 'missed')""",
    "a make-up of nothing, or too late, or of what gives no right": """
        SELECT visit.id FROM journal_mark visit LEFT JOIN journal_mark miss ON miss.id = visit.makes_up_id
        WHERE visit.kind = 'make_up' AND (
          visit.client_id = miss.client_id AND visit.day > miss.day AND visit.day <= miss.make_up_until
          AND miss.worked_off_on IS NULL) IS NOT TRUE""",
    "a make-up that costs something else than the miss": """
        SELECT visit.id FROM journal_mark visit JOIN journal_mark miss ON miss.id = visit.makes_up_id
        WHERE visit.price <> miss.price
           OR visit.share <> CASE visit.status WHEN 'attended' THEN 100 - miss.share ELSE 0 END""",
    "a make-up in the revenue of a strange group": """
        SELECT entry.id FROM billing_ledgerentry entry JOIN journal_mark visit ON visit.id = entry.mark_id
        JOIN journal_mark miss ON miss.id = visit.makes_up_id JOIN schedule_lesson home ON home.id = miss.lesson_id
        WHERE entry.group_id IS DISTINCT FROM home.group_id""",
    "more in a lesson than there are places": """
        SELECT lesson.id FROM schedule_lesson lesson JOIN groups_group ON groups_group.id = lesson.group_id
        WHERE groups_group.capacity < (
          SELECT count(*) FROM groups_enrolment e WHERE e.group_id = lesson.group_id
            AND daterange(e.since, e.until) @> lesson.day
            AND (e.weekdays IS NULL OR extract(isodow FROM coalesce(lesson.moved_from, lesson.day)) = ANY(e.weekdays))
        ) + (SELECT count(*) FROM journal_mark WHERE lesson_id = lesson.id AND kind <> 'regular')""",
    "somebody in two lessons at once": """
        SELECT a.id FROM journal_mark m
        JOIN journal_mark n ON m.client_id = n.client_id AND m.day = n.day AND m.id < n.id
        JOIN schedule_lesson a ON a.id = m.lesson_id JOIN schedule_lesson b ON b.id = n.lesson_id
        WHERE tstzrange(a.starts_at, a.ends_at) && tstzrange(b.starts_at, b.ends_at)""",
    "a client without exactly one payer": """
        SELECT client.id FROM people_client client
        WHERE 1 <> (SELECT count(*) FROM people_relation WHERE client_id = client.id AND pays)""",
    "a phone of two contacts": "SELECT phone FROM people_contact GROUP BY phone HAVING count(*) > 1",
    "a child whose age does not fit the programme": """
        SELECT client.id FROM people_client client JOIN groups_enrolment e ON e.client_id = client.id
        JOIN groups_group g ON g.id = e.group_id JOIN groups_programme p ON p.id = g.programme_id
        WHERE extract(year FROM age(e.since, client.birth_date)) NOT BETWEEN p.min_age AND coalesce(p.max_age, 99)""",
    "a lesson without a teacher": """
        SELECT id FROM schedule_lesson lesson
        WHERE NOT EXISTS (SELECT FROM schedule_lessonteacher WHERE lesson_id = lesson.id)""",
    "an announced payment of the wrong client, or of another sum": """
        SELECT announced.id FROM billing_announcedpayment announced
        JOIN billing_ledgerentry entry ON entry.payment_id = announced.payment_id
        WHERE (entry.client_id, entry.amount) <> (announced.client_id, announced.amount)""",
    "a payment that is not what was booked": """
        SELECT payment.id FROM billing_payment payment
        WHERE amount <> (SELECT sum(amount) FROM billing_ledgerentry WHERE payment_id = payment.id)""",
}


def answers(statement: str) -> list[tuple[object, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchall()


def count(statement: str) -> int:
    return int(str(answers(f"SELECT count(*) FROM ({statement}) counted")[0][0]))


@pytest.mark.parametrize("what", NEVER)
def test_there_is_never(what: str, demo: None) -> None:
    assert answers(NEVER[what]) == []


# And what is to be seen in it.
LIVELY = {
    "status and kind": ("SELECT DISTINCT kind, status FROM journal_mark", 9),
    "late": ("SELECT FROM journal_mark WHERE minutes_late > 0", 300),
    "worked off by a visit": ("SELECT FROM journal_mark WHERE kind = 'make_up' AND status = 'attended'", 150),
    "worked off with the teacher alone": ("SELECT FROM schedule_lesson WHERE group_id IS NULL", 10),
    "worked off by hand": ("SELECT FROM journal_mark WHERE worked_off_on IS NOT NULL", 50),
    "booked to be worked off": ("SELECT FROM journal_mark WHERE kind = 'make_up' AND status = 'planned'", 3),
    "a trial to come": ("SELECT FROM journal_mark WHERE kind = 'trial' AND status = 'planned'", 2),
    "cancelled, and why": ("SELECT FROM schedule_lesson WHERE cancelled_for_id IS NOT NULL", 20),
    "moved to another day": ("SELECT FROM schedule_lesson WHERE moved_from IS NOT NULL", 5),
    "not marked yet": (
        f"SELECT FROM schedule_lesson WHERE held_at IS NULL AND cancelled_at IS NULL AND day < '{ANCHOR}'", 3,
    ),
    "today": (f"SELECT FROM schedule_lesson WHERE day = '{ANCHOR}'", 5),
    "to come": (f"SELECT FROM schedule_lesson WHERE day >= '{ANCHOR + timedelta(weeks=7)}'", 20),
    "a substitute": (
        """SELECT FROM schedule_lesson lesson WHERE NOT EXISTS (
             SELECT FROM schedule_lessonteacher JOIN groups_group_teachers USING (employee_id)
             WHERE lesson_id = lesson.id AND groups_group_teachers.group_id = lesson.group_id)""", 5,
    ),
    "two teachers": ("SELECT lesson_id FROM schedule_lessonteacher GROUP BY 1 HAVING count(*) > 1", 50),
    "siblings": ("SELECT contact_id FROM people_relation WHERE pays GROUP BY 1 HAVING count(*) > 1", 30),
    "a payment for several": ("SELECT payment_id FROM billing_ledgerentry GROUP BY 1 HAVING count(*) > 1", 50),
    "said to be paid, and not known yet": (
        "SELECT FROM billing_announcedpayment WHERE payment_id IS NULL AND declined_at IS NULL", 4,
    ),
    "said to be paid, and seen to come": ("SELECT FROM billing_announcedpayment WHERE payment_id IS NOT NULL", 5),
    "said to be paid in vain": ("SELECT FROM billing_announcedpayment WHERE declined_at IS NOT NULL", 1),
    "one's own contact": ("SELECT FROM people_relation WHERE kinship = 'self' AND pays", 15),
    "frozen now": (f"SELECT FROM groups_freeze WHERE daterange(since, until) @> date '{ANCHOR}'", 3),
    "left, and why": ("SELECT FROM groups_churnrecord WHERE returned_id IS NULL AND choice_id IS NOT NULL", 40),
    "finished the course": (
        """SELECT FROM groups_churnrecord record JOIN fields_choice choice ON choice.id = choice_id
        WHERE choice.code = 'finished'""",
        1,
    ),
    "frozen for a reason": ("SELECT FROM groups_freeze WHERE choice_id IS NOT NULL", 10),
    "transferred": ("SELECT FROM history_entry WHERE verb = 'enrolment.transferred'", 10),
    "only some weekdays": ("SELECT FROM groups_enrolment WHERE weekdays IS NOT NULL", 15),
    "left": (f"SELECT FROM groups_enrolment WHERE until <= '{ANCHOR}'", 40),
    "a transfer": (
        """SELECT FROM groups_enrolment a JOIN groups_enrolment b
             ON a.client_id = b.client_id AND a.until = b.since AND a.group_id <> b.group_id""", 5,
    ),
    "both pricings": ("SELECT DISTINCT pricing FROM billing_tariff", 2),
    "a price that changed": ("SELECT programme_id FROM billing_tariffuse GROUP BY 1 HAVING count(*) > 1", 1),
    "a group's own price": ("SELECT FROM billing_tariffuse WHERE group_id IS NOT NULL", 1),
    "a correction": ("SELECT FROM billing_ledgerentry WHERE kind = 'reversal'", 80),
    "a debtor": ("SELECT FROM billing_account WHERE balance < -1000", 5),
    "an advance": ("SELECT FROM billing_account WHERE balance > 5000", 10),
    "every role": ("SELECT DISTINCT role_id FROM access_grant", 8),
}


@pytest.mark.parametrize("what", LIVELY)
def test_there_is(what: str, demo: None) -> None:
    statement, least = LIVELY[what]
    assert count(statement) >= least


def test_300_clients_have_a_place(demo: None) -> None:
    enrolled = f"SELECT DISTINCT client_id FROM groups_enrolment WHERE daterange(since, until) @> date '{ANCHOR}'"
    assert 285 <= count(enrolled) <= 305


def test_groups_are_full_and_thin_and_under_their_minimum(demo: None) -> None:
    fills = answers("""
        SELECT count(e.id)::float / g.capacity, count(e.id) < g.minimum FROM groups_group g
        LEFT JOIN groups_enrolment e ON e.group_id = g.id AND e.until IS NULL
        WHERE g.state = 'running' GROUP BY g.id""")
    shares = [float(str(share)) for share, _under in fills]
    assert sum(share == 1 for share in shares) >= 3
    assert sum(share < 0.6 for share in shares) >= 2
    assert Counter(under for _share, under in fills)[True] >= 1


def test_most_owe_nothing_that_they_have_not_had(demo: None) -> None:
    """Near zero, or paid for the lessons of this month that are still to come."""
    [(owing,)] = answers("SELECT count(*) FILTER (WHERE balance < -500)::float / count(*) FROM billing_account")
    assert float(str(owing)) < 0.12
    assert count("SELECT FROM billing_account WHERE abs(balance) < 100") > 50


def test_settling_every_mark_anew_changes_nothing(demo: None) -> None:
    """The charges are those that marking by hand would have made."""
    before = LedgerEntry.objects.count()
    ids = list(Mark.objects.values_list("pk", flat=True))
    billing.settle(mark_ids=ids, at=datetime.combine(ANCHOR, time(12), UTC), by=operator("test"))
    assert LedgerEntry.objects.count() == before


def test_the_timetable_gives_no_lesson_that_is_not_there(demo: None) -> None:
    at = datetime.combine(ANCHOR, time(12), UTC)
    made = schedule.make_lessons(until=ANCHOR + timedelta(weeks=8), at=at, by=operator("test"))
    assert (made.lessons, made.collisions) == (0, ())


def test_nobody_has_a_password(demo: None) -> None:
    assert not any(user.has_usable_password() for user in User.objects.all())
    assert User.objects.get(pk=first_owner()).username == "owner"


def test_what_is_added_later_has_a_new_number(demo: None) -> None:
    last = Client.objects.order_by("-pk")[0]
    new = Client.objects.create(branch=last.branch, last_name="Новикова", created_at=last.created_at)
    assert new.pk == last.pk + 1
    new.delete()


def test_a_database_with_something_in_it_is_refused(demo: None) -> None:
    before = Client.objects.count()
    with pytest.raises(CommandError, match="empty"):
        call_command("demo")
    call_command("demo", if_empty=True)
    assert Client.objects.count() == before


@pytest.mark.parametrize("language", ["uk", "en"])
def test_every_language_loads(language: str, own_database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(SCALES, "S", SKETCH)
    call_command("demo", language=language, anchor=ANCHOR, verbosity=0)
    assert Client.objects.count() == SKETCH.clients


# ------------------------------------------------------------------------------------------------ how it is filled

STRUCTURE = """
    SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid), convalidated::text FROM pg_constraint
    WHERE connamespace = 'public'::regnamespace UNION ALL
    SELECT tablename, indexname, indexdef, '' FROM pg_indexes WHERE schemaname = 'public' UNION ALL
    SELECT tgrelid::regclass::text, tgname, pg_get_triggerdef(oid), tgenabled::text FROM pg_trigger
    WHERE NOT tgisinternal UNION ALL
    SELECT relname, array_to_string(reloptions, ','), array_to_string(relacl, ','), relkind::text FROM pg_class
    WHERE relnamespace = 'public'::regnamespace ORDER BY 1, 2, 3, 4"""


def checksums() -> dict[str, object]:
    """Of every table that a demo fills, whatever the order of its rows."""
    tables = [model._meta.db_table for model in (*load.TABLES.values(), Account)]
    return {
        table: answers(f"SELECT count(*), sum(hashtextextended(told::text, 0)) FROM {table} told") for table in tables
    }


@pytest.fixture
def sketch(own_database: str, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Fills a database with a very small demo."""
    monkeypatch.setitem(SCALES, "sketch", SKETCH)
    return partial(load.fill, scale="sketch", language="ru", anchor=ANCHOR)


def test_all_that_a_table_has_is_there_again_afterwards(sketch: Callable[..., None]) -> None:
    before = answers(STRUCTURE)
    sketch()
    assert answers(STRUCTURE) == before
    assert not [finding for finding in examine() if finding.broken]
    assert answers("SELECT FROM pg_class WHERE relname = 'journal_mark' AND reltuples > 300")


def test_as_many_processes_as_one_likes_give_the_same_rows(sketch: Callable[..., None]) -> None:
    sketch(processes=2)
    by_two = checksums()
    with databases.clone() as name, databases.pointed_at(name):
        sketch(processes=1)
        assert checksums() == by_two


def test_who_is_interrupted_leaves_the_database_empty(
    sketch: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    before = answers(STRUCTURE), checksums()
    monkeypatch.setattr(load, "_continue_numbers", Mock(side_effect=KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        sketch()
    assert (answers(STRUCTURE), checksums()) == before


def test_a_database_that_does_not_answer_is_told_as_such(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(load, "address_of", lambda alias: "host=/nowhere")
    with pytest.raises(OperationalError):
        call_command("demo", if_empty=True)


def test_half_a_demo_in_which_somebody_has_acted_is_not_emptied(
    sketch: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as killed:
        killed.setattr(load, "BALANCES", "SELECT 1 / 0")
        killed.setattr(Bare, "give_up", lambda bare: None)
        with pytest.raises(DataError):
            sketch()
    assert load.is_empty()
    at = datetime(2026, 9, 2, tzinfo=UTC)
    history.record(verb="client.added", subject="client:1", new={}, at=at, by=operator("", via="job"))
    there = answers("SELECT count(*) FROM history_entry")
    with pytest.raises(CommandError, match="somebody has worked since"):
        call_command("demo", if_empty=True)
    assert answers("SELECT count(*) FROM history_entry") == there


@pytest.mark.parametrize("last_words", ["1 of 4", "all indexes"])
def test_who_is_killed_leaves_word_and_the_next_one_fills_it(
    last_words: str, sketch: Callable[..., None], own_database: str
) -> None:
    before = answers(STRUCTURE)
    told = f"""
import django; django.setup()
import os
from rollbook.operations.demo import load
from tests.operations.test_demo import ANCHOR, SCALES, SKETCH
def tell(line):
    if {last_words!r} in line: os.kill(os.getpid(), 9)
if __name__ == "__main__":
    SCALES["sketch"] = SKETCH
    load.fill(scale="sketch", language="ru", anchor=ANCHOR, tell=tell)
"""
    addresses = {
        "DATABASE_URL": databases.address_of(own_database, "default"),
        "DATABASE_OWNER_URL": databases.address_of(own_database, "owner"),
    }
    killed = subprocess.run([sys.executable, "-c", told], env=os.environ | addresses, check=False)
    assert killed.returncode == -9
    assert {finding.promise.name for finding in examine() if finding.broken} >= {"filled_whole", "triggers_watch"}
    assert load.is_empty()
    sketch()
    assert answers(STRUCTURE) == before
    for table, batch in planned(scale=SKETCH, seed=SEED).items():
        assert answers(f"SELECT count(*) FROM {load.TABLES[table]._meta.db_table}") == [(len(batch),)]
