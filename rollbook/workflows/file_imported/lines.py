"""What a line of each kind of file becomes: whom and what it means of those who are here, and what it adds.

Each class takes the texts of a line by declared column, and gives the cells that the sections of its kind read
(imports/rules/kinds.py). A cell that says "new" lets its section make a row.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

from rollbook.domains.access.actor import Permission
from rollbook.domains.billing.models import EntryKind, LedgerEntry
from rollbook.domains.imports import queries as imported
from rollbook.domains.imports.rules.recognising import plain_heading
from rollbook.domains.imports.rules.usual import Name, digest, split_name, words
from rollbook.domains.imports.rules.words import KINSHIP, meaning
from rollbook.domains.journal.models import Mark
from rollbook.domains.people.models import Client
from rollbook.domains.schedule.models import Lesson, TimetableSlot
from rollbook.foundation.periods import local
from rollbook.foundation.tables import N_, Cell
from rollbook.foundation.texts import sought
from rollbook.workflows.file_imported.standing import (
    Aside,
    Catalogue,
    Clients,
    Duplicate,
    Enrolled,
    Here,
)

Cells = Mapping[str, Cell]
NEW, NO = "new", ""
GROWN = 18
END = "9999"
PAYMENTS = "file"
_CONTACTS = ("contact", "contact2")
_SHARED = N_("It shares days with another one.")
_ANOTHER = N_("{name} has this phone. If it is the same person, write the same name.")


class Made(NamedTuple):
    """The cells of a line; `joined` where it was put to somebody or something that stands, or that an earlier line
    brought."""

    cells: Cells
    joined: bool = False


def _text(cells: Cells, name: str) -> str:
    told = cells.get(name, "")
    return told if isinstance(told, str) else ", ".join(told)


class Lines:
    """What is common to all kinds: nothing needs to be known, nothing is remembered from line to line."""

    def __init__(self, here: Here, headings: Mapping[str, str]) -> None:
        self.here = here
        self.headings = headings
        """By declared column the heading in the file."""
        self.fresh: dict[str, set[str]] = defaultdict(set)
        self._saying: dict[str, tuple[tuple[str, ...], ...]] = {}
        self._said: dict[str, tuple[tuple[str, ...], ...]] = {}

    def prepare(self, lines: Sequence[Cells]) -> None:
        """Read what these lines will ask for."""

    def make(self, cells: Cells) -> Made:
        raise NotImplementedError

    def forget(self) -> None:
        """The lines since the last `settle` come once more, or not at all."""
        self.fresh = defaultdict(set)
        self._saying = {}

    def settle(self, ids: Mapping[str, Mapping[str, int]]) -> None:
        """What the lines added stands by now: ids by target and key."""
        for target, found in ids.items():
            known = self.here.known[target]
            known.update(found)
        for key, said in self._saying.items():
            self._said[key] = self._said.get(key, ()) + said
        self.forget()

    def say(self, key: str, *said: str) -> None:
        """Remember what this line says, for all later ones of the file: which of them are written together must not
        matter."""
        self._saying[key] = (*self._saying.get(key, ()), said)

    def earlier(self, key: str) -> tuple[tuple[str, ...], ...]:
        """What earlier lines of the file have said under this key."""
        return self._said.get(key, ()) + self._saying.get(key, ())

    def ref(self, target: str, key: str) -> tuple[str, str]:
        """How to refer to the row of this key, and whether it is new."""
        if (pk := self.here.known[target].get(key)) is not None:
            return f"@{pk}", NO
        if key in self.fresh[target]:
            return key, NO
        self.fresh[target] |= {key}
        return key, NEW

    def standing(self, target: str, key: str) -> str:
        """The reference to the row of this key, if it stands; else the key."""
        return f"@{pk}" if (pk := self.here.known[target].get(key)) is not None else key

    def known_already(self) -> Made:
        """Nothing to do; or left out, where that is wanted."""
        if self.here.skip:
            raise Duplicate
        return Made({})


class ClientLines(Lines):
    def __init__(self, here: Here, headings: Mapping[str, str]) -> None:
        super().__init__(here, headings)
        self._clients, self._catalogue, self._enrolled = Clients(here), Catalogue(here), Enrolled()
        self._numbered: Mapping[str, set[int]] = {}
        self._brought: set[int] = set()
        self._enrolling: dict[tuple[str, int | None], str] = {}
        self._implied = {at: _kinship_of(at, headings) for at in _CONTACTS}

    def prepare(self, lines: Sequence[Cells]) -> None:
        names = [_name_of(cells) for cells in lines]
        phones = {phone for cells in lines for phone in _phones_of(cells)}
        keys = [_client_key(cells, name) for cells, name in zip(lines, names, strict=True)]
        self._numbered = _numbered([key for key in keys if key.startswith("#")], self.here)
        ids = {pk for key in keys if (pk := self.here.known["clients"].get(key))}
        ids |= {pk for pks in self._numbered.values() for pk in pks}
        ids |= {int(ref[1:]) for key in keys for ref in self._before(key)}
        self._clients.prepare(names, phones, ids)
        if "group" in self.headings:
            told = zip(lines, names, keys, strict=True)
            self._enrolled.prepare(ids | {int(ref[1:]) for one in told for ref in self._found(*one)})

    def forget(self) -> None:
        super().forget()
        self._clients.forget()
        self._enrolling = {}

    def settle(self, ids: Mapping[str, Mapping[str, int]]) -> None:
        self._clients.settle(ids.get("clients", {}))
        if self.here.skip:
            self._brought |= set(ids.get("contacts", {}).values())
        super().settle(ids)

    def make(self, cells: Cells) -> Made:
        name = _name_of(cells)
        birth = _text(cells, "birth_date")
        key = _client_key(cells, name)
        first = self.earlier(key)
        if first and _contradicts(first[0][1:], _told_of(name, birth)):
            raise Aside("id", N_("An earlier line has this number, with another name or birth date."))
        came_before = not first and key in self.here.known["clients"]
        group = self._catalogue.group(_text(cells, "group")) if _text(cells, "group") else None
        found = self._before(key) if first or came_before else self._found(cells, name, key)
        if len(found) > 1:
            raise Aside("name", N_("Several clients may be meant: {names}"), names=self._clients.told(found))
        if self.here.skip and not came_before and (
            found or first or any(map(self._is_phone_known, _phones_of(cells)))
        ):
            raise Duplicate
        contacts = [self._contact(at, cells, found[0] if found else key) for at in _CONTACTS]
        _refuse_payers(cells)
        _refuse_strangers(cells)
        enrolment = self._enrolment(cells, found[0] if found else self.standing("clients", key), group)
        # From here on all is sure to be made.
        joined = bool(found or first)
        client, is_new = (found[0], NO) if found else self.ref("clients", key)
        if not first:
            self.say(key, client if found else "", *(_told_of(name, birth) if _text(cells, "id") else ()))
        if is_new:
            self._clients.expect(client, name, birth)
        made: dict[str, Cell] = {
            **cells, **enrolment, "client": client, "client_is": is_new, "last_name": name.last,
            "first_name": name.first, "middle_name": name.middle,
        }
        for at, contact in zip(_CONTACTS, contacts, strict=True):
            if contact is not None:
                told, shared = self._attached(at, client, name, birth, cells, contact)
                made |= told
                joined = joined or shared
        if enrolment.get("enrolment_is"):
            self._enrolling[client, group] = _text(enrolment, "enrolled_since")
        return Made(made, joined)

    def _before(self, key: str) -> list[str]:
        """Whom an earlier line with this key was put to; nobody where it brought them itself."""
        return [self.standing("clients", ref) for ref, *_ in self.earlier(key) if ref]

    def _found(self, cells: Cells, name: Name, key: str) -> list[str]:
        """Who is here under another key: by the number of another file if the name agrees, or surely the same."""
        numbered = self._numbered.get(key, ())
        if found := [ref for pk in numbered if self._clients.is_named(ref := f"@{pk}", name)]:
            return found
        return self._clients.same(name, _text(cells, "birth_date"), _phones_of(cells))

    def _is_phone_known(self, phone: str) -> bool:
        """Whether somebody had it before this file."""
        return any(ref != phone and int(ref[1:]) not in self._brought for ref in self._clients.having(phone))

    def _contact(self, at: str, cells: Cells, client: str) -> tuple[str, str] | None:
        """A reference to the contact and its key, the latter blank where it stands; None where the line has none."""
        phone, name = _text(cells, f"{at}_phone"), split_name(_text(cells, f"{at}_name"))
        email, telegram = _text(cells, f"{at}_email"), _text(cells, f"{at}_telegram")
        if not (phone or any(name) or email or telegram):
            return None
        named = f"{name.last} {name.first}".strip()
        if phone:
            return self._phoned(at, phone, named, client)
        key = digest(client, words(" ".join(name)), email, telegram)
        if key in self.here.known["contacts"] or key in self.fresh["contacts"]:
            return "", key
        ties = self._clients.ties.get(client, {})
        same = [ref for ref, tie in ties.items() if named and words(tie.name) == words(named)]
        return (same[0], "") if len(same) == 1 else ("", key)

    def _phoned(self, at: str, phone: str, named: str, client: str) -> tuple[str, str]:
        """Whoever has this phone, unless the names say that it is somebody else: they could see another's child."""
        known = self.here.known["contacts"].get(phone)
        client = self.standing("clients", client)
        having = self._clients.having(phone)
        for likely in (
            [ref for ref in having if self._clients.is_tied(client, ref)],
            [ref for ref, told in having.items() if named and words(told) == words(named)],
            [ref for ref, told in having.items() if _may_be_one(told, named)],
        ):
            if len(likely) == 1:
                return ("", phone) if likely[0] == phone else (likely[0], "")
        if not having or (known is not None and self._clients.is_tied(client, f"@{known}")):
            return "", phone
        names = "; ".join(sorted(having.values())[:5])
        if len(having) > 1:
            raise Aside(f"{at}_phone", N_("Several contacts have this phone: {names}"), names=names)
        raise Aside(f"{at}_phone", _ANOTHER, name=names)

    def _attached(
        self, at: str, client: str, name: Name, birth: str, cells: Cells, contact: tuple[str, str]
    ) -> tuple[dict[str, Cell], bool]:
        """The cells of a contact and of its tie to the client; whether the contact was here for somebody else."""
        standing, key = contact
        ref, is_new = (standing, NO) if standing else self.ref("contacts", key)
        own = split_name(_text(cells, f"{at}_name"))
        kinship = _text(cells, f"{at}_kinship") or self._implied[at]
        if not any(own):
            if kinship == "self" or (not kinship and self._is_grown(birth)):
                own, kinship = name, "self"
            else:
                # Nobody is without a name; that of the family will do until somebody knows better.
                own = Name(last=name.last or name.first)
        if is_new:
            self._clients.expect_contact(ref, _text(cells, f"{at}_phone"), own)
        others = [_text(cells, f"{other}_pays") for other in _CONTACTS if other != at]
        pays = _text(cells, f"{at}_pays") or ("no" if "yes" in others or self._clients.has_payer(client) else "yes")
        tied = self._clients.tie(client, ref, _text(cells, f"{at}_phone"), pays == "yes")
        return {
            at: ref, f"{at}_is": is_new, f"{at}_last": own.last, f"{at}_first": own.first, f"{at}_middle": own.middle,
            f"{at}_kinship": kinship or "other", f"{at}_pays": pays, f"{at}_relation_is": NEW if tied else NO,
        }, not is_new and tied

    def _is_grown(self, birth: str) -> bool:
        if not birth:
            return False
        born, today = date.fromisoformat(birth), self.here.today
        return today.year - born.year - ((today.month, today.day) < (born.month, born.day)) >= GROWN

    def _enrolment(self, cells: Cells, client: str, group: int | None) -> dict[str, Cell]:
        """Into the group from the day that is said; where none is, only who has never been in it."""
        if group is None:
            return {}
        said = _text(cells, "enrolled_since")
        since = said or self.here.today.isoformat()
        first = self._enrolling.get((client, group))
        if first and said and said < first:
            raise Aside("enrolled_since", _SHARED)
        is_in = first or self._enrolled.is_in(client, group, since) or (not said and self._enrolled.ever(client, group))
        return {
            "group_key": f"@{group}", "enrolled_since": since, "enrolment": f"{client}>{group}>{since}",
            "enrolment_is": NO if is_in else NEW,
        }


def _refuse_payers(cells: Cells) -> None:
    pay = [f"{at}_pays" for at in _CONTACTS if _text(cells, f"{at}_pays") == "yes"]
    if len(pay) > 1:
        raise Aside(pay[1], N_("The client has a payer already."))


def _refuse_strangers(cells: Cells) -> None:
    """One phone for both contacts, who have different names: one of them would be lost."""
    one, other = (_text(cells, f"{at}_name") for at in _CONTACTS)
    phones = _phones_of(cells)
    if len(phones) > len(set(phones)) and not _may_be_one(one, other):
        raise Aside("contact2_phone", _ANOTHER, name=one)


def _may_be_one(told: str, other: str) -> bool:
    """Whether two names may be of one person: one is blank, they share a word, or one is the other with initials."""
    ours, theirs = sought(told.replace(".", " ")), sought(other.replace(".", " "))
    if not ours or not theirs or {word for word in ours if len(word) > 1} & set(theirs):
        return True
    return _abridged(ours, theirs) or _abridged(theirs, ours)


def _abridged(short: Sequence[str], full: Sequence[str]) -> bool:
    return all(
        any(part == word or (1 in (len(part), len(word)) and part[0] == word[0]) for word in full) for part in short
    )


def _name_of(cells: Cells) -> Name:
    whole = split_name(_text(cells, "name"))
    parts = Name(_text(cells, "last_name"), _text(cells, "first_name"), _text(cells, "middle_name"))
    if not any(whole):
        return parts
    if not (parts.last or parts.first):
        return whole._replace(middle=parts.middle or whole.middle)
    return Name(parts.last or whole.last, parts.first or whole.first, parts.middle or whole.middle)


def _phones_of(cells: Cells) -> list[str]:
    return [phone for at in _CONTACTS if (phone := _text(cells, f"{at}_phone"))]


def _client_key(cells: Cells, name: Name) -> str:
    if number := _text(cells, "id"):
        return _number_key(number)
    return digest(words(" ".join(name)), _text(cells, "birth_date"), *_phones_of(cells)[:1])


def _told_of(name: Name, birth: str) -> tuple[str, ...]:
    return words(f"{name.last} {name.first}"), words(name.middle), birth


def _contradicts(told: Iterable[str], now: Iterable[str]) -> bool:
    """Whether these cannot be of the same person; what is blank contradicts nothing."""
    return any(one and other and one != other for one, other in zip(told, now, strict=False))


def _number_key(number: str) -> str:
    return f"#{number}" if len(number) <= 60 else f"#{digest(number)}"


def _kinship_of(at: str, headings: Mapping[str, str]) -> str:
    """What the headings of a contact say of who it is: "Mother's phone"."""
    told = [headings.get(f"{at}_{part}", "") for part in ("name", "phone", "email", "telegram")]
    found = (meaning(word, KINSHIP) for heading in told for word in plain_heading(heading).split())
    return str(next(filter(None, found), ""))


def _numbered(keys: Collection[str], here: Here) -> Mapping[str, set[int]]:
    """Clients of the branch by their number in any file that was taken in."""
    if not keys:
        return {}
    found = imported.numbered(target="clients", keys=keys, by=here.by)
    rows = Client.objects.visible_to(here.by, Permission.CLIENT_SEE).filter(branch=here.branch_id, archived_at=None)
    alive = set(rows.filter(pk__in=set().union(*found.values())).values_list("pk", flat=True))
    return {key: pks & alive for key, pks in found.items()}


class _Who:
    """Finds the client that a line speaks of, who must be here."""

    def __init__(self, here: Here) -> None:
        self._here, self._clients = here, Clients(here)
        self._numbered: Mapping[str, set[int]] = {}

    def prepare(self, lines: Sequence[Cells]) -> None:
        names = [name for cells in lines if (name := _who_name(cells))]
        phones = {_text(cells, "client_phone") for cells in lines} - {""}
        keys = {_number_key(number) for cells in lines if (number := _text(cells, "client_id"))}
        self._numbered = _numbered(keys, self._here)
        self._clients.prepare(names, phones, {pk for pks in self._numbered.values() for pk in pks})

    def ids(self, lines: Sequence[Cells]) -> set[int]:
        """Everybody whom these lines may mean."""
        return {int(ref[1:]) for cells in lines for ref in self._meant(cells)}

    def find(self, cells: Cells) -> int:
        found = self._meant(cells)
        if len(found) == 1:
            return int(found[0][1:])
        column = next(name for name in ("client", "client_id", "client_phone") if _text(cells, name))
        if found:
            raise Aside(column, N_("Several clients may be meant: {names}"), names=self._clients.told(found))
        raise Aside(column, N_("There is no client {name} in this branch."), name=_text(cells, column)[:60])

    def _meant(self, cells: Cells) -> list[str]:
        name = _who_name(cells)
        if number := _text(cells, "client_id"):
            found = [f"@{pk}" for pk in sorted(self._numbered.get(_number_key(number), ()))]
            if found := [ref for ref in found if name is None or self._clients.is_named(ref, name)]:
                return found
            if name is None:
                return []
        return self._clients.meant(name, _text(cells, "client_birth_date"), _text(cells, "client_phone"))


def _who_name(cells: Cells) -> Name | None:
    told = _text(cells, "client")
    return split_name(told) if told else None


class GroupLines(Lines):
    def __init__(self, here: Here, headings: Mapping[str, str]) -> None:
        super().__init__(here, headings)
        self._catalogue = Catalogue(here)
        self._timed = set(
            TimetableSlot.objects.filter(group__branch=here.branch_id).values_list("group", flat=True).distinct()
        )

    def make(self, cells: Cells) -> Made:
        name, programme = _text(cells, "name"), _text(cells, "programme")
        key = _number_key(number) if (number := _text(cells, "id")) else digest(words(name))
        near, known = self._catalogue.groups.near(name), self.here.known["groups"].get(key)
        if self.earlier(key):
            raise Aside("id" if number else "name", N_("There is one of these already."))
        standing = near if known is None else [known]
        if len(standing) > 1:
            raise Aside("name", N_("There are several groups {name}."), name=name[:60])
        if standing and standing[0] in self._timed:
            return self.known_already()
        if standing and self.here.skip:
            raise Duplicate
        slots = _slots(cells, self._catalogue.minutes.get(standing[0], 60) if standing else 60)
        teachers = tuple(f"@{self._catalogue.teacher(teacher)}" for teacher in cells.get("teachers", ()))
        room = f"@{self._catalogue.room(told)}" if (told := _text(cells, "room")) else ""
        known = self._catalogue.programme(programme)
        of, programme_is = (f"@{known}", NO) if known else self.ref("programmes", digest(words(programme)))
        group, group_is = (f"@{standing[0]}", NO) if standing else self.ref("groups", key)
        self.say(key, name)
        return Made(
            {
                **cells, "programme_key": of, "programme_is": programme_is, "group": group, "group_is": group_is,
                "slots": slots, "slots_are": NEW if slots else NO, "teachers": teachers, "room": room,
                "since": _text(cells, "since") or self.here.today.isoformat(),
                "lesson_minutes": _text(cells, "minutes") or _length(slots),
            },
            bool(standing),
        )


def _slots(cells: Cells, minutes: int) -> tuple[str, ...]:
    """Weekly times, each with its end: "1 17:00 18:30"."""
    told = tuple(cells.get("timetable", ()))
    clocks = " ".join(cells.get("time", ()))
    if not told and clocks:
        if not cells.get("weekdays"):
            raise Aside("time", N_("On which days of the week is not said."))
        told = tuple(f"{day} {clocks}" for day in cells.get("weekdays", ()))
    return tuple(_ended(slot, int(_text(cells, "minutes") or minutes)) for slot in told)


def _ended(slot: str, minutes: int) -> str:
    parts = slot.split()
    return slot if len(parts) == 3 else f"{slot} {_later(parts[1], minutes)}"


def _later(clock: str, minutes: int) -> str:
    """So many minutes on; at the end of the day it stays, and is refused as what it is."""
    after = datetime.fromisoformat(f"2000-01-01 {clock}") + timedelta(minutes=minutes)
    return f"{after:%H:%M}" if after.day == 1 else "23:59"


def _length(slots: Sequence[str]) -> str:
    if not slots:
        return ""
    _, starts, ends = slots[0].split()
    first, last = (int(clock[:2]) * 60 + int(clock[3:]) for clock in (starts, ends))
    return str(last - first) if 5 <= last - first <= 600 else ""


class EnrolmentLines(Lines):
    def __init__(self, here: Here, headings: Mapping[str, str]) -> None:
        super().__init__(here, headings)
        self._who, self._catalogue, self._enrolled = _Who(here), Catalogue(here), Enrolled()

    def prepare(self, lines: Sequence[Cells]) -> None:
        self._who.prepare(lines)
        self._enrolled.prepare(self._who.ids(lines))

    def make(self, cells: Cells) -> Made:
        client, group = f"@{self._who.find(cells)}", self._catalogue.group(_text(cells, "group"))
        since, until = _text(cells, "since"), _text(cells, "until")
        of, said = f"{client}>{group}", (since, until, " ".join(cells.get("weekdays", ())))
        earlier = self.earlier(of)
        if said not in earlier and any(_share(said, other) for other in earlier):
            raise Aside("since", _SHARED)
        key = f"{of}>{since}"
        is_here = key in self.here.known["enrolments"] or self._enrolled.is_in(client, group, since, until)
        if said in earlier or is_here:
            return self.known_already()
        self.say(of, *said)
        return Made({**cells, "client": client, "group_key": f"@{group}", "enrolment": key, "enrolment_is": NEW})


def _share(days: Sequence[str], other: Sequence[str]) -> bool:
    """Whether two times [since, until, ...) share a day."""
    return days[0] < (other[1] or END) and other[0] < (days[1] or END)


class LessonLines(Lines):
    def __init__(self, here: Here, headings: Mapping[str, str]) -> None:
        super().__init__(here, headings)
        self._catalogue = Catalogue(here)
        self._standing: set[tuple[int, str, str]] = set()

    def prepare(self, lines: Sequence[Cells]) -> None:
        self._standing = {
            (lesson.group, lesson.day, lesson.starts) for lesson in _lessons_of(lines, self._catalogue, self.here)
        }

    def make(self, cells: Cells) -> Made:
        group, day = self._catalogue.group(_text(cells, "group")), _text(cells, "day")
        span = cells.get("time", ())
        starts = _text(cells, "starts") or (span[0] if span else "")
        ends = _text(cells, "ends") or (span[1] if len(span) > 1 else "")
        length = int(_text(cells, "minutes") or self._catalogue.minutes[group])
        teachers = [self._catalogue.teacher(teacher) for teacher in cells.get("teachers", ())]
        room = f"@{self._catalogue.room(told)}" if (told := _text(cells, "room")) else ""
        key, is_new = self.ref("lessons", f"{group}>{day}T{starts}")
        if not is_new or (group, day, starts) in self._standing:
            return self.known_already()
        return Made(
            {
                **cells, "lesson": key, "lesson_is": NEW, "group_key": f"@{group}", "begins": starts,
                "finishes": ends or _later(starts, length), "room": room,
                "teachers": tuple(f"@{pk}" for pk in teachers or self._catalogue.teachers_of[group]),
                "held": "yes" if day < self.here.today.isoformat() else "no",
            }
        )


class _Lesson(NamedTuple):
    pk: int
    group: int
    day: str
    starts: str


def _lessons_of(lines: Sequence[Cells], catalogue: Catalogue, here: Here) -> Iterable[_Lesson]:
    """All that the groups of these lines have on these days."""
    groups = {pk for cells in lines for pk in catalogue.groups.find(_text(cells, "group"))}
    days = {_text(cells, "day") for cells in lines}
    rows = (
        Lesson.objects.visible_to(here.by, Permission.JOURNAL_SEE).filter(group__in=groups, day__in=days)
        .order_by("starts_at", "pk").values_list("pk", "group", "day", "starts_at", "cancelled_at")
    )
    for pk, group, day, starts, cancelled in rows:
        if group is not None and cancelled is None:
            yield _Lesson(pk, group, day.isoformat(), f"{local(starts, here.time_zone):%H:%M}")


class MarkLines(Lines):
    def __init__(self, here: Here, headings: Mapping[str, str]) -> None:
        super().__init__(here, headings)
        self._who, self._catalogue = _Who(here), Catalogue(here)
        self._lessons: dict[tuple[int, str], list[_Lesson]] = {}
        self._marks: dict[tuple[int, int], str | None] = {}

    def prepare(self, lines: Sequence[Cells]) -> None:
        self._who.prepare(lines)
        self._lessons = defaultdict(list)
        for lesson in _lessons_of(lines, self._catalogue, self.here):
            self._lessons[lesson.group, lesson.day].append(lesson)
        ids = [lesson.pk for lessons in self._lessons.values() for lesson in lessons]
        marks = Mark.objects.visible_to(self.here.by, Permission.JOURNAL_SEE).standing().filter(lesson__in=ids)
        self._marks = {
            (client, lesson): status for client, lesson, status in marks.values_list("client", "lesson", "status")
        }

    def make(self, cells: Cells) -> Made:
        client = self._who.find(cells)
        lesson = self._lesson(cells)
        key, status = f"{client}>{lesson}", _text(cells, "status")
        earlier = [said for said, in self.earlier(key)]
        standing = earlier[0] if earlier else self._marks.get((client, lesson))
        if standing and standing != status:
            raise Aside("status", N_("There is another mark in this lesson already."))
        if standing or key in self.here.known["marks"]:
            return self.known_already()
        self.say(key, status)
        return Made({**cells, "client": f"@{client}", "lesson": f"@{lesson}", "mark": key, "mark_is": NEW})

    def _lesson(self, cells: Cells) -> int:
        group, day, starts = self._catalogue.group(_text(cells, "group")), _text(cells, "day"), _text(cells, "starts")
        found = [one for one in self._lessons[group, day] if not starts or one.starts == starts]
        if len(found) == 1:
            return found[0].pk
        if found:
            times = ", ".join(one.starts for one in found)
            reason = N_("The group has several lessons on that day ({times}): say when it starts.")
            raise Aside("day", reason, times=times)
        raise Aside("day", N_("The group has no lesson then."))


class PaymentLines(Lines):
    def __init__(self, here: Here, headings: Mapping[str, str]) -> None:
        super().__init__(here, headings)
        self._who = _Who(here)
        self._paid: set[tuple[int, str, str, str]] = set()
        self._numbers: dict[str, tuple[int, str, str]] = {}
        self._taken_back: set[str] = set()

    def prepare(self, lines: Sequence[Cells]) -> None:
        self._who.prepare(lines)
        entries = LedgerEntry.objects.filter(kind=EntryKind.PAYMENT)
        of_clients = entries.filter(client__in=self._who.ids(lines))
        self._paid = {
            (client, f"{amount:.2f}", day.isoformat(), method)
            for client, amount, day, method in of_clients.filter(reversed_by=None).values_list(
                "client", "amount", "day", "payment__method"
            )
        }
        taken_back = of_clients.exclude(reversed_by=None).values_list("payment__key", flat=True)
        self._taken_back = set(taken_back)
        keys = [f"{PAYMENTS}:{_payment_key(number)}" for cells in lines if (number := _text(cells, "number"))]
        self._numbers = {}
        for key, client, amount, day, back in entries.filter(payment__key__in=keys).values_list(
            "payment__key", "client", "amount", "day", "reversed_by"
        ):
            self._numbers[key] = (client, f"{amount:.2f}", day.isoformat())
            self._taken_back |= {key} if back else set()

    def make(self, cells: Cells) -> Made:
        client, day = self._who.find(cells), _text(cells, "day")
        amount, method = f"{Decimal(_text(cells, 'amount')):.2f}", _text(cells, "method") or "cash"
        number = _text(cells, "number")
        key = _payment_key(number) if number else digest(str(client), amount, day, method)
        booked = f"{PAYMENTS}:{key}"
        if booked in self._taken_back:
            raise Aside(
                "number" if number else "amount",
                N_("This payment was taken back. If it was made after all, give it another number."),
            )
        if number and (self.earlier(key) or self._numbers.get(booked, (client, amount, day)) != (client, amount, day)):
            raise Aside("number", N_("Another payment has this number already."))
        if self.earlier(key):
            raise Aside("amount", N_("An earlier line says the same. If both were paid, give each its number."))
        is_paid = booked in self._numbers or (not number and (client, amount, day, method) in self._paid)
        if is_paid or key in self.here.known["payments"]:
            return self.known_already()
        self.say(key)
        return Made({**cells, "client": f"@{client}", "payment": key, "payment_is": NEW, "method": method})


def _payment_key(number: str) -> str:
    return f"n{digest(number)}"


LINES: Mapping[str, type[Lines]] = {
    "clients": ClientLines, "groups": GroupLines, "enrolments": EnrolmentLines, "lessons": LessonLines,
    "marks": MarkLines, "payments": PaymentLines,
}
