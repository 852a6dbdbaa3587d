"""What each client has, kept by the database."""

from django.db import models

from rollbook.domains.access.actor import Permission
from rollbook.domains.access.scoping import Scope, ScopedQuerySet


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
