from dataclasses import dataclass

from rollbook.domains.access.actor import Actor, Permission
from rollbook.domains.access.models import Organisation
from rollbook.foundation.errors import NotFound


@dataclass(frozen=True, slots=True)
class Card:
    name: str
    currency: str
    time_zone: str
    phone_region: str
    language: str
    make_ups: bool
    missed_may_be_worked_off: bool
    make_up_days: int
    mark_edit_days: int
    version: int


def card(*, by: Actor) -> Card:
    """The organisation and its rules, for those who may change them."""
    by.must_everywhere(Permission.SETTINGS_EDIT)
    row = Organisation.objects.values_list(*Card.__dataclass_fields__).first()
    if row is None:
        raise NotFound
    return Card(*row)
