"""A school that keeps its books in quite another way: one mapping, and not a line of code."""

from datetime import date
from decimal import Decimal

import pytest

from rollbook.domains.access.models import Organisation
from rollbook.domains.billing.models import Account
from rollbook.domains.groups.models import Enrolment, Group
from rollbook.domains.imports.actions import NotImported
from rollbook.domains.journal.models import Mark
from rollbook.domains.people.models import Contact
from rollbook.domains.schedule.models import Lesson
from rollbook.workflows import data_imported
from rollbook.workflows.data_imported import Imported
from tests.imports.academy import NOW, OPERATOR

pytestmark = pytest.mark.django_db

MAPPING = """
[organisation]
name = "Студія"
currency = "UAH"
time_zone = "Europe/Kyiv"
phone_region = "UA"
language = "uk"
branch = "Поділ"

[files."діти.csv"]
header = 2

[[rows]]
become = "programmes"
given = [{ code = "dance", name = "Танці" }]
key = "{code}"
[rows.fields]
name = "name"

[[rows]]
become = "groups"
of = "діти.csv"
key = "{Група}"
distinct = true
[rows.fields]
name = "Група"
programme = { value = "dance" }

[[rows]]
become = "clients"
of = "діти.csv"
unless = { "№" = ["Разом"] }
key = "{№}"
[rows.fields]
last_name = { column = "Дитина", split = " ", part = 1 }
first_name = { column = "Дитина", split = " ", part = "2.." }
birth_date = { column = "ДН", format = "%d.%m.%Y" }

[[rows]]
become = "contacts"
of = "діти.csv"
key = "{№}"
[rows.fields]
last_name = "Мама"
phone = "Телефон"

[[rows]]
become = "relations"
of = "діти.csv"
key = "{№}"
[rows.fields]
client = "№"
contact = "№"
pays = { value = true }

[[rows]]
become = "enrolments"
of = "діти.csv"
key = "{№}"
[rows.fields]
client = "№"
group = "Група"
since = { value = 2026-02-02 }
weekdays = { column = "Дні", split = "+", map = { "пн" = "1", "ср" = "3" } }

[[rows]]
become = "lessons"
of = "уроки.csv"
key = "{група} {дата}"
[rows.fields]
group = "група"
day = { column = "дата", format = "%d.%m.%y" }
starts = "з"
ends = "по"
held = "був"

[[rows]]
become = "tariffs"
given = [{ n = 1 }]
key = "{n}"
[rows.fields]
name = { value = "600" }
price = { value = "600,00" }
missed_share = { value = 50 }

[[rows]]
become = "tariff_uses"
given = [{ n = 1 }]
key = "{n}"
[rows.fields]
tariff = "n"
programme = { value = "dance" }
since = { value = 2026-01-01 }

[[rows]]
become = "marks"
of = "журнал.csv"
key = "{хто} {група} {дата}"
[rows.fields]
client = "хто"
lesson = { text = "{група} {дата}" }
status = { column = "як", map = { "+" = "attended", "-" = "missed" }, otherwise = "excused" }
kind = { column = "гість", map = { "так" = "one_off" }, otherwise = "regular" }
"""

CHILDREN = """Список на березень
№;Дитина;ДН;Мама;Телефон;Група;Дні
1;Коваль Оля Іванівна;01.02.2018;Коваль Ганна;(050) 123-45-67;Мишки;пн+ср
2;Ґудзь Тарас;15.11.2017;Ґудзь Леся;+380671234567;Мишки;пн
3;Їжак Єва;;Їжак;0631234567;Зайчики;
"""
LESSONS = """група;дата;з;по;був
Мишки;02.03.26;17:00;18:00;так
Мишки;04.03.26;17:00;18:00;так
Мишки;09.03.26;17:00;18:00;ні
"""
JOURNAL = """хто;група;дата;як;гість
1;Мишки;02.03.26;+;
1;Мишки;04.03.26;-;
2;Мишки;02.03.26;хв;
2;Мишки;04.03.26;+;так
3;Мишки;04.03.26;+;так
"""


def files(**changed: str) -> dict[str, bytes]:
    told = {"діти.csv": CHILDREN, "уроки.csv": LESSONS, "журнал.csv": JOURNAL}
    return {name: text.encode("windows-1251") for name, text in (told | changed).items()}


def take_in(found: dict[str, bytes]) -> Imported:
    return data_imported.take_in(source="studio", mapping=MAPPING, fetch=found.get, at=NOW, by=OPERATOR)


def test_it_comes_in() -> None:
    take_in(files())
    assert Organisation.objects.get().currency == "UAH"
    assert set(Group.objects.values_list("name", flat=True)) == {"Мишки", "Зайчики"}
    assert Contact.objects.get(last_name="Коваль Ганна").phone == "+380501234567"
    assert list(Enrolment.objects.order_by("client__birth_date").values_list("client__first_name", "weekdays")) == [
        ("Тарас", [1]), ("Оля Іванівна", [1, 3]), ("Єва", None),
    ]


def test_its_lessons_are_held_or_planned() -> None:
    take_in(files())
    held = dict(Lesson.objects.values_list("day", "held_at"))
    assert {day: at is not None for day, at in held.items()} == {
        date(2026, 3, 2): True, date(2026, 3, 4): True, date(2026, 3, 9): False,
    }


def test_its_own_rules_price_its_marks() -> None:
    take_in(files())
    assert dict(Account.objects.values_list("client__last_name", "balance")) == {
        "Коваль": Decimal(-900), "Ґудзь": Decimal(-600), "Їжак": Decimal(-600),
    }
    assert Mark.objects.filter(kind="one_off").count() == 2


def test_whoever_does_not_come_on_that_weekday_is_not_marked_as_if_they_did() -> None:
    with pytest.raises(NotImported) as refused:
        take_in(files(**{"журнал.csv": JOURNAL.replace("2;Мишки;04.03.26;+;так", "2;Мишки;04.03.26;+;")}))
    assert [problem.told(str) for problem in refused.value.problems] == [
        "журнал.csv:5 client: The client is not in the group on 2026-03-04."
    ]


def test_a_line_below_a_low_header_is_counted_from_the_top_of_the_file() -> None:
    with pytest.raises(NotImported) as refused:
        take_in(files(**{"діти.csv": CHILDREN.replace("(050) 123-45-67", "немає")}))
    assert [problem.origin.place for problem in refused.value.problems] == ["діти.csv:3"]
