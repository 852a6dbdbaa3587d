"""Balances changed: the open pages of those groups are told in which the clients are today, whoever changed them."""

from datetime import datetime

from rollbook.domains.groups.models import Enrolment
from rollbook.foundation import live
from rollbook.foundation.periods import local_day


def tell(*client_ids: int, at: datetime) -> None:
    """To be told as one event, at the end of the transaction."""
    belongs = Enrolment.objects.on(local_day(at, "group__branch__time_zone")).filter(client__in=client_ids)
    live.tell(*(f"group:{group}" for group in sorted(set(belongs.values_list("group", flat=True)))))
