"""The first person of an installation, and the organisation they own where there is none yet."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from rollbook.domains.access import actions as access
from rollbook.domains.access import queries
from rollbook.domains.access.actor import Actor
from rollbook.foundation.errors import NotFound
from rollbook.workflows import founded


@dataclass(frozen=True, slots=True)
class Owner:
    name: str
    username: str
    email: str


@dataclass(frozen=True, slots=True)
class House:
    """An organisation to be."""

    name: str
    currency: str
    time_zone: str
    phone_region: str
    language: str
    branch: str


@transaction.atomic
def create(*, owner: Owner, house: House, at: datetime, by: Actor) -> str:
    """The secret of a link by which the new owner signs in, once. Where there is an organisation, it stays as it is."""
    try:
        language = queries.house().language
    except NotFound:
        language = house.language
        founded.found(
            name=house.name, currency=house.currency, time_zone=house.time_zone, phone_region=house.phone_region,
            language=house.language, branch=house.branch, at=at, by=by,
        )
    user_id = access.add_first_owner(
        username=owner.username, email=owner.email, name=owner.name, language=language, at=at, by=by
    )
    return access.make_link(user_id=user_id, at=at, by=by)
