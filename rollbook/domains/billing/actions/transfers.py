from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from rollbook.domains.access.actor import Actor, Permission
from rollbook.domains.billing.actions.entries import AnotherEntry, check, open_day, refuse_another
from rollbook.domains.billing.actions.refunds import refuse_more_than_balance
from rollbook.domains.billing.actions.reversing import reversals
from rollbook.domains.billing.models import EntryKind, LedgerEntry, Transfer
from rollbook.domains.history import actions as history
from rollbook.domains.people.models import Client
from rollbook.foundation.errors import InvalidInput, NotAllowed
from rollbook.foundation.periods import local


@transaction.atomic
def transfer_money(
    *, from_client_id: int, to_client_id: int, amount: Decimal, reason: str, key: str, at: datetime, by: Actor,
    over_balance: bool = False,
) -> int:
    """Move money from one client to another, today; returns the id of the transfer.

    Whoever does so takes payments of both; a receiver of whom they may not is refused as one that is not there. Balance
    and key as with a refund: the same under the same key is moved once.
    """
    Client.objects.pick(by, Permission.PAYMENT_TAKE, from_client_id)
    both = Client.objects.visible_to(by, Permission.PAYMENT_TAKE).filter(pk__in=[from_client_id, to_client_id])
    held = {client.pk: client for client in both.select_related("branch").locked().order_by("pk")}
    giver, taker = held[from_client_id], held.get(to_client_id)
    if taker is None or taker == giver:
        raise InvalidInput({"client_id": _("Choose another client, of whom you may take payments.")})
    today = local(at, giver.branch.time_zone).date()
    check(amount=amount, on=today, today=today, reason=reason)
    transfer, is_new = Transfer.objects.get_or_create(key=key, defaults={"amount": amount, "reason": reason})
    if not is_new:
        refuse_another(transfer, {"amount": amount, "reason": reason})
        moved = LedgerEntry.objects.filter(transfer=transfer, kind=EntryKind.TRANSFER).order_by("amount")
        if [entry.client_id for entry in moved] != [giver.pk, taker.pk]:
            raise AnotherEntry
        return transfer.pk
    refuse_more_than_balance(giver, amount, over_balance=over_balance)
    sums = {giver: -amount, taker: amount}
    entries = LedgerEntry.objects.bulk_create(
        LedgerEntry(
            client=client, branch=client.branch, kind=EntryKind.TRANSFER, amount=sums[client], transfer=transfer,
            reason=reason, made_by_id=by.user_id, made_at=at,
            **open_day(branch_id=client.branch_id, day=local(at, client.branch.time_zone).date()),
        )
        for client in held.values()
    )
    history.record_many(
        verb="balance.transferred", at=at, by=by,
        changes=[
            history.Change(
                f"client:{entry.client_id}",
                {"amount": str(entry.amount), "reason": reason, "transfer": transfer.pk, "entry": entry.pk},
            )
            for entry in entries
        ],
    )
    return transfer.pk


@transaction.atomic
def take_back_transfer(*, transfer_id: int, reason: str, at: datetime, by: Actor) -> tuple[int, ...]:
    """Reverse both sides of a transfer, for a reason; whoever does so takes payments of both. Twice changes nothing.

    Returns the two clients, from whom it went first.
    """
    transfer = Transfer.objects.pick(by, Permission.PAYMENT_TAKE, transfer_id)
    moved = LedgerEntry.objects.filter(transfer=transfer, kind=EntryKind.TRANSFER)
    clients = tuple(moved.order_by("amount").values_list("client", flat=True))
    mine = Client.objects.visible_to(by, Permission.PAYMENT_TAKE).filter(pk__in=clients)
    if len(mine.locked().order_by("pk")) != len(clients):
        raise NotAllowed(_("The other client's payments are not yours to take."))
    standing = moved.filter(reversed_by=None).order_by("client")
    gone = LedgerEntry.objects.bulk_create(reversals(standing, at=at, reason=reason, by=by))
    history.record_many(
        verb="transfer.taken_back", at=at, by=by,
        changes=[
            history.Change(
                f"client:{entry.client_id}", {"reason": reason, "transfer": transfer.pk}, {"amount": str(-entry.amount)}
            )
            for entry in gone
        ],
    )
    return clients
