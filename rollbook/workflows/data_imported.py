"""Files of another system are taken in by a mapping, from the top of the domains' needs to the bottom."""

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, NamedTuple

from django.db import IntegrityError, transaction
from django.utils import timezone

from rollbook.domains.access import actions as access
from rollbook.domains.access.actions.branches import BranchFields
from rollbook.domains.access.actor import Actor, Permission
from rollbook.domains.access.models import Branch
from rollbook.domains.access.queries import House, house
from rollbook.domains.billing import actions as billing
from rollbook.domains.billing import queries as tariffs
from rollbook.domains.billing.fields import PaymentRow, TariffRow, TariffUseRow
from rollbook.domains.groups import actions as groups
from rollbook.domains.groups.fields import EnrolmentRow, GroupRow, ProgrammeRow
from rollbook.domains.groups.models import Group
from rollbook.domains.imports import actions as imports
from rollbook.domains.imports import queries as imported
from rollbook.domains.imports.rules import (
    BadMapping,
    Draft,
    Drafted,
    Mapped,
    Origin,
    Problem,
    Row,
    Terms,
    drafted,
    files_of,
    read_mapping,
    resolved,
)
from rollbook.domains.journal import actions as journal
from rollbook.domains.journal.fields import MarkRow, WorkedOffRow
from rollbook.domains.journal.rules import Means
from rollbook.domains.people import actions as people
from rollbook.domains.people.fields import ClientRow, ContactRow, EmployeeRow, RelationRow
from rollbook.domains.people.models import Client
from rollbook.domains.schedule import actions as schedule
from rollbook.domains.schedule import queries as timetable
from rollbook.domains.schedule.actions import Overlap
from rollbook.domains.schedule.fields import ClosingDayRow, LessonRow, RoomRow, SlotRow
from rollbook.domains.schedule.models import Lesson
from rollbook.domains.schedule.rules import lessons_of_month, month_of
from rollbook.foundation import tables
from rollbook.foundation.errors import InvalidInput, NotFound
from rollbook.foundation.periods import local
from rollbook.foundation.tables import N_
from rollbook.workflows import founded, import_undone

Fetch = Callable[[str], bytes | None]
Tell = Callable[[str, int], None]


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import has done: rows added, by target; rows that were known; of those, the ones that say something else
    in their source by now (they were left as they are); lessons that overlap."""

    added: Mapping[str, int]
    unchanged: int
    changed: tuple[Origin, ...]
    overlaps: tuple[Overlap, ...]
    run_id: int | None
    """By which it can be undone; None where nothing was added or kept."""


@dataclass(frozen=True, slots=True)
class Run:
    """One import under way; `ids` knows by target and key what rows of the source are here."""

    source: str
    branch_id: int
    rules: House
    at: datetime
    by: Actor
    ids: dict[str, dict[str, int]]
    added: dict[str, list[tuple[Draft, int]]] = field(default_factory=lambda: defaultdict(list))
    overlaps: list[Overlap] = field(default_factory=list)

    @property
    def here(self) -> dict[str, Any]:
        return {"branch_id": self.branch_id, **self.now}

    @property
    def now(self) -> dict[str, Any]:
        return {"at": self.at, "by": self.by}

    def take(self, new: Mapping[str, Collection[Draft]], tell: Tell = lambda *_: None) -> None:
        """Load what is new, by target, in the order in which one may point at another. NotImported, and then nothing
        was done, where some of it is refused."""
        try:
            with transaction.atomic():
                for target, stage in STAGES.items():
                    if new[target]:
                        tell(target, len(new[target]))
                        self._load(target, stage, new[target])
        except IntegrityError as error:
            raise imports.NotImported([_refused_by_database(error)]) from error

    def _load(self, target: str, stage: "_Stage", drafts: Collection[Draft]) -> None:
        """Those first that point at nothing of their own kind; then those that point at them."""
        waiting = list(drafts)
        while waiting:
            ready = [draft for draft in waiting if all(ref.key in self.ids[ref.target] for _, ref in draft.refs())]
            if not ready:
                imports.refuse([Problem(draft.origin, "", N_("It refers to itself."), {}) for draft in waiting])
            ids = stage.load(resolved(ready, stage.row, ids=self.ids), self)
            self.added[target] += zip(ready, ids, strict=True)
            self.ids[target] |= {draft.key: pk for draft, pk in zip(ready, ids, strict=True)}
            taken = {draft.key for draft in ready}
            waiting = [draft for draft in waiting if draft.key not in taken]


class _Stage(NamedTuple):
    row: type[Row]
    load: Callable[[Sequence[Any], Run], Sequence[int]]


@transaction.atomic
def take_in(
    *,
    source: str,
    mapping: str,
    fetch: Fetch,
    dry_run: bool = False,
    tell: Tell = lambda *_: None,
    at: datetime,
    by: Actor,
) -> Imported:
    """Import the files of a `source` that `mapping` reads; `fetch` gives a file by its name. All or nothing.

    What came from this source before is known by its key, and not taken again. An empty installation is founded as the
    mapping says; otherwise all goes to the branch of that name. A `dry_run` does everything and takes it back.
    NotImported names each line that is wrong. `tell` hears of each stage, and how many rows it has.
    """
    imports.alone(by=by)
    mapped = _mapped(mapping)
    branch_id = _branch(mapped, at, by)
    rules = house()
    known = imported.known(source=source, by=by)
    found = _read(mapped, fetch, tell, known, Terms(rules.phone_region, local(at, rules.time_zone).date()))
    run = Run(
        source, branch_id, rules, at, by,
        defaultdict(dict, {target: {key: row.id for key, row in rows.items()} for target, rows in known.items()}),
    )
    run.take(found.new, tell)
    run_id = None
    if run.added and not dry_run:
        ids = {target: [pk for _draft, pk in rows] for target, rows in run.added.items()}
        stood, shape = import_undone.stood(added=ids, by=by)
        run_id = imports.remember(
            source=source, added=run.added, started_at=at, finished_at=max(at, timezone.now()), stood=stood,
            shape=shape, by=by,
        )
    transaction.set_rollback(dry_run)
    return Imported(
        {target: len(rows) for target, rows in run.added.items()}, found.unchanged,
        tuple(draft.origin for draft in found.changed), tuple(run.overlaps), run_id,
    )


def _mapped(mapping: str) -> Mapped:
    try:
        return read_mapping(mapping, targets=TARGETS)
    except BadMapping as bad:
        raise imports.NotImported(bad.problems) from bad


def _branch(mapped: Mapped, at: datetime, by: Actor) -> int:
    """The branch that all goes to. Where there is no organisation, or one without anybody, it becomes what the mapping
    says; else its own settings stand, and only the currency must be the same."""
    told: Any = dict(mapped.organisation)
    branch = told.pop("branch")
    base = {name: told[name] for name in ("name", "currency", "time_zone", "phone_region", "language")}
    try:
        if not _is_founded():
            founded.found(**base, branch=branch, at=at, by=by)
        if not (Client.objects.exists() or Group.objects.exists()):
            access.change_organisation(values=told, seen=None, at=at, by=by)
            _adapt_only_branch(branch, base["time_zone"], at, by)
        elif house().currency != base["currency"]:
            reason = N_("The organisation counts in {ours}, not in {told}.")
            raise imports.NotImported([_of_mapping("currency", reason, ours=house().currency, told=base["currency"])])
        return _branch_named(branch, base["time_zone"], at, by)
    except InvalidInput as invalid:
        raise imports.NotImported(
            _of_mapping(name, "{told}", told=reason) for name, reason in invalid.fields.items()
        ) from invalid


def _is_founded() -> bool:
    try:
        house()
    except NotFound:
        return False
    return True


def _adapt_only_branch(name: str, time_zone: str, at: datetime, by: Actor) -> None:
    branches = list(Branch.objects.visible_to(by, Permission.SETTINGS_EDIT).filter(archived_at=None))
    if len(branches) == 1:
        values: BranchFields = {"name": name, "time_zone": time_zone}
        access.change_branch(branch_id=branches[0].pk, values=values, seen=None, at=at, by=by)


def _branch_named(name: str, time_zone: str, at: datetime, by: Actor) -> int:
    """The branch of this name; one that is added, where there is none."""
    branches = Branch.objects.visible_to(by, Permission.SETTINGS_EDIT).filter(archived_at=None, name=name)
    standing = branches.values_list("pk", flat=True).first()
    return standing or access.add_branch(values={"name": name, "time_zone": time_zone}, at=at, by=by)


def _of_mapping(field: str, reason: str, **values: object) -> Problem:
    return Problem(Origin("mapping", 1), f"organisation {field}", reason, values)


def _read(mapped: Mapped, fetch: Fetch, tell: Tell, known: Any, terms: Terms) -> Drafted:
    files = {}
    missing = []
    for name in files_of(mapped):
        data = fetch(name)
        if data is None:
            missing.append(Problem(Origin(name, 1), "", N_("There is no such file."), {}))
            continue
        form = mapped.formats.get(name)
        files[name] = tables.read(name, data, **form._asdict() if form else {})
        tell(name, len(files[name].rows))
    found = drafted(mapped, files, targets=TARGETS, known=known, terms=terms)
    imports.refuse(sorted([*missing, *found.problems], key=lambda problem: problem.origin))
    return found


def _refused_by_database(error: IntegrityError) -> Problem:
    """By the name of its rule. What else the database says is English, and about rows by their ids: the command tells
    it to the operator."""
    rule = getattr(getattr(error.__cause__, "diag", None), "constraint_name", None) or ""
    reason = N_("The database refuses it: it contradicts what is here, which somebody may have changed just now.")
    return Problem(Origin("database", 1), rule, reason, {})


def _lessons(rows: Sequence[LessonRow], run: Run) -> Sequence[int]:
    loaded = schedule.load_lessons(rows=rows, **run.here)
    run.overlaps.extend(loaded.overlaps)
    return loaded.ids


def _marks(rows: Sequence[MarkRow], run: Run) -> Sequence[int]:
    """Marks, and what they cost: the same as if each had been set by hand."""
    means = _means({row.lesson for row in rows}, run)
    ids = journal.load_marks(rows=rows, means=means, **run.now)
    billing.settle(mark_ids=ids, **run.now)
    return ids


def _means(lesson_ids: Collection[int], run: Run) -> dict[int, Means]:
    """What marks in these lessons mean and what a whole lesson costs, by tariff and timetable of its month."""
    lessons = tuple(
        Lesson.objects.visible_to(run.by, Permission.JOURNAL_MARK)
        .filter(pk__in=lesson_ids)
        .values_list("pk", "group", "group__programme", "day")
    )
    of_day: dict[date, dict[int, int]] = defaultdict(dict)
    for _, group, programme, day in lessons:
        if group:
            of_day[day][group] = programme
    terms = {
        (group, day): found
        for day, of in of_day.items()
        for group, found in tariffs.terms(groups=of, on=day, by=run.by, under=Permission.JOURNAL_MARK).items()
    }
    counts = _lessons_of_months(of_day, run)
    free = tariffs.Terms()
    return {
        pk: Means(
            (found := terms.get((group, day), free)).switches(rules=run.rules),
            found.of_lesson(lessons=counts.get((group, day.replace(day=1)), 1)),
        )
        for pk, group, _, day in lessons
    }


def _lessons_of_months(of_day: Mapping[date, Mapping[int, int]], run: Run) -> dict[tuple[int, date], int]:
    """How many lessons the timetable gives each group in each month, which goes by its first day."""
    months = {(group, day.replace(day=1)) for day, of in of_day.items() for group in of}
    if not months:
        return {}
    first, last = min(of_day).replace(day=1), month_of(max(of_day))[1]
    closed = timetable.closing_days(branch_ids=[run.branch_id], first=first, last=last, by=run.by)
    slots = defaultdict(list)
    for slot in timetable.slots(group_ids={group for group, _ in months}, by=run.by):
        slots[slot.group_id].append(slot.weekly)
    days = {day for _, day in closed}
    return {
        (group, month): lessons_of_month(slots=slots[group], closing_days=days, day=month) for group, month in months
    }


# In the order in which one may point at another.
STAGES: Mapping[str, _Stage] = {
    "employees": _Stage(EmployeeRow, lambda rows, run: people.load_employees(rows=rows, **run.here)),
    "clients": _Stage(ClientRow, lambda rows, run: people.load_clients(rows=rows, **run.here)),
    "contacts": _Stage(
        ContactRow, lambda rows, run: people.load_contacts(rows=rows, language=run.rules.language, **run.now)
    ),
    "relations": _Stage(RelationRow, lambda rows, run: people.load_relations(rows=rows, **run.now)),
    "programmes": _Stage(ProgrammeRow, lambda rows, run: groups.load_programmes(rows=rows, **run.now)),
    "groups": _Stage(GroupRow, lambda rows, run: groups.load_groups(rows=rows, **run.here)),
    "enrolments": _Stage(EnrolmentRow, lambda rows, run: groups.load_enrolments(rows=rows, **run.now)),
    "rooms": _Stage(RoomRow, lambda rows, run: schedule.load_rooms(rows=rows, **run.here)),
    "closing_days": _Stage(ClosingDayRow, lambda rows, run: schedule.load_closing_days(rows=rows, **run.here)),
    "slots": _Stage(SlotRow, lambda rows, run: schedule.load_slots(rows=rows, **run.now)),
    "lessons": _Stage(LessonRow, _lessons),
    "tariffs": _Stage(TariffRow, lambda rows, run: billing.load_tariffs(rows=rows, **run.now)),
    "tariff_uses": _Stage(TariffUseRow, lambda rows, run: billing.load_tariff_uses(rows=rows, **run.now)),
    "marks": _Stage(MarkRow, _marks),
    "worked_off": _Stage(WorkedOffRow, lambda rows, run: journal.load_worked_off(rows=rows, **run.now)),
    "payments": _Stage(
        PaymentRow, lambda rows, run: billing.load_payments(rows=rows, source=run.source, **run.now)
    ),
}
TARGETS: Mapping[str, type[Row]] = {target: stage.row for target, stage in STAGES.items()}
