"""What may be typed into a field, and what is said about the rest."""

from datetime import date, time
from decimal import Decimal as D

import pytest
from django.http import QueryDict
from django.utils import translation

from rollbook.domains.access.actor import Permission, operator
from rollbook.domains.access.models import Organisation
from rollbook.screens import choices
from rollbook.web.forms import (
    BirthField,
    DayField,
    EmailField,
    Form,
    NameField,
    OneOf,
    PhoneField,
    SeveralOf,
    SumField,
    TextField,
    TimeField,
    WeekdaysField,
    WholeField,
    ZoneField,
)

VERA = operator("vera")


class Sample(Form):
    name = NameField(max_length=10)
    text = TextField(max_length=30, required=False)
    email = EmailField(required=False)
    phone = PhoneField(required=False)
    sum = SumField(required=False, largest=D("999999.99"))
    whole = WholeField(required=False, smallest=1, largest=600)
    day = DayField(required=False)
    born = BirthField(required=False)
    starts = TimeField(required=False)
    weekdays = WeekdaysField()
    zone = ZoneField(required=False)


@pytest.fixture
def organisation(db):
    return Organisation.objects.create(
        pk=1, name="School", currency="UAH", time_zone="Europe/Kyiv", phone_region="UA", language="en"
    )


def answer(**typed):
    data = QueryDict(mutable=True)
    for name, value in {"name": "Anna", **typed}.items():
        data.setlist(name, value if isinstance(value, list) else [value])
    return Sample(data, by=VERA)


GOOD = [
    ("name", "  Анна   Мария ", "Анна Мария"),
    ("name", "A", "A"),
    ("name", "И\u0306о", "Йо"),
    ("name", "\u202eannA\u202c", "annA"),
    ("name", "<script>", "<script>"),
    ("name", "{{7*7}}", "{{7*7}}"),
    ("text", " one\r\n two ", "one\ntwo"),
    ("email", " Anna@Example.org ", "Anna@Example.org"),
    ("phone", "050 123-45-67", "+380501234567"),
    ("phone", "+7 (912) 345‑67‑89", "+79123456789"),
    ("sum", "1 000,50", D("1000.50")),
    ("sum", "0", D(0)),
    ("sum", "", None),
    ("whole", " 90 ", 90),
    ("whole", "", None),
    ("day", "2026-09-01", date(2026, 9, 1)),
    ("day", "01.09.2026", date(2026, 9, 1)),
    ("day", "1.9.2026", date(2026, 9, 1)),
    ("day", "1/9/2026", date(2026, 9, 1)),
    ("day", "29.02.2024", date(2024, 2, 29)),
    ("day", "", None),
    ("born", "1920-01-01", date(1920, 1, 1)),
    ("starts", "17:30", time(17, 30)),
    ("starts", "9:05", time(9, 5)),
    ("starts", "09:05:00", time(9, 5)),
    ("weekdays", ["1", "7"], [1, 7]),
    ("zone", "Europe/Berlin", "Europe/Berlin"),
]
BAD = [
    ("name", ""),
    ("name", "   "),
    ("name", "\u200b"),
    ("name", "\u200b\u2060 \ufeff"),
    ("name", "a\x00b"),
    ("name", "a\ud800b"),
    ("name", "a" * 11),
    ("text", "\x00"),
    ("text", "a" * 31),
    ("email", "anna"),
    ("email", "a@b@c.d"),
    ("email", "a\x00@example.org"),
    ("email", "a" * 300 + "@example.org"),
    ("email", "a@example.org\nBcc: x@example.org"),
    ("phone", "8 (999) 123-45-67 доб. 5"),
    ("phone", "0501234567, 0671234567"),
    ("phone", "phone"),
    ("phone", "+7999"),
    ("phone", "112"),
    ("phone", "=1+1"),
    ("phone", "٠٥٠١٢٣٤٥٦٧"),
    ("phone", "5" * 40),
    ("phone", "5" * 400),
    ("phone", "050\x001234567"),
    ("sum", "-1"),
    ("sum", "−1"),
    ("sum", "0.005"),
    ("sum", "1e9"),
    ("sum", "1_000"),
    ("sum", "１２"),
    ("sum", "NaN"),
    ("sum", "Infinity"),
    ("sum", "1000000"),
    ("sum", "1" + "0" * 15),
    ("sum", "1" * 100),
    ("sum", "1\x00"),
    ("whole", "0"),
    ("whole", "601"),
    ("whole", "-5"),
    ("whole", "1_0"),
    ("whole", "１２"),
    ("whole", "٣"),
    ("whole", "1.5"),
    ("whole", "1e1"),
    ("whole", "9" * 30),
    ("whole", "9\x00"),
    ("day", "31.02.2026"),
    ("day", "29.02.2026"),
    ("day", "13/13/2026"),
    ("day", "01.09.26"),
    ("day", "0001-01-01"),
    ("day", "1919-12-31"),
    ("day", "2101-01-01"),
    ("day", "9999-12-31"),
    ("day", "２０２６-09-01"),
    ("day", "2026-9-1"),
    ("day", "tomorrow"),
    ("day", "2026-09-01\x00"),
    ("born", "2100-01-01"),
    ("born", "1900-01-01"),
    ("starts", "24:00"),
    ("starts", "17:60"),
    ("starts", "1730"),
    ("starts", "5 pm"),
    ("starts", "１７:30"),
    ("starts", "17:30\x00"),
    ("weekdays", ["8"]),
    ("weekdays", ["1", "x"]),
    ("weekdays", ["1_"]),
    ("zone", "Europe/Atlantis"),
    ("zone", "../etc/passwd"),
]


@pytest.mark.parametrize(("name", "typed", "kept"), GOOD)
def test_what_makes_sense_is_kept_clean(organisation, name, typed, kept):
    form = answer(**{name: typed})
    assert form.is_valid(), form.errors
    assert form.cleaned_data[name] == kept


@pytest.mark.parametrize(("name", "typed"), BAD)
@pytest.mark.parametrize("language", ["en", "ru"])
def test_what_makes_none_is_refused_at_its_field_and_only_there(organisation, name, typed, language):
    with translation.override(language):
        form = answer(**{name: typed})
        assert list(form.errors) == [name]
        assert form[name].errors[0]


def test_a_sum_stands_in_the_form_as_the_language_writes_it(organisation):
    for language, said in (("en", "1\u202f000.50"), ("ru", "1\u202f000,50")):
        with translation.override(language):
            form = Sample(by=VERA, initial={"sum": D("1000.50")})
            assert f'value="{said}"' in str(form["sum"])


def test_what_was_typed_is_still_there(organisation):
    form = answer(whole="ninety", day="01.09.2026", sum="1 000,50 x")
    assert 'value="ninety"' in str(form["whole"])
    assert 'value="2026-09-01"' in str(form["day"])
    assert 'value="1 000,50 x"' in str(form["sum"])


class Choosing(Form):
    branch = OneOf(choices.branches(Permission.CLIENT_EDIT))
    teachers = SeveralOf(choices.teachers, required=False)


@pytest.mark.parametrize("typed", ["south", "0", "-1", "2147483648", str(2**63), "1\x00", "x", "", "1_0", "１"])
def test_what_may_not_be_seen_is_no_choice(school, typed):
    branch = str(school.branches["south"].pk) if typed == "south" else typed
    form = Choosing(QueryDict(mutable=True) | {"branch": branch}, by=school.actor("oleg"))
    assert list(form.errors) == ["branch"]


def test_where_there_is_one_choice_it_is_made(school):
    form = Choosing(by=school.actor("oleg"))
    assert str(school.branches["north"].pk) in str(form["branch"])
    assert "North" in str(form["branch"])
    assert "South" not in str(form["branch"])


def test_a_choice_that_stands_stays_although_it_is_offered_no_more(school):
    gone = school.branches["north"].employees.create(first_name="Gone", left_on=date(2026, 1, 1))
    assert "Gone" not in str(Choosing(by=school.actor("vera"))["teachers"])
    assert "Gone" in str(Choosing(by=school.actor("vera"), initial={"teachers": (gone.pk,)})["teachers"])
