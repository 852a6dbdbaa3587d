import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any, Self
from urllib.parse import urlencode

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from rollbook.domains.journal.models import Status
from rollbook.domains.schedule.rules import month_of
from rollbook.foundation.keys import Key
from rollbook.foundation.texts import clean_line
from rollbook.web.forms import WholeField

FIELD = re.compile(r"(mark|seen|late)-([0-9]{1,18})", re.ASCII)
NUMBER = re.compile(r"[0-9]{1,9}", re.ASCII)
DAY = re.compile(r"20\d{2}-\d{2}-\d{2}", re.ASCII)
MONTH = re.compile(r"(20\d{2})-(0[1-9]|1[0-2])", re.ASCII)
OF_LESSON = re.compile(r"(mark|seen|late)-([0-9]{1,18})-([0-9]{1,18})", re.ASCII)
MOST_MARKS = 200
MOST_LESSONS = 31
KEEP = "keep"


class MarksForm(forms.Form):
    """`mark-<client>`, `seen-<client>` and `late-<client>`, as many as there are rows. An empty mark takes the mark
    back; `keep` says nothing, like a name that is not there."""

    def __init__(self, data: QueryDict | None = None) -> None:
        super().__init__(data)
        names = [name for name in (data or ()) if FIELD.fullmatch(name)]
        self.too_many = len(names) > 3 * MOST_MARKS
        for name in names[: 3 * MOST_MARKS]:
            self.fields[name] = _field(name)

    def clean(self) -> None:
        if self.too_many:
            raise forms.ValidationError(_("Too many marks at once."))

    @property
    def marks(self) -> dict[int, Status | None]:
        given = dict(self._given("mark"))
        return {client: Status(value) if value else None for client, value in given.items() if value != KEEP}

    @property
    def seen(self) -> dict[int, int]:
        return {client: value for client, value in self._given("seen") if value is not None}

    @property
    def minutes_late(self) -> dict[int, int]:
        return {client: value for client, value in self._given("late") if value}

    def _given(self, kind: str) -> Iterator[tuple[int, Any]]:
        for name, value in self.cleaned_data.items():
            if (match := FIELD.fullmatch(name)) and match[1] == kind:
                yield int(match[2]), value


class RangeForm(forms.Form):
    """`mark-<lesson>-<client>`, `seen-<lesson>-<client>` and `late-<lesson>-<client>`: a few lessons of a group, like
    MarksForm otherwise. What is given is given by lesson, then by client."""

    def __init__(self, data: QueryDict) -> None:
        super().__init__(data)
        names = [name for name in data if OF_LESSON.fullmatch(name)]
        lessons = {name.split("-")[1] for name in names}
        self.too_many = len(names) > 3 * MOST_MARKS or len(lessons) > MOST_LESSONS
        for name in names[: 3 * MOST_MARKS]:
            self.fields[name] = _field(name)

    def clean(self) -> None:
        if self.too_many or sum(map(len, self.marks.values())) > MOST_MARKS:
            raise forms.ValidationError(
                _("Too many marks at once: at most {marks} in {lessons} lessons.").format(
                    marks=MOST_MARKS, lessons=MOST_LESSONS
                )
            )

    @property
    def marks(self) -> dict[int, dict[int, Status | None]]:
        given = self._given("mark")
        return _nested((*place, Status(value) if value else None) for *place, value in given if value != KEEP)

    @property
    def seen(self) -> dict[int, dict[int, int]]:
        return _nested(each for each in self._given("seen") if each[2] is not None)

    @property
    def minutes_late(self) -> dict[int, dict[int, int]]:
        return _nested(each for each in self._given("late") if each[2])

    def _given(self, kind: str) -> Iterator[tuple[int, int, Any]]:
        for name, value in self.cleaned_data.items():
            if (match := OF_LESSON.fullmatch(name)) and match[1] == kind:
                yield int(match[2]), int(match[3]), value


def _field(name: str) -> forms.Field:
    if name.startswith("mark-"):
        return forms.ChoiceField(choices=[*Status.choices, (KEEP, "")], required=False)
    return WholeField(required=False, largest=600 if name.startswith("late-") else 2**31 - 1)


def _nested(given: Iterable[Any]) -> dict[int, dict[int, Any]]:
    found: dict[int, dict[int, Any]] = {}
    for lesson, client, value in given:
        found.setdefault(lesson, {})[client] = value
    return found


@dataclass(frozen=True, slots=True)
class GroupsAsked:
    """What the address of a list of groups says; what makes no sense says nothing."""

    words: str
    branch_id: int | None
    finished: bool
    after: Key | None

    @classmethod
    def of(cls, query: QueryDict) -> Self:
        branch = query.get("branch", "")
        return cls(
            words=clean_line(query.get("q", "")[:200]), branch_id=int(branch) if NUMBER.fullmatch(branch) else None,
            finished=query.get("state") == "finished", after=Key.read(query.get("after", "")),
        )

    def address(self, **other: object) -> str:
        """The query of the same list but for `other`; on its first page, unless that is among them."""
        said = {"q": self.words, "branch": self.branch_id, "state": "finished" if self.finished else ""} | other
        return "?" + urlencode({name: value for name, value in said.items() if value})


def days_asked(query: QueryDict) -> tuple[date, date] | None:
    """?first=2026-03-02&last=2026-05-30, or a month, as its first and last day; None where nothing makes sense."""
    told = [query.get(name, "") for name in ("first", "last")]
    if not all(map(DAY.fullmatch, told)):
        return month_asked(query)
    try:
        first, last = map(date.fromisoformat, told)
    except ValueError:
        return None
    return min(first, last), max(first, last)


def days_shown(first: date, last: date) -> str:
    """The query of the days [first, last]: of their month where they are one."""
    if (first, last) == month_of(first):
        return f"?month={first:%Y-%m}"
    return f"?first={first}&last={last}"


def month_asked(query: QueryDict) -> tuple[date, date] | None:
    """?month=2026-03 as its first and last day; None where it says nothing that makes sense."""
    match = MONTH.fullmatch(query.get("month", ""))
    return month_of(date(int(match[1]), int(match[2]), 1)) if match else None
