"""An empty installation becomes that of an organisation, with all that it begins with."""

from datetime import datetime

from django.db import transaction

from rollbook.domains.access import actions as access
from rollbook.domains.access.actor import Actor
from rollbook.domains.fields import actions as fields
from rollbook.domains.schedule import actions as schedule


@transaction.atomic
def found(
    *,
    name: str,
    currency: str,
    time_zone: str,
    phone_region: str,
    language: str,
    branch: str,
    at: datetime,
    by: Actor,
) -> int:
    """The organisation with roles, lesson types, lists of choices and its first branch; the id of that one is returned.

    Refused where there is one already; InvalidInput names what makes no sense.
    """
    access.found_organisation(
        name=name, currency=currency, time_zone=time_zone, phone_region=phone_region, language=language, at=at, by=by
    )
    schedule.add_default_lesson_types(at=at, by=by)
    fields.add_default_choices(at=at, by=by)
    return access.add_branch(values={"name": branch, "time_zone": time_zone}, at=at, by=by)
