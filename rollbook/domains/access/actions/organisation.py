from datetime import datetime
from typing import TypedDict

from django.db import transaction

from rollbook.domains.access.actions.founding import refuse_nonsense
from rollbook.domains.access.actor import Actor, Permission
from rollbook.domains.access.models import Organisation
from rollbook.domains.history import actions as history
from rollbook.foundation.errors import NotFound
from rollbook.foundation.versions import alter


class OrganisationFields(TypedDict, total=False):
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


@transaction.atomic
def change_organisation(*, values: OrganisationFields, seen: int | None, at: datetime, by: Actor) -> None:
    """Change the rules; what was marked under the old ones stays as it was."""
    by.must_everywhere(Permission.SETTINGS_EDIT)
    organisation = Organisation.objects.select_for_update().first()
    if organisation is None:
        raise NotFound
    refuse_nonsense(
        name=values.get("name", organisation.name), currency=values.get("currency", organisation.currency),
        time_zone=values.get("time_zone", organisation.time_zone),
        phone_region=values.get("phone_region", organisation.phone_region),
        language=values.get("language", organisation.language),
    )
    if difference := alter(organisation, values, seen=seen):
        organisation.save(update_fields=[*difference.new, "version"])
        history.record(
            verb="organisation.changed", subject="organisation:1", old=difference.old, new=difference.new, at=at, by=by
        )
