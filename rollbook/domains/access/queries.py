from dataclasses import dataclass
from datetime import datetime

from rollbook.domains.access.actor import Actor
from rollbook.domains.access.models import ApiKey, Branch, Organisation
from rollbook.domains.access.rules import digest_of
from rollbook.foundation.errors import NotFound


def actor_of_key(*, key: str, at: datetime) -> Actor | None:
    """Whoever this key acts for; None where it is unknown, expired, or its user has left."""
    found = (
        ApiKey.objects.select_related("user")
        .filter(digest=digest_of(key), expires_at__gt=at, user__is_active=True)
        .first()
    )
    return found.user.as_actor(via=f"api key {found.name}") if found else None


def time_zones() -> tuple[str, ...]:
    """All zones in which there is a branch."""
    return tuple(Branch.objects.order_by("time_zone").values_list("time_zone", flat=True).distinct())


@dataclass(frozen=True, slots=True)
class House:
    """The organisation and its rules."""

    name: str
    currency: str
    time_zone: str
    phone_region: str
    language: str
    make_ups: bool
    missed_may_be_worked_off: bool
    make_up_days: int
    mark_edit_days: int


def house() -> House:
    """The rules of the organisation, known to everyone here; NotFound before it is founded."""
    row = Organisation.objects.values_list(*House.__dataclass_fields__).first()
    if row is None:
        raise NotFound
    return House(*row)
