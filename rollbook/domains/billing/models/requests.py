"""What is asked of a payer."""

import uuid

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from rollbook.domains.access.scoping import ScopedQuerySet
from rollbook.domains.billing.models.accounts import AccountQuerySet


class PaymentRequestQuerySet(ScopedQuerySet["PaymentRequest"]):
    scope = AccountQuerySet.scope


class PaymentRequest(models.Model):
    """What was asked for a client on the days [first, last], with its reckoning as it stood then; those made together
    for the children of one payer share a `key`."""

    client = models.ForeignKey("people.Client", models.PROTECT, related_name="payment_requests")
    payer = models.ForeignKey("people.Contact", models.PROTECT, null=True, related_name="payment_requests")
    first = models.DateField(_("from"))
    last = models.DateField(_("until"))
    due = models.DecimalField(max_digits=12, decimal_places=2)
    reckoning = models.JSONField(default=dict)
    key = models.CharField(max_length=100, default=uuid.uuid4)
    made_at = models.DateTimeField()
    made_by = models.ForeignKey("access.User", models.PROTECT, null=True, related_name="+", db_index=False)

    objects = PaymentRequestQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["key", "client"], name="payment_request_once"),
            models.CheckConstraint(condition=Q(last__gte=F("first")), name="payment_request_days_in_order"),
            models.CheckConstraint(condition=Q(due__gte=0), name="payment_request_due"),
        ]
