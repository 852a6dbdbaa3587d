"""Forms of what the head of a lesson offers."""

from datetime import timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from rollbook.domains.fields.models import ChoiceList
from rollbook.domains.journal.actions import LessonFull
from rollbook.domains.journal.models import Kind
from rollbook.domains.schedule.actions import PlaceIsTaken
from rollbook.screens import choices
from rollbook.screens.lesson import Page
from rollbook.web.clients.forms import NewClientForm
from rollbook.web.forms import (
    NOTHING,
    Confirm,
    DayField,
    Form,
    NameField,
    OneOf,
    TextField,
    TimeField,
    VersionField,
    WholeField,
)
from rollbook.workflows.lesson_moved import Doubtful

FARTHEST = timedelta(days=366)


class CancellationForm(Form):
    """Why: one of the list, and what is to be said beside it; in words alone where there is no list."""

    choice_id = OneOf(choices.reasons(ChoiceList.CANCELLATION), label=_("Reason"))
    reason = NameField(label=_("In words"), max_length=200, required=False)

    def __init__(self, *data: Any, page: Page, **how: Any) -> None:
        super().__init__(*data, auto_id="cancel_%s", **how)
        if not [value for value, _name in self.fields["choice_id"].choices if value]:
            del self.fields["choice_id"]
            self.fields["reason"].required = True


class DetailsForm(Form):
    topic = NameField(label=_("Topic"), max_length=200, required=False)
    note = TextField(label=_("Note"), required=False)
    version = VersionField()

    def __init__(self, *data: Any, page: Page, **how: Any) -> None:
        stands = {"topic": page.topic, "note": page.note, "version": page.version}
        super().__init__(*data, auto_id="details_%s", initial=stands, **how)


class _Placing(Form):
    """What takes a teacher's time, or a room."""

    as_joint = Confirm(after=PlaceIsTaken, label=_("They are together on purpose"))
    version = VersionField()

    def __init__(self, *data: Any, page: Page, **how: Any) -> None:
        super().__init__(*data, **how)
        if not page.may_join:
            del self.fields["as_joint"]

    @property
    def is_joint(self) -> bool:
        return bool(self.cleaned_data.get("as_joint"))


class SubstitutionForm(_Placing):
    first = forms.TypedChoiceField(label=_("Teacher"), coerce=int, empty_value=None)
    second = forms.TypedChoiceField(label=_("Second teacher"), coerce=int, empty_value=None, required=False)

    def __init__(self, *data: Any, page: Page, **how: Any) -> None:
        stands = dict(zip(("first", "second"), page.teacher_ids, strict=False)) | {"version": page.version}
        super().__init__(*data, page=page, auto_id="substitute_%s", initial=stands, **how)
        parts = [
            (label, [(each.employee_id, each.name) for each in page.offered_teachers if each.is_free == is_free])
            for label, is_free in ((_("Free at that time"), True), (_("Have another lesson then"), False))
        ]
        offered = [("", NOTHING), *(part for part in parts if part[1])]
        self.fields["first"].choices = self.fields["second"].choices = offered

    @property
    def teacher_ids(self) -> list[int]:
        return [self.cleaned_data[name] for name in ("first", "second") if self.cleaned_data.get(name)]


class MoveForm(_Placing):
    day = DayField(label=_("Date"))
    starts = TimeField(label=_("Starts"))
    minutes = WholeField(label=_("Minutes"), smallest=5, largest=600)
    room_id = forms.TypedChoiceField(label=_("Room"), coerce=int, empty_value=None, required=False)
    all_the_same = Confirm(after=Doubtful, label=_("All the same, on this day"))

    def __init__(self, *data: Any, page: Page, **how: Any) -> None:
        stands = {
            "day": page.day, "starts": page.starts_at.time(), "minutes": page.minutes, "room_id": page.room_id,
            "version": page.version,
        }
        super().__init__(*data, page=page, auto_id="move_%s", initial=stands, **how)
        self.fields["room_id"].choices = [("", NOTHING), *page.offered_rooms]
        day = self.fields["day"]
        day.first = min(page.today - FARTHEST, page.day)
        day.last = max(page.today + FARTHEST, page.day)


class _Visit(Form):
    """What the guest comes for; in a trial lesson that is not asked."""

    kind = forms.ChoiceField(
        label=_("Comes"), choices=[(Kind.TRIAL, _("for a trial")), (Kind.ONE_OFF, _("once, paid"))],
        initial=Kind.TRIAL,
    )
    over_capacity = Confirm(after=LessonFull, label=_("All the same, there will be room"))

    def __init__(self, *data: Any, page: Page, **how: Any) -> None:
        super().__init__(*data, **how)
        if page.is_trial:
            del self.fields["kind"]

    @property
    def visit(self) -> dict[str, Any]:
        told = self.cleaned_data
        return {"kind": Kind(told.get("kind", Kind.TRIAL)), "over_capacity": told["over_capacity"]}


class GuestForm(_Visit):
    """A client who is here already."""

    client = WholeField(smallest=1, widget=forms.HiddenInput())

    def __init__(self, *data: Any, **how: Any) -> None:
        super().__init__(*data, auto_id="guest_%s", **how)


class NewGuestForm(NewClientForm, _Visit):
    """A new client, who comes into the branch of the lesson."""

    field_order = (
        "last_name", "first_name", "birth_date", "contact_last_name", "contact_first_name", "kinship", "phone",
        "same_as", "email", "kind", "over_capacity",
    )  # fmt: skip

    def __init__(self, *data: Any, **how: Any) -> None:
        super().__init__(*data, auto_id="newguest_%s", **how)
        for name in ("branch_id", "middle_name", "note"):
            self.fields.pop(name, None)
