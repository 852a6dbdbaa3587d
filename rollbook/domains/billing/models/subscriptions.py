"""A tariff bought by a client, with price and rules as they were at its sale."""

import uuid
from typing import Self

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from rollbook.domains.access.scoping import ScopedQuerySet
from rollbook.domains.billing.models.accounts import AccountQuerySet
from rollbook.domains.billing.models.tariffs import Rules, Tariff, TariffKind
from rollbook.domains.groups.models import days_of


class ContractQuerySet(ScopedQuerySet["Contract"]):
    scope = AccountQuerySet.scope


class Contract(models.Model):
    """Made at a sale, where the organisation uses them; the payer is as they were then."""

    client = models.ForeignKey("people.Client", models.PROTECT, related_name="contracts")
    payer = models.ForeignKey("people.Contact", models.PROTECT, null=True, related_name="contracts")
    number = models.CharField(_("number"), max_length=40, unique=True)
    signed_on = models.DateField(_("date"))
    ended_on = models.DateField(_("until"), null=True, blank=True)
    ended_for = models.CharField(_("reason"), max_length=200, blank=True)
    version = models.PositiveIntegerField(default=1, editable=False)

    objects = ContractQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(number=""), name="contract_has_a_number"),
            models.CheckConstraint(condition=Q(ended_on__gte=F("signed_on")), name="contract_ends_after_it_began"),
        ]


class SubscriptionQuerySet(ScopedQuerySet["Subscription"]):
    scope = AccountQuerySet.scope

    def standing(self) -> Self:
        """Those that were not taken back."""
        return self.filter(taken_back_at=None)


class Subscription(Rules):
    """What was sold: for the days [since, until), `lessons` of them (None: not counted), at `amount`.

    `unit` is the price of one lesson, amount / lessons to the cent; the lesson that completes them takes the rounding
    (spec 12, 6). Of a freeze that gives back, `frozen` lessons are taken off, each at `unit`. `used` is kept by a
    trigger. `reckoning` is what the form has shown. It covers the groups of its rows below, which a transfer changes.
    """

    client = models.ForeignKey("people.Client", models.PROTECT, related_name="subscriptions", db_index=False)
    group = models.ForeignKey("groups.Group", models.PROTECT, related_name="subscriptions", db_index=False)
    tariff = models.ForeignKey(Tariff, models.PROTECT, related_name="subscriptions", db_index=False)
    contract = models.ForeignKey(Contract, models.PROTECT, null=True, related_name="subscriptions", db_index=False)
    since = models.DateField(_("from"))
    until = models.DateField(_("until"), null=True, blank=True)
    lessons = models.PositiveSmallIntegerField(null=True)
    used = models.PositiveSmallIntegerField(default=0, db_default=0, editable=False)
    frozen = models.PositiveSmallIntegerField(default=0)
    price = models.DecimalField(max_digits=12, decimal_places=2)
    amount = models.DecimalField(max_digits=12, decimal_places=2)
    unit = models.DecimalField(max_digits=12, decimal_places=2)
    instalments = models.PositiveSmallIntegerField(default=1)
    reckoning = models.JSONField(default=dict)
    note = models.CharField(_("note"), max_length=200, blank=True)
    key = models.CharField(max_length=100, unique=True, default=uuid.uuid4)
    sold_at = models.DateTimeField()
    sold_by = models.ForeignKey("access.User", models.PROTECT, null=True, related_name="+", db_index=False)
    renews = models.OneToOneField("self", models.PROTECT, null=True, related_name="renewed_by")
    # The day on which what was left of it was settled: burned, or left on the balance.
    closed_on = models.DateField(null=True)
    taken_back_at = models.DateTimeField(null=True)
    version = models.PositiveIntegerField(default=1, editable=False)

    objects = SubscriptionQuerySet.as_manager()

    class Meta:
        constraints = [
            *Rules.Meta.constraints,
            models.CheckConstraint(condition=Q(until__gt=F("since")), name="subscription_until_after_since"),
            models.CheckConstraint(condition=~Q(kind=TariffKind.LESSON), name="subscription_is_bought"),
            models.CheckConstraint(
                condition=Q(price__gte=0, amount__gte=0, unit__gte=0, unit__lte=F("amount")),
                name="subscription_amounts",
            ),
            models.CheckConstraint(
                condition=Q(lessons=None, frozen=0) | Q(lessons__gte=F("used") + F("frozen")),
                name="subscription_not_used_up_twice",
            ),
            models.CheckConstraint(condition=Q(taken_back_at=None) | Q(used=0), name="subscription_taken_back_unused"),
            ExclusionConstraint(
                name="subscription_of_month_once",
                expressions=[
                    ("client", RangeOperators.EQUAL), ("group", RangeOperators.EQUAL),
                    (days_of(), RangeOperators.OVERLAPS),
                ],
                condition=Q(kind=TariffKind.MONTH, taken_back_at=None),
            ),
        ]
        indexes = [
            models.Index(fields=["client", "since"], name="subscription_of_client"),
            # Those that are to be settled some night: few of all.
            models.Index(
                fields=["until"], condition=Q(closed_on=None, taken_back_at=None), name="subscription_not_closed"
            ),
            models.Index(fields=["group", "since"], name="subscription_of_group"),
        ]


class SubscriptionGroup(models.Model):
    """A group in which a subscription holds, on the days [since, until); a transfer takes the rest along."""

    subscription = models.ForeignKey(Subscription, models.CASCADE, related_name="groups", db_index=False)
    group = models.ForeignKey("groups.Group", models.PROTECT, related_name="+", db_index=False)
    since = models.DateField()
    until = models.DateField(null=True)

    objects: models.Manager["SubscriptionGroup"] = models.Manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(until__gt=F("since")), name="subscription_group_until_after_since"),
            ExclusionConstraint(
                name="subscription_group_does_not_overlap",
                expressions=[
                    ("subscription", RangeOperators.EQUAL), ("group", RangeOperators.EQUAL),
                    (days_of(), RangeOperators.OVERLAPS),
                ],
            ),
        ]


class CoveredMark(models.Model):
    """A mark that a subscription stands for; `uses` says whether it has used up a lesson of it."""

    mark = models.OneToOneField("journal.Mark", models.PROTECT, primary_key=True, related_name="covered")
    subscription = models.ForeignKey(Subscription, models.PROTECT, related_name="covered", db_index=False)
    uses = models.BooleanField()

    objects: models.Manager["CoveredMark"] = models.Manager()

    class Meta:
        indexes = [models.Index(fields=["subscription"], name="covered_by_subscription")]


class DiscountKind(models.TextChoices):
    """In the order in which they are taken off; of each kind the best one counts (spec 12, 11)."""

    PERMANENT = "permanent", _("permanent")
    SIBLING = "sibling", _("second child")
    SECOND = "second", _("second programme")
    ONCE = "once", _("for this subscription")


class ClientDiscountQuerySet(ScopedQuerySet["ClientDiscount"]):
    scope = AccountQuerySet.scope


class ClientDiscount(models.Model):
    """What a client is let off of whatever is sold on the days [since, until): staff, a hard time, a friend."""

    client = models.ForeignKey("people.Client", models.PROTECT, related_name="discounts")
    percent = models.DecimalField(max_digits=5, decimal_places=2, null=True, blank=True)
    amount = models.DecimalField(max_digits=12, decimal_places=2, null=True, blank=True)
    reason = models.CharField(_("reason"), max_length=200)
    since = models.DateField(_("from"))
    until = models.DateField(_("until"), null=True, blank=True)
    allowed_by = models.ForeignKey("access.User", models.PROTECT, null=True, related_name="+", db_index=False)

    objects = ClientDiscountQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(percent__gt=0, percent__lte=100, amount=None) | Q(percent=None, amount__gt=0),
                name="client_discount_of_one_way",
            ),
            models.CheckConstraint(condition=Q(until__gt=F("since")), name="client_discount_until_after_since"),
        ]


class SubscriptionDiscount(models.Model):
    """What was taken off the price of a subscription, why, and who allowed it; `sum` is in money."""

    subscription = models.ForeignKey(Subscription, models.PROTECT, related_name="discounts", db_index=False)
    kind = models.CharField(max_length=10, choices=DiscountKind)
    percent = models.DecimalField(max_digits=5, decimal_places=2, null=True)
    amount = models.DecimalField(max_digits=12, decimal_places=2, null=True)
    sum = models.DecimalField(max_digits=12, decimal_places=2)
    reason = models.CharField(max_length=200, blank=True)
    allowed_by = models.ForeignKey("access.User", models.PROTECT, null=True, related_name="+", db_index=False)

    objects: models.Manager["SubscriptionDiscount"] = models.Manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["subscription", "kind"], name="subscription_discount_of_kind_once"),
            models.CheckConstraint(condition=Q(kind__in=DiscountKind.values), name="subscription_discount_kind_known"),
            models.CheckConstraint(condition=Q(sum__gte=0), name="subscription_discount_sum"),
        ]
