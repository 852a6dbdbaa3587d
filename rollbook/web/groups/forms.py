from datetime import date, timedelta
from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _

from rollbook.domains.access.actor import Permission
from rollbook.domains.fields.models import ChoiceList
from rollbook.domains.groups.actions import GroupFull
from rollbook.domains.groups.models import GroupState
from rollbook.domains.schedule.actions import NewSlot
from rollbook.screens import choices
from rollbook.screens.enrolling import Belongs, Target
from rollbook.web.clients.forms import NewClientForm
from rollbook.web.forms import (
    NOTHING,
    Confirm,
    DayField,
    Form,
    NameField,
    OneOf,
    SeveralOf,
    TimeField,
    VersionField,
    WeekdaysField,
    WholeField,
    weekdays,
)
from rollbook.workflows.group_changed import WantedSlot
from rollbook.workflows.timetable_changed import TimetableCollides

MOST_SLOTS = 14
# So long back a timetable may begin: somebody starts with Rollbook in the middle of a year.
LONGEST_BACK = timedelta(days=366)


class GroupForm(Form):
    name = NameField(label=_("Name"))
    programme_id = OneOf(choices.programmes, label=_("Programme"))
    branch_id = OneOf(choices.branches(Permission.GROUP_EDIT), label=_("Branch"))
    state = forms.ChoiceField(label=_("State"), choices=GroupState.choices, initial=GroupState.RUNNING)
    minimum = WholeField(
        label=_("Minimum"), smallest=1, largest=1000, required=False, help_text=_("Below it the group is too thin.")
    )
    capacity = WholeField(
        label=_("Places"), smallest=1, largest=1000, required=False, help_text=_("Empty: not known, and not guessed.")
    )
    tariff_id = OneOf(
        choices.tariffs, label=_("Tariff"), required=False, nothing=_("as the programme has it")
    )
    teachers = SeveralOf(choices.teachers, label=_("Teachers"), required=False)
    since = DayField(label=_("From"), help_text=_("The first day of the timetable and of the tariff."))
    skip_collisions = Confirm(after=TimetableCollides, label=_("Make the others, leave these lessons out"))
    version = VersionField()

    def __init__(self, *data: Any, today: date, **how: Any) -> None:
        super().__init__(*data, **how)
        self.is_new = "version" not in self.initial
        since = self.fields["since"]
        since.first, since.last = today - LONGEST_BACK if self.is_new else today, today + 2 * LONGEST_BACK
        since.initial = today if self.is_new else today + timedelta(days=1)
        if not self.is_new:
            since.help_text = _("Timetable, teachers and tariff change from this day on; what was before stays.")
        if len(self.fields["tariff_id"].choices) == 1:
            del self.fields["tariff_id"]

    def clean(self) -> dict[str, Any]:
        told = self.cleaned_data
        minimum, capacity = told.get("minimum"), told.get("capacity")
        if minimum is not None and capacity is not None and minimum > capacity:
            self.add_error("minimum", _("Not above the places, please."))
        return told


class SlotForm(Form):
    """One weekly rule; an empty one says nothing."""

    slot_id = WholeField(required=False, widget=forms.HiddenInput())
    weekday = forms.TypedChoiceField(label=_("Weekday"), coerce=int, empty_value=None, required=False)
    starts = TimeField(label=_("Starts"), required=False)
    minutes = WholeField(label=_("Minutes"), smallest=5, largest=600, required=False)
    room = forms.TypedChoiceField(label=_("Room"), coerce=int, empty_value=None, required=False)

    def __init__(self, *data: Any, rooms: Any, minutes: int, **how: Any) -> None:
        super().__init__(*data, **how)
        self.fields["weekday"].choices = [("", NOTHING), *weekdays()]
        self.fields["room"].choices = [("", NOTHING), *rooms]
        self.fields["minutes"].initial = minutes
        for field in self.fields.values():
            if field.label:
                field.widget.attrs["aria-label"] = field.label

    def clean(self) -> dict[str, Any]:
        told = self.cleaned_data
        if told.get("weekday") and not told.get("starts") and "starts" not in self.errors:
            self.add_error("starts", _("At what time?"))
        if told.get("starts") and not told.get("weekday") and "weekday" not in self.errors:
            self.add_error("weekday", _("On which day?"))
        if told.get("weekday") and not told.get("minutes") and "minutes" not in self.errors:
            self.add_error("minutes", _("For how long?"))
        return told

    def wanted(self, since: date) -> WantedSlot | None:
        told = self.cleaned_data
        if not told.get("weekday") or told.get("DELETE"):
            return None
        slot = NewSlot(
            weekday=told["weekday"], starts=told["starts"], minutes=told["minutes"], room_id=told["room"],
            valid_from=since,
        )
        return WantedSlot(slot_id=told["slot_id"], slot=slot)


class Slots(forms.BaseFormSet):
    """The weekly rules of a group, as many as there are and three more."""

    default_error_messages = forms.BaseFormSet.default_error_messages | {
        "missing_management_form": _("This page has grown old. Reload it and try again."),
    }

    def add_fields(self, form: SlotForm, index: int | None) -> None:
        super().add_fields(form, index)
        removal = form.fields["DELETE"]
        removal.label, removal.widget.attrs["aria-label"] = _("Remove"), _("Remove")

    def wanted(self, since: date) -> list[WantedSlot]:
        return [wanted for form in self.forms if (wanted := form.wanted(since))]


SlotSet = forms.formset_factory(
    SlotForm, Slots, extra=3, max_num=MOST_SLOTS, absolute_max=MOST_SLOTS, validate_max=True, can_delete=True
)


class _Joining(Form):
    """From when, and on which of the days on which the group meets."""

    since = DayField(label=_("First day"))
    weekdays = WeekdaysField(label=_("Comes on"), help_text=_("None chosen: on every day of the group."))
    over_capacity = Confirm(after=GroupFull, label=_("All the same, there will be room"))

    def __init__(self, *data: Any, today: date, meets: tuple[int, ...], **how: Any) -> None:
        super().__init__(*data, **how)
        since = self.fields["since"]
        since.initial, since.first, since.last = today, today - 10 * LONGEST_BACK, today + 2 * LONGEST_BACK
        if len(meets) > 1:
            self.fields["weekdays"].choices = [day for day in weekdays() if day[0] in meets]
        else:
            del self.fields["weekdays"]


class EnrolForm(_Joining):
    """A client who is here already."""

    client = WholeField(smallest=1, widget=forms.HiddenInput())


class EnrolNewForm(NewClientForm, _Joining):
    """A new client, who comes into the branch of the group."""

    field_order = (
        "last_name", "first_name", "birth_date", "contact_last_name", "contact_first_name", "kinship", "phone",
        "same_as", "email", "since", "weekdays", "over_capacity",
    )  # fmt: skip

    def __init__(self, *data: Any, **how: Any) -> None:
        super().__init__(*data, **how)
        for name in ("branch_id", "middle_name", "note"):
            self.fields.pop(name, None)


class OfEnrolment(Form):
    """What is done for a client in a group."""

    version = VersionField()

    name: ClassVar[str]

    def __init__(self, *data: Any, belongs: Belongs, **how: Any) -> None:
        # Three of them stand on a page: what a label points at is told apart.
        initial = {"version": belongs.version, **self.begin(belongs)}
        super().__init__(*data, initial=initial, auto_id=f"{self.name}_%s", **how)
        self.offer(belongs)

    def begin(self, belongs: Belongs) -> dict[str, Any]:
        """What stands."""
        return {}

    def offer(self, belongs: Belongs) -> None:
        """What may be chosen."""


class WeekdaysForm(OfEnrolment):
    weekdays = WeekdaysField(label=_("Comes on"), help_text=_("None chosen: on every day of the group."))
    name = "weekdays"

    def begin(self, belongs: Belongs) -> dict[str, Any]:
        return {"weekdays": belongs.weekdays}

    def offer(self, belongs: Belongs) -> None:
        known = {*belongs.meets, *belongs.weekdays}
        self.fields["weekdays"].choices = [day for day in weekdays() if day[0] in known]


class TransferForm(OfEnrolment):
    group_id = forms.TypedChoiceField(label=_("To the group"), coerce=int, empty_value=None)
    since = DayField(label=_("First day there"), help_text=_("Until the day before the client is in the old group."))
    over_capacity = Confirm(after=GroupFull, label=_("All the same, there will be room"))
    name = "transfer"

    def begin(self, belongs: Belongs) -> dict[str, Any]:
        return {"since": max(belongs.today, belongs.since)}

    def offer(self, belongs: Belongs) -> None:
        same = [_named(target) for target in belongs.targets if target.teaches_the_same]
        others = [_named(target) for target in belongs.targets if not target.teaches_the_same]
        parts = [(_("Same programme"), same), (_("Other programmes"), others)]
        self.fields["group_id"].choices = [("", NOTHING), *(part for part in parts if part[1])]


def _named(target: Target) -> tuple[int, str]:
    """Chess II, North: 10 / 12."""
    taken = f"{target.enrolled} / {target.capacity}" if target.capacity else str(target.enrolled)
    return target.group_id, f"{target.name}, {target.branch}: {taken}"


class EndForm(OfEnrolment):
    until = DayField(label=_("From this day on the client comes no more"))
    choice_id = OneOf(choices.reasons(ChoiceList.CHURN), label=_("Reason"))
    note = NameField(label=_("Note"), max_length=200, required=False)
    name = "end"

    def begin(self, belongs: Belongs) -> dict[str, Any]:
        return {
            "until": belongs.until or belongs.today, "choice_id": belongs.choice_id, "note": belongs.note,
        }
