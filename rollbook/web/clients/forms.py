from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from rollbook.domains.access.actor import Permission
from rollbook.domains.access.models import Language
from rollbook.domains.fields.models import ChoiceList
from rollbook.domains.people.actions import NewContact
from rollbook.domains.people.models import Kinship
from rollbook.foundation.phones import parse_phone
from rollbook.screens import choices, client_form
from rollbook.web.forms import (
    BirthField,
    DayField,
    EmailField,
    Form,
    NameField,
    OneOf,
    PhoneField,
    TextField,
    VersionField,
)

SOMEBODY_ELSE = "new"


class Phoned(Form):
    """A form that asks for a phone. One that is known already is nobody's twice in silence: it is asked whether this is
    the same person."""

    phone = PhoneField(label=_("Phone"), required=False)
    same_as = forms.ChoiceField(
        label=_("This phone is known"), required=False, widget=forms.HiddenInput(),
        error_messages={"required": _("This phone is known already: is it the same person?")},
    )

    def __init__(self, *data: Any, apart_from: int | None = None, **how: Any) -> None:
        super().__init__(*data, **how)
        given = self.data.get(self.add_prefix("phone"), "")[:40]
        phone = parse_phone(given, region=self.house.phone_region) if given else None
        if owners := client_form.owners(phone=phone or "", apart_from=apart_from, by=self.by):
            field = self.fields["same_as"]
            field.widget, field.required = forms.RadioSelect(), True
            known = [(str(owner.contact_id), _named(owner)) for owner in owners]
            field.choices = [*known, (SOMEBODY_ELSE, _("Somebody else"))]

    @property
    def somebody_else(self) -> bool:
        return bool(self.cleaned_data.get("same_as") == SOMEBODY_ELSE)

    @property
    def contact_id(self) -> int | None:
        chosen = self.cleaned_data.get("same_as")
        return int(chosen) if chosen and chosen != SOMEBODY_ELSE else None


class ClientForm(Form):
    last_name = NameField(label=_("Last name"), required=False)
    first_name = NameField(label=_("First name"), required=False)
    middle_name = NameField(label=_("Middle name"), required=False)
    birth_date = BirthField(label=_("Birth date"), required=False)
    branch_id = OneOf(choices.branches(Permission.CLIENT_EDIT), label=_("Branch"))
    responsible_id = OneOf(choices.employees, label=_("Responsible"), required=False)
    is_company = forms.BooleanField(
        label=_("A company"), required=False, help_text=_("Its name goes into the last name.")
    )
    note = TextField(label=_("Note"), required=False)
    version = VersionField()

    def clean(self) -> dict[str, Any]:
        told = super().clean() or self.cleaned_data
        if not told.get("last_name") and not told.get("first_name") and not self.errors:
            self.add_error("first_name", _("A first name or a last name, please."))
        return told


class NewClientForm(Phoned):
    """A client and whoever is called and pays: without a name of their own, the client themself."""

    last_name = NameField(label=_("Last name"), required=False)
    first_name = NameField(label=_("First name"), required=False)
    middle_name = NameField(label=_("Middle name"), required=False)
    birth_date = BirthField(label=_("Birth date"), required=False)
    branch_id = OneOf(choices.branches(Permission.CLIENT_EDIT), label=_("Branch"))
    note = TextField(label=_("Note"), required=False)
    contact_last_name = NameField(label=_("Contact's last name"), required=False)
    contact_first_name = NameField(
        label=_("Contact's first name"), required=False, help_text=_("Without a contact the client is their own.")
    )
    kinship = forms.ChoiceField(label=_("Relation"), choices=Kinship.choices, initial=Kinship.MOTHER)
    email = EmailField(label=_("E-mail"), required=False)

    field_order = (
        "last_name", "first_name", "middle_name", "birth_date", "branch_id", "note", "contact_last_name",
        "contact_first_name", "kinship", "phone", "same_as", "email",
    )  # fmt: skip

    def clean(self) -> dict[str, Any]:
        told = super().clean() or self.cleaned_data
        if not told.get("last_name") and not told.get("first_name") and not self.errors:
            self.add_error("first_name", _("A first name or a last name, please."))
        return told

    @property
    def client(self) -> dict[str, Any]:
        names = ("last_name", "first_name", "middle_name", "birth_date", "branch_id", "note")
        return {name: self.cleaned_data[name] for name in names if name in self.cleaned_data}

    @property
    def contact(self) -> NewContact:
        told = self.cleaned_data
        named = bool(told["contact_last_name"] or told["contact_first_name"])
        whose = "contact_" if named else ""
        return NewContact(
            contact_id=self.contact_id,
            somebody_else=self.somebody_else,
            values={
                "last_name": told[f"{whose}last_name"], "first_name": told[f"{whose}first_name"],
                "phone": told["phone"], "email": told["email"], "language": self.house.language,
            },
            relation={
                "kinship": told["kinship"] if named or self.contact_id else Kinship.SELF.value, "pays": True,
            },
        )


class ContactForm(Phoned):
    last_name = NameField(label=_("Last name"), required=False)
    first_name = NameField(label=_("First name"), required=False)
    middle_name = NameField(label=_("Middle name"), required=False)
    kinship = forms.ChoiceField(label=_("Relation"), choices=Kinship.choices, initial=Kinship.MOTHER)
    email = EmailField(label=_("E-mail"), required=False)
    telegram = NameField(label=_("Telegram"), max_length=64, required=False)
    language = forms.ChoiceField(label=_("Language"), choices=Language.choices)
    pays = forms.BooleanField(label=_("Pays"), required=False, help_text=_("Whoever paid until now does so no more."))
    is_written_to = forms.BooleanField(label=_("Is written to"), required=False, initial=True)
    may_see = forms.BooleanField(label=_("May see the client's matters"), required=False, initial=True)
    may_collect = forms.BooleanField(label=_("May collect the client"), required=False, initial=True)
    do_not_call = forms.BooleanField(label=_("Do not call"), required=False)
    version = VersionField()

    field_order = ("last_name", "first_name", "middle_name", "kinship", "phone", "same_as", "email")
    OF_CLIENT = ("kinship", "pays", "is_written_to", "may_see", "may_collect")

    def __init__(self, *data: Any, **how: Any) -> None:
        super().__init__(*data, **how)
        if "version" not in self.initial:
            self.fields["language"].initial = self.house.language
            return
        if self.initial["phone"] is None:  # may not be seen, so not changed either
            for name in ("phone", "same_as", "email", "telegram"):
                del self.fields[name]
        if self.initial["pays"]:
            pays = self.fields["pays"]
            pays.disabled, pays.help_text = True, _("To change that, say of another contact that they pay.")

    def clean(self) -> dict[str, Any]:
        told = super().clean() or self.cleaned_data
        nameless = not told.get("last_name") and not told.get("first_name")
        if nameless and not told.get("same_as", "").isdecimal() and not self.errors:
            self.add_error("first_name", _("A first name or a last name, please."))
        return told

    @property
    def relation(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in self.OF_CLIENT}

    @property
    def person(self) -> dict[str, Any]:
        apart = {*self.OF_CLIENT, "same_as", "version"}
        return {name: value for name, value in self.cleaned_data.items() if name not in apart}


class FreezeForm(Form):
    since = DayField(label=_("First day"))
    until = DayField(label=_("Comes again on"))
    choice_id = OneOf(choices.reasons(ChoiceList.FREEZE), label=_("Reason"))
    reason = NameField(label=_("Note"), max_length=200, required=False)

    def clean(self) -> dict[str, Any]:
        told = self.cleaned_data
        if told.get("since") and told.get("until") and told["until"] <= told["since"]:
            self.add_error("until", _("After the first day, please."))
        return told


def _named(owner: client_form.Owner) -> str:
    return f"{owner.name} ({', '.join(owner.clients)})" if owner.clients else owner.name
