from dataclasses import dataclass, fields

from rollbook.domains.access.actor import Actor, Permission
from rollbook.domains.access.models import Organisation
from rollbook.domains.history.queries import Line
from rollbook.foundation.errors import NotFound
from rollbook.screens.settings import past


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
    discount_limit: int
    contracts: bool
    renewal_day: int | None
    version: int
    history: tuple[Line, ...] = ()


def card(*, by: Actor) -> Card:
    """The organisation and its rules, for those who may change them."""
    by.must_everywhere(Permission.SETTINGS_EDIT)
    columns = [column.name for column in fields(Card) if column.name != "history"]
    row = Organisation.objects.values(*columns).first()
    if row is None:
        raise NotFound
    return Card(**row, history=past(word="organisation", pk=1, rows=None, by=by))
