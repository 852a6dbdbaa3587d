"""What all that is booked by hand has in common."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from rollbook.domains.billing.actions.closing import booked_on, open_days
from rollbook.domains.billing.actions.payments import LARGEST, LONGEST_AGO
from rollbook.foundation.errors import InvalidInput, Refused

CENT = Decimal("0.01")


class AnotherEntry(Refused):
    """The key of what is to be booked was used for something else."""

    sentence = _("This form has already booked something else. Open it anew.")


class MoreThanBalance(Refused):
    """The client has less than is to be given back or moved away."""

    sentence = _("That is more than there is on the balance.")


def open_day(*, branch_id: int, day: date) -> dict[str, date | None]:
    """On which day an entry that concerns `day` is booked; `about` says that day where its month is closed."""
    booked = booked_on(branch_id=branch_id, day=day, opened=open_days([(branch_id, day)]))
    return {"day": booked.day, "about": booked.about}


def check(*, amount: Decimal, on: date, today: date, reason: str | None = None, signed: bool = False) -> None:
    """InvalidInput at each field that makes no sense. A `signed` amount may be below zero; a reason is no blank."""
    fields = {}
    if signed and amount == 0:
        fields["amount"] = gettext("More or less than zero, please.")
    elif not 0 < (abs(amount) if signed else amount) <= LARGEST:
        fields["amount"] = gettext("More than zero and at most {largest}.").format(largest=LARGEST)
    elif amount != amount.quantize(CENT):
        fields["amount"] = gettext("At most two digits after the point.")
    if not today - LONGEST_AGO <= on <= today:
        fields["on"] = gettext("The day is today or before, within ten years.")
    if reason is not None and not reason.strip():
        fields["reason"] = gettext("A reason, please.")
    if fields:
        raise InvalidInput(fields)


def refuse_another(stands: object, told: Mapping[str, Any]) -> None:
    """What stands under a key must be what is told now: else the key was used for something else."""
    if any(getattr(stands, name) != value for name, value in told.items()):
        raise AnotherEntry
