"""A whole import is taken back: what it added goes again, in the opposite order, as long as nobody works with it."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from operator import or_
from typing import NamedTuple

from django.db import IntegrityError, connection, transaction
from django.db.models import Model, Q
from django.db.models.functions import Coalesce, TruncMonth
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from rollbook.domains.access.actor import Actor, Permission
from rollbook.domains.access.models import Branch
from rollbook.domains.billing import actions as billing
from rollbook.domains.billing.models import (
    Account,
    AnnouncedPayment,
    ClientDiscount,
    Contract,
    CoveredMark,
    LedgerEntry,
    Payment,
    PaymentRequest,
    Subscription,
    SubscriptionGroup,
    Tariff,
    TariffUse,
)
from rollbook.domains.comments.models import Comment
from rollbook.domains.groups import actions as groups
from rollbook.domains.groups.models import ChurnRecord, Enrolment, Freeze, Group, Programme
from rollbook.domains.imports import actions as imports
from rollbook.domains.imports import queries as imported
from rollbook.domains.imports.actions import CannotBeUndone, Ids
from rollbook.domains.imports.models import Run
from rollbook.domains.journal import actions as journal
from rollbook.domains.journal.models import Mark
from rollbook.domains.people import actions as people
from rollbook.domains.people.models import Client, Contact, Employee, Management, Relation
from rollbook.domains.schedule import actions as schedule
from rollbook.domains.schedule.models import ClosingDay, Lesson, LessonTeacher, Room, TimetableSlot
from rollbook.foundation import live
from rollbook.foundation.references import Reference, fingerprints, parts, references, shape

Going = Mapping[type[Model], list[Ids]]
NAMED = 5  # of each sort of what stands in the way
MOST_TOPICS = 300  # a notice has 8000 bytes; whoever looks at one of more groups reloads


class _Target(NamedTuple):
    model: type[Model]
    permission: Permission
    unload: Callable[..., object]


@dataclass(frozen=True, slots=True)
class InTheWay:
    """What somebody has done with an import since: a sort of thing, how many of it, and some of them by name."""

    what: str
    changed: bool
    """Whether rows of the import were changed; else rows were added that belong to them."""
    count: int
    names: tuple[str, ...]

    @property
    def text(self) -> str:
        said = _("{what}, changed since") if self.changed else _("{what}, added since")
        more = self.count - len(self.names)
        names = [*self.names, ngettext("and {n} more", "and {n} more", more).format(n=more)] if more else self.names
        return f"{said.format(what=self.what)}: {', '.join(names)}"


@transaction.atomic
def undo(*, run_id: int, at: datetime, by: Actor) -> None:
    """Take away again all that a run has added. What the ledger knows of stays, reversed and archived; the rest is as
    if it had never been. CannotBeUndone names what people have done with it since."""
    imports.alone(by=by)
    run = imports.pick_to_undo(run_id=run_id, by=by)
    rows = imported.rows_of(run_id=run_id, by=by)
    _must(rows, by)
    _lock(rows)
    if obstacles := _in_the_way(run, rows, by):
        raise CannotBeUndone(
            _("People have gone on working with this import, so it cannot be undone as a whole."),
            [{"text": obstacle.text} for obstacle in obstacles],
        )
    told = topics(run_id=run_id, by=by)
    try:
        with transaction.atomic():
            for target in reversed(list(TARGETS)):
                if target in rows:
                    TARGETS[target].unload(ids=rows[target], at=at, by=by)
            connection.check_constraints()
    except IntegrityError as error:
        raise CannotBeUndone(_("Somebody has just begun to work with this import: look again.")) from error
    imports.mark_undone(run_id=run_id, at=at, by=by)
    live.tell(*told)


def in_the_way(*, run_id: int, by: Actor) -> tuple[InTheWay, ...]:
    """What would stop an undoing now; CannotBeUndone where there is nothing to undo."""
    with transaction.atomic():
        run = imports.pick_to_undo(run_id=run_id, by=by)
        rows = imported.rows_of(run_id=run_id, by=by)
        _must(rows, by)
        return _in_the_way(run, rows, by)


def stood(
    *, added: Mapping[str, Collection[int]], by: Actor
) -> tuple[dict[str, Mapping[int, str]], dict[str, list[str]]]:
    """What is to be remembered of rows that an import has added, at its end: how each stands, and of what it is."""
    by.must_everywhere(Permission.SETTINGS_EDIT)
    shapes = {target: shape(TARGETS[target].model) for target, ids in added.items() if ids}
    return {target: _standing(TARGETS[target].model, added[target], of) for target, of in shapes.items()}, shapes


def topics(*, run_id: int, by: Actor) -> list[str]:
    """The groups whose open journals show what a run has added."""
    rows = imported.rows_of(run_id=run_id, by=by)
    touched: set[int] = set()
    for target, path in SHOWN_BY.items():
        if target in rows:
            touched.update(Group.objects.filter(**{f"{path}__in": rows[target]}).values_list("pk", flat=True))
    return [f"group:{pk}" for pk in sorted(touched)[:MOST_TOPICS]]


def _standing(model: type[Model], ids: Collection[int], of: list[str]) -> Mapping[int, str]:
    """Most were made one after another, and are found faster between the first and the last than by name."""
    wanted = set(ids)
    first, last = min(wanted), max(wanted)
    close = last - first < 4 * len(wanted)
    rows = model._base_manager.filter(**{"pk__range": (first, last)} if close else {"pk__in": wanted})
    return {pk: word for pk, word in fingerprints(rows, shape=of).items() if pk in wanted}


def _must(rows: Iterable[str], by: Actor) -> None:
    for target in rows:
        by.must_everywhere(TARGETS[target].permission)


def _lock(rows: Mapping[str, Ids]) -> None:
    """Against change, and against whatever would come to point at them: lessons before marks, as whoever marks does."""
    for target in TARGETS:
        if target in rows:
            standing = TARGETS[target].model._base_manager.filter(pk__in=rows[target])
            list(standing.order_by("pk").select_for_update(of=("self",)).values_list("pk"))


# What people have done since -----------------------------------------------------------------------------------------


def _in_the_way(run: Run, rows: Mapping[str, Ids], by: Actor) -> tuple[InTheWay, ...]:
    going: dict[type[Model], list[Ids]] = {}
    for target, ids in rows.items():
        going.setdefault(TARGETS[target].model, []).append(ids)
    if "slots" in rows:
        going.setdefault(Lesson, []).append(Lesson.objects.made_from(rows["slots"]).values("pk"))
    return (*_changed(run, rows, by), *_added(going))


def _changed(run: Run, rows: Mapping[str, Ids], by: Actor) -> Iterator[InTheWay]:
    for target, ids in rows.items():
        model = TARGETS[target].model
        try:
            stands = fingerprints(model._base_manager.filter(pk__in=ids), shape=run.shape[target])
        except KeyError as error:
            raise CannotBeUndone(
                _("This import is of an earlier version, which did not remember how to undo it.")
            ) from error
        stood = imported.stood(run_id=run.pk, target=target, by=by)
        # What somebody has taken away since is not missed.
        if changed := [pk for pk, word in stands.items() if word != stood[pk]]:
            yield _obstacle(model, changed, changed=True)


def _added(going: Going) -> Iterator[InTheWay]:
    found: dict[type[Model], set[int]] = {}
    for model in going:
        for field in references(model):
            if (field.model, field.name) in LETS_GO:
                continue
            found.setdefault(field.model, set()).update(_strange(field, going))
    yield from (_obstacle(model, ids, changed=False) for model, ids in found.items() if ids)


def _strange(field: Reference, going: Going) -> Iterable[int]:
    """Rows of another origin that point by this field at what is going."""
    rows = field.model._base_manager.filter(_among(field.name, going[field.related_model]))
    for path, owned in [("pk", going.get(field.model, [])), *_owners(field.model, going)]:
        for ids in owned:
            rows = rows.exclude(**{f"{path}__in": ids})
    return rows.values_list("pk", flat=True)


def _owners(model: type[Model], going: Going) -> Iterator[tuple[str, list[Ids]]]:
    """By which fields a row of `model` goes together with what it belongs to."""
    for name, of in FOLLOWS.get(model, {}).items():
        yield name, going.get(of, [])
    for of, sets in going.items():
        yield from ((part.name, sets) for part in parts(of) if part.model is model)


def _among(path: str, sets: Iterable[Ids]) -> Q:
    return reduce(or_, (Q(**{f"{path}__in": ids}) for ids in sets))


def _obstacle(model: type[Model], ids: Collection[int], *, changed: bool) -> InTheWay:
    named = model._base_manager.filter(pk__in=ids).order_by("pk").values_list(_name_of(model), flat=True)[:NAMED]
    return InTheWay(str(WORDS[model]), changed, len(ids), tuple(str(name) for name in named))


def _name_of(model: type[Model]) -> str | Coalesce:
    """By what people know a row: its own name, else that of the first thing it belongs to; some may belong to any of
    several."""
    fields = {field.name: field for field in model._meta.concrete_fields}
    if "name" in fields:
        return "name"
    owners = [f for name, f in fields.items() if f.is_relation and name not in {"branch", "user"}]
    named = [f"{f.name}__name" for f in owners if hasattr(f.related_model, "name")]
    return Coalesce(*named) if len(named) > 1 else next(iter(named), "pk")


# ---------------------------------------------------------------------------------------------------------------------


def _unload_marks(*, ids: Ids, at: datetime, by: Actor) -> None:
    """The lessons of the marks are those of the import, or others: the months of all of them stay as they are."""
    branches = Branch.objects.filter(lessons__marks__in=ids).distinct()
    schedule.keep_open(branch_ids=branches.values_list("pk", flat=True))
    of_closed = Q(lesson__branch__closed_months__month=TruncMonth("day"))
    if closed := Mark.objects.filter(of_closed, pk__in=ids).count():
        sentence = ngettext(
            "{count} mark of this import lies in a month that is closed by now: reopen the month first.",
            "{count} marks of this import lie in months that are closed by now: reopen the months first.", closed,
        )
        raise CannotBeUndone(sentence.format(count=closed))
    billing.settle(mark_ids=journal.unload_marks(ids=ids, at=at, by=by), at=at, by=by)


# In the order in which they were added.
TARGETS: Mapping[str, _Target] = {
    "employees": _Target(Employee, Permission.STAFF_EDIT, people.unload_employees),
    "clients": _Target(Client, Permission.CLIENT_EDIT, people.unload_clients),
    "contacts": _Target(Contact, Permission.CLIENT_EDIT, people.unload_contacts),
    "relations": _Target(Relation, Permission.CLIENT_EDIT, people.unload_relations),
    "programmes": _Target(Programme, Permission.SETTINGS_EDIT, groups.unload_programmes),
    "groups": _Target(Group, Permission.GROUP_EDIT, groups.unload_groups),
    "enrolments": _Target(Enrolment, Permission.GROUP_EDIT, groups.unload_enrolments),
    "rooms": _Target(Room, Permission.SETTINGS_EDIT, schedule.unload_rooms),
    "closing_days": _Target(ClosingDay, Permission.SETTINGS_EDIT, schedule.unload_closing_days),
    "slots": _Target(TimetableSlot, Permission.GROUP_EDIT, schedule.unload_slots),
    "lessons": _Target(Lesson, Permission.LESSON_EDIT, schedule.unload_lessons),
    "tariffs": _Target(Tariff, Permission.TARIFF_EDIT, billing.unload_tariffs),
    "tariff_uses": _Target(TariffUse, Permission.TARIFF_EDIT, billing.unload_tariff_uses),
    "marks": _Target(Mark, Permission.JOURNAL_MARK, _unload_marks),
    "worked_off": _Target(Mark, Permission.JOURNAL_MARK, journal.unload_worked_off),
    "payments": _Target(Payment, Permission.PAYMENT_TAKE, billing.unload_payments),
}
# By which path what was added stands in the journal of a group.
SHOWN_BY: Mapping[str, str] = {
    "enrolments": "enrolments", "lessons": "lessons", "marks": "lessons__marks",
    "payments": "enrolments__client__ledger__payment",
}
# What comes by itself with a row, and goes or is reversed with it.
FOLLOWS: Mapping[type[Model], Mapping[str, type[Model]]] = {
    Account: {"client": Client},
    ChurnRecord: {"enrolment": Enrolment},
    LedgerEntry: {"mark": Mark, "payment": Payment},
}
# What points at a row and lets it go: whoever came back by an import has left after all.
LETS_GO = {(ChurnRecord, "returned")}
WORDS: Mapping[type[Model], Promise] = {
    Account: gettext_lazy("Accounts"),
    AnnouncedPayment: gettext_lazy("Announced payments"),
    ChurnRecord: gettext_lazy("Records of those who left"),
    Client: gettext_lazy("Clients"),
    ClientDiscount: gettext_lazy("Permanent discounts"),
    ClosingDay: gettext_lazy("Closing days"),
    Comment: gettext_lazy("Comments"),
    Contact: gettext_lazy("Contacts"),
    Contract: gettext_lazy("Contracts"),
    CoveredMark: gettext_lazy("Lessons of subscriptions"),
    Employee: gettext_lazy("Employees"),
    Enrolment: gettext_lazy("Enrolments"),
    Freeze: gettext_lazy("Freezes"),
    Group.grants.through: gettext_lazy("Roles given in groups"),
    Group.teachers.through: gettext_lazy("Teachers of groups"),
    Group: gettext_lazy("Groups"),
    LedgerEntry: gettext_lazy("Entries in the ledger"),
    Lesson: gettext_lazy("Lessons"),
    LessonTeacher: gettext_lazy("Teachers of lessons"),
    Management: gettext_lazy("Managers of branches"),
    Mark: gettext_lazy("Marks"),
    Payment: gettext_lazy("Payments"),
    PaymentRequest: gettext_lazy("Payment requests"),
    Programme: gettext_lazy("Programmes"),
    Relation: gettext_lazy("Contacts' ties to clients"),
    Room: gettext_lazy("Rooms"),
    Subscription: gettext_lazy("Subscriptions"),
    SubscriptionGroup: gettext_lazy("Groups of subscriptions"),
    Tariff: gettext_lazy("Tariffs"),
    TariffUse: gettext_lazy("Prices of groups and programmes"),
    TimetableSlot.teachers.through: gettext_lazy("Teachers in the timetable"),
    TimetableSlot: gettext_lazy("Times of the timetable"),
}
