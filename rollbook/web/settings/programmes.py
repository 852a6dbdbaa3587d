from typing import Any

from django.utils.translation import gettext_lazy as _

from rollbook.domains.access.actor import Permission
from rollbook.domains.groups import actions as groups
from rollbook.screens.settings import programmes
from rollbook.web.forms import Form, NameField, VersionField, WholeField
from rollbook.web.settings.sections import Section


class ProgrammeForm(Form):
    name = NameField(label=_("Name"))
    min_age = WholeField(label=_("From age"), largest=120, required=False)
    max_age = WholeField(label=_("To age"), largest=120, required=False, help_text=_("Both ages take part."))
    minutes = WholeField(label=_("Minutes of a lesson"), smallest=5, largest=600, initial=60)
    capacity = WholeField(label=_("Places in a group"), smallest=1, largest=1000, required=False)
    version = VersionField()

    def clean(self) -> dict[str, Any]:
        told = self.cleaned_data
        youngest, oldest = told.get("min_age"), told.get("max_age")
        if youngest is not None and oldest is not None and oldest < youngest:
            self.add_error("max_age", _("Not below the lowest age, please."))
        return told


PROGRAMMES = Section(
    name="programmes", icon="books", permission=Permission.SETTINGS_EDIT,
    title=_("Programmes"), new=_("New programme"), empty=_("There is no programme yet. A group teaches by one."),
    columns=(_("Name"), _("Ages"), (_("Minutes"), "num"), (_("Places"), "num")),
    away=_("Archived"), put_away=_("Put away"), bring_back=_("Bring back"),
    form=ProgrammeForm, rows=programmes.rows, card=programmes.card, blank=programmes.blank,
    add=groups.add_programme,
    change=lambda pk, **how: groups.change_programme(programme_id=pk, **how),
    archive=lambda pk, **how: groups.archive_programme(programme_id=pk, **how),
    restore=lambda pk, **how: groups.restore_programme(programme_id=pk, **how),
)  # fmt: skip
