"""What stands beside every page of settings."""

from collections.abc import Callable
from dataclasses import dataclass

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from rollbook.domains.access.actor import Actor, Permission
from rollbook.foundation.errors import NotAllowed
from rollbook.screens.settings import state
from rollbook.web.navigation import Link


@dataclass(frozen=True, slots=True)
class Entry:
    name: str
    label: str | Promise
    icon: str
    permission: Permission
    everywhere: bool = False
    waiting: Callable[..., int] = lambda **_: 0
    """How much waits behind it."""

    def shown(self, by: Actor) -> bool:
        return by.may_everywhere(self.permission) if self.everywhere else by.may(self.permission)


ENTRIES = (
    Entry("settings-organisation", _("Organisation"), "building-community", Permission.SETTINGS_EDIT, everywhere=True),
    Entry("settings-branches", _("Branches"), "map-pin", Permission.SETTINGS_EDIT),
    Entry("settings-rooms", _("Rooms"), "door", Permission.SETTINGS_EDIT),
    Entry("settings-programmes", _("Programmes"), "books", Permission.SETTINGS_EDIT),
    Entry("settings-employees", _("Employees"), "id-badge-2", Permission.STAFF_SEE),
    Entry("settings-access", _("People who sign in"), "users", Permission.ACCESS_MANAGE),
    Entry("settings-roles", _("Roles"), "shield-lock", Permission.ACCESS_MANAGE),
    Entry("settings-tariffs", _("Tariffs"), "receipt", Permission.TARIFF_EDIT),
    Entry("settings-closing-days", _("Closing days"), "calendar-off", Permission.SETTINGS_EDIT),
    Entry("settings-months", _("Closed months"), "calendar-check", Permission.MONTH_CLOSE),
    Entry("settings-imports", _("Imports"), "file-import", Permission.SETTINGS_EDIT, everywhere=True),
    Entry(
        "settings-house", _("State of the house"), "stethoscope", Permission.SETTINGS_EDIT, everywhere=True,
        waiting=state.troubles,
    ),
)


def contents(request: HttpRequest, *, current: str) -> tuple[Link, ...]:
    """The lists that whoever asks may see."""
    now = timezone.now()
    return tuple(
        Link(
            str(entry.label), reverse(entry.name), entry.icon, entry.name == current,
            entry.waiting(at=now, by=request.actor),
        )
        for entry in ENTRIES
        if entry.shown(request.actor)
    )


def first(*, by: Actor) -> str:
    """The name of the first list that this person may see; NotAllowed if there is none."""
    for entry in ENTRIES:
        if entry.shown(by):
            return entry.name
    raise NotAllowed
