"""The kinds of files that people bring: which columns each may have, how these are called and read, and what becomes of
a line. A line becomes rows of several targets; the names of `sections` are those of a mapping."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from rollbook.domains.imports.rules import usual
from rollbook.domains.imports.rules.headings import HEADINGS, OF_FIRST, OF_SECOND
from rollbook.domains.imports.rules.mapping import Section, Take
from rollbook.domains.imports.rules.usual import Reading
from rollbook.foundation.tables import N_

# A heading with one of these words is about whoever stands behind a client.
PARENTS = (
    "родител", "мам", "мать", "матер", "пап", "отец", "отц", "законн", "представител", "контактн", "заказчик", "бабуш",
    "опекун", "батьк", "тат", "опікун", "замовник", "мати", "parent", "mother", "father", "mom", "dad", "guardian",
    "contact",
)
# One with one of these is about the second of two contacts.
FATHERS = ("пап", "отец", "отц", "батько", "тат", "father", "dad", "2", "втор", "друг", "доп", "second")
NEW = ("new",)
# What the file is called in the places of its rows.
FILE = "file"


@dataclass(frozen=True, slots=True)
class Column:
    """One thing that a file may say. `hints` are headings by which it is recognised, `avoid` beginnings of words that
    tell that another one is meant."""

    name: str
    label: str
    reading: Reading
    hints: tuple[str, ...]
    required: bool = False
    avoid: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FileKind:
    """`needs`: of each of these sets of columns one must be there. `made` says from which columns that comes which
    stands in no file as such."""

    name: str
    label: str
    columns: tuple[Column, ...]
    sections: tuple[Section, ...]
    needs: tuple[tuple[str, ...], ...] = ()
    made: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def column(self, name: str) -> Column:
        return next(column for column in self.columns if column.name == name)


def _column(
    name: str, label: str, reading: Reading, headings: str = "", *, required: bool = False, avoid: tuple[str, ...] = ()
) -> Column:
    return Column(name, label, reading, HEADINGS[headings or name], required, avoid)


def _section(
    target: str, key: str, fields: Iterable[str | tuple[str, str | Take]], *, each: str = "", new: str
) -> Section:
    """Rows of a target, made where the cell `new` says so; a field that is named alone stands in the cell of its own
    name."""
    named = {}
    for one in fields:
        name, take = (one, one) if isinstance(one, str) else one
        named[name] = Take(column=take) if isinstance(take, str) else take
    return Section(place=target, target=target, file=FILE, key=key, fields=named, each=each, only={new: NEW})


_WHO = (
    _column("client", N_("Client"), usual.NAME, avoid=PARENTS),
    _column("client_phone", N_("Phone of a contact"), usual.PHONE),
    _column("client_birth_date", N_("Birth date"), usual.BIRTHDAY, "birth_date", avoid=PARENTS),
    _column("client_id", N_("Number of the client in your lists"), usual.LINE, "client_number"),
)
_NEEDS_WHO = (("client", "client_phone", "client_id"),)
_GROUP = _column("group", N_("Group"), usual.LINE, required=True)
_TEACHERS = _column("teachers", N_("Teachers"), usual.LIST)
_ROOM = _column("room", N_("Room"), usual.LINE)
_MINUTES = _column("minutes", N_("Minutes of a lesson"), usual.COUNT)


def _contact(at: str, labels: Mapping[str, str]) -> tuple[Column, ...]:
    """The columns of the first or second contact."""
    first = at == "contact"

    def hints(name: str) -> tuple[str, ...]:
        plain = HEADINGS[name]
        return (*plain, *(form.format(heading) for heading in plain for form in (OF_FIRST if first else OF_SECOND)))

    return tuple(
        Column(
            f"{at}_{part}", labels[part], reading, HEADINGS[f"{at}_name"] if part == "name" else hints(part),
            avoid=FATHERS if first else (),
        )
        for part, reading in (
            ("name", usual.NAME), ("kinship", usual.KINSHIP_READ), ("phone", usual.PHONE), ("email", usual.EMAIL),
            ("telegram", usual.LINE), ("pays", usual.FLAG),
        )
    )


def _contact_sections(at: str) -> tuple[Section, ...]:
    names = (("last_name", f"{at}_last"), ("first_name", f"{at}_first"), ("middle_name", f"{at}_middle"))
    rest = ((name, f"{at}_{name}") for name in ("phone", "email", "telegram"))
    return (
        _section("contacts", f"{{{at}}}", (*names, *rest), new=f"{at}_is"),
        _section(
            "relations", f"{{client}}~{{{at}}}",
            ("client", ("contact", at), ("kinship", f"{at}_kinship"), ("pays", f"{at}_pays")), new=f"{at}_relation_is",
        ),
    )


CLIENTS = FileKind(
    "clients", N_("Clients and their contacts"),
    (
        _column("name", N_("Name in one column"), usual.NAME, "client", avoid=PARENTS),
        _column("last_name", N_("Last name"), usual.LINE, avoid=PARENTS),
        _column("first_name", N_("First name"), usual.LINE, avoid=PARENTS),
        _column("middle_name", N_("Middle name"), usual.LINE, avoid=PARENTS),
        _column("birth_date", N_("Birth date"), usual.BIRTHDAY, avoid=PARENTS),
        *_contact(
            "contact",
            {
                "name": N_("Contact: name"), "kinship": N_("Contact: who it is to the client"),
                "phone": N_("Contact: phone"), "email": N_("Contact: e-mail"), "telegram": N_("Contact: Telegram"),
                "pays": N_("Contact: pays"),
            },
        ),
        *_contact(
            "contact2",
            {
                "name": N_("Second contact: name"), "kinship": N_("Second contact: who it is to the client"),
                "phone": N_("Second contact: phone"), "email": N_("Second contact: e-mail"),
                "telegram": N_("Second contact: Telegram"), "pays": N_("Second contact: pays"),
            },
        ),
        _column("group", N_("Group to put the client into"), usual.LINE),
        _column("enrolled_since", N_("In the group since"), usual.DAY),
        _column("since", N_("Known since"), usual.DAY, "known_since"),
        _column("note", N_("Note"), usual.TEXT),
        _column("id", N_("Number in your lists"), usual.LINE, "client_number"),
    ),
    (
        _section(
            "clients", "{client}", ("last_name", "first_name", "middle_name", "birth_date", "since", "note"),
            new="client_is",
        ),
        *_contact_sections("contact"),
        *_contact_sections("contact2"),
        _section(
            "enrolments", "{enrolment}", ("client", ("group", "group_key"), ("since", "enrolled_since")),
            new="enrolment_is",
        ),
    ),
    needs=(("name", "last_name", "first_name"),),
    made={
        "client": ("id", "name", "last_name", "first_name"), "last_name": ("name",), "first_name": ("name",),
        "middle_name": ("name",), "group_key": ("group",), "enrolment": ("group",),
        **{
            f"{at}{part}": (f"{at}_name", f"{at}_phone", f"{at}_email")
            for at in ("contact", "contact2") for part in ("", "_last", "_first", "_middle")
        },
    },
)
GROUPS = FileKind(
    "groups", N_("Groups and their timetable"),
    (
        _column("name", N_("Name of the group"), usual.LINE, "group_name", required=True),
        _column("programme", N_("Programme"), usual.LINE, required=True),
        _TEACHERS,
        _ROOM,
        _column("timetable", N_("Timetable (Mon, Wed 17:00-18:30)"), usual.TIMETABLE),
        _column("weekdays", N_("Days of the week"), usual.WEEKDAYS_READ),
        _column("time", N_("Time (17:00-18:30)"), usual.SPAN),
        _MINUTES,
        _column("capacity", N_("Places"), usual.COUNT),
        _column("minimum", N_("Minimum"), usual.COUNT),
        _column("state", N_("State"), usual.STATE),
        _column("since", N_("Timetable since"), usual.DAY, "group_since"),
        _column("until", N_("Timetable until (first day without)"), usual.DAY, "group_until"),
        _column("id", N_("Number in your lists"), usual.LINE, "group_number"),
    ),
    (
        _section(
            "programmes", "{programme_key}", (("name", "programme"), ("minutes", "lesson_minutes")), new="programme_is"
        ),
        _section(
            "groups", "{group}",
            ("name", ("programme", "programme_key"), "teachers", "minimum", "capacity", "state"), new="group_is",
        ),
        _section(
            "slots", "{group}~{slots}~{since}",
            (
                "group", ("weekday", Take(column="slots", split=" ", part="1")),
                ("starts", Take(column="slots", split=" ", part="2")),
                ("ends", Take(column="slots", split=" ", part="3")), "room", "teachers", ("valid_from", "since"),
                ("valid_until", "until"),
            ),
            each="slots", new="slots_are",
        ),
    ),
    made={
        "slots": ("timetable", "time", "weekdays"), "group": ("name",), "programme_key": ("programme",),
        "lesson_minutes": ("minutes",),
    },
)
ENROLMENTS = FileKind(
    "enrolments", N_("Enrolments"),
    (
        *_WHO,
        _GROUP,
        _column("since", N_("From"), usual.DAY, "enrolment_since", required=True),
        _column("until", N_("Until (first day out)"), usual.DAY, "enrolment_until"),
        _column("weekdays", N_("Days of the week"), usual.WEEKDAYS_READ, "enrolment_weekdays"),
    ),
    (
        _section(
            "enrolments", "{enrolment}", ("client", ("group", "group_key"), "since", "until", "weekdays"),
            new="enrolment_is",
        ),
    ),
    needs=_NEEDS_WHO, made={"group_key": ("group",), "enrolment": ("group",)},
)
LESSONS = FileKind(
    "lessons", N_("Lessons"),
    (
        _GROUP,
        _column("day", N_("Day"), usual.DAY, "lesson_day", required=True),
        _column("time", N_("Time (17:00-18:30)"), usual.SPAN, "lesson_time"),
        _column("starts", N_("Start"), usual.CLOCK),
        _column("ends", N_("End"), usual.CLOCK),
        _MINUTES,
        _ROOM,
        _TEACHERS,
        _column("topic", N_("Topic"), usual.LINE),
        _column("note", N_("Note"), usual.TEXT, "lesson_note"),
    ),
    (
        _section(
            "lessons", "{lesson}",
            (
                ("group", "group_key"), "day", ("starts", "begins"), ("ends", "finishes"), "room", "teachers", "topic",
                "note", "held",
            ),
            new="lesson_is",
        ),
    ),
    needs=(("time", "starts"),),
    made={
        "group_key": ("group",), "begins": ("starts", "time"), "finishes": ("ends", "minutes", "time"),
        "lesson": ("day",), "held": ("day",),
    },
)
MARKS = FileKind(
    "marks", N_("Marks of attendance"),
    (
        *_WHO,
        _GROUP,
        _column("day", N_("Day"), usual.DAY, "mark_day", required=True),
        _column("starts", N_("Start"), usual.CLOCK, "mark_starts"),
        _column("status", N_("Mark"), usual.STATUS, required=True),
    ),
    (_section("marks", "{mark}", ("client", "lesson", "status"), new="mark_is"),),
    needs=_NEEDS_WHO, made={"lesson": ("day",), "mark": ("status",)},
)
PAYMENTS = FileKind(
    "payments", N_("Payments"),
    (
        *_WHO,
        _column("amount", N_("Amount"), usual.SUM, required=True),
        _column("day", N_("Day"), usual.DAY, "payment_day", required=True),
        _column("method", N_("Method"), usual.METHOD),
        _column("note", N_("Note"), usual.TEXT, "payment_note"),
        _column("number", N_("Number of the payment"), usual.LINE, "payment_number"),
    ),
    (_section("payments", "{payment}", ("client", "amount", "day", "method", "note"), new="payment_is"),),
    needs=_NEEDS_WHO, made={"payment": ("number", "amount")},
)
KINDS: Mapping[str, FileKind] = {kind.name: kind for kind in (CLIENTS, GROUPS, ENROLMENTS, LESSONS, MARKS, PAYMENTS)}
