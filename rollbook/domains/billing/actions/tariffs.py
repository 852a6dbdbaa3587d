from datetime import date, datetime
from decimal import Decimal
from typing import Any, TypedDict

from django.db import transaction
from django.db.models import Min, Q
from django.utils.translation import gettext as _

from rollbook.domains.access.actor import Actor, Permission
from rollbook.domains.billing.models import Tariff, TariffUse
from rollbook.domains.billing.rules import fitting, refusals
from rollbook.domains.groups.models import Group, Programme
from rollbook.domains.history import actions as history
from rollbook.foundation.errors import InvalidInput, NotFound, Refused
from rollbook.foundation.versions import alter


class TariffInUse(Refused):
    """Groups or programmes are priced by it today or later."""


class TariffFields(TypedDict, total=False):
    """As the models Tariff and Rules have them; what does not belong to the kind is put right, and what contradicts
    itself is refused at its field."""

    name: str
    kind: str
    pricing: str
    price: Decimal
    lessons: int | None
    days: int | None
    charged: str
    instalments: int
    month_from: str
    pro_rata: str
    round_to: int
    missed_share: int
    excused_share: int
    lapsed_share: int
    make_up_days: int | None
    make_ups_a_month: int | None
    burns: bool
    freezing: str
    freeze_days: int | None
    sibling_discount: int
    second_discount: int


@transaction.atomic
def add_tariff(*, values: TariffFields, at: datetime, by: Actor) -> int:
    by.must_everywhere(Permission.TARIFF_EDIT)
    tariff = Tariff.objects.create(**_sensible(Tariff(), values))
    new = {"name": tariff.name, "kind": tariff.kind, "price": str(tariff.price)}
    history.record(verb="tariff.added", subject=f"tariff:{tariff.pk}", new=new, at=at, by=by)
    return tariff.pk


@transaction.atomic
def change_tariff(*, tariff_id: int, values: TariffFields, seen: int | None, at: datetime, by: Actor) -> None:
    """Change a tariff for the marks and sales to come: what was charged is never priced anew, and what was sold goes on
    as it was sold."""
    tariff = _pick(tariff_id, by)
    if difference := alter(tariff, _sensible(tariff, values), seen=seen):
        tariff.save(update_fields=[*difference.new, "version"])
        history.record(
            verb="tariff.changed", subject=f"tariff:{tariff.pk}", old=difference.old, new=difference.new, at=at, by=by
        )


@transaction.atomic
def archive_tariff(*, tariff_id: int, on: date, at: datetime, by: Actor) -> None:
    """Offer the tariff nowhere any more. Refused while something is priced by it on the day `on` or later."""
    tariff = _pick(tariff_id, by)
    if tariff.archived_at is not None:
        return
    uses = TariffUse.objects.filter(Q(until=None) | Q(until__gt=on), tariff=tariff)
    if names := sorted({group or programme for group, programme in uses.values_list("group__name", "programme__name")}):
        raise TariffInUse(_("Still priced by it: {names}.").format(names=", ".join(names)))
    tariff.archived_at = at
    tariff.save(update_fields=["archived_at"])
    history.record(verb="tariff.archived", subject=f"tariff:{tariff.pk}", new={}, at=at, by=by)


@transaction.atomic
def restore_tariff(*, tariff_id: int, at: datetime, by: Actor) -> None:
    tariff = _pick(tariff_id, by)
    if tariff.archived_at is not None:
        tariff.archived_at = None
        tariff.save(update_fields=["archived_at"])
        history.record(verb="tariff.restored", subject=f"tariff:{tariff.pk}", new={}, at=at, by=by)


@transaction.atomic
def price_group(*, group_id: int, tariff_id: int | None, since: date, at: datetime, by: Actor) -> None:
    """A group has this tariff from that day on, None: that of its programme. The former one holds until the day before,
    and one that was to begin later still will."""
    group = Group.objects.pick_to_change(by, Permission.TARIFF_EDIT, group_id)
    _price(TariffUse(group=group), Q(group=group), f"group:{group.pk}", tariff_id, since, at, by)


@transaction.atomic
def price_programme(*, programme_id: int, tariff_id: int | None, since: date, at: datetime, by: Actor) -> None:
    """A programme has this tariff from that day on, None: none, wherever a group has none of its own."""
    by.must_everywhere(Permission.TARIFF_EDIT)
    programme = Programme.objects.select_for_update().filter(pk=programme_id).first()
    if programme is None:
        raise NotFound
    use = TariffUse(programme=programme)
    _price(use, Q(programme=programme), f"programme:{programme.pk}", tariff_id, since, at, by)


def _price(
    use: TariffUse, whose: Q, subject: str, tariff_id: int | None, since: date, at: datetime, by: Actor
) -> None:
    if tariff_id is not None and not Tariff.objects.filter(pk=tariff_id, archived_at=None).exists():
        raise InvalidInput({"tariff": _("Choose a tariff of the list.")})
    uses = TariffUse.objects.filter(whose)
    former = uses.on(since).first()
    if (former.tariff_id if former else None) == tariff_id:
        return
    if former and former.since == since:
        former.delete()
    elif former:
        former.until = since
        former.save(update_fields=["until"])
    if tariff_id is not None:
        use.tariff_id, use.since = tariff_id, since
        use.until = uses.filter(since__gt=since).aggregate(next=Min("since"))["next"]
        use.save()
    history.record(
        verb="tariff.used", subject=subject, at=at, by=by,
        old={"tariff": former.tariff_id if former else None}, new={"tariff": tariff_id, "since": since.isoformat()},
    )


def _sensible(tariff: Tariff, values: TariffFields) -> dict[str, Any]:
    """All that the tariff is to say: these values, and what stands. InvalidInput where it makes no sense."""
    told = fitting({name: getattr(tariff, name) for name in TariffFields.__annotations__} | values)
    if wrong := refusals(told):
        raise InvalidInput({name: _(sentence) for name, sentence in wrong.items()})
    return told


def _pick(tariff_id: int, by: Actor) -> Tariff:
    """Tariffs belong to the organisation as a whole."""
    by.must_everywhere(Permission.TARIFF_EDIT)
    if tariff := Tariff.objects.select_for_update().filter(pk=tariff_id).first():
        return tariff
    raise NotFound
