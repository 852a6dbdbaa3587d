"""What stands here already, as the lines of a file ask for it: read in sets, for many lines at once.

Whatever stands is referred to as "@" and its id; what the file itself adds, by its key there.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from django.db.models import Q

from rollbook.domains.access.actor import Actor, Permission
from rollbook.domains.access.queries import House
from rollbook.domains.groups.models import Enrolment, Group, GroupState, Programme
from rollbook.domains.imports.rules.usual import Name, words
from rollbook.domains.people.models import Client, Contact, Employee, Relation
from rollbook.domains.schedule.models import Room
from rollbook.foundation.tables import N_
from rollbook.foundation.texts import sought


class Aside(Exception):
    """A line that cannot be taken as it is; `column` is the declared one to blame."""

    def __init__(self, column: str, reason: str, **values: str | int) -> None:
        super().__init__(reason)
        self.column, self.reason, self.values = column, reason, values


class Duplicate(Exception):
    """A line about somebody who is known, where such lines are to be left out."""


@dataclass(frozen=True, slots=True)
class Here:
    """Where a file is taken in, and how. `known` says by target and key what this very file has brought before; it
    grows with what it brings now."""

    branch_id: int
    time_zone: str
    rules: House
    today: date
    skip: bool
    known: Mapping[str, dict[str, int]]
    by: Actor


class Refs(dict[str, int]):
    """Ids by reference: what stands says its own."""

    def __contains__(self, ref: object) -> bool:
        return str(ref).startswith("@") or super().__contains__(ref)

    def __missing__(self, ref: str) -> int:
        return int(ref.removeprefix("@"))


class Names:
    """Things with a name, few enough to know them all; of several of one name the near ones come first: those of the
    branch, or those that go on."""

    def __init__(self, rows: Iterable[tuple[int, str, bool]]) -> None:
        self._near: dict[str, list[int]] = defaultdict(list)
        self._far: dict[str, list[int]] = defaultdict(list)
        for pk, name, near in rows:
            (self._near if near else self._far)[words(name)].append(pk)

    def find(self, name: str) -> list[int]:
        return self.near(name) or self._far.get(words(name), [])

    def near(self, name: str) -> list[int]:
        return self._near.get(words(name), [])

    def like(self, name: str) -> list[int]:
        """By a last name and initials: "Petrova A. P."."""
        parts = sought(name.replace(".", " "))
        for known in (self._near, self._far):
            if found := [pk for full, pks in known.items() if _initials(parts, full.split()) for pk in pks]:
                return found
        return []


def _initials(parts: Sequence[str], full: Sequence[str]) -> bool:
    return bool(parts) and any(len(part) > 1 for part in parts) and all(
        any(word == part or (len(part) == 1 and word.startswith(part)) for word in full) for part in parts
    )


class Catalogue:
    """Groups, programmes, rooms and teachers, by name."""

    def __init__(self, here: Here) -> None:
        self.here = here
        self.minutes: dict[int, int] = {}
        """By group, of a lesson of its programme."""
        self.teachers_of: dict[int, list[int]] = defaultdict(list)
        self._groups: Names | None = None
        self._programmes: Names | None = None
        self._rooms: Names | None = None
        self._teachers: Names | None = None

    def group(self, name: str, column: str = "group") -> int:
        found = self.groups.find(name)
        none, several = N_("There is no group {name} in this branch."), N_("There are several groups {name}.")
        return _only(found, column, name, none, several)

    @property
    def groups(self) -> Names:
        if self._groups is None:
            rows = list(
                Group.objects.visible_to(self.here.by, Permission.JOURNAL_SEE).filter(branch=self.here.branch_id)
                .values_list("pk", "name", "programme__minutes", "state")
            )
            self.minutes = {pk: minutes for pk, _, minutes, _ in rows}
            self._groups = Names((pk, name, state != GroupState.DISBANDED) for pk, name, _, state in rows)
            Teaching = Group.teachers.through
            for group, teacher in Teaching.objects.filter(group__in=self.minutes).values_list("group", "employee"):
                self.teachers_of[group].append(teacher)
        return self._groups

    def programme(self, name: str) -> int | None:
        if self._programmes is None:
            rows = Programme.objects.filter(archived_at=None).values_list("pk", "name")
            self._programmes = Names((pk, told, True) for pk, told in rows)
        return next(iter(self._programmes.find(name)), None)

    def room(self, name: str) -> int:
        if self._rooms is None:
            rows = Room.objects.filter(branch=self.here.branch_id, archived_at=None).values_list("pk", "name")
            self._rooms = Names((pk, told, True) for pk, told in rows)
        none, several = N_("There is no room {name} in this branch."), N_("There are several rooms {name}.")
        return _only(self._rooms.find(name), "room", name, none, several)

    def teacher(self, name: str) -> int:
        if self._teachers is None:
            rows = (
                Employee.objects.visible_to(self.here.by, Permission.STAFF_SEE).filter(teaches=True)
                .filter(Q(left_on=None) | Q(left_on__gt=self.here.today) | Q(lessons__isnull=False)).distinct()
                .values_list("pk", "last_name", "first_name", "middle_name", "branch")
            )
            people = list(rows)
            self._teachers = Names(
                (pk, told, branch == self.here.branch_id)
                for pk, last, first, middle, branch in people
                for told in {f"{last} {first}", f"{last} {first} {middle}"}
            )
        found = sorted(set(self._teachers.find(name) or self._teachers.like(name)))
        none, several = N_("There is no teacher {name}."), N_("There are several teachers {name}.")
        return _only(found, "teachers", name, none, several)


def _only(found: Sequence[int], column: str, name: str, none: str, several: str) -> int:
    if len(found) == 1:
        return found[0]
    raise Aside(column, several if found else none, name=name[:60])


class Someone(NamedTuple):
    ref: str
    middle: str
    birth: str


class _Tie(NamedTuple):
    contact: int
    phone: str
    name: str


class Clients:
    """The clients of a branch, those that stand and those that the file adds, and who stands behind them."""

    def __init__(self, here: Here) -> None:
        self._here = here
        self._standing: dict[str, list[Someone]] = defaultdict(list)
        self._fresh: dict[str, list[Someone]] = {}
        rows = Client.objects.visible_to(here.by, Permission.CLIENT_SEE)
        rows = rows.filter(branch=here.branch_id, archived_at=None)
        for pk, last, first, middle, birth in rows.values_list(
            "pk", "last_name", "first_name", "middle_name", "birth_date"
        ).iterator(chunk_size=10_000):
            someone = Someone(f"@{pk}", middle, birth.isoformat() if birth else "")
            for key in _keys(Name(last, first, middle)):
                self._standing[key].append(someone)
        self._phones: dict[str, set[str]] = {}
        self.ties: dict[str, dict[str, _Tie]] = {}
        self.payers: set[str] = set()
        self._by_phone: dict[str, dict[str, str]] = {}
        self._of_phone: dict[str, set[str]] = {}
        self._fresh_phones: dict[str, set[str]] = {}
        self._fresh_payers: set[str] = set()
        self._fresh_ties: set[tuple[str, str]] = set()
        self._fresh_by_phone: dict[str, dict[str, str]] = {}

    def prepare(self, names: Iterable[Name], phones: Collection[str], ids: Iterable[int]) -> None:
        """Read what lines with these names and phones will ask for."""
        found = {int(one.ref[1:]) for name in names for key in _keys(name) for one in self._standing.get(key, ())}
        asked = sorted(found | set(ids))
        self._phones, self.ties, self.payers = defaultdict(set), defaultdict(dict), set()
        for client, contact, pays, phone, name in Relation.objects.filter(client__in=asked).values_list(
            "client", "contact", "pays", "contact__phone", "contact__name"
        ):
            ref = f"@{client}"
            self.ties[ref][f"@{contact}"] = _Tie(contact, phone, name)
            self._phones[ref] |= {phone} if phone else set()
            self.payers |= {ref} if pays else set()
        self._by_phone, self._of_phone = defaultdict(dict), defaultdict(set)
        told = Contact.objects.visible_to(self._here.by, Permission.CLIENT_SEE).filter(phone__in=phones)
        for pk, phone, name in told.exclude(phone="").values_list("pk", "phone", "name"):
            self._by_phone[phone][f"@{pk}"] = name
        behind = Relation.objects.filter(contact__in=[ref[1:] for refs in self._by_phone.values() for ref in refs])
        behind = behind.filter(client__branch=self._here.branch_id, client__archived_at=None)
        for phone, client in behind.values_list("contact__phone", "client"):
            self._of_phone[phone] |= {f"@{client}"}

    def forget(self) -> None:
        """What the file was about to add, it does not."""
        self._fresh, self._fresh_phones, self._fresh_payers, self._fresh_ties = {}, {}, set(), set()
        self._fresh_by_phone = {}

    def settle(self, ids: Mapping[str, int]) -> None:
        """What the file was about to add stands by now, under these ids."""
        for key, people in self._fresh.items():
            self._standing[key] += (one._replace(ref=f"@{ids[one.ref]}") for one in people if one.ref in ids)
        self.forget()

    def expect(self, ref: str, name: Name, birth: str) -> None:
        """Somebody whom the file is about to add."""
        for key in _keys(name):
            self._fresh.setdefault(key, []).append(Someone(ref, name.middle, birth))

    def expect_contact(self, ref: str, phone: str, name: Name) -> None:
        """A contact whom the file is about to add."""
        if phone:
            self._fresh_by_phone[phone] = {ref: f"{name.last} {name.first}".strip()}

    def having(self, phone: str) -> Mapping[str, str]:
        """The contacts who have this phone, with their names."""
        return {**self._by_phone.get(phone, {}), **self._fresh_by_phone.get(phone, {})}

    def is_tied(self, client: str, contact: str) -> bool:
        return contact in self.ties.get(client, {}) or (client, contact) in self._fresh_ties

    def tie(self, client: str, contact: str, phone: str, pays: bool) -> bool:
        """Attach a contact; False where it is attached already."""
        if self.is_tied(client, contact):
            return False
        self._fresh_ties |= {(client, contact)}
        self._fresh_phones[client] = self._fresh_phones.get(client, set()) | ({phone} if phone else set())
        self._fresh_payers |= {client} if pays else set()
        return True

    def has_payer(self, client: str) -> bool:
        return client in self.payers or client in self._fresh_payers

    def phones_of(self, client: str) -> set[str]:
        return self._phones.get(client, set()) | self._fresh_phones.get(client, set())

    def same(self, name: Name, birth: str, phones: Collection[str]) -> list[str]:
        """Who is surely meant: the same name, and the same birth date or a phone in common."""
        return [
            one.ref for one in self._named(name, birth)
            if (birth and one.birth == birth) or self.phones_of(one.ref) & set(phones)
        ]

    def is_named(self, ref: str, name: Name) -> bool:
        return any(one.ref == ref for one in self._named(name, ""))

    def meant(self, name: Name | None, birth: str, phone: str) -> list[str]:
        """Who may be meant by what a line says of somebody who must be here."""
        if name is None:
            return sorted(self._of_phone.get(phone, ()))
        named = self._named(name, birth)
        if phone:
            return [one.ref for one in named if phone in self.phones_of(one.ref)]
        sure = [one.ref for one in named if birth and one.birth == birth]
        return sure or [one.ref for one in named]

    def told(self, refs: Iterable[str]) -> str:
        """Several people, so that somebody can tell them apart."""
        rows = Client.objects.filter(pk__in=[ref[1:] for ref in refs if ref.startswith("@")]).order_by("pk")
        return "; ".join(
            f"{client.name}{f', {client.birth_date:%d.%m.%Y}' if client.birth_date else ''} (№ {client.pk})"
            for client in rows[:5]
        )

    def _named(self, name: Name, birth: str) -> list[Someone]:
        """Those of this name whom nothing contradicts."""
        found = {
            one.ref: one for key in _keys(name) for people in (self._standing, self._fresh)
            for one in people.get(key, ())
            if not (birth and one.birth and one.birth != birth)
            and not (one.middle and name.middle and words(one.middle) != words(name.middle) and key == _keys(name)[0])
        }
        return list(found.values())


def _keys(name: Name) -> tuple[str, ...]:
    """By what a name is found: last and first name in any order, and all of it in any order."""
    short = words(f"{name.last} {name.first}")
    return (short, words(" ".join(name))) if name.middle else (short,)


class Enrolled:
    """Who is in which group when."""

    def __init__(self) -> None:
        self._days: dict[tuple[str, int], list[tuple[date, date]]] = {}

    def prepare(self, client_ids: Collection[int]) -> None:
        self._days = defaultdict(list)
        for client, group, since, until in Enrolment.objects.filter(client__in=client_ids).values_list(
            "client", "group", "since", "until"
        ):
            self._days[f"@{client}", group].append((since, until or date.max))

    def is_in(self, client: str, group: int, since: str, until: str = "") -> bool:
        """Whether one enrolment has all these days, or with no `until` the first of them."""
        first = date.fromisoformat(since)
        last = date.fromisoformat(until) if until else first
        return any(begin <= first and last <= end and first < end for begin, end in self._days.get((client, group), ()))

    def ever(self, client: str, group: int) -> bool:
        return bool(self._days.get((client, group)))
