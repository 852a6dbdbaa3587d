from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from rollbook.domains.access import actions as access
from rollbook.domains.access.actor import Permission
from rollbook.screens.settings import branches
from rollbook.web.forms import Form, NameField, TimeField, VersionField, ZoneField
from rollbook.web.settings.sections import Section
from rollbook.workflows import branch_changed


class BranchForm(Form):
    name = NameField(label=_("Name"))
    address = NameField(label=_("Address"), max_length=200, required=False)
    time_zone = ZoneField(label=_("Time zone"), help_text=_("Lessons keep their local time if it changes."))
    opens = TimeField(label=_("Opens"), initial="09:00")
    closes = TimeField(label=_("Closes"), initial="21:00")
    calls_from = TimeField(label=_("Calls from"), initial="09:00")
    calls_until = TimeField(label=_("Calls until"), initial="20:00")
    version = VersionField()

    def clean(self) -> dict[str, Any]:
        told = self.cleaned_data
        for first, last in (("opens", "closes"), ("calls_from", "calls_until")):
            if told.get(first) and told.get(last) and told[last] <= told[first]:
                self.add_error(last, forms.ValidationError(_("After the beginning, please.")))
        return told


BRANCHES = Section(
    name="branches", icon="map-pin", permission=Permission.SETTINGS_EDIT,
    title=_("Branches"), new=_("New branch"), empty=_("There is no branch yet. Groups and rooms need one."),
    columns=(_("Name"), _("Address"), _("Manager"), _("Open"), _("Time zone")),
    away=_("Closed"), put_away=_("Close the branch"), bring_back=_("Open it again"),
    form=BranchForm, rows=branches.rows, card=branches.card, blank=branches.blank,
    add=access.add_branch,
    change=lambda pk, **how: branch_changed.change(branch_id=pk, **how),
    archive=lambda pk, **how: branch_changed.archive(branch_id=pk, **how),
    restore=lambda pk, **how: access.restore_branch(branch_id=pk, **how),
)  # fmt: skip
