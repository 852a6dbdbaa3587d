import uuid
from datetime import date
from typing import Self

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from rollbook.domains.access.actor import Permission
from rollbook.domains.access.scoping import Scope, ScopedQuerySet
from rollbook.domains.groups.models import days_of


class Pricing(models.TextChoices):
    """How the price of one lesson follows from the price of a tariff."""

    FIXED = "fixed", _("price of a lesson")
    MONTH = "month", _("price of a month / lessons of the month")


class Tariff(models.Model):
    """How groups or programmes are priced: each lesson is charged as it happens. Shares are per cent of the
    lesson's price. `make_up_days` None is the organisation's own window."""

    name = models.CharField(_("name"), max_length=100)
    pricing = models.CharField(_("pricing"), max_length=10, choices=Pricing, default=Pricing.FIXED)
    price = models.DecimalField(_("price"), max_digits=12, decimal_places=2)
    missed_share = models.PositiveSmallIntegerField(_("charged for a missed lesson, %"), default=100)
    excused_share = models.PositiveSmallIntegerField(_("charged for an excused lesson, %"), default=0)
    make_up_days = models.PositiveSmallIntegerField(_("days to work off"), null=True, blank=True)
    make_ups_a_month = models.PositiveSmallIntegerField(_("make-ups a month at most"), null=True, blank=True)
    archived_at = models.DateTimeField(null=True, editable=False)
    version = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(pricing__in=Pricing.values), name="tariff_pricing_known"),
            models.CheckConstraint(condition=Q(price__gte=0), name="tariff_price"),
            models.CheckConstraint(condition=Q(missed_share__lte=100), name="tariff_missed_share_per_cent"),
            models.CheckConstraint(condition=Q(excused_share__lte=100), name="tariff_excused_share_per_cent"),
            models.CheckConstraint(condition=Q(make_up_days__range=(1, 366)), name="tariff_make_up_days"),
            models.CheckConstraint(condition=Q(make_ups_a_month__range=(0, 31)), name="tariff_make_ups_a_month"),
        ]


class TariffUseQuerySet(ScopedQuerySet["TariffUse"]):
    scope = Scope(
        see=Permission.JOURNAL_SEE,
        branch=("group__branch", "programme__groups__branch"),
        group=("group", "programme__groups"),
        own=(
            "group__teachers__user", "group__lessons__teachers__user",
            "programme__groups__teachers__user", "programme__groups__lessons__teachers__user",
        ),
    )

    def on(self, day: date) -> Self:
        return self.filter(Q(until=None) | Q(until__gt=day), since__lte=day)


class TariffUse(models.Model):
    """What a group or a programme costs on the days [since, until). A group's own goes before its programme's."""

    tariff = models.ForeignKey(Tariff, models.PROTECT, related_name="uses")
    group = models.ForeignKey("groups.Group", models.PROTECT, null=True, blank=True, related_name="tariff_uses")
    programme = models.ForeignKey("groups.Programme", models.PROTECT, null=True, blank=True, related_name="tariff_uses")
    since = models.DateField(_("from"))
    until = models.DateField(_("until"), null=True, blank=True)

    objects = TariffUseQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(group=None, programme__isnull=False) | Q(group__isnull=False, programme=None),
                name="tariff_use_of_one",
            ),
            models.CheckConstraint(condition=Q(until__gt=F("since")), name="tariff_use_until_after_since"),
            ExclusionConstraint(
                name="tariff_use_of_group_is_one",
                expressions=[("group", RangeOperators.EQUAL), (days_of(), RangeOperators.OVERLAPS)],
                condition=Q(group__isnull=False),
            ),
            ExclusionConstraint(
                name="tariff_use_of_programme_is_one",
                expressions=[("programme", RangeOperators.EQUAL), (days_of(), RangeOperators.OVERLAPS)],
                condition=Q(programme__isnull=False),
            ),
        ]


class AccountQuerySet(ScopedQuerySet["Account"]):
    scope = Scope(
        see=Permission.MONEY_SEE,
        branch=("client__branch",),
        group=("client__enrolments__group",),
        own=("client__enrolments__group__teachers__user",),
    )


class Account(models.Model):
    """The sum and number of a client's entries, kept by a trigger (migration 0002); nothing else writes here."""

    client = models.OneToOneField("people.Client", models.PROTECT, primary_key=True, related_name="account")
    balance = models.DecimalField(max_digits=14, decimal_places=2)
    entries = models.PositiveIntegerField()

    objects = AccountQuerySet.as_manager()


class Method(models.TextChoices):
    CASH = "cash", _("cash")
    CARD = "card", _("card")
    TRANSFER = "transfer", _("bank transfer")
    ONLINE = "online", _("online")


class PaymentQuerySet(ScopedQuerySet["Payment"]):
    scope = Scope(
        see=Permission.MONEY_SEE,
        branch=("entries__client__branch",),
        group=("entries__client__enrolments__group",),
        own=("entries__client__enrolments__group__teachers__user",),
    )


class Payment(models.Model):
    """Money that came. `key` is made by the form or the file: what comes twice under one key is booked once."""

    key = models.CharField(max_length=100, unique=True, default=uuid.uuid4)
    amount = models.DecimalField(max_digits=12, decimal_places=2)
    method = models.CharField(_("method"), max_length=10, choices=Method, default=Method.CASH)
    received_on = models.DateField(_("date"))
    note = models.CharField(_("note"), max_length=200, blank=True)

    objects = PaymentQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="payment_amount"),
            models.CheckConstraint(condition=Q(method__in=Method.values), name="payment_method_known"),
        ]


class EntryKind(models.TextChoices):
    CHARGE = "charge", _("charge")
    PAYMENT = "payment", _("payment")
    REVERSAL = "reversal", _("reversal")


class LedgerQuerySet(ScopedQuerySet["LedgerEntry"]):
    scope = AccountQuerySet.scope

    def standing_charges(self) -> Self:
        return self.filter(kind=EntryKind.CHARGE, reversed_by=None)


class LedgerEntry(models.Model):
    """A signed line of a client's account; the database refuses to change or delete it (migration 0002).

    `day` is the local day it belongs to (of the lesson, of the payment), `made_at` the moment it was written.
    `group` is the one whose revenue it is: for a make-up the home group.
    """

    client = models.ForeignKey("people.Client", models.PROTECT, related_name="ledger", db_index=False)
    branch = models.ForeignKey("access.Branch", models.PROTECT, related_name="+", db_index=False)
    group = models.ForeignKey("groups.Group", models.PROTECT, null=True, related_name="+", db_index=False)
    kind = models.CharField(max_length=10, choices=EntryKind)
    amount = models.DecimalField(max_digits=12, decimal_places=2)
    mark = models.ForeignKey("journal.Mark", models.PROTECT, null=True, related_name="ledger", db_index=False)
    payment = models.ForeignKey(Payment, models.PROTECT, null=True, related_name="entries", db_index=False)
    reverses = models.OneToOneField("self", models.PROTECT, null=True, related_name="reversed_by")
    day = models.DateField()
    made_at = models.DateTimeField()

    objects = LedgerQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="ledger_entry_of_its_kind",
                condition=Q(kind=EntryKind.CHARGE, amount__lt=0, mark__isnull=False, payment=None, reverses=None)
                | Q(kind=EntryKind.PAYMENT, amount__gt=0, mark=None, payment__isnull=False, reverses=None)
                | Q(kind=EntryKind.REVERSAL, reverses__isnull=False),
            ),
        ]
        indexes = [
            models.Index(fields=["client", "day", "id"], include=["amount"], name="ledger_of_client"),
            models.Index(fields=["branch", "day"], name="ledger_of_branch"),
            # The revenue of a group, without a look at its entries: they lie all over the table.
            models.Index(
                fields=["group", "day"], include=["amount"], condition=Q(mark__isnull=False), name="ledger_of_group"
            ),
            models.Index(fields=["mark", "id"], condition=Q(mark__isnull=False), name="ledger_of_mark"),
            models.Index(fields=["payment"], condition=Q(payment__isnull=False), name="ledger_of_payment"),
        ]
