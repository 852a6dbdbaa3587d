"""Money that came, went, was moved from one client to another, or is only said to have been paid."""

import uuid

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from rollbook.domains.access.actor import Permission
from rollbook.domains.access.scoping import Scope, ScopedQuerySet
from rollbook.domains.billing.models.accounts import AccountQuerySet


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
    """Money that came, or went back to a client (`is_refund`). `key` is made by the form or the file: what comes twice
    under one key is booked once. One payment may be split among several clients: an entry each."""

    key = models.CharField(max_length=100, unique=True, default=uuid.uuid4)
    amount = models.DecimalField(max_digits=12, decimal_places=2)
    method = models.CharField(_("method"), max_length=10, choices=Method, default=Method.CASH)
    received_on = models.DateField(_("date"))
    note = models.CharField(_("note"), max_length=200, blank=True)
    is_refund = models.BooleanField(default=False)

    objects = PaymentQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="payment_amount"),
            models.CheckConstraint(condition=Q(method__in=Method.values), name="payment_method_known"),
        ]


class TransferQuerySet(ScopedQuerySet["Transfer"]):
    scope = PaymentQuerySet.scope


class Transfer(models.Model):
    """Money of one client that is another's from now on, between siblings mostly: two entries, which cancel out."""

    key = models.CharField(max_length=100, unique=True, default=uuid.uuid4)
    amount = models.DecimalField(max_digits=12, decimal_places=2)
    reason = models.CharField(_("reason"), max_length=200)

    objects = TransferQuerySet.as_manager()

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(amount__gt=0), name="transfer_amount")]


class AnnouncedPaymentQuerySet(ScopedQuerySet["AnnouncedPayment"]):
    scope = AccountQuerySet.scope


class AnnouncedPayment(models.Model):
    """"We have paid": beside the balance, until it is confirmed by the `payment` that came, or declined."""

    client = models.ForeignKey("people.Client", models.PROTECT, related_name="announced_payments")
    amount = models.DecimalField(max_digits=12, decimal_places=2)
    method = models.CharField(_("method"), max_length=10, choices=Method, default=Method.TRANSFER)
    paid_on = models.DateField(_("date"))
    note = models.CharField(_("note"), max_length=200, blank=True)
    key = models.CharField(max_length=100, unique=True, default=uuid.uuid4)
    announced_at = models.DateTimeField()
    announced_by = models.ForeignKey("access.User", models.PROTECT, null=True, related_name="+", db_index=False)
    payment = models.OneToOneField(Payment, models.PROTECT, null=True, related_name="announced")
    declined_at = models.DateTimeField(null=True)
    declined_for = models.CharField(_("reason"), max_length=200, blank=True)

    objects = AnnouncedPaymentQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="announced_amount"),
            models.CheckConstraint(condition=Q(method__in=Method.values), name="announced_method_known"),
            models.CheckConstraint(condition=Q(payment=None) | Q(declined_at=None), name="announced_one_way_out"),
        ]
        indexes = [
            # Those that wait for an answer: few of all.
            models.Index(
                fields=["announced_at"], condition=Q(payment=None, declined_at=None), name="announced_waiting"
            ),
        ]
