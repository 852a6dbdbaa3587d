"""Many at once, when their import is undone: the same in the other direction. Whether somebody works with them by now
is asked by the workflow."""

from datetime import datetime

from django.db import transaction
from django.db.models import CharField, F, Func, UUIDField
from django.db.models.functions import Cast
from django.utils.translation import gettext as _

from rollbook.domains.access.actor import Actor, Permission
from rollbook.domains.billing.actions.payments import reverse
from rollbook.domains.billing.models import Payment, Tariff, TariffUse
from rollbook.domains.imports.actions import Ids, take_away


@transaction.atomic
def unload_tariffs(*, ids: Ids, at: datetime, by: Actor) -> None:
    by.must_everywhere(Permission.TARIFF_EDIT)
    archived = {"archived_at": at, "version": F("version") + 1}
    take_away(rows=Tariff.objects.filter(pk__in=ids), word="tariff", kept_as=archived, at=at, by=by)


@transaction.atomic
def unload_tariff_uses(*, ids: Ids, at: datetime, by: Actor) -> None:
    by.must_everywhere(Permission.TARIFF_EDIT)
    take_away(rows=TariffUse.objects.filter(pk__in=ids), word="tariff", subject="tariff_id", at=at, by=by)


@transaction.atomic
def unload_payments(*, ids: Ids, at: datetime, by: Actor) -> None:
    """Payments are reversed, and their keys are free again: the same file may book them once more."""
    by.must_everywhere(Permission.PAYMENT_TAKE)
    payments = Payment.objects.filter(pk__in=ids)
    reverse(payments, reason=_("The import was undone"), at=at, by=by)
    payments.update(key=Cast(Func(function="gen_random_uuid", output_field=UUIDField()), CharField(max_length=100)))
