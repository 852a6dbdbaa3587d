"""What may be done. The only place that writes; one file per thing, all known here under their own names."""

from rollbook.domains.groups.actions.churn import record_churn
from rollbook.domains.groups.actions.enrolments import (
    EnrolledAlready,
    GroupFull,
    GroupOver,
    LeftAlready,
    SameGroup,
    change_weekdays,
    end_enrolment,
    enrol,
    transfer,
)
from rollbook.domains.groups.actions.freezes import FrozenAlready, freeze, unfreeze
from rollbook.domains.groups.actions.groups import GroupFields, add_group, change_group
from rollbook.domains.groups.actions.loading import load_enrolments, load_groups, load_programmes
from rollbook.domains.groups.actions.programmes import (
    ProgrammeFields,
    StillTaught,
    add_programme,
    archive_programme,
    change_programme,
    restore_programme,
)
from rollbook.domains.groups.actions.unloading import unload_enrolments, unload_groups, unload_programmes

__all__ = [
    "EnrolledAlready", "FrozenAlready", "GroupFields", "GroupFull", "GroupOver", "LeftAlready", "ProgrammeFields",
    "SameGroup", "StillTaught", "add_group", "add_programme", "archive_programme", "change_group", "change_programme",
    "change_weekdays", "end_enrolment", "enrol", "freeze", "load_enrolments", "load_groups", "load_programmes",
    "record_churn", "restore_programme", "transfer", "unfreeze", "unload_enrolments", "unload_groups",
    "unload_programmes",
]
