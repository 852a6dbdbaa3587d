"""A branch is changed, or closed for good."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from rollbook.domains.access.actions import branches
from rollbook.domains.access.actions.branches import BranchFields
from rollbook.domains.access.actor import Actor, Permission
from rollbook.domains.access.models import Branch
from rollbook.domains.groups.models import Group, GroupState
from rollbook.foundation.errors import Refused
from rollbook.workflows import timetable_changed


class StillMeets(Refused):
    """The groups are named."""


@transaction.atomic
def change(*, branch_id: int, values: BranchFields, seen: int | None, at: datetime, by: Actor) -> None:
    """Change a branch. Where it comes to lie in another time zone, the lessons that nobody has touched keep their
    local time; a lesson that somebody has put somewhere by hand keeps its instant."""
    branch = Branch.objects.locked().pick_whole(by, Permission.SETTINGS_EDIT, branch_id)
    branches.change_branch(branch_id=branch_id, values=values, seen=seen, at=at, by=by)
    if values.get("time_zone", branch.time_zone) != branch.time_zone:
        timetable_changed.remake(branch_id=branch_id, under=Permission.SETTINGS_EDIT, at=at, by=by)


@transaction.atomic
def archive(*, branch_id: int, at: datetime, by: Actor) -> None:
    """Offer the branch nowhere any more. Refused while groups meet in it."""
    branch = Branch.objects.pick_to_change(by, Permission.SETTINGS_EDIT, branch_id)
    by.must_everywhere(Permission.SETTINGS_EDIT)
    groups = Group.objects.filter(branch=branch, state__in=[GroupState.RECRUITING, GroupState.RUNNING])
    if names := groups.order_by("search", "pk").values_list("name", flat=True):
        raise StillMeets(_("Groups still meet here: {groups}.").format(groups=", ".join(names)))
    branches.archive_branch(branch_id=branch_id, at=at, by=by)
