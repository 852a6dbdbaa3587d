"""The kinds of files that people bring: which columns each may have, how these are called and read, and what becomes of
a line. A line becomes rows of several targets; the names of `sections` are those of a mapping."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from rollbook.domains.imports.rules import usual
from rollbook.domains.imports.rules.mapping import Section, Take
from rollbook.domains.imports.rules.usual import Reading
from rollbook.foundation.tables import N_

# A heading with one of these words is about whoever stands behind a client.
PARENTS = (
    "родител", "мам", "мать", "матер", "пап", "отец", "отц", "законн", "представител", "контактн", "заказчик", "бабуш",
    "опекун", "батьк", "тат", "опікун", "замовник", "мати", "parent", "mother", "father", "mom", "dad", "guardian", "contact",
)
# The second of two contacts.
FATHERS = ("пап", "отец", "отц", "батько", "тат", "father", "dad", "2", "втор", "друг", "доп", "second")
NEW = ("new",)


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


def _hints(told: str) -> tuple[str, ...]:
    return tuple(hint.strip() for hint in told.split("|"))


def _section(target: str, key: str, fields: Iterable[str | tuple[str, str | Take]], *, each: str = "", new: str = "") -> Section:
    """Rows of a target; a field that is named alone stands in the cell of its own name."""
    named = {}
    for one in fields:
        name, take = (one, one) if isinstance(one, str) else one
        named[name] = Take(column=take) if isinstance(take, str) else take
    return Section(
        place=target, target=target, file=FILE, key=key, fields=named, each=each, only={new: NEW} if new else {}
    )


FILE = "file"

_ID = _hints("id|ид|код клиента|id клиента|номер клиента|код ученика|id ученика|client id|student id|код клієнта|номер клієнта|лицевой счет")
_GROUP = Column(
    "group", N_("Group"), usual.LINE, _hints("группа|название группы|группа название|група|назва групи|group|group name|class|класс")
)
_CLIENT = (
    Column(
        "client", N_("Client"), usual.NAME, _hints(
            "фио ребенка|имя ребенка|ребенок|фио ученика|ученик|фио клиента|клиент|фио|ф и о|фамилия имя|фамилия имя отчество|"
            "участник|воспитанник|піб дитини|піб|піп|п і б|дитина|прізвище імя|учень|клієнт|"
            "full name|client|client name|student|student name|child|child name|pupil|name"
        ), avoid=PARENTS,
    ),
    Column(
        "client_phone", N_("Phone of a contact"), usual.PHONE,
        _hints("телефон|тел|номер телефона|мобильный|телефон родителя|номер телефону|мобільний|телефон батьків|phone|phone number|mobile"),
    ),
    Column(
        "client_birth_date", N_("Birth date"), usual.BIRTHDAY,
        _hints("дата рождения|день рождения|д р|др|дата народження|д н|дн|birth date|date of birth|birthday|dob|born"), avoid=PARENTS,
    ),
    Column("client_id", N_("Number of the client in your lists"), usual.LINE, _ID),
)
_WHO = (("client", "client_phone", "client_id"),)


def _contact(number: int) -> tuple[Column, ...]:
    """The columns of the first or second contact."""
    at, of, avoid = ("contact", "", FATHERS) if number == 1 else ("contact2", " 2", ())
    second = "|{0} 2|{0} папы|{0} отца|{0} тата|{0} батька|второй {0}|доп {0}|второго родителя {0}|father {0}|{0} father|second {0}"
    first = "|{0} родителя|{0} мамы|{0} матери|{0} представителя|{0} заказчика|{0} контакта|{0} мами|{0} батьків|{0} матері|{0} parent|parent {0}|mother {0}"

    def hints(words: str, more: str = "") -> tuple[str, ...]:
        form = first if number == 1 else second
        return _hints(words + "".join(form.format(word) for word in words.split("|")) + more)

    return (
        Column(
            f"{at}_name", N_("Contact: name") if number == 1 else N_("Second contact: name"), usual.NAME,
            _hints(
                "фио родителя|имя родителя|родитель|родители|мама|мать|фио мамы|фио матери|контактное лицо|законный представитель|фио представителя|"
                "заказчик|представитель|піб батьків|піб мами|батьки|мати|контактна особа|parent|parent name|mother|contact|contact name|guardian"
                if number == 1 else
                "папа|отец|фио папы|фио отца|родитель 2|второй родитель|контакт 2|тато|батько|піб батька|піб тата|father|second parent|parent 2|contact 2"
            ), avoid=avoid,
        ),
        Column(
            f"{at}_kinship", N_("Contact: who it is to the client") if number == 1 else N_("Second contact: who it is to the client"),
            usual.KINSHIP_READ, hints("кем приходится|родство|степень родства|ким доводиться|ступінь споріднення|relation|kinship|relationship"), avoid=avoid,
        ),
        Column(
            f"{at}_phone", N_("Contact: phone") if number == 1 else N_("Second contact: phone"), usual.PHONE,
            hints("телефон|тел|номер телефона|мобильный|моб|номер телефону|мобільний|phone|phone number|mobile", "|контактный телефон" if number == 1 else ""), avoid=avoid,
        ),
        Column(
            f"{at}_email", N_("Contact: e-mail") if number == 1 else N_("Second contact: e-mail"), usual.EMAIL,
            hints("email|e mail|почта|эл почта|электронная почта|пошта|електронна пошта|mail"), avoid=avoid,
        ),
        Column(
            f"{at}_telegram", N_("Contact: Telegram") if number == 1 else N_("Second contact: Telegram"), usual.LINE,
            hints("telegram|телеграм|телеграмм|тг"), avoid=avoid,
        ),
        Column(
            f"{at}_pays", N_("Contact: pays") if number == 1 else N_("Second contact: pays"), usual.FLAG,
            hints("плательщик|платит|платник|платить|pays|payer"), avoid=avoid,
        ),
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
        Column("name", N_("Name in one column"), usual.NAME, _CLIENT[0].hints, avoid=PARENTS),
        Column("last_name", N_("Last name"), usual.LINE, _hints("фамилия|фамилия ребенка|фамилия ученика|прізвище|прізвище дитини|last name|surname|family name"), avoid=PARENTS),
        Column("first_name", N_("First name"), usual.LINE, _hints("имя|имя ребенка|имя ученика|імя|імя дитини|first name|given name"), avoid=PARENTS),
        Column("middle_name", N_("Middle name"), usual.LINE, _hints("отчество|отчество ребенка|по батькові|middle name|patronymic"), avoid=PARENTS),
        Column("birth_date", N_("Birth date"), usual.BIRTHDAY, _CLIENT[2].hints, avoid=PARENTS),
        *_contact(1),
        *_contact(2),
        Column("group", N_("Group to put the client into"), usual.LINE, _GROUP.hints),
        Column("enrolled_since", N_("In the group since"), usual.DAY, _hints("дата зачисления|зачислен|начало занятий|дата начала|дата зарахування|початок занять|enrolled|enrolled since|start date")),
        Column("since", N_("Known since"), usual.DAY, _hints("клиент с|дата регистрации|дата создания|дата добавления|дата обращения|клієнт з|дата реєстрації|дата створення|created|registered|known since|client since")),
        Column("note", N_("Note"), usual.TEXT, _hints("примечание|примечания|комментарий|заметка|заметки|особенности|примітка|коментар|нотатки|note|notes|comment|remarks")),
        Column("id", N_("Number in your lists"), usual.LINE, _ID),
    ),
    (
        _section("clients", "{client}", ("last_name", "first_name", "middle_name", "birth_date", "since", "note"), new="client_is"),
        *_contact_sections("contact"),
        *_contact_sections("contact2"),
        _section("enrolments", "{enrolment}", ("client", ("group", "group_key"), ("since", "enrolled_since")), new="enrolment_is"),
    ),
    needs=(("name", "last_name", "first_name"),),
    made={
        "client": ("id", "name", "last_name", "first_name"), "last_name": ("name",), "first_name": ("name",), "middle_name": ("name",),
        "group_key": ("group",), "enrolment": ("group",),
        **{f"{at}{part}": (f"{at}_name", f"{at}_phone", f"{at}_email") for at in ("contact", "contact2") for part in ("", "_last", "_first", "_middle")},
    },
)
GROUPS = FileKind(
    "groups", N_("Groups and their timetable"),
    (
        Column("name", N_("Name of the group"), usual.LINE, (*_GROUP.hints, *_hints("название|назва|title|name")), required=True),
        Column("programme", N_("Programme"), usual.LINE, _hints("направление|программа|курс|предмет|секция|кружок|напрям|програма|гурток|programme|program|course|subject"), required=True),
        Column("teachers", N_("Teachers"), usual.LIST, _hints("педагог|преподаватель|учитель|тренер|педагоги|преподаватели|викладач|вчитель|teacher|teachers|coach|instructor")),
        Column("room", N_("Room"), usual.LINE, _hints("кабинет|зал|аудитория|помещение|кабінет|аудиторія|room|hall|classroom")),
        Column("timetable", N_("Timetable (Mon, Wed 17:00-18:30)"), usual.TIMETABLE, _hints("расписание|дни и время|расписание занятий|график|розклад|дні та час|графік|timetable|schedule")),
        Column("weekdays", N_("Days of the week"), usual.WEEKDAYS_READ, _hints("дни|день|дни недели|день недели|дні|дні тижня|день тижня|days|weekdays|day|weekday")),
        Column("time", N_("Time (17:00-18:30)"), usual.SPAN, _hints("время|время занятий|время занятия|час|час занять|time|times")),
        Column("minutes", N_("Minutes of a lesson"), usual.COUNT, _hints("длительность|продолжительность|минут|мин|тривалість|хвилин|duration|minutes|length")),
        Column("capacity", N_("Places"), usual.COUNT, _hints("мест|места|вместимость|количество мест|максимум|наполняемость|місць|місткість|places|capacity|seats|maximum|max")),
        Column("minimum", N_("Minimum"), usual.COUNT, _hints("минимум|мінімум|minimum|min")),
        Column("state", N_("State"), usual.STATE, _hints("состояние|статус|стан|state|status")),
        Column("since", N_("Timetable since"), usual.DAY, _hints("дата начала|начало|старт|с|початок|дата початку|start|starts|start date|since|from")),
        Column("until", N_("Timetable until (first day without)"), usual.DAY, _hints("дата окончания|окончание|конец|по|закінчення|кінець|дата закінчення|end|end date|until|to")),
        Column("id", N_("Number in your lists"), usual.LINE, _hints("id|ид|код группы|id группы|номер группы|код групи|group id|group number")),
    ),
    (
        _section("programmes", "{programme_key}", (("name", "programme"), ("minutes", "lesson_minutes")), new="programme_is"),
        _section("groups", "{group}", ("name", ("programme", "programme_key"), "teachers", "minimum", "capacity", "state"), new="group_is"),
        _section(
            "slots", "{group}~{slots}~{since}",
            (
                "group", ("weekday", Take(column="slots", split=" ", part="1")), ("starts", Take(column="slots", split=" ", part="2")),
                ("ends", Take(column="slots", split=" ", part="3")), "room", "teachers", ("valid_from", "since"), ("valid_until", "until"),
            ),
            each="slots", new="slots_are",
        ),
    ),
    made={"slots": ("timetable", "time", "weekdays"), "group": ("name",), "programme_key": ("programme",), "lesson_minutes": ("minutes",)},
)
ENROLMENTS = FileKind(
    "enrolments", N_("Enrolments"),
    (
        *_CLIENT,
        Column("group", _GROUP.label, usual.LINE, _GROUP.hints, required=True),
        Column("since", N_("From"), usual.DAY, _hints("с|дата зачисления|зачислен|дата начала|начало|з|дата зарахування|початок|since|from|start|start date|enrolled"), required=True),
        Column("until", N_("Until (first day out)"), usual.DAY, _hints("по|до|дата отчисления|отчислен|дата окончания|окончание|дата відрахування|закінчення|until|to|end|end date|left")),
        Column("weekdays", N_("Days of the week"), usual.WEEKDAYS_READ, _hints("дни|дни недели|день недели|дні|дні тижня|days|weekdays")),
    ),
    (_section("enrolments", "{enrolment}", ("client", ("group", "group_key"), "since", "until", "weekdays"), new="enrolment_is"),),
    needs=_WHO, made={"group_key": ("group",), "enrolment": ("group",)},
)
LESSONS = FileKind(
    "lessons", N_("Lessons"),
    (
        Column("group", _GROUP.label, usual.LINE, _GROUP.hints, required=True),
        Column("day", N_("Day"), usual.DAY, _hints("дата|день|дата занятия|дата урока|дата заняття|date|day|lesson date"), required=True),
        Column("time", N_("Time (17:00-18:30)"), usual.SPAN, _hints("время|время занятия|час|час заняття|time")),
        Column("starts", N_("Start"), usual.CLOCK, _hints("начало|время начала|с|початок|час початку|start|starts|from|start time|begin")),
        Column("ends", N_("End"), usual.CLOCK, _hints("конец|окончание|время окончания|по|до|кінець|закінчення|end|ends|to|end time")),
        Column("minutes", N_("Minutes of a lesson"), usual.COUNT, _hints("длительность|продолжительность|минут|мин|тривалість|хвилин|duration|minutes|length")),
        Column("room", N_("Room"), usual.LINE, _hints("кабинет|зал|аудитория|помещение|кабінет|аудиторія|room|hall|classroom")),
        Column("teachers", N_("Teachers"), usual.LIST, _hints("педагог|преподаватель|учитель|тренер|педагоги|преподаватели|викладач|вчитель|teacher|teachers|coach|instructor")),
        Column("topic", N_("Topic"), usual.LINE, _hints("тема|тема занятия|тема урока|тема заняття|topic|subject|theme")),
        Column("note", N_("Note"), usual.TEXT, _hints("примечание|комментарий|заметка|примітка|коментар|note|comment")),
    ),
    (
        _section(
            "lessons", "{lesson}",
            (("group", "group_key"), "day", ("starts", "begins"), ("ends", "finishes"), "room", "teachers", "topic", "note", "held"), new="lesson_is",
        ),
    ),
    needs=(("time", "starts"),),
    made={"group_key": ("group",), "begins": ("starts", "time"), "finishes": ("ends", "minutes", "time"), "lesson": ("day",), "held": ("day",)},
)
MARKS = FileKind(
    "marks", N_("Marks of attendance"),
    (
        *_CLIENT,
        Column("group", _GROUP.label, usual.LINE, _GROUP.hints, required=True),
        Column("day", N_("Day"), usual.DAY, _hints("дата|день|дата занятия|дата урока|дата посещения|дата заняття|date|day|lesson date"), required=True),
        Column("starts", N_("Start"), usual.CLOCK, _hints("время|начало|время начала|час|початок|time|start|start time")),
        Column("status", N_("Mark"), usual.STATUS, _hints("статус|посещение|посещаемость|отметка|присутствие|был|статус посещения|відвідування|відмітка|присутність|status|mark|attendance|present"), required=True),
    ),
    (_section("marks", "{mark}", ("client", "lesson", "status"), new="mark_is"),),
    needs=_WHO, made={"lesson": ("day",), "mark": ("status",)},
)
PAYMENTS = FileKind(
    "payments", N_("Payments"),
    (
        *_CLIENT,
        Column("amount", N_("Amount"), usual.SUM, _hints("сумма|оплата|сумма оплаты|сумма платежа|платеж|оплачено|внесено|приход|сума|сума оплати|платіж|сплачено|amount|sum|paid|total|payment"), required=True),
        Column("day", N_("Day"), usual.DAY, _hints("дата|дата оплаты|дата платежа|день|дата оплати|дата платежу|date|payment date|paid on|day"), required=True),
        Column("method", N_("Method"), usual.METHOD, _hints("способ|способ оплаты|вид оплаты|форма оплаты|тип оплаты|спосіб|спосіб оплати|форма оплати|method|payment method|type")),
        Column("note", N_("Note"), usual.TEXT, _hints("примечание|комментарий|назначение|назначение платежа|за что|примітка|коментар|призначення|note|comment|purpose|description")),
        Column("number", N_("Number of the payment"), usual.LINE, _hints("номер платежа|номер чека|чек|номер документа|номер квитанции|квитанция|id платежа|номер платежу|номер операции|reference|receipt|payment id|payment number|transaction|transaction id")),
    ),
    (_section("payments", "{payment}", ("client", "amount", "day", "method", "note"), new="payment_is"),),
    needs=_WHO, made={"payment": ("number", "amount")},
)
KINDS: Mapping[str, FileKind] = {kind.name: kind for kind in (CLIENTS, GROUPS, ENROLMENTS, LESSONS, MARKS, PAYMENTS)}
