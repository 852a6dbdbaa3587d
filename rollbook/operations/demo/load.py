"""Writes a plan into an empty database, as its owner, all or nothing."""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.db import connections, models, transaction
from django.db.backends.utils import CursorWrapper
from django.utils.translation import gettext_lazy as _
from psycopg.sql import SQL, Identifier

from rollbook.domains.access import models as access
from rollbook.domains.billing import models as billing
from rollbook.domains.groups import models as groups
from rollbook.domains.history import models as history
from rollbook.domains.journal import models as journal
from rollbook.domains.people import models as people
from rollbook.domains.schedule import models as schedule
from rollbook.foundation.errors import Refused
from rollbook.operations.demo import rows
from rollbook.operations.demo.book import Row
from rollbook.operations.demo.names import NAMES
from rollbook.operations.demo.plan import SEED, parts
from rollbook.operations.demo.scales import SCALES

ALIAS = "owner"

# In the order in which they are loaded: triggers look things up in what was there before.
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
    rows.Room: schedule.Room,
    rows.LessonType: schedule.LessonType,
    rows.ClosingDay: schedule.ClosingDay,
    rows.Slot: schedule.TimetableSlot,
    rows.SlotTeacher: schedule.TimetableSlot.teachers.through,
    rows.Lesson: schedule.Lesson,
    rows.LessonTeacher: schedule.LessonTeacher,
    rows.Mark: journal.Mark,
    rows.Tariff: billing.Tariff,
    rows.TariffUse: billing.TariffUse,
    rows.Payment: billing.Payment,
    rows.LedgerEntry: billing.LedgerEntry,
    rows.History: history.Entry,
}
_PLACES = {table: place for place, table in enumerate(TABLES)}


class NotEmpty(Refused):
    sentence = _("This database holds data already. The demo fills an empty one only: it never mixes with real data.")


def is_empty() -> bool:
    """Whether nobody has begun to work here."""
    begun = (access.Organisation, access.User, access.Branch, people.Client, people.Employee)
    return not any(model._base_manager.using(ALIAS).exists() for model in begun)


def fill(
    *, scale: str, language: str, anchor: date | None = None, seed: str = SEED, tell: Callable[[str], object] = str
) -> None:
    """Fill an empty database with a demo of this scale, around the day `anchor` (today, where the school is).

    NotEmpty where there is something already. `tell` is given a line for each part that is done.
    """
    anchor = anchor or datetime.now(ZoneInfo(NAMES[language].time_zone)).date()
    connection = connections[ALIAS]
    with transaction.atomic(using=ALIAS), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('rollbook demo'))")
        if not is_empty():
            raise NotEmpty
        for name, batches in parts(scale=SCALES[scale], language=language, anchor=anchor, seed=seed):
            loaded = 0
            for table, batch in sorted(batches, key=lambda pair: _PLACES[pair[0]]):
                _copy(cursor, TABLES[table], batch)
                loaded += len(batch)
            tell(f"{name}: {loaded}")
        for model in TABLES.values():
            _continue_numbers(cursor, model)
    with connection.cursor() as cursor:
        for model in TABLES.values():
            cursor.execute(SQL("ANALYZE {}").format(Identifier(model._meta.db_table)))


def _copy(cursor: CursorWrapper, model: type[models.Model], batch: list[Row]) -> None:
    if not batch:
        return
    named: tuple[str, ...] = type(batch[0])._fields  # type: ignore[attr-defined]
    defaults = _defaults(model, named)
    columns = [Identifier(field) for field in (*named, *defaults)]
    statement = SQL("COPY {} ({}) FROM STDIN").format(Identifier(model._meta.db_table), SQL(", ").join(columns))
    rest = tuple(defaults.values())
    with cursor.cursor.copy(statement) as copy:
        for row in batch:
            copy.write_row(row + rest)


def _defaults(model: type[models.Model], named: tuple[str, ...]) -> dict[str, object]:
    """By column, what the model says of the fields that a plan does not name."""
    return {
        field.attname: field.get_default()
        for field in model._meta.concrete_fields
        if field.attname not in named and not field.generated and not field.primary_key
    }


def _continue_numbers(cursor: CursorWrapper, model: type[models.Model]) -> None:
    """The next row that is added by hand goes on after those of the plan."""
    if isinstance(model._meta.pk, models.BigAutoField):
        table = model._meta.db_table
        statement = SQL("SELECT setval(pg_get_serial_sequence(%s, 'id'), coalesce(max(id) + 1, 1), false) FROM {}")
        cursor.execute(statement.format(Identifier(table)), [table])
