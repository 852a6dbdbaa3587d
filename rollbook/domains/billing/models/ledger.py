"""The lines of an account."""

from typing import Any, Self

from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from rollbook.domains.access.scoping import ScopedQuerySet
from rollbook.domains.billing.models.accounts import AccountQuerySet
from rollbook.domains.billing.models.payments import Payment, Transfer
from rollbook.domains.billing.models.subscriptions import Subscription


class EntryKind(models.TextChoices):
    CHARGE = "charge", _("charge")
    PAYMENT = "payment", _("payment")
    REVERSAL = "reversal", _("reversal")
    LAPSE = "lapse", _("burned")
    DISCOUNT = "discount", _("discount")
    CORRECTION = "correction", _("correction")
    REFUND = "refund", _("refund")
    TRANSFER = "transfer", _("transfer")
    BONUS = "bonus", _("bonus")


BY_HAND = (EntryKind.DISCOUNT, EntryKind.CORRECTION, EntryKind.BONUS)
"""What somebody books with a reason, and nothing else says."""


class LedgerQuerySet(ScopedQuerySet["LedgerEntry"]):
    scope = AccountQuerySet.scope

    def standing(self, *kinds: EntryKind) -> Self:
        """Those that were not taken back."""
        return self.filter(kind__in=kinds, reversed_by=None)

    def standing_charges(self) -> Self:
        """Each knows whether there was a discount for it (`is_discounted`)."""
        rows: Any = self.model._default_manager
        discounts = Exists(rows.filter(discounts=OuterRef("pk")))
        return self.standing(EntryKind.CHARGE).annotate(is_discounted=discounts)


class LedgerEntry(models.Model):
    """A signed line of a client's account; the database refuses to change or delete it (migration 0002).

    `day` is the local day it belongs to (of the lesson, of the payment), `made_at` the moment it was written.
    `group` is the one whose revenue it is: for a make-up the home group. `about` is the day that it concerns where that
    lies in a closed month, and `day` in the first open one after it.

    A charge is for a mark, or for a subscription (its nth `instalment`). A lapse is of a mark whose right to a make-up
    was over (`lapse_of`: no revenue of a group), or of what was left of a subscription when it ended.

    What is booked by hand says why (`reason`) and by whom (`made_by`). A discount may name the one charge that it
    `discounts`: it is never more than that, and goes with it.
    """

    client = models.ForeignKey("people.Client", models.PROTECT, related_name="ledger", db_index=False)
    branch = models.ForeignKey("access.Branch", models.PROTECT, related_name="+", db_index=False)
    group = models.ForeignKey("groups.Group", models.PROTECT, null=True, related_name="+", db_index=False)
    kind = models.CharField(max_length=10, choices=EntryKind)
    amount = models.DecimalField(max_digits=12, decimal_places=2)
    mark = models.ForeignKey("journal.Mark", models.PROTECT, null=True, related_name="ledger", db_index=False)
    payment = models.ForeignKey(Payment, models.PROTECT, null=True, related_name="entries", db_index=False)
    reverses = models.OneToOneField("self", models.PROTECT, null=True, related_name="reversed_by")
    lapse_of = models.ForeignKey("journal.Mark", models.PROTECT, null=True, related_name="lapses", db_index=False)
    subscription = models.ForeignKey(Subscription, models.PROTECT, null=True, related_name="ledger", db_index=False)
    instalment = models.PositiveSmallIntegerField(null=True)
    transfer = models.ForeignKey(Transfer, models.PROTECT, null=True, related_name="entries", db_index=False)
    discounts = models.ForeignKey("self", models.PROTECT, null=True, related_name="discounted_by", db_index=False)
    reason = models.CharField(max_length=200, blank=True, default="", db_default="")
    made_by = models.ForeignKey("access.User", models.PROTECT, null=True, related_name="+", db_index=False)
    # Made by the form: what is booked by hand and comes twice is booked once.
    key = models.CharField(max_length=100, null=True)
    day = models.DateField()
    about = models.DateField(null=True)
    made_at = models.DateTimeField()

    objects = LedgerQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="ledger_entry_of_its_kind",
                condition=Q(kind=EntryKind.REVERSAL, reverses__isnull=False)
                | Q(reverses=None)
                & (
                    Q(kind=EntryKind.CHARGE, amount__lt=0, payment=None, transfer=None, lapse_of=None)
                    & (
                        Q(mark__isnull=False, instalment=None)
                        | Q(mark=None, subscription__isnull=False, instalment__gte=1)
                    )
                    | Q(kind=EntryKind.PAYMENT, amount__gt=0, mark=None, payment__isnull=False, transfer=None)
                    | Q(kind=EntryKind.REFUND, amount__lt=0, mark=None, payment__isnull=False, transfer=None)
                    | Q(kind=EntryKind.TRANSFER, mark=None, payment=None, transfer__isnull=False)
                    | Q(kind=EntryKind.LAPSE, mark=None, payment=None, transfer=None)
                    & (Q(lapse_of__isnull=False) | Q(subscription__isnull=False))
                    | Q(kind__in=BY_HAND, mark=None, payment=None, transfer=None, lapse_of=None) & ~Q(reason="")
                ),
            ),
            models.CheckConstraint(
                name="ledger_discount_of_charge", condition=Q(discounts=None) | Q(kind=EntryKind.DISCOUNT, amount__gt=0)
            ),
            models.UniqueConstraint(fields=["key"], condition=Q(key__isnull=False), name="ledger_entry_booked_once"),
        ]
        indexes = [
            models.Index(fields=["client", "day", "id"], include=["amount"], name="ledger_of_client"),
            models.Index(fields=["branch", "day"], name="ledger_of_branch"),
            # The revenue of a group, without a look at its entries: they lie all over the table.
            models.Index(
                fields=["group", "day"], include=["amount"], condition=Q(group__isnull=False), name="ledger_of_group"
            ),
            models.Index(fields=["mark", "id"], condition=Q(mark__isnull=False), name="ledger_of_mark"),
            models.Index(fields=["payment"], condition=Q(payment__isnull=False), name="ledger_of_payment"),
            models.Index(
                fields=["subscription"], condition=Q(subscription__isnull=False), name="ledger_of_subscription"
            ),
            models.Index(fields=["transfer"], condition=Q(transfer__isnull=False), name="ledger_of_transfer"),
            models.Index(fields=["lapse_of"], condition=Q(lapse_of__isnull=False), name="ledger_of_lapse"),
            models.Index(fields=["discounts"], condition=Q(discounts__isnull=False), name="ledger_of_charge"),
            # What is reported by the month: few of all.
            models.Index(
                fields=["day", "id"], name="ledger_by_hand",
                condition=Q(kind=EntryKind.DISCOUNT) | Q(kind=EntryKind.CORRECTION) | Q(kind=EntryKind.BONUS),
            ),
        ]
