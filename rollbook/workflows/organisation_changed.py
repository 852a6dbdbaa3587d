"""The rules of the organisation are changed."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from rollbook.domains.access.actions import organisation
from rollbook.domains.access.actions.organisation import OrganisationFields
from rollbook.domains.access.actor import Actor
from rollbook.domains.access.queries import house
from rollbook.domains.billing.models import LedgerEntry
from rollbook.foundation.errors import Refused


class MoneyIsBooked(Refused):
    sentence = _("Money is booked in this currency already: it cannot become another one.")


@transaction.atomic
def change(*, values: OrganisationFields, seen: int | None, at: datetime, by: Actor) -> None:
    """Change the rules; the currency only as long as no money is booked."""
    currency = house().currency
    organisation.change_organisation(values=values, seen=seen, at=at, by=by)
    if values.get("currency", currency) != currency and LedgerEntry.objects.exists():
        raise MoneyIsBooked
