"""Fields of every form: what comes in is cleaned, kept within bounds, and refused at its field if it makes no sense.

A form knows who asks: what may be chosen is what that person may see, and an id from elsewhere is no choice.
"""

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import date, time
from decimal import Decimal
from functools import cache
from types import MappingProxyType
from typing import Any, ClassVar
from zoneinfo import available_timezones

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.functional import Promise, cached_property
from django.utils.translation import gettext_lazy as _

from rollbook.domains.access.actor import ANONYMOUS, Actor
from rollbook.domains.access.queries import House, house
from rollbook.foundation.errors import InvalidInput, Refused
from rollbook.foundation.formats import number, weekday
from rollbook.foundation.numbers import parse_sum, parse_whole
from rollbook.foundation.phones import parse_phone
from rollbook.foundation.texts import UNFIT, clean_line, clean_text
from rollbook.web.pages import language

_PLAIN_DAY = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})|([0-9]{1,2})[./]([0-9]{1,2})[./]([0-9]{4})")
_PLAIN_TIME = re.compile(r"([0-9]{1,2}):([0-9]{2})(?::00)?")
FIRST_DAY, LAST_DAY = date(1920, 1, 1), date(2100, 12, 31)
NOTHING = "—"

Choices = Sequence[tuple[Any, Any]]


class Form(forms.Form):
    """A form of whoever asks. Fields that need to know them, or the organisation, are told.

    A long one says its `parts`: a heading, and the names of the fields under it. `shown_for` says of fields that only
    some answers ask for when they are shown (frontend/src/shown.ts).
    """

    parts: ClassVar[Sequence[tuple[str | Promise, Sequence[str]]]] = ()
    shown_for: ClassVar[Mapping[str, str]] = MappingProxyType({})

    def __init__(self, data: QueryDict | None = None, *, by: Actor = ANONYMOUS, **how: Any) -> None:
        super().__init__(data, **how)
        self.by = by
        for name, field in self.fields.items():
            if isinstance(field, Asking):
                field.ask(self, name)

    @cached_property
    def house(self) -> House:
        return house()

    def add_errors(self, error: InvalidInput) -> None:
        """Put what an action found wrong at its fields, or above them all."""
        for name, sentence in error.fields.items():
            self.add_error(name if name in self.fields else None, sentence)

    def offer_after(self, refusal: Refused) -> None:
        """Show what the person may say to be meant all the same (see `Confirm`)."""
        for field in self.fields.values():
            if isinstance(field, Confirm) and isinstance(refusal, field.after):
                field.widget = forms.CheckboxInput()

    def again(self, **changed: object) -> None:
        """Show the form with what was typed, but for these values."""
        self.data = self.data.copy()
        for name, value in changed.items():
            self.data[self.add_prefix(name)] = str(value)


class Asking:
    """A field that asks its form who is asking."""

    def ask(self, form: Form, name: str) -> None:
        raise NotImplementedError


class NameField(forms.CharField):
    """One line. Blanks and signs that cannot be seen are no name."""

    clean_as: ClassVar[Callable[[str], str]] = staticmethod(clean_line)

    def __init__(self, *, max_length: int = 100, **how: Any) -> None:
        super().__init__(max_length=max_length, strip=False, **how)

    def to_python(self, value: object) -> str:
        return _keepable(str(value) if value not in self.empty_values else "", self.clean_as)


class TextField(NameField):
    """Several lines."""

    clean_as = staticmethod(clean_text)

    def __init__(self, *, max_length: int = 2000, **how: Any) -> None:
        super().__init__(max_length=max_length, widget=forms.Textarea({"rows": 3}), **how)


class EmailField(forms.EmailField):
    def __init__(self, **how: Any) -> None:
        super().__init__(max_length=254, **how)

    def to_python(self, value: object) -> str:
        return _keepable(super().to_python(value), clean_line)


class PhoneField(NameField, Asking):
    """A phone as anybody types it; kept as E.164, read as in the organisation's country."""

    def __init__(self, **how: Any) -> None:
        super().__init__(max_length=40, widget=forms.TextInput({"type": "tel", "autocomplete": "off"}), **how)

    def ask(self, form: Form, name: str) -> None:
        self.form = form

    def clean(self, value: object) -> str:
        text: str = super().clean(value)
        if not text:
            return ""
        if phone := parse_phone(text, region=self.form.house.phone_region):
            return phone
        raise ValidationError(_("This is no phone number: digits, with the code of the town or country."))


class SumField(forms.CharField):
    """Money, in the user's own way of writing it."""

    def __init__(
        self, *, smallest: Decimal = Decimal(0), largest: Decimal = Decimal("999999999.99"), **how: Any
    ) -> None:
        self.smallest, self.largest = smallest, largest
        how.setdefault("widget", forms.TextInput({"inputmode": "decimal"}))
        super().__init__(max_length=40, **how)

    def clean(self, value: object) -> Decimal | None:
        text = super().clean(value)
        if not text:
            return None
        amount = parse_sum(text)
        if amount is None:
            raise ValidationError(_("This is no sum: 1 000,50 or 1000.50, with two places at most."))
        if not self.smallest <= amount <= self.largest:
            bounds = {"least": self._said(self.smallest), "most": self._said(self.largest)}
            raise ValidationError(_("From %(least)s to %(most)s, please."), params=bounds)
        return amount

    def prepare_value(self, value: object) -> object:
        return self._said(value) if isinstance(value, Decimal) else value

    def _said(self, amount: Decimal) -> str:
        places = 0 if amount == amount.to_integral_value() else 2
        return number(amount, language=language(), places=places)


class WholeField(forms.CharField):
    """A whole number in plain digits, within bounds."""

    def __init__(self, *, smallest: int = 0, largest: int = 999_999_999, **how: Any) -> None:
        self.smallest, self.largest = smallest, largest
        how.setdefault("widget", forms.TextInput({"inputmode": "numeric"}))
        super().__init__(max_length=20, **how)

    def clean(self, value: object) -> int | None:
        text = super().clean(value)
        if not text:
            return None
        whole = parse_whole(text)
        if whole is None:
            raise ValidationError(_("A whole number, please."))
        if not self.smallest <= whole <= self.largest:
            raise ValidationError(
                _("From %(least)s to %(most)s, please."), params={"least": self.smallest, "most": self.largest}
            )
        return whole


class VersionField(WholeField):
    """The version that was looked at, sent along unseen."""

    def __init__(self) -> None:
        super().__init__(required=False, widget=forms.HiddenInput())


class DayField(forms.CharField):
    """A day: 2026-09-01 as a browser's calendar says it, or 01.09.2026 as a person does."""

    def __init__(self, *, first: date = FIRST_DAY, last: date = LAST_DAY, **how: Any) -> None:
        self.first, self.last = first, last
        super().__init__(max_length=20, widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"), **how)

    def clean(self, value: object) -> date | None:
        text = super().clean(value)
        if not text:
            return None
        match = _PLAIN_DAY.fullmatch(text.strip())
        if not match:
            raise ValidationError(_("This is no day: 31.12.2026, with four digits of the year."))
        year, month, day = match.group(1, 2, 3) if match[1] else match.group(6, 5, 4)
        try:
            found = date(int(year), int(month), int(day))
        except ValueError as error:
            raise ValidationError(_("There is no such day.")) from error
        if not self.first <= found <= self.last:
            bounds = {"first": f"{self.first:%d.%m.%Y}", "last": f"{self.last:%d.%m.%Y}"}
            raise ValidationError(_("From %(first)s to %(last)s, please."), params=bounds)
        return found

    def prepare_value(self, value: object) -> object:
        """What was typed as a person does goes into the browser's calendar as well."""
        if isinstance(value, str) and (match := _PLAIN_DAY.fullmatch(value.strip())) and match[4]:
            return f"{match[6]}-{match[5]:0>2}-{match[4]:0>2}"
        return value


class BirthField(DayField):
    """Born, so not in time to come."""

    def clean(self, value: object) -> date | None:
        found = super().clean(value)
        if found and found > date.today():  # noqa: DTZ011 (a day more or less does no harm)
            raise ValidationError(_("This day is still to come."))
        return found


class TimeField(forms.CharField):
    def __init__(self, **how: Any) -> None:
        super().__init__(max_length=10, widget=forms.TimeInput({"type": "time"}, format="%H:%M"), **how)

    def clean(self, value: object) -> time | None:
        text = super().clean(value)
        if not text:
            return None
        match = _PLAIN_TIME.fullmatch(text.strip())
        if not match or int(match[1]) > 23 or int(match[2]) > 59:
            raise ValidationError(_("This is no time of the day: 17:30."))
        return time(int(match[1]), int(match[2]))


class ZoneField(forms.ChoiceField, Asking):
    """A time zone by its name, those of the world's towns; one that stands stays offered."""

    def ask(self, form: Form, name: str) -> None:
        stands = form.get_initial_for_field(self, name) or form.house.time_zone
        self.initial = stands
        self.choices = [(zone, zone.replace("_", " ")) for zone in sorted({*_town_zones(), stands})]


@cache
def _town_zones() -> frozenset[str]:
    parts = ("Africa/", "America/", "Asia/", "Atlantic/", "Australia/", "Europe/", "Indian/", "Pacific/")
    return frozenset(zone for zone in available_timezones() if zone.startswith(parts))


class Confirm(forms.BooleanField):
    """Asked only after a refusal which may be gone over: "I mean it." Unseen until then."""

    def __init__(self, *, after: type[Refused], **how: Any) -> None:
        self.after = after
        super().__init__(required=False, widget=forms.HiddenInput(), **how)


class OneOf(forms.TypedChoiceField, Asking):
    """One of what `offered` says there is for whoever asks; the value that stands may stay, if it is offered no more.

    `offered(by=..., keep=...)` answers with pairs of id and name.
    """

    def __init__(self, offered: Callable[..., Choices], *, nothing: object = NOTHING, **how: Any) -> None:
        self.offered, self.nothing = offered, nothing
        super().__init__(coerce=how.pop("coerce", int), empty_value=None, **how)

    def ask(self, form: Form, name: str) -> None:
        stands = form.get_initial_for_field(self, name)
        offered = list(self.offered(by=form.by, keep=_many(stands)))
        # With one choice there is nothing to choose.
        alone = self.required and len(offered) == 1 and stands in self.empty_values
        if alone:
            self.initial = form.initial[name] = offered[0][0]
        self.choices = offered if alone else [("", self.nothing), *offered]


class SeveralOf(forms.TypedMultipleChoiceField, Asking):
    """Some of what `offered` says there is; see OneOf."""

    def __init__(self, offered: Callable[..., Choices], **how: Any) -> None:
        self.offered = offered
        super().__init__(coerce=int, widget=forms.CheckboxSelectMultiple, **how)

    def ask(self, form: Form, name: str) -> None:
        self.choices = list(self.offered(by=form.by, keep=_many(form.get_initial_for_field(self, name))))


class WeekdaysField(forms.TypedMultipleChoiceField, Asking):
    """Days of the week, by their ISO numbers; none chosen is all."""

    def __init__(self, **how: Any) -> None:
        super().__init__(coerce=int, widget=forms.CheckboxSelectMultiple, required=False, **how)

    def ask(self, form: Form, name: str) -> None:
        self.choices = weekdays()


def weekdays() -> Choices:
    return [(day + 1, weekday(day, language=language())) for day in range(7)]


def _keepable(text: str, clean_as: Callable[[str], str]) -> str:
    if UNFIT.search(text):
        raise ValidationError(_("There are characters here that cannot be kept."), code="unkeepable")
    return clean_as(text)


def _many(value: object) -> Collection[Any]:
    if value in (None, ""):
        return ()
    return tuple(value) if isinstance(value, list | tuple | set | frozenset) else (value,)
