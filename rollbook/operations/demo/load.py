"""Writes a plan into an empty database, as its owner: whole, or not at all, or it says that it is not finished."""

import os
from collections.abc import Callable, Mapping
from datetime import date, datetime
from functools import partial
from time import monotonic
from zoneinfo import ZoneInfo

import psycopg
from django.db import connections, models
from django.utils.translation import gettext_lazy as _
from psycopg.sql import SQL, Identifier

from rollbook.domains.access import models as access
from rollbook.domains.billing import models as billing
from rollbook.domains.comments import models as comments
from rollbook.domains.fields import models as fields
from rollbook.domains.groups import models as groups
from rollbook.domains.history import models as history
from rollbook.domains.journal import models as journal
from rollbook.domains.people import models as people
from rollbook.domains.schedule import models as schedule
from rollbook.foundation.addresses import address_of
from rollbook.foundation.errors import Refused
from rollbook.operations.demo import UNFINISHED, rows
from rollbook.operations.demo.bare import Bare, Database
from rollbook.operations.demo.book import Row
from rollbook.operations.demo.copying import Target, copy_all
from rollbook.operations.demo.names import NAMES
from rollbook.operations.demo.plan import SEED, Plan
from rollbook.operations.demo.scales import SCALES

ALIAS = "owner"
MOST_PROCESSES = 8
MEMORY_FOR_INDEXES = 1024
"""Megabytes, of all connections together."""

TABLES: Mapping[type[Row], type[models.Model]] = {
    rows.Organisation: access.Organisation,
    rows.Role: access.Role,
    rows.User: access.User,
    rows.Grant: access.Grant,
    rows.Branch: access.Branch,
    rows.GrantBranch: access.Grant.branches.through,
    rows.Employee: people.Employee,
    rows.Management: people.Management,
    rows.Client: people.Client,
    rows.Contact: people.Contact,
    rows.Relation: people.Relation,
    rows.Programme: groups.Programme,
    rows.Group: groups.Group,
    rows.GroupTeacher: groups.Group.teachers.through,
    rows.Enrolment: groups.Enrolment,
    rows.Freeze: groups.Freeze,
    rows.ChurnRecord: groups.ChurnRecord,
    rows.Room: schedule.Room,
    rows.LessonType: schedule.LessonType,
    rows.Choice: fields.Choice,
    rows.ClosingDay: schedule.ClosingDay,
    rows.ClosedMonth: schedule.ClosedMonth,
    rows.Slot: schedule.TimetableSlot,
    rows.SlotTeacher: schedule.TimetableSlot.teachers.through,
    rows.Lesson: schedule.Lesson,
    rows.LessonTeacher: schedule.LessonTeacher,
    rows.Mark: journal.Mark,
    rows.Tariff: billing.Tariff,
    rows.TariffUse: billing.TariffUse,
    rows.Subscription: billing.Subscription,
    rows.SubscriptionGroup: billing.SubscriptionGroup,
    rows.SubscriptionDiscount: billing.SubscriptionDiscount,
    rows.CoveredMark: billing.CoveredMark,
    rows.Payment: billing.Payment,
    rows.AnnouncedPayment: billing.AnnouncedPayment,
    rows.LedgerEntry: billing.LedgerEntry,
    rows.Comment: comments.Comment,
    rows.Mention: comments.Mention,
    rows.SignIn: access.SignIn,
    rows.Reading: history.Reading,
    rows.History: history.Entry,
}

# What the trigger of the ledger would have added up entry by entry.
BALANCES = """
INSERT INTO billing_account (client_id, balance, entries)
SELECT client_id, sum(amount), count(*) FROM billing_ledgerentry GROUP BY client_id ORDER BY client_id
"""


class NotEmpty(Refused):
    sentence = _("This database holds data already. The demo fills an empty one only: it never mixes with real data.")


class Inhabited(Refused):
    sentence = _("In this half of a demo somebody has worked since: it is not emptied. Begin with another database.")


def is_empty() -> bool:
    """Whether nobody has begun to work here. A demo that was not finished does not count."""
    begun = (access.Organisation, access.User, access.Branch, people.Client, people.Employee)
    with connections[ALIAS].wrap_database_errors, _connect() as db:
        if _bare(db).is_unfinished:
            return True
    return not any(model._base_manager.using(ALIAS).exists() for model in begun)


def fill(
    *, scale: str, language: str, anchor: date | None = None, seed: str = SEED, processes: int | None = None,
    tell: Callable[[str], object] = str,
) -> None:
    """Fill an empty database with a demo of this scale, around the day `anchor` (today, where the school is).

    NotEmpty where there is something already; what an earlier try left unfinished is removed first, unless somebody
    has acted in it since (Inhabited). Who fails or is
    interrupted leaves the database empty; who is killed leaves it marked as unfinished, until somebody tries again.
    The number of `processes`, by default that of the cores, makes no difference to the rows. `tell` is given a line
    for each step that is done.
    """
    anchor = anchor or datetime.now(ZoneInfo(NAMES[language].time_zone)).date()
    make = partial(Plan, scale=SCALES[scale], language=language, anchor=anchor, seed=seed)
    processes = processes or min(os.cpu_count() or 1, MOST_PROCESSES)
    connect = partial(_connect, maintenance_work_mem=f"{MEMORY_FOR_INDEXES // processes}MB")
    steps = _Steps(tell)
    with connections[ALIAS].wrap_database_errors, connect() as db:
        db.execute("SELECT pg_advisory_lock(hashtext('rollbook demo'))")
        bare = _bare(db)
        if bare.is_unfinished:
            if _somebody_acted(db):
                raise Inhabited
            bare.give_up()
            steps.done("removed what an unfinished demo had left")
        if not is_empty():
            raise NotEmpty
        bare.take_off()
        try:
            _copy(make, processes, steps)
            db.execute(BALANCES)
            bare.put_on(connect, lanes=processes, tell=steps.done)
            for model in TABLES.values():
                _continue_numbers(db, model)
            bare.finish()
            steps.done("done")
        except BaseException:
            bare.give_up()
            raise


class _Steps:
    """What is done, with the seconds it took so far."""

    def __init__(self, tell: Callable[[str], object]) -> None:
        self._tell, self._began = tell, monotonic()

    def done(self, what: str) -> None:
        self._tell(f"{monotonic() - self._began:6.1f} s  {what}")


def _connect(**settings: str) -> Database:
    """Past Django: others connect at the same time, from threads and processes. Nothing it does takes too long."""
    db: Database = psycopg.connect(address_of(ALIAS), autocommit=True)
    for name, value in {"statement_timeout": "0", **settings}.items():
        db.execute("SELECT set_config(%s, %s, false)", [name, value])
    return db


def _somebody_acted(db: Database) -> bool:
    """Each act is in the history. A plan brings its own numbers: who took the next one came by another way."""
    table = history.Entry._meta.db_table
    sequence = db.execute("SELECT pg_get_serial_sequence(%s, 'id')::regclass::text", [table]).fetchone()[0]
    return bool(db.execute(f"SELECT is_called FROM {sequence}").fetchone()[0])  # noqa: S608


def _bare(db: Database) -> Bare:
    return Bare(db, [model._meta.db_table for model in (*TABLES.values(), billing.Account)], mark=UNFINISHED)


def _copy(make: Callable[[], Plan], processes: int, steps: _Steps) -> None:
    parts, loaded = make().parts, 0

    def tell(number: int, rows: int) -> None:
        nonlocal loaded
        loaded += 1
        steps.done(f"{parts[number]}: {rows} rows ({loaded} of {len(parts)})")

    targets = {table: _target(table, model) for table, model in TABLES.items()}
    copy_all(make, len(parts), targets, address=address_of(ALIAS), processes=min(processes, len(parts)), tell=tell)


def _target(table: type[Row], model: type[models.Model]) -> Target:
    named: tuple[str, ...] = table._fields  # type: ignore[attr-defined]
    defaults = _defaults(model, named)
    columns = SQL(", ").join(map(Identifier, (*named, *defaults)))
    copy = SQL("COPY {} ({}) FROM STDIN").format(Identifier(model._meta.db_table), columns)
    return Target(copy.as_string(), tuple(defaults.values()))


def _defaults(model: type[models.Model], named: tuple[str, ...]) -> dict[str, object]:
    """By column, what the model says of the fields that a plan does not name, in plain values: other processes know
    nothing of Django."""
    told = {
        field.attname: field.get_default()
        for field in model._meta.concrete_fields
        if field.attname not in named and not field.generated and not field.primary_key
    }
    return {name: str(value) if isinstance(value, str) else value for name, value in told.items()}


def _continue_numbers(db: Database, model: type[models.Model]) -> None:
    """The next row that is added by hand goes on after those of the plan."""
    if isinstance(model._meta.pk, models.BigAutoField):
        table = model._meta.db_table
        statement = SQL("SELECT setval(pg_get_serial_sequence(%s, 'id'), coalesce(max(id) + 1, 1), false) FROM {}")
        db.execute(statement.format(Identifier(table)), [table])
