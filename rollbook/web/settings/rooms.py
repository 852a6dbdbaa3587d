from typing import Any

from django.utils.translation import gettext_lazy as _

from rollbook.domains.access.actor import Permission
from rollbook.domains.schedule import actions as schedule
from rollbook.screens import choices
from rollbook.screens.settings import rooms
from rollbook.web.forms import Form, NameField, OneOf, VersionField, WholeField
from rollbook.web.settings.sections import Section


class RoomForm(Form):
    """A room stays in its branch: of one that is there already only the rest is asked."""

    name = NameField(label=_("Name"), max_length=60)
    branch_id = OneOf(choices.branches(Permission.SETTINGS_EDIT), label=_("Branch"))
    capacity = WholeField(label=_("Places"), smallest=1, largest=1000, required=False)
    version = VersionField()

    def __init__(self, *data: Any, **how: Any) -> None:
        super().__init__(*data, **how)
        if "version" in self.initial:
            del self.fields["branch_id"]


def _add(*, values: dict[str, Any], **how: Any) -> int:
    return schedule.add_room(branch_id=values.pop("branch_id"), values=values, **how)


ROOMS = Section(
    name="rooms", icon="door", permission=Permission.SETTINGS_EDIT,
    title=_("Rooms"), new=_("New room"), empty=_("There is no room yet. With rooms, no two lessons meet in one."),
    columns=(_("Name"), _("Branch"), (_("Places"), "num")),
    away=_("Archived"), put_away=_("Put away"), bring_back=_("Bring back"),
    form=RoomForm, rows=rooms.rows, card=rooms.card, blank=rooms.blank,
    add=_add,
    change=lambda pk, **how: schedule.change_room(room_id=pk, **how),
    archive=lambda pk, **how: schedule.archive_room(room_id=pk, **how),
    restore=lambda pk, **how: schedule.restore_room(room_id=pk, **how),
)  # fmt: skip
