"""Many at once, from files. What a person could not do by hand is refused here, too."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from rollbook.domains.access.actor import Actor, Permission
from rollbook.domains.billing.actions.closing import booked_on, open_days
from rollbook.domains.billing.actions.payments import LONGEST_AGO
from rollbook.domains.billing.actions.tariffs import TariffFields
from rollbook.domains.billing.fields import PaymentRow, TariffRow, TariffUseRow
from rollbook.domains.billing.models import EntryKind, LedgerEntry, Payment, Tariff, TariffUse
from rollbook.domains.billing.rules import fitting, refusals
from rollbook.domains.history import actions as history
from rollbook.domains.imports.actions import refuse
from rollbook.domains.imports.rules import overlapping, plain, twice
from rollbook.domains.people.models import Client
from rollbook.foundation.periods import local
from rollbook.foundation.tables import N_


@transaction.atomic
def load_tariffs(*, rows: Sequence[TariffRow], at: datetime, by: Actor) -> list[int]:
    """The ids of new tariffs, in the order of the rows."""
    by.must_everywhere(Permission.TARIFF_EDIT)
    told = [fitting({name: getattr(row, name) for name in TariffFields.__annotations__}) for row in rows]
    refuse([
        row.refused(field, sentence)
        for row, values in zip(rows, told, strict=True) for field, sentence in refusals(values).items()
    ])
    made = Tariff.objects.bulk_create(Tariff(**values) for values in told)
    changes = [history.Change(f"tariff:{one.pk}", plain(row)) for one, row in zip(made, rows, strict=True)]
    history.record_many(verb="tariff.added", changes=changes, at=at, by=by)
    return [tariff.pk for tariff in made]


@transaction.atomic
def load_tariff_uses(*, rows: Sequence[TariffUseRow], at: datetime, by: Actor) -> list[int]:
    """What groups and programmes cost from a day on; of each one tariff a day. The ids in the order of the rows."""
    by.must_everywhere(Permission.TARIFF_EDIT)
    refuse([
        row.refused("group", N_("A tariff is used by a group or by a programme: one of the two."))
        for row in rows if (row.group is None) == (row.programme is None)
    ])
    refuse(overlapping(rows, of=lambda row: (row.group, row.programme)))
    made = TariffUse.objects.bulk_create(
        TariffUse(
            tariff_id=row.tariff, group_id=row.group, programme_id=row.programme, since=row.since, until=row.until
        )
        for row in rows
    )
    changes = [
        history.Change(
            f"group:{row.group}" if row.group else f"programme:{row.programme}",
            {"tariff": row.tariff, "since": row.since.isoformat()},
        )
        for row in rows
    ]
    history.record_many(verb="tariff.used", changes=changes, at=at, by=by)
    return [use.pk for use in made]


@transaction.atomic
def load_payments(*, rows: Sequence[PaymentRow], source: str, at: datetime, by: Actor) -> list[int]:
    """Book payments; each is booked once under its key in its source, and in the first open month where that of its day
    is closed. The ids of the payments, in that order."""
    by.must_everywhere(Permission.PAYMENT_TAKE)
    keys = {row.key: f"{source}:{row.key}" for row in rows}
    booked = set(Payment.objects.filter(key__in=keys.values()).values_list("key", flat=True))
    refuse(twice(rows, "key", of=lambda row: keys[row.key], standing=booked))
    payers = Client.objects.filter(pk__in={row.client for row in rows})
    branches = dict(payers.values_list("pk", "branch"))
    days = {zone: local(at, zone).date() for zone in set(payers.values_list("branch__time_zone", flat=True))}
    today = {pk: days[zone] for pk, zone in payers.values_list("pk", "branch__time_zone")}
    refuse([
        row.refused("day", N_("The day of a payment is today or before, within ten years."))
        for row in rows if not today[row.client] - LONGEST_AGO <= row.day <= today[row.client]
    ])
    payments = Payment.objects.bulk_create(
        [
            Payment(key=keys[row.key], amount=row.amount, method=row.method, received_on=row.day, note=row.note)
            for row in rows
        ],
        batch_size=5000,
    )
    opened = open_days([(branches[row.client], row.day) for row in rows])
    placed = [booked_on(branch_id=branches[row.client], day=row.day, opened=opened) for row in rows]
    entries = LedgerEntry.objects.bulk_create(
        [
            LedgerEntry(
                client_id=row.client, branch_id=branches[row.client], kind=EntryKind.PAYMENT, amount=row.amount,
                payment=payment, day=day, about=about, made_at=at,
            )
            for payment, row, (day, about) in zip(payments, rows, placed, strict=True)
        ],
        batch_size=5000,
    )
    history.record_many(
        verb="payment.received", at=at, by=by,
        changes=[
            history.Change(
                f"client:{row.client}",
                {
                    "amount": str(row.amount), "method": row.method, "on": row.day.isoformat(), "note": row.note,
                    "entry": entry.pk,
                },
            )
            for entry, row in zip(entries, rows, strict=True)
        ],
    )
    return [payment.pk for payment in payments]
