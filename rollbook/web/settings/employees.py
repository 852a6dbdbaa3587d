from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from rollbook.domains.access.actor import Permission
from rollbook.domains.people import actions as people
from rollbook.domains.people.actions import Link
from rollbook.screens import choices
from rollbook.screens.settings import employees
from rollbook.web.forms import EmailField, Form, NameField, OneOf, PhoneField, SeveralOf, VersionField
from rollbook.web.settings.sections import Section
from rollbook.workflows import employee_left


class EmployeeForm(Form):
    last_name = NameField(label=_("Last name"), required=False)
    first_name = NameField(label=_("First name"), required=False)
    middle_name = NameField(label=_("Middle name"), required=False)
    branch_id = OneOf(choices.branches(Permission.STAFF_EDIT), label=_("Branch"))
    phone = PhoneField(label=_("Phone"), required=False)
    email = EmailField(label=_("E-mail"), required=False)
    teaches = forms.BooleanField(label=_("Teaches"), required=False, initial=True)
    manages = SeveralOf(choices.branches(Permission.STAFF_EDIT), label=_("Manages"), required=False)
    user_id = OneOf(
        choices.sign_ins, label=_("Sign-in"), required=False,
        help_text=_("Who signs in so sees what this employee teaches. Invite somebody new in “People who sign in”."),
    )
    version = VersionField()

    def __init__(self, *data: Any, **how: Any) -> None:
        super().__init__(*data, **how)
        # Whoever does not manage access everywhere is not asked.
        if not self.by.may_everywhere(Permission.ACCESS_MANAGE):
            del self.fields["user_id"]
        if self.initial.get("phone", "") is None:  # may not be seen, so not changed either
            del self.fields["phone"], self.fields["email"]
        # Nor whoever has no branch to give.
        if not self.fields["manages"].choices:
            del self.fields["manages"]

    def clean(self) -> dict[str, Any]:
        told = self.cleaned_data
        if not told.get("last_name") and not told.get("first_name") and not self.errors:
            self.add_error("first_name", _("A first name or a last name, please."))
        return told


def _apart(values: dict[str, Any]) -> dict[str, Any]:
    """The employee's own columns, what they manage and how they sign in."""
    link = Link(values.pop("user_id")) if "user_id" in values else None
    return {"manages": values.pop("manages", None), "link": link, "values": values}


def _add(*, values: dict[str, Any], **how: Any) -> int:
    return people.add_employee(**_apart(values), **how)


def _change(*, pk: int, values: dict[str, Any], **how: Any) -> None:
    people.change_employee(employee_id=pk, **_apart(values), **how)


EMPLOYEES = Section(
    name="employees", icon="id-badge-2", permission=Permission.STAFF_SEE,
    title=_("Employees"), new=_("New employee"), empty=_("There is nobody here yet."),
    columns=(pgettext_lazy("of a person", "Name"), _("Branch"), _("Teaches"), _("Manages"), _("Sign-in")),
    away=_("Have left"), put_away=_("Has left"), bring_back=_("Is back"),
    form=EmployeeForm, rows=employees.rows, card=employees.card, blank=employees.blank,
    add=_add, change=_change, archive=lambda pk, **how: employee_left.leave(employee_id=pk, **how),
    restore=lambda pk, **how: people.return_to_work(employee_id=pk, **how),
)  # fmt: skip
